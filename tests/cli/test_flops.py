import re

import pytest

from tests.cli.strangers import EVIL, harmless

MODEL = """
import torch
from torch import nn

class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.embed = nn.Embedding(50, width)
        self.body = nn.ModuleDict({"[red]": nn.Linear(width, width, bias=False)})
        self.out = nn.Linear(width, 2, bias=False)
    def forward(self, input_ids):
        x = self.body["[red]"](self.embed(input_ids))
        return self.out(torch.special.bessel_j0(x).sum(1))

def build_model(dataset, width=8):
    return Model(width)
"""


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path / "model.py"


def test_by_module_by_operator_and_against_other_counters(run, model, width):
    width(80)
    words = ("--tokens", "5", "--option", "width=4", "--dataset", "mrpc", "--compare", "fvcore,torch")
    outcome = run("flops", model, *words)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= 80
    # two products: 5 x 4 x 4 and 4 x 2 multiply-accumulates; a sum over 5 rows of 4
    macs = 5 * 4 * 4 + 4 * 2
    flops = 2 * macs + 4 * 4
    assert lines[0] == f"{macs} MACs, {flops} FLOPs for one sample"
    assert any(line.split()[-4:] == ["[red]", "160", "FLOPs", f"{160 / flops:.1%}"] for line in lines)
    assert any(line.split()[:4] == ["aten.linear", "2", str(macs), str(2 * macs)] for line in lines)
    (without,) = (line for line in lines if line.startswith("no formula: "))
    assert re.fullmatch(r"no formula: aten\.special_bessel_j0\S*, 1 call, not in these figures", without)
    assert f"parameters {50 * 4 + 16 + 8}, {16 + 8} of them outside embedding tables; {4 * 224}B as built" in lines
    for counter in ("fvcore", "torch"):
        assert any(line.split()[:3] == [counter, str(macs), "+0.00%"] for line in lines)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--dataset", "mprc"), "Did you mean 'mrpc'?"),
        (("--compare", "fvcor"), "Did you mean 'fvcore'?"),
        (("--option", "width"), "name=value"),
        (("--option", "no name=3"), "name=value"),
        (("--option", "width=[1"), "name=value"),
        (("--size", "num_tokens=0"), "whole number"),
        (("--size", "num_tokens=1.5"), "whole number"),
        (("--size", "num_tokens=yes"), "whole number"),
    ],
)
def test_wrong_options_are_found_before_anything_runs(run, model, words, hint, monkeypatch):
    monkeypatch.setattr("harness.sandbox.runner.sandboxed", lambda *_: pytest.fail("nothing should run"))
    outcome = run("flops", model.parent, *words)
    assert (outcome.code, outcome.out) == (1, "")
    assert hint in outcome.err


def test_another_file_is_not_taken_for_the_model_beside_it(run, model):
    other = model.with_name("other.py")
    other.write_text("")
    outcome = run("flops", other)
    assert outcome.code == 1
    assert "no-model" in outcome.err


def test_what_submitted_code_says_is_harmless(run, tmp_path):
    (tmp_path / "model.py").write_text(f"def build_model(dataset):\n    raise ValueError({EVIL!r})\n")
    outcome = run("flops", tmp_path)
    assert (outcome.code, outcome.out) == (1, "")
    assert harmless(outcome.err)
