"""Attacks that end their process, and honest models that look like attacks: one verdict, at every level, in time."""

import time
from pathlib import Path

import pytest

from harness.findings import ParetoNLPError
from harness.sandbox.levels import Level
from harness.sandbox.policy import Limits
from tests.sandbox.attacks.destructive import ANSWER, CRASH, FLOOD, HANG, HONEST
from tests.sandbox.test_attacks import HERE, STRONG, ask, submission

MIB = 1 << 20
SMALL = Limits(
    seconds=120, memory_bytes=3000 * MIB, file_bytes=64 * MIB, scratch_bytes=256 * MIB, answer_bytes=4 * MIB, threads=1
)
SHORT = Limits(seconds=8, threads=1)
MODEL = """
import torch

def build_model(dataset, **options):
{body}
    return torch.nn.Linear(1, 2)

def build_inputs(dataset, sizes, **options):
    return {{"input": torch.zeros(1, 1)}}
"""
DESTRUCTIVE = {**FLOOD, **HANG, **CRASH, **ANSWER}


def model(body: str) -> str:
    return MODEL.format(body="".join(f"    {line}\n" for line in body.splitlines()))


@pytest.mark.parametrize("level", [Level.PROCESS, STRONG[-1] if STRONG else Level.PROCESS])
@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_an_attack_ends_in_one_verdict_and_in_time(level: Level, name: str, tmp_path: Path) -> None:
    body, verdict = DESTRUCTIVE[name]
    folder = submission(tmp_path / "submission", model(body), {"secret": "/none"})
    began = time.monotonic()
    with pytest.raises(ParetoNLPError) as caught:
        ask(folder, level, SHORT if name in HANG else SMALL)
    # the kernel's own limit may be there first: then the allocation or the write fails, in the submitted code
    allowed = {verdict, "submitted-code"} if verdict in ("out-of-memory", "out-of-disk") else {verdict}
    assert len(caught.value.findings) == 1
    assert caught.value.findings[0].code in allowed, caught.value
    assert time.monotonic() - began < 100
    assert len(str(caught.value)) < 10_000


@pytest.mark.parametrize("level", HERE)
def test_honest_models_pass(level: Level, tmp_path: Path) -> None:
    """All in one, as each is but a few calls."""
    folder = submission(tmp_path / "submission", model("\n".join(HONEST.values())), {"secret": "/none"})
    (answer,) = ask(folder, level)
    assert len(answer["weights"]) == 2
