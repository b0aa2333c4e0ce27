import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from harness.report import Interval, Report, json_schema

SCHEMA = Path(__file__).parents[1] / "docs" / "report.schema.json"


def test_committed_schema_is_current():
    printed = subprocess.run(
        [sys.executable, "-m", "harness.report"], capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(printed) == json.loads(json_schema())
    assert json.loads(SCHEMA.read_text()) == json.loads(printed), (
        "run: python -m harness.report > docs/report.schema.json"
    )


def test_schema_says_what_every_field_is():
    schema = json.loads(SCHEMA.read_text())
    assert schema["additionalProperties"] is False
    for name, definition in schema["$defs"].items():
        assert definition["description"], name
    assert "sha256" in schema["$defs"]["Result"]["properties"]["fingerprint"]["description"]


def test_report_survives_json(make_report, make_result):
    report = make_report("bert", make_result(), make_result(point="half", limit=100))
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_two_results_of_one_place_are_refused(make_report, make_result):
    with pytest.raises(ValidationError, match="full/elue/mrpc"):
        make_report("bert", make_result(), make_result(score=0.9))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_figure_is_nan_or_infinite(value):
    with pytest.raises(ValidationError, match="finite"):
        Interval(low=value, high=1.0)


def test_names_of_a_result(make_result):
    result = make_result("glue", "mnli-mm", "rank-96")
    assert result.task_id == "glue/mnli-mm"
    assert result.replicates_key == "rank-96/glue/mnli-mm"
