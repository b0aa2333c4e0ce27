import io
import json
import os
import stat
import zipfile

import numpy as np
import pytest

from harness import store
from harness.findings import ParetoNLPError
from harness.report import SCHEMA_VERSION
from harness.store import (
    find_reports,
    merge,
    migrate,
    read_replicates,
    read_report,
    write_replicates,
    write_report,
)


def _codes(caught) -> list[str]:
    return [finding.code for finding in caught.value.findings]


def _store(root, *reports):
    for report in reports:
        (root / report.submission.name).mkdir()
        write_report(root / report.submission.name, report)
    return root


def test_report_comes_back(tmp_path, make_report, make_result):
    report = make_report("bert", make_result(score=0.1 + 0.2), make_result(point="half"))
    write_report(tmp_path, report)
    found = read_report(tmp_path)
    assert found.results[1] == report.results[1]
    assert found.results[0].score.value == 0.3, "12 digits, so that a diff shows changes alone"
    write_report(tmp_path, found)
    assert read_report(tmp_path) == found


def test_file_is_stable_and_made_for_diffs(tmp_path, make_report, make_result):
    report = make_report("bert", make_result(score=2 / 3), title="Bért")
    write_report(tmp_path, report)
    text = (tmp_path / "report.json").read_text("utf-8")
    write_report(tmp_path, read_report(tmp_path))
    assert (tmp_path / "report.json").read_text("utf-8") == text
    assert text.endswith("}\n")
    assert '"value": 0.666666666667' in text
    assert "Bért" in text
    assert text.count('"mean"') == 2
    assert all(line.count('"mean"') <= 1 for line in text.splitlines())
    assert all(len(line) < 140 for line in text.splitlines())
    assert json.loads(text)["results"][0]["score"]["value"] == 0.666666666667


def test_writing_leaves_no_other_file_and_usual_permissions(tmp_path, make_report):
    write_report(tmp_path, make_report("bert"))
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    (tmp_path / "plain").touch()
    mode = stat.S_IMODE((tmp_path / "report.json").stat().st_mode)
    assert mode == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, make_report, monkeypatch):
    write_report(tmp_path, make_report("bert"))

    def broken(*_):
        raise OSError("disk")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="disk"):
        write_report(tmp_path, make_report("other"))
    monkeypatch.undo()
    assert read_report(tmp_path).submission.name == "bert"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("1" * 5000, "no JSON"),
        ("[]", "no JSON object"),
        ("{}", "schema_version"),
        ('{"schema_version": 1}', "submission: Field required"),
        ('{"schema_version": 1, "submission": 3, "folder_sha256": "", "x": 1}', "x: Extra inputs"),
        ('{"schema_version": 1, "schema_version": 1}', "a key is there twice"),
        ('{"schema_version": NaN}', "NaN is no JSON"),
        ('{"schema_version": 1, "x": 99999999999999999999}', "64 bits"),
    ],
)
def test_a_broken_report_is_named(tmp_path, text, message):
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(ParetoNLPError, match=message) as caught:
        read_report(tmp_path)
    assert set(_codes(caught)) == {"report-broken"}
    assert all(f.file == str(tmp_path / "report.json") for f in caught.value.findings)


def test_not_utf8_and_too_large_are_named(tmp_path, monkeypatch):
    (tmp_path / "report.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ParetoNLPError, match="no JSON"):
        read_report(tmp_path)
    monkeypatch.setattr(store, "MAX_REPORT_BYTES", 5)
    with pytest.raises(ParetoNLPError, match="larger than 5 bytes"):
        read_report(tmp_path)


def test_of_many_faults_some_are_told(tmp_path):
    (tmp_path / "report.json").write_text(json.dumps({"schema_version": 1, **dict.fromkeys(map(str, range(1000)))}))
    with pytest.raises(ParetoNLPError) as caught:
        read_report(tmp_path)
    assert len(_codes(caught)) == 100


def test_links_and_pipes_are_no_reports(tmp_path, make_report):
    _store(tmp_path, make_report("bert"))
    for name, make in (("endless", lambda path: path.symlink_to("/dev/zero")), ("pipe", os.mkfifo)):
        (tmp_path / name).mkdir()
        make(tmp_path / name / "report.json")
    (tmp_path / "bert" / "replicates.npz").symlink_to("/dev/zero")
    found, broken = find_reports(tmp_path)
    assert [(stored.report.submission.name, stored.replicates) for stored in found] == [("bert", {})]
    assert [(each.code, each.file) for each in broken] == [
        ("replicates-broken", str(tmp_path / "bert" / "replicates.npz")),
        ("report-broken", str(tmp_path / "endless" / "report.json")),
        ("report-broken", str(tmp_path / "pipe" / "report.json")),
    ]


def test_a_report_of_a_newer_version_asks_for_an_upgrade(tmp_path):
    (tmp_path / "report.json").write_text(json.dumps({"schema_version": SCHEMA_VERSION + 1}))
    with pytest.raises(ParetoNLPError, match="Upgrade paretonlp") as caught:
        read_report(tmp_path)
    assert _codes(caught) == ["report-newer"]


def test_a_report_without_a_way_up_is_to_be_evaluated_again():
    with pytest.raises(ParetoNLPError, match="Evaluate the submission again") as caught:
        migrate({"schema_version": -1}, "report.json")
    assert _codes(caught) == ["report-older"]


def test_migrations_run_one_after_another(tmp_path, make_report, make_result, monkeypatch):
    """A made-up past: in version -1 the submission was called 'model', in version 0 'entry'."""
    steps = {
        -1: lambda old: {**_without(old, "model"), "entry": old["model"]},
        0: lambda old: {**_without(old, "entry"), "submission": old["entry"]},
    }
    monkeypatch.setattr(store, "SCHEMA_VERSION", 1)
    report = make_report("bert", make_result())
    present = report.model_dump(mode="json")
    past = {**_without(present, "submission"), "model": present["submission"], "schema_version": -1}
    before = json.dumps(past)
    assert migrate(past, "report.json", steps) == present
    assert json.dumps(past) == before


def _without(document, key):
    return {name: value for name, value in document.items() if name != key}


def test_merge_replaces_its_own_and_keeps_every_other(make_report, make_result):
    old = make_report(
        "bert",
        make_result("glue", "rte", score=0.6),
        make_result("elue", "mrpc", "half", score=0.7),
        make_result("elue", "mrpc", score=0.8),
    )
    found = merge(old, [make_result("elue", "mrpc", score=0.9), make_result("elue", "sst2")])
    places = [(result.replicates_key, result.score.value) for result in found.results]
    assert places == [
        ("full/elue/mrpc", 0.9),
        ("half/elue/mrpc", 0.7),
        ("full/elue/sst2", 0.8),
        ("full/glue/rte", 0.6),
    ]
    assert found.submission == old.submission
    assert merge(found, []) == found


def test_replicates_come_back(tmp_path):
    rng = np.random.default_rng(0)
    given = {"full/elue/mrpc": rng.random(1000), "a.b-c/glue/mnli-mm": rng.random(1000)}
    write_replicates(tmp_path, given)
    found = read_replicates(tmp_path)
    assert set(found) == set(given)
    assert all(np.array_equal(found[key], given[key]) for key in given)
    with np.load(tmp_path / "replicates.npz") as arrays:
        assert np.array_equal(arrays["full/elue/mrpc"], given["full/elue/mrpc"]), "an npz to numpy"


def test_replicates_file_depends_on_content_alone(tmp_path):
    given = {"a": np.arange(3.0), "b": np.arange(4.0)}
    write_replicates(tmp_path, given)
    first = (tmp_path / "replicates.npz").read_bytes()
    write_replicates(tmp_path, dict(reversed(given.items())))
    assert (tmp_path / "replicates.npz").read_bytes() == first


def test_numpys_own_archive_is_read(tmp_path):
    np.savez(tmp_path / "replicates.npz", **{"full/elue/mrpc": np.arange(3.0)})
    assert read_replicates(tmp_path)["full/elue/mrpc"].tolist() == [0, 1, 2]


def test_no_replicates_are_none(tmp_path):
    assert read_replicates(tmp_path) == {}


class _Trap:
    def __reduce__(self):
        return (print, ("a stranger's code ran",))


def _npy(header_shape, data=b"\0" * 16):
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": header_shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + data


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"no array",
        _npy((3,)),
        _npy((10**12,)),
        _npy((1, 2)),
        _npy((2,), np.array([np.nan, 0.0]).tobytes()),
        _npy((2,), b"\0" * 15),
    ],
)
def test_broken_arrays_are_named(tmp_path, member):
    with zipfile.ZipFile(tmp_path / "replicates.npz", "w") as archive:
        archive.writestr("full/elue/mrpc.npy", member)
    with pytest.raises(ParetoNLPError, match=r"replicates\.npz"):
        read_replicates(tmp_path)


def test_pickles_and_other_types_are_refused(tmp_path, capsys):
    for values in (np.array([_Trap()], dtype=object), np.array([1, 2])):
        np.savez(tmp_path / "replicates.npz", a=values)
        with pytest.raises(ParetoNLPError, match="cannot be read"):
            read_replicates(tmp_path)
    assert capsys.readouterr().out == ""


def test_damaged_archives_are_named(tmp_path):
    write_replicates(tmp_path, {"a": np.random.default_rng(0).random(500)})
    whole = (tmp_path / "replicates.npz").read_bytes()
    for damaged in (b"", b"zip", whole[:-30], whole[:200] + b"\xff" * 50 + whole[250:]):
        (tmp_path / "replicates.npz").write_bytes(damaged)
        with pytest.raises(ParetoNLPError, match="cannot be read"):
            read_replicates(tmp_path)


def test_an_archive_that_unpacks_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MAX_REPLICATES_BYTES", 10_000)
    write_replicates(tmp_path, {"a": np.zeros(1000), "b": np.zeros(1000)})
    assert (tmp_path / "replicates.npz").stat().st_size < 1000
    with pytest.raises(ParetoNLPError, match="larger than 10,000 bytes"):
        read_replicates(tmp_path)


def test_two_arrays_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "replicates.npz", "w") as archive:
        archive.writestr("a.npy", _npy((2,)))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", _npy((2,)))
    with pytest.raises(ParetoNLPError, match="a name is there twice"):
        read_replicates(tmp_path)


def test_a_large_directory_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_MAX_PIECE", 1000)
    write_replicates(tmp_path, {"a": np.zeros(10)})
    assert list(read_replicates(tmp_path)) == ["a"]
    write_replicates(tmp_path, {str(number): np.zeros(10) for number in range(100)})
    with pytest.raises(ParetoNLPError, match="a part of the archive is too large"):
        read_replicates(tmp_path)


def test_a_broken_report_is_named_and_the_rest_goes_on(tmp_path, make_report, make_result):
    _store(tmp_path, make_report("bert", make_result()), make_report("albert"))
    write_replicates(tmp_path / "bert", {"full/elue/mrpc": np.arange(3.0)})
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "report.json").write_text("{")
    (tmp_path / "unevaluated").mkdir()
    found, broken = find_reports(tmp_path)
    assert [stored.report.submission.name for stored in found] == ["albert", "bert"]
    assert [finding.file for finding in broken] == [str(tmp_path / "broken" / "report.json")]
    assert found[1].replicates["full/elue/mrpc"].tolist() == [0, 1, 2]
    assert found[1].folder == tmp_path / "bert"


def test_broken_replicates_leave_the_report(tmp_path, make_report):
    _store(tmp_path, make_report("bert"))
    (tmp_path / "bert" / "replicates.npz").write_bytes(b"?")
    found, broken = find_reports(tmp_path)
    assert [stored.replicates for stored in found] == [{}]
    assert [finding.code for finding in broken] == ["replicates-broken"]


def test_two_reports_of_one_name_are_named(tmp_path, make_report):
    _store(tmp_path, make_report("bert"))
    (tmp_path / "copy").mkdir()
    write_report(tmp_path / "copy", make_report("bert", title="another"))
    found, broken = find_reports(tmp_path)
    assert [stored.folder for stored in found] == [tmp_path / "bert"]
    assert [(f.code, f.file) for f in broken] == [("report-twice", str(tmp_path / "copy" / "report.json"))]


def test_no_store_is_explained(tmp_path):
    with pytest.raises(ParetoNLPError, match="no folder"):
        find_reports(tmp_path / "absent")
