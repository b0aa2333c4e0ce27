"""A submission folder, as any researcher would hand it in.

``draft_folder`` lays out code and assets, before any training: the model that is trained is the one
that the folder's own ``model.py`` builds. ``publish`` adds weights and ``submission.yaml``.
Weights are stored as fp16: half the bytes, and a fine-tuned encoder answers the same.
"""

import ast
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from safetensors.torch import load_file, save

from baselines.backbone import Backbone
from harness.findings import fail
from harness.submission import Manifest, write_manifest
from harness.tasks.types import Dataset

MODELS = Path(__file__).parent / "models"
"""Each method's ``model.py``, under the method's name."""

Weights = Mapping[tuple[str, str], Path]
"""(point, dataset) to a state dict as the training left it."""


def draft_folder(folder: Path, method: str, backbone: Backbone, datasets: Iterable[tuple[Dataset, int]]) -> ModuleType:
    """Write model.py and assets for datasets, each with its longest input in tokens; import model.py."""
    assets = folder / "assets"
    assets.mkdir(parents=True)
    shutil.copyfile(MODELS / f"{method}.py", folder / "model.py")
    (assets / "config.json").write_text(backbone.config_json)
    backbone.tokenizer.save(str(assets / "tokenizer.json"))
    cards = {
        dataset.name: {
            "outputs": dataset.num_outputs,
            "columns": list(dataset.text_columns),
            "max_length": max_length,
        }
        for dataset, max_length in datasets
    }
    (assets / "datasets.json").write_text(json.dumps(cards, indent=2) + "\n")
    return import_model(folder)


def import_model(folder: Path) -> ModuleType:
    """The folder's model.py as a module of its own."""
    loader = SourceFileLoader(f"model_of_{folder.name}", str(folder / "model.py"))
    module = ModuleType(loader.name)
    module.__file__ = loader.path
    loader.exec_module(module)
    return module


def definition(folder: Path) -> str:
    """sha256 of what the model computes: model.py without comments and docstrings, and config.json."""
    tree = ast.parse((folder / "model.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            del node.body[0]
    config = (folder / "assets" / "config.json").read_text()
    return hashlib.sha256((ast.dump(tree) + config).encode()).hexdigest()


def publish(draft: Path, manifest: Manifest, weights: Weights, out: Path) -> Path:
    """Put the finished folder at ``out``, whole or not at all; return it.

    ``manifest`` says everything but where the weights are. A folder at ``out`` with the same code,
    assets and weights stays as it is, predictions included. Another submission is replaced.
    Raises ParetoNLPError where ``out`` holds something that is no submission.
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
        _write_weights(new, weights)
        _write_manifest(new, manifest, weights)
        if not _holds_all_of(out, new):
            if out.exists():
                os.replace(out, Path(scratch) / "old")
            os.replace(new, out)
    return out


def _weights_file(point: str, dataset: str) -> str:
    return f"weights/{point}/{dataset}.safetensors"


def _write_weights(folder: Path, weights: Weights) -> None:
    """The weights as fp16, and ``weights.sha256`` as the sha256sum command writes it."""
    lines = []
    for (point, dataset), state in sorted(weights.items()):
        file = folder / _weights_file(point, dataset)
        file.parent.mkdir(parents=True, exist_ok=True)
        tensors = {
            name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(state).items()
        }
        file.write_bytes(save(tensors))
        lines.append(f"{_sha256(file)}  {_weights_file(point, dataset)}\n")
    (folder / "weights.sha256").write_text("".join(lines))


def _write_manifest(folder: Path, manifest: Manifest, weights: Weights) -> None:
    points = []
    for point in manifest.points:
        files = {dataset: _weights_file(name, dataset) for name, dataset in weights if name == point.name}
        points.append(point.model_copy(update={"weights": files}))
    write_manifest(folder / "submission.yaml", manifest.model_copy(update={"points": tuple(points)}))


def _holds_all_of(folder: Path, other: Path) -> bool:
    """Whether every file of ``other`` is in ``folder`` with the same content."""
    return all((folder / file).is_file() and _sha256(folder / file) == _sha256(other / file) for file in _files(other))


def _files(folder: Path) -> Iterable[Path]:
    return (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
