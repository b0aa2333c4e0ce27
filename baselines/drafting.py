"""A submission folder before any training: code and assets.

The model that is trained is the one that the folder's own ``model.py`` builds, on what its own
``encode`` returns. A folder stands alone: ``model.py`` comes with copies of the layer files that it imports.
"""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from baselines.backbone import Backbone
from baselines.code import meaning
from baselines.examples import Encode
from baselines.recipe import Request
from baselines.schedule import max_length
from harness.atomic import new_text_file

HOME = Path(__file__).parent
LAYER = re.compile(r"^from baselines\.layers\.(\w+) import", re.MULTILINE)
INPUTS_ONLY = ("reader.py",)
"""Files that decide what a model is given and not what it computes: a training's key holds the inputs themselves."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Code and assets of a submission, and its ``model.py`` as a module."""

    folder: Path
    model: ModuleType

    def encode(self, dataset: str, **options: Any) -> Encode:
        """The folder's own ``encode`` for a dataset."""
        return partial(self.model.encode, dataset=dataset, **options)

    def add_asset(self, name: str, facts: Any) -> None:
        """Write facts as JSON under ``assets/``; models read them when they are built.

        Facts of one point or dataset go under its name: there a submission that is added to keeps those of others.
        """
        path = self.folder / "assets" / name
        with new_text_file(path) as file:
            file.write(json.dumps(facts, indent=2, sort_keys=True) + "\n")

    @property
    def definition(self) -> str:
        """sha256 of what the model computes: code without comments and docstrings, and config.json."""
        digest = hashlib.sha256()
        for file in sorted(self.folder.glob("*.py")):
            if file.name not in INPUTS_ONLY:
                digest.update(meaning(file.read_text()).encode())
        config = self.folder / "assets" / "config.json"
        if config.exists():
            digest.update(config.read_bytes())
        return digest.hexdigest()


@contextmanager
def drafting(request: Request, backbone: Backbone, model_file: str) -> Iterator[Draft]:
    """A draft with ``models/<model_file>.py`` for the datasets of a request; gone when the block ends."""
    with TemporaryDirectory(prefix="paretonlp-") as scratch:
        folder = Path(scratch) / request.name
        assets = folder / "assets"
        assets.mkdir(parents=True)
        (assets / "config.json").write_text(backbone.config_json)
        backbone.tokenizer.save(str(assets / "tokenizer.json"))
        cards = {
            task.dataset.name: {
                "outputs": task.dataset.num_outputs,
                "columns": list(task.dataset.text_columns),
                "max_length": max_length(task.dataset.name, request.max_length, backbone.max_tokens),
            }
            for task in request.tasks
        }
        (assets / "datasets.json").write_text(json.dumps(cards, indent=2, sort_keys=True) + "\n")
        copy_code(model_file, folder)
        yield Draft(folder, import_model(folder))


def copy_code(model_file: str, folder: Path) -> None:
    """Copy ``model.py`` and, beside it, the layer files that it imports, and those that these import."""
    todo = [(HOME / "models" / f"{model_file}.py", "model.py")]
    while todo:
        source, name = todo.pop()
        code = source.read_text()
        (folder / name).write_text(LAYER.sub(r"from \1 import", code))
        layers = (f"{layer}.py" for layer in LAYER.findall(code))
        todo += [(HOME / "layers" / layer, layer) for layer in layers if not (folder / layer).exists()]


def import_model(folder: Path) -> ModuleType:
    """The folder's model.py as a module of its own, with the folder's own copies of what it imports."""
    siblings = {file.stem for file in folder.glob("*.py")}
    others = {name: sys.modules.pop(name) for name in siblings & sys.modules.keys()}
    loader = SourceFileLoader(f"model_of_{folder.name}", str(folder / "model.py"))
    module = ModuleType(loader.name)
    module.__file__ = loader.path
    sys.path.insert(0, str(folder))
    try:
        loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
        for name in siblings & sys.modules.keys():  # the next folder has files of the same names
            del sys.modules[name]
        sys.modules.update(others)
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    return module
