import json
from dataclasses import replace
from xml.etree import ElementTree as ET

from harness.regression.drift import Drift
from harness.regression.formats import Checked, to_github, to_json, to_junit

FAILS = Drift("mine", "score", 0.8, 0.7, "the same", "torch <1> -> 2 & more\n100%", "p", "s/t", "a,b:c.tsv", 7)
NOTE = Drift("mine", "folder", "abc", "de\x00f", "any", "the folder changed", fails=False)
CHECKED = [Checked("mine", "submissions/mine"), Checked("mine", "submissions/mine", "p", "s/t"),
           Checked("mine", "submissions/mine", "q", "s/t")]  # fmt: skip


def test_json_holds_every_field() -> None:
    first, second = json.loads(to_json([FAILS, NOTE], CHECKED))
    assert (first["what"], first["old"], first["new"], first["row"], first["fails"]) == ("score", 0.8, 0.7, 7, True)
    assert second["new"] == "de\x00f"
    assert json.loads(to_json([], CHECKED)) == []


def test_junit_has_a_case_for_everything_that_was_checked() -> None:
    root = ET.fromstring(to_junit([FAILS, NOTE], CHECKED).encode())
    (suite,) = root.findall("testsuite")
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("mine", "3", "1")
    cases = {case.get("name"): case for case in suite}
    assert set(cases) == {"folder", "p s/t", "q s/t"}
    failure = cases["p s/t"].find("failure")
    assert failure is not None
    assert failure.get("message") == "score"
    assert "torch <1> -> 2 & more" in (failure.text or "")
    assert cases["folder"].find("failure") is None
    assert "de?f" in (cases["folder"].findtext("system-out") or "")
    assert len(cases["q s/t"]) == 0


def test_workflow_commands_are_escaped_as_github_reads_them() -> None:
    """github.com/actions/toolkit, packages/core/src/command.ts: data escape %, CR, LF; properties also : and ,"""
    error, notice = to_github([FAILS, NOTE], CHECKED).splitlines()
    assert error.startswith("::error file=submissions/mine/a%2Cb%3Ac.tsv,line=7,title=mine%3A score::")
    assert "more%0A100%25" in error
    assert notice.startswith("::notice file=submissions/mine/submission.yaml,title=mine%3A folder::")
    assert to_github([], CHECKED) == ""


def test_notices_of_one_kind_are_one_command_and_errors_are_each_their_own() -> None:
    others = [replace(NOTE, point=point, task="s/t") for point in ("p", "q")]
    lines = to_github([NOTE, FAILS, *others, replace(NOTE, submission="yours"), FAILS], CHECKED).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error", "::notice", "::notice"]
    assert lines[2].endswith("the folder changed, and 2 more")
    assert lines[3].endswith("the folder changed")
