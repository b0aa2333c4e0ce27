"""What is expected of a submission: one file of committed figures, made of its report.

Written and read as JSON, ``baselines/expected/<submission>.json``; figures are those of ``report.json``.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.atomic import write_whole
from harness.board import AXES
from harness.findings import fail
from harness.regression.row_checks import row_checks
from harness.regression.spread import Spread
from harness.report import Result, Work
from harness.store import laid_out
from harness.submission import LocalWeights, Point, Predictions, Submission, parse_reference
from harness.submission.digests import STATED_FILE, read_stated_digests

PACKAGES = ("paretonlp", "torch", "transformers", "tokenizers", "numpy", "scipy", "scikit-learn")
"""Whose versions are recorded: what traces, reads texts, and scores."""


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Answers(_Facts):
    """A file of predictions: its digest, and digests that tell which of its rows changed."""

    file: str
    sha256: str
    lines: str
    columns: str


class ExpectedResult(_Facts):
    """One operating point on one task."""

    task: str
    point: str
    options: dict[str, Any]
    weights_here: bool
    """Whether the weights were in the folder: what is counted of their zeros is known only then."""
    fingerprint: str
    """Of the task's data."""
    rows: int
    answers: Answers
    metric: str
    score: float
    parts: dict[str, float]
    costs: dict[str, int | float | None]
    """By name of the board's axis."""
    provenance: dict[str, str]
    unpriced: tuple[str, ...]
    operators: dict[str, Work]
    """Mean work per sample by operator: says whose formula changed."""


class ExpectedSuite(_Facts):
    """A submission on one suite, as it was evaluated once."""

    versions: dict[str, str]
    folder_sha256: str
    files: dict[str, str]
    """sha256 of every file of the folder; of weights, as stated."""
    results: tuple[ExpectedResult, ...]
    spread: Spread | None = None
    """Of trainings from several seeds; None: never trained anew."""


class Expectation(_Facts):
    """All that is expected of one submission, by suite."""

    schema_version: Literal[1] = 1
    submission: str
    method: str
    suites: dict[str, ExpectedSuite] = Field(default_factory=dict)


def expected_suite(
    submission: Submission, results: Sequence[Result], given: Mapping[str, Predictions], spread: Spread | None = None
) -> ExpectedSuite:
    """What a submission's results of one suite are, as an expectation.

    Args:
        submission: the folder.
        results: of one suite.
        given: the predictions, by ``Result.replicates_key``.
        spread: of trainings from several seeds.
    """
    return ExpectedSuite(
        versions={name: version(name) for name in PACKAGES},
        folder_sha256=submission.folder_sha256(),
        files=_files(submission),
        results=tuple(_result(submission, result, given[result.replicates_key]) for result in results),
        spread=spread,
    )


def _files(submission: Submission) -> dict[str, str]:
    """Digests by file; weights by what ``weights.sha256`` states, which holds where they are absent too."""
    if STATED_FILE not in submission.digests:
        return dict(submission.digests)
    stated = read_stated_digests(submission.root / STATED_FILE)
    others = {n: digest for n, digest in submission.digests.items() if n not in stated and n != STATED_FILE}
    return dict(sorted({**others, **stated}.items()))


def _result(submission: Submission, result: Result, given: Predictions) -> ExpectedResult:
    points = {point.name: point for point in submission.manifest.points}
    cost, parameters = result.cost, result.parameters
    return ExpectedResult(
        task=result.task,
        point=result.point,
        options=dict(points[result.point].options),
        weights_here=weights_here(submission, points[result.point], result.dataset),
        fingerprint=result.fingerprint,
        rows=result.rows,
        answers=_answers(submission, result, given),
        metric=result.score.metric,
        score=result.score.value,
        parts=result.score.parts,
        costs={name: axis.cost(result) for name, axis in AXES.items()},
        provenance={
            "cost": cost.provenance,
            "lengths": cost.lengths,
            "predictions": result.score.predictions,
            "parameters": parameters.provenance,
            "nonzero": parameters.nonzero_provenance or "unknown",
        },
        unpriced=tuple(sorted(cost.unpriced)),
        operators=cost.by_operator,
    )


def weights_here(submission: Submission, point: Point, dataset: str) -> bool:
    """Whether the weights of a point are in the folder, and not only named."""
    if dataset not in point.weights:
        return False
    reference = parse_reference(point.weights[dataset])
    return isinstance(reference, LocalWeights) and (submission.root / reference.path).is_file()


def _answers(submission: Submission, result: Result, given: Predictions) -> Answers:
    stem = f"predictions/{result.point}/{result.task_id}."
    file = next(name for name in submission.digests if name.startswith(stem))
    columns = [given.answers.tolist(), *(sizes.tolist() for sizes in given.sizes.values())]
    if given.exit_stage is not None:
        columns.append(given.exit_stage.tolist())
    if given.modules is not None:
        columns.append(list(given.modules))
    lines, across = row_checks(["\t".join(map(str, row)) for row in zip(*columns, strict=True)])
    return Answers(file=file, sha256=submission.digests[file], lines=lines, columns=across)


def expectation_file(folder: Path, submission: str) -> Path:
    """Where the expectation of a submission is."""
    return folder / f"{submission}.json"


def read_expectation(path: Path) -> Expectation:
    """Read an expectation.

    Raises:
        ParetoNLPError: there is none, or it is broken.
    """
    try:
        return Expectation.model_validate(json.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        raise fail(
            "no-expectation",
            f"Nothing is expected of {path.stem!r} yet.",
            file=str(path),
            remedy='Record what it is now: paretonlp regress FOLDER --update --reason "..."',
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise _broken(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise _broken(path, f"it is no JSON: {error}") from error


def _broken(path: Path, what: str) -> Exception:
    return fail(
        "expectation-broken", f"The expectation cannot be read: {what}.", file=str(path), remedy="Restore the file."
    )


def write_expectation(path: Path, expectation: Expectation) -> None:
    """Write an expectation, whole or not at all."""
    write_whole(path, (laid_out(expectation.model_dump(mode="json")) + "\n").encode())
