import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.findings import Finding
from harness.submission import inspect_submission
from harness.submission.template import write_template
from harness.tasks import SUITES

Findings = Callable[[Callable[[], object]], tuple[Finding, ...]]


def test_the_template_validates(tmp_path: Path) -> None:
    write_template(tmp_path / "mine", "my-model")
    submission, found = inspect_submission(tmp_path / "mine")
    assert submission is not None
    assert {finding.code for finding in found} == {"no-predictions"}
    assert submission.manifest.name == "my-model"
    assert [point.name for point in submission.manifest.points] == ["layers-2", "layers-4"]
    assert "NAME" not in (tmp_path / "mine" / "README.md").read_text()


def test_the_template_runs(tmp_path: Path) -> None:
    """The shapes of ``encode`` are those of ``build_inputs``, and the logits are as wide as the labels."""
    write_template(tmp_path / "mine", "my-model")
    outputs = {task.dataset.name: task.dataset.num_outputs for task in SUITES["probe"].tasks}
    code = f"""
import model, torch
for dataset, outputs in {outputs!r}.items():
    built = model.build_model(dataset, layers=2)
    ids = model.encode({{"a": "Not bad!", "b": "Good " * 200}}, dataset, layers=2)["input_ids"]
    inputs = model.build_inputs(dataset, {{"num_tokens": len(ids)}}, layers=2)
    assert inputs["input_ids"].shape == (1, len(ids)) == (1, 128)
    assert built(torch.tensor([ids])).shape == (1, outputs)
    with torch.device("meta"):
        inputs = model.build_inputs(dataset, {{"num_tokens": 9}}, layers=4)
        assert model.build_model(dataset, layers=4)(**inputs).is_meta
assert model.encode({{"a": "Not bad!"}}, "probe-sentiment", layers=2)["input_ids"][0] == 0
assert len(model.encode({{"a": "Not bad!"}}, "probe-sentiment", layers=2)["input_ids"]) == 5
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "mine", check=True)


@pytest.mark.parametrize("name", ["My Model", "", "../x", "a\nb: c"])
def test_names_that_are_none(tmp_path: Path, findings: Findings, name: str) -> None:
    assert [finding.code for finding in findings(lambda: write_template(tmp_path / "x", name))] == ["submission-name"]
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path, findings: Findings) -> None:
    assert [finding.code for finding in findings(lambda: write_template(tmp_path, "x"))] == ["folder-exists"]
