"""A draft stands alone: it holds copies of all that its model.py imports."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from baselines import drafting as source
from baselines.backbone import load_backbone
from baselines.drafting import Draft, copy_code, drafting, import_model
from baselines.recipe import Request

MODELS = sorted(file.stem for file in (source.HOME / "models").glob("*.py") if file.stem != "__init__")

ALONE = """
import sys
import model
assert model.build_model is not None
assert not [name for name in sys.modules if name.split(".")[0] in ("harness", "baselines")]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models/ and layers/ in the place of our own."""
    for folder in ("models", "layers"):
        (tmp_path / "home" / folder).mkdir(parents=True)
    monkeypatch.setattr(source, "HOME", tmp_path / "home")
    return tmp_path / "home"


def copied(home: Path, name: str, folder: Path) -> Path:
    assert home.is_dir()
    folder.mkdir()
    copy_code(name, folder)
    return folder


def test_the_folder_of_a_draft_is_imported_by_a_fresh_process_with_nothing_of_ours(
    ask: Callable[..., Request], backbone_folder: Path
) -> None:
    with drafting(ask(), load_backbone(str(backbone_folder)), "dense") as draft:
        # -I: neither the working directory nor PYTHONPATH leads to the checkout
        code = f"import sys; sys.path.insert(0, {str(draft.folder)!r})\n{ALONE}"
        subprocess.run([sys.executable, "-I", "-c", code], cwd=draft.folder, check=True, capture_output=True)
    assert not draft.folder.exists()


@pytest.mark.parametrize("name", MODELS)
def test_every_model_imports_only_libraries_and_its_own_copies(name: str, tmp_path: Path) -> None:
    folder = copied(source.HOME, name, tmp_path / "draft")
    own = {file.stem for file in folder.glob("*.py")}
    for file in folder.glob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text())))
        imported = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        imported |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        roots = {module.partition(".")[0] for module in imported}
        assert roots <= own | {"torch", "transformers", "tokenizers"} | set(sys.stdlib_module_names), file.name


def test_layers_come_along_with_the_layers_that_they_import(home: Path, tmp_path: Path) -> None:
    (home / "models/net.py").write_text("from baselines.layers.top import X\nfrom baselines.layers.base import Y\n")
    (home / "layers/top.py").write_text("from baselines.layers.middle import X\n")
    (home / "layers/middle.py").write_text("from baselines.layers.base import Y\n\nX = Y + 1\n")
    (home / "layers/base.py").write_text("Y = 41\n")
    (home / "layers/other.py").write_text("raise AssertionError\n")
    folder = copied(home, "net", tmp_path / "draft")
    assert {file.name for file in folder.iterdir()} == {"model.py", "top.py", "middle.py", "base.py"}
    assert (folder / "model.py").read_text() == "from top import X\nfrom base import Y\n"
    assert (folder / "top.py").read_text() == "from middle import X\n"
    assert import_model(folder).X == 42


def test_drafts_with_files_of_the_same_names_do_not_mix(tmp_path: Path) -> None:
    models = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "model.py").write_text("from shared import VALUE\n\n\ndef value():\n    return VALUE\n")
        (folder / "shared.py").write_text(f"VALUE = {number}\n")
        models.append(import_model(folder))
    assert [model.value() for model in models] == [1, 2]


def test_an_import_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = ModuleType("reader")
    monkeypatch.setitem(sys.modules, "reader", theirs)
    (tmp_path / "model.py").write_text("from reader import MINE\n")
    (tmp_path / "reader.py").write_text("MINE = True\n")
    path, modules = list(sys.path), set(sys.modules)
    assert import_model(tmp_path).MINE
    assert sys.modules["reader"] is theirs
    assert (sys.path, set(sys.modules)) == (path, modules)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.py", "reader.py"]


def test_an_import_that_fails_leaves_no_trace_either(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("import helper_of_this_test\n\nraise RuntimeError\n")
    (tmp_path / "helper_of_this_test.py").write_text("")
    path = list(sys.path)
    with pytest.raises(RuntimeError):
        import_model(tmp_path)
    assert sys.path == path
    assert "helper_of_this_test" not in sys.modules


def draft(folder: Path, **files: str) -> Draft:
    (folder / "assets").mkdir(parents=True)
    for name, code in {"model": "def build_model():\n    return 1\n", **files}.items():
        (folder / f"{name}.py").write_text(code)
    (folder / "assets" / "config.json").write_text('{"hidden_size": 16}')
    return Draft(folder, ModuleType("model"))


def test_the_definition_is_of_what_is_computed_and_not_of_how_it_is_told(tmp_path: Path) -> None:
    told = '"""A model."""\n\n\ndef build_model():\n    """It."""\n    # one\n    return (1)\n'
    plain = draft(tmp_path / "a", layer="class L:\n    size = 1\n")
    assert (
        draft(tmp_path / "b", model=told, layer="class L:\n    '''L.'''\n\n    size = 1\n").definition
        == plain.definition
    )
    assert draft(tmp_path / "c", layer="class L:\n    size = 2\n").definition != plain.definition
    other_config = draft(tmp_path / "d", layer="class L:\n    size = 1\n")
    (other_config.folder / "assets/config.json").write_text('{"hidden_size": 32}')
    assert other_config.definition != plain.definition


def test_the_definition_leaves_out_how_texts_are_read_and_the_facts(tmp_path: Path) -> None:
    # a training's key holds the inputs themselves, and the model as the facts made it
    one, other = draft(tmp_path / "a", reader="X = 1\n"), draft(tmp_path / "b", reader="X = 2\n")
    other.add_asset("ranks.json", {"a": 4})
    assert one.definition == other.definition


def test_facts_are_json_under_assets(tmp_path: Path) -> None:
    one = draft(tmp_path / "a")
    one.add_asset("widths/mrpc.json", {"b": [1], "a": 2})
    assert json.loads((one.folder / "assets/widths/mrpc.json").read_text()) == {"a": 2, "b": [1]}


def test_cards_say_how_each_dataset_is_read(ask: Callable[..., Request], backbone_folder: Path) -> None:
    with drafting(ask(max_length=20), load_backbone(str(backbone_folder)), "dense") as made:
        cards = json.loads((made.folder / "assets/datasets.json").read_text())
    columns = ["sentence1", "sentence2"]
    assert cards == {
        "mrpc": {"outputs": 2, "columns": columns, "max_length": 20},
        "stsb": {"outputs": 1, "columns": columns, "max_length": 20},
    }
