"""A draft with weights becomes, or joins, a submission folder.

Weights are stored as fp16: half the bytes, and a fine-tuned encoder answers the same.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file, save

from baselines.code import meaning
from baselines.joining import join
from baselines.ordering import natural
from harness.findings import fail
from harness.submission import Manifest, Point, write_manifest

Weights = Mapping[tuple[str, str], Path]
"""(point, dataset) to a state dict as the training left it."""


def publish(draft: Path, manifest: Manifest, weights: Weights, out: Path) -> Path:
    """Put draft, weights and manifest at ``out``, whole or not at all.

    A submission of the same code that is there is added to: points and datasets join, and predictions stay
    unless the weights, the options or the assets behind them changed. One of other code is replaced.

    Args:
        draft: code and assets.
        manifest: its points without weights.
        weights: the states; points that share a state share a file.
        out: the folder.

    Raises:
        ParetoNLPError: ``out`` holds something that is no submission.

    """
    if out.exists() and not (out / "submission.yaml").exists() and (not out.is_dir() or any(out.iterdir())):
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
        if (out / "submission.yaml").exists() and _same_code(out, new):
            points = join(out, new, points, digests)
        points = tuple(sorted(points, key=lambda point: natural(point.name)))
        lines = [f"{digest}  {file}\n" for file, digest in sorted(digests.items())]
        (new / "weights.sha256").write_text("".join(lines))
        write_manifest(new / "submission.yaml", manifest.model_copy(update={"points": points}))
        _replace(out, new, Path(scratch) / "old")
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

    def code(root: Path) -> dict[str, str]:
        facts = [root / "assets" / name for name in ("config.json", "tokenizer.json")]
        return {file.name: meaning(file.read_text()) for file in root.glob("*.py")} | {
            file.name: file.read_text() for file in facts if file.exists()
        }

    return code(folder) == code(other)


def _replace(out: Path, new: Path, aside: Path) -> None:
    """``new`` becomes ``out``; what was there goes aside, and comes back should the move fail."""
    if out.exists():
        os.replace(out, aside)
    try:
        os.replace(new, out)
    except BaseException:
        if aside.exists():
            os.replace(aside, out)
        raise
