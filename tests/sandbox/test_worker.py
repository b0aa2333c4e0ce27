"""The child, through the runner: a static model, a dynamic one, and models that break the contract."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from harness.cost.tape_json import from_json
from harness.findings import ParetoNLPError
from harness.sandbox.digests import input_digest
from harness.sandbox.policy import environment
from harness.sandbox.runner import sandboxed

STATIC = """
import torch
from torch import nn
from part import WIDTH

class Model(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.embed = nn.Embedding(50, WIDTH)
        self.out = nn.Linear(WIDTH, classes)
    def forward(self, input_ids):
        return self.out(self.embed(input_ids).mean(1))

def build_model(dataset, classes=2):
    print("a stranger may print")
    return Model(classes)

def encode(example, dataset, classes=2):
    return {"input_ids": [len(word) for word in example["text"].split()]}
"""

STAGES = """
import torch
from torch import nn

class Stage(nn.Module):
    def __init__(self, first):
        super().__init__()
        self.first = first
        self.out = nn.Linear(4, 2)
    def forward(self, state):
        count = state["length"] if self.first else state["count"] - 1
        return {"count": count, "x": state["x"], "logits": self.out(state["x"]), "exit": (count <= 1).all()}

def build_stages(dataset):
    return [Stage(True), Stage(False), Stage(False)]

def build_inputs(dataset, sizes):
    return {"x": torch.zeros(1, 4), "length": torch.zeros(1, sizes["num_words"])}

def encode(example, dataset):
    words = example["text"].split()
    return {"x": [1.0, 2.0, 3.0, 4.0], "length": [float(len(words))] * len(words)}
"""


def _folder(tmp_path: Path, source: str) -> Path:
    (tmp_path / "model.py").write_text(source)
    (tmp_path / "part.py").write_text("WIDTH = 8\n")
    return tmp_path


def _run(folder: Path, *jobs: dict[str, Any]) -> list[dict[str, Any]]:
    with sandboxed(folder, [{"dataset": "d", "options": {}, **job} for job in jobs]) as child:
        return list(child.answers())


def test_a_static_model_is_traced_run_and_encoded(tmp_path: Path) -> None:
    folder = _folder(tmp_path, STATIC)
    torch.manual_seed(0)
    embed, out = nn.Embedding(50, 8), nn.Linear(8, 2)
    state = {"embed.weight": embed.weight, "out.weight": out.weight, "out.bias": out.bias}
    save_file({name: tensor.detach() for name, tensor in state.items()}, tmp_path / "w.safetensors")
    examples = [{"text": "a bb ccc"}, {"text": "dddd"}, {"text": "eeeee ff ggg"}]
    traced, predicted, encoded, inputs = _run(
        folder,
        {"verb": "trace", "sizes": [{"num_tokens": 3}, {"num_tokens": 1}], "options": {"classes": 2}},
        {"verb": "predict", "examples": examples, "sizes": ["num_tokens"], "classes": 2,
         "weights": str(tmp_path / "w.safetensors")},
        {"verb": "encode", "examples": examples, "sizes": [{"num_tokens": 3}]},
        {"verb": "inputs", "examples": examples},
    )  # fmt: skip
    (tmp_path / "model.py").write_text("raise AssertionError('a process that runs a graph imports nothing submitted')")
    (again,) = _run(
        folder,
        {"verb": "replay", "tapes": traced["tapes"], "weights": str(tmp_path / "w.safetensors"),
         "stages": 0, "classes": 2, "samples": [*zip([0, 1, 0], inputs["inputs"], strict=True)]},
    )  # fmt: skip
    assert [tape.values[tape.inputs["input_ids"]].shape for tape in from_json(traced["tapes"])] == [(1, 3), (1, 1)]
    assert {weight["name"]: weight["elements"] for weight in traced["weights"]} == {
        "embed.weight": 400, "out.weight": 16, "out.bias": 2,
    }  # fmt: skip
    ids = [torch.tensor([len(word) for word in example["text"].split()]) for example in examples]
    expected = [int(out(embed(row).mean(0)).argmax()) for row in ids]
    assert predicted["answers"] == expected
    assert predicted["sizes"] == {"num_tokens": [3, 1, 3]}
    assert encoded["encoded"] == [{"input_ids": [3]}, {"input_ids": [1]}, {"input_ids": [3]}]
    assert encoded["built"] == [{"input_ids": [3]}]
    assert [given["input_ids"] for given in inputs["inputs"]] == [["int64", row.tolist()] for row in ids]
    assert encoded["digests"] == [input_digest(given) for given in inputs["inputs"]]
    assert len(set(encoded["digests"])) == 3
    assert again["answers"] == expected
    assert again["exit_stage"] is None


def test_a_dynamic_model_leaves_where_it_says(tmp_path: Path) -> None:
    folder = _folder(tmp_path, STAGES)
    state = {
        f"{stage}.out.{name}": torch.ones(*shape)
        for stage in range(3)
        for name, shape in (("weight", (2, 4)), ("bias", (2,)))
    }
    save_file(state, tmp_path / "w.safetensors")
    examples = [{"text": "one"}, {"text": "one two"}, {"text": "one two three four five"}]
    traced, predicted = _run(
        folder,
        {"verb": "trace", "sizes": [{"num_words": 2}]},
        {"verb": "predict", "examples": examples, "sizes": ["num_words"], "classes": 2,
         "weights": str(tmp_path / "w.safetensors")},
    )  # fmt: skip
    assert traced["stages"] == 3
    assert predicted["exit_stage"] == [1, 2, 3]
    assert predicted["sizes"] == {"num_words": [1, 2, 5]}
    assert predicted["answers"] == [0, 0, 0]  # equal logits: the lowest label


def test_a_dataset_has_those_sizes_that_show_in_its_inputs(tmp_path: Path) -> None:
    """Two sizes for pairs, one for single texts, where the manifest names all three."""
    source = """
import torch
from torch import nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(2))
    def forward(self, **texts):
        return self.bias + sum(text.sum(1, keepdim=True) for text in texts.values())

def build_model(dataset):
    return Model()

def names(dataset):
    return {"pair": ("words_1", "words_2"), "single": ("words",)}.get(dataset, ())

def build_inputs(dataset, sizes):
    return {name: torch.zeros(1, sizes["num_" + name]) for name in names(dataset)}

def encode(example, dataset):
    return {name: [1.0] * len(text.split()) for name, text in zip(names(dataset), example.values())}
"""
    folder = _folder(tmp_path, source)
    save_file({"bias": torch.zeros(2)}, tmp_path / "w.safetensors")
    job = {"verb": "predict", "classes": 2, "weights": str(tmp_path / "w.safetensors")}
    every = ["num_words", "num_words_1", "num_words_2"]
    pair, single = _run(
        folder,
        {**job, "dataset": "pair", "sizes": every, "examples": [{"a": "x y z", "b": "x"}, {"a": "x", "b": "x y"}]},
        {**job, "dataset": "single", "sizes": every, "examples": [{"a": "x y z"}, {"a": "x"}]},
    )
    assert pair["sizes"] == {"num_words_1": [3, 1], "num_words_2": [1, 2]}
    assert single["sizes"] == {"num_words": [3, 1]}
    with pytest.raises(ParetoNLPError, match="grows with num_words or num_words_1 or num_words_2"):
        _run(folder, {**job, "dataset": "another", "sizes": every, "examples": []})


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def build_model(dataset):\n    return 1 / 0\n", "model.py:2: build_model raised ZeroDivisionError"),
        ("def build_model(dataset):\n    return 'model'\n", "build_model returned str"),
        ("def build_model(dataset:\n", "model.py:1: import raised SyntaxError"),
        ("from torch import nn\ndef build_model(dataset):\n    return nn.Linear(3, 2)\n", "forward raised TypeError"),
        ("def build_stages(dataset):\n    return []\n", "build_stages did not return a non-empty list"),
    ],
)
def test_a_model_that_breaks_the_contract_is_told_where(tmp_path: Path, source: str, says: str) -> None:
    with pytest.raises(ParetoNLPError) as caught:
        _run(_folder(tmp_path, source), {"verb": "trace", "sizes": [{"num_tokens": 3}]})
    assert says in str(caught.value)
    assert [finding.code for finding in caught.value.findings] == ["submitted-code"]


def test_the_request_is_what_the_child_gets_and_no_more(tmp_path: Path) -> None:
    source = (
        "import json, os, sys\nraise RuntimeError(json.dumps([sys.path[0], sorted(os.environ), os.listdir('.')]))\n"
    )
    with pytest.raises(ParetoNLPError) as caught:
        _run(_folder(tmp_path, source), {"verb": "trace", "sizes": []})
    path, names, listed = json.loads(str(caught.value).split("RuntimeError: ")[1])
    assert path == str(tmp_path)
    assert set(names) == set(environment(tmp_path))
    assert listed == []
