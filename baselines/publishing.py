"""A draft with weights becomes, or joins, a submission folder.

Weights are stored as fp16: half the bytes, and a fine-tuned encoder answers the same.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file, save

from harness.findings import fail
from harness.submission import Manifest, Point, read_manifest, write_manifest
from harness.tasks import task as find_task

Weights = Mapping[tuple[str, str], Path]
"""(point, dataset) to a state dict as the training left it."""

WRITTEN_BY_THE_HARNESS = ("report.json", "replicates.npz")


def publish(draft: Path, manifest: Manifest, weights: Weights, out: Path) -> Path:
    """Put draft, weights and manifest at ``out``, whole or not at all.

    A submission of the same code that is there is added to: points and datasets join, and predictions stay
    unless the weights, the options or the dataset's card behind them changed. One of other code is replaced.

    Args:
        draft: code and assets.
        manifest: its points without weights.
        weights: the states; points that share a state share a file.
        out: the folder.

    Raises:
        ParetoNLPError: ``out`` holds something that is no submission.

    """
    if out.exists() and not (out / "submission.yaml").exists() and any(out.iterdir()):
        raise fail(
            "not-a-submission",
            f"{out} exists and holds no submission.yaml.",
            remedy="Give another --out, or empty the folder yourself.",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        new = Path(scratch) / "new"
        shutil.copytree(draft, new, ignore=shutil.ignore_patterns("__pycache__"))
        digests = _write_weights(new, weights)
        points = _with_weights(manifest.points, weights)
        if out.exists() and _same_code(out, new):
            points = _join(out, new, points, digests)
        lines = [f"{digest}  {file}\n" for file, digest in sorted(digests.items())]
        (new / "weights.sha256").write_text("".join(lines))
        write_manifest(new / "submission.yaml", manifest.model_copy(update={"points": points}))
        if out.exists():
            os.replace(out, Path(scratch) / "old")
        os.replace(new, out)
    return out


def _write_weights(folder: Path, weights: Weights) -> dict[str, str]:
    """Write each distinct state once; file to sha256."""
    digests = {}
    for file, state in _files(weights).items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {
            name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(state).items()
        }
        content = save(tensors)
        path.write_bytes(content)
        digests[file] = hashlib.sha256(content).hexdigest()
    return digests


def _files(weights: Weights) -> dict[str, Path]:
    """File in the folder to state; named after the first point that has it."""
    named: dict[Path, str] = {}
    for (point, dataset), state in weights.items():
        named.setdefault(state, f"weights/{point}/{dataset}.safetensors")
    return {file: state for state, file in named.items()}


def _with_weights(points: tuple[Point, ...], weights: Weights) -> tuple[Point, ...]:
    named = {state: file for file, state in _files(weights).items()}
    return tuple(
        point.model_copy(
            update={"weights": {dataset: named[state] for (of, dataset), state in weights.items() if of == point.name}}
        )
        for point in points
    )


def _same_code(folder: Path, other: Path) -> bool:
    """Whether two submissions compute the same of the same weights and texts."""

    def code(root: Path) -> dict[str, bytes]:
        shared = [*root.glob("*.py"), root / "assets" / "config.json", root / "assets" / "tokenizer.json"]
        return {str(file.relative_to(root)): file.read_bytes() for file in shared if file.exists()}

    return code(folder) == code(other)


def _join(old: Path, new: Path, points: tuple[Point, ...], digests: dict[str, str]) -> tuple[Point, ...]:
    """Bring into ``new`` what ``old`` has beside it, and its weights into ``digests``; the points of both."""
    manifest = read_manifest(old / "submission.yaml").manifest
    stated, (changed, cards) = _stated(old), _cards(old, new)
    joined = {point.name: point for point in points}
    for before in manifest.points if manifest else ():
        now = joined.get(before.name, before.model_copy(update={"weights": {}}))
        if now.options != before.options:
            continue
        kept = {
            dataset: file
            for dataset, file in before.weights.items()
            if dataset not in {*now.weights, *changed} and digests.get(file, stated.get(file)) == stated.get(file)
        }
        for file in kept.values():
            if file in stated:
                digests[file] = stated[file]
            if (old / file).is_file() and not (new / file).exists():
                _link(old / file, new / file)
        now = now.model_copy(update={"weights": {**kept, **now.weights}})
        joined[before.name] = now
        same = {
            dataset
            for dataset, file in now.weights.items()
            if dataset not in changed
            and file in digests
            and digests[file] == stated.get(before.weights.get(dataset, ""))
        }
        _keep_predictions(old, new, before.name, same)
    _keep_assets(old, new)
    (new / "assets" / "datasets.json").write_text(json.dumps(cards, indent=2, sort_keys=True) + "\n")
    return tuple(sorted((point for point in joined.values() if point.weights), key=lambda point: _natural(point.name)))


def _cards(old: Path, new: Path) -> tuple[set[str], dict[str, object]]:
    """The datasets whose card is another now, and the cards of both."""
    before, now = (json.loads((folder / "assets" / "datasets.json").read_text()) for folder in (old, new))
    return {dataset for dataset in now if before.get(dataset, now[dataset]) != now[dataset]}, {**before, **now}


def _stated(folder: Path) -> dict[str, str]:
    """What ``weights.sha256`` says: file to digest. The files themselves may be absent."""
    lines = (folder / "weights.sha256").read_text().splitlines() if (folder / "weights.sha256").exists() else []
    return {file: digest for digest, file in (line.split("  ", 1) for line in lines)}


def _keep_predictions(old: Path, new: Path, point: str, datasets: set[str]) -> None:
    for file in sorted((old / "predictions" / point).glob("*/*.tsv")):
        if find_task(f"{file.parent.name}/{file.stem}").dataset.name in datasets:
            _link(file, new / file.relative_to(old))


def _keep_assets(old: Path, new: Path) -> None:
    """What the harness wrote, and assets of datasets and points that are not built this time."""
    files = [file for file in (old / "assets").rglob("*") if file.is_file()]
    for file in [*files, *(old / name for name in WRITTEN_BY_THE_HARNESS if (old / name).exists())]:
        if not (new / file.relative_to(old)).exists():
            _link(file, new / file.relative_to(old))


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts ``rank-8`` before ``rank-25``."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]
