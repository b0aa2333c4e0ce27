"""The weights of a point as a file on this machine: in the folder, or fetched from the Hub."""

from functools import cache
from pathlib import Path

from harness.findings import ParetoNLPError, fail
from harness.submission import HubWeights, LocalWeights, Point, Submission, parse_reference


def weights_here(submission: Submission, point: Point, dataset: str) -> Path | None:
    """As ``weights_file``; None where the point names no weights, or they cannot be had."""
    if dataset not in point.weights:
        return None
    try:
        return weights_file(submission, point, dataset)
    except ParetoNLPError:
        return None  # what needs them stays declared, and the report says why


def weights_file(submission: Submission, point: Point, dataset: str) -> Path:
    """The weights of a point on a dataset, as a file on this machine; those of the Hub are fetched.

    Raises:
        ParetoNLPError: there is no such file, or the Hub does not give it.
    """
    reference = parse_reference(point.weights[dataset])
    if isinstance(reference, LocalWeights):
        path = submission.root / reference.path
        if not path.is_file():
            raise fail(
                "weights-absent",
                f"the weights of {point.name} on {dataset} are not there",
                file=reference.path,
                remedy="Bring the file, or train it again.",
            )
        return path.resolve()
    found = _fetched(reference)
    if isinstance(found, str):
        raise fail(
            "weights-unreachable",
            f"{point.weights[dataset]} can not be fetched: {found}",
            remedy="Check the name and the connection, or put the file under weights/.",
        )
    return found


@cache
def _fetched(reference: HubWeights) -> Path | str:
    """The file, or what was wrong: asked for once, as a Hub that is out of reach is slow to say so."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(reference.repo, reference.file, revision=reference.revision)).resolve()
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        return type(error).__name__
