from pathlib import Path

import pytest

from harness.submission import DeclaredCost, Manifest, Point, read_manifest, write_manifest

HEAD = "name: a\nmethod: b\n"


def found(tmp_path: Path, text: str | bytes) -> list[tuple[str, int | None]]:
    path = tmp_path / "submission.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    reading = read_manifest(path)
    assert (reading.manifest is None) == bool(reading.findings)
    assert {finding.file for finding in reading.findings} <= {"submission.yaml"}
    return [(finding.code, finding.row) for finding in reading.findings]


def messages(tmp_path: Path, text: str) -> str:
    path = tmp_path / "submission.yaml"
    path.write_text(text)
    return "\n".join(map(str, read_manifest(path).findings))


def test_reads_all_keys(tmp_path: Path) -> None:
    path = tmp_path / "submission.yaml"
    path.write_bytes(
        b"\xef\xbb\xbfname: a\r\nmethod: b\r\ntitle:\r\nauthors: [Ada, Alan]\r\n"
        b"sizes: {num_tokens: 128, num_ngrams_1: }\r\n"
        b"points:\r\n  - name: p\r\n    options: {rank: 8, rates: [0.5, 1e-3]}\r\n"
        b"    weights: {mrpc: weights/x.safetensors}\r\n    declared: {mrpc: {flops: 1.5e9, parameters: 10}}\r\n"
    )
    assert read_manifest(path).findings == ()
    assert read_manifest(path).manifest == Manifest(
        name="a",
        method="b",
        authors=("Ada", "Alan"),
        sizes={"num_tokens": 128, "num_ngrams_1": None},
        points=(
            Point(
                name="p",
                options={"rank": 8, "rates": [0.5, 0.001]},
                weights={"mrpc": "weights/x.safetensors"},
                declared={"mrpc": DeclaredCost(flops=1.5e9, parameters=10)},
            ),
        ),
    )


def test_the_sizes_are_tokens_by_default() -> None:
    assert Manifest(name="a", method="b", points=(Point(name="p"),)).sizes == {"num_tokens": None}


def test_a_missing_file(tmp_path: Path) -> None:
    reading = read_manifest(tmp_path / "submission.yaml")
    assert [finding.code for finding in reading.findings] == ["manifest-missing"]
    assert "paretonlp init" in str(reading.findings[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("method: b\npoints: [{name: p}]\n", [("manifest-missing-key", 1)]),
        (HEAD + "points:\n  - options: {}\n", [("manifest-missing-key", 4)]),
        (HEAD + "points: []\n", [("manifest-value", 3)]),
        (HEAD + "points: [{name: p}]\ntitel: x\n", [("manifest-unknown-key", 4)]),
        (HEAD + "points:\n  - name: p\n    optons: {}\n", [("manifest-unknown-key", 5)]),
        (HEAD + "points:\n  - name: p\n    declared:\n      mrpc: {flps: 1}\n", [("manifest-unknown-key", 6)]),
        (HEAD + "points:\n  - name: p\n  - name: q\n  - name: p\n", [("manifest-duplicate-point", 6)]),
        (HEAD + "points: [{name: Big}]\n", [("manifest-value", 3)]),
        (HEAD + "points: [{name: ../x}]\n", [("manifest-value", 3)]),
        (HEAD + "points: [{name: 90}]\n", [("manifest-value", 3)]),
        (HEAD + "points:\n  - name: p\n    options: {dataset: 1}\n", [("manifest-value", 5)]),
        (HEAD + "points:\n  - name: p\n    options: {lambda: 1}\n", [("manifest-value", 5)]),
        (HEAD + "points:\n  - name: p\n    options: {a: .nan}\n", [("manifest-value", 5)]),
        (HEAD + "points:\n  - name: p\n    options: {a: [{b: .inf}]}\n", [("manifest-value", 5)]),
        (HEAD + "points:\n  - name: p\n    weights: {MRPC: x}\n", [("manifest-value", 5)]),
        (HEAD + "points: [{name: p}]\nsizes: {num_tokens: true}\n", [("manifest-value", 4)]),
        (HEAD + "points: [{name: p}]\nsizes: {num_tokens: 0}\n", [("manifest-value", 4)]),
        (HEAD + "points: [{name: p}]\nsizes: {num_tokens: 1000001}\n", [("manifest-value", 4)]),
        (HEAD + "points: [{name: p}]\nsizes: {index: 3, Bad: 3}\n", [("manifest-value", 4)] * 2),
        (HEAD + "points:\n  - name: p\n    declared: {mrpc: {flops: -1, macs: .inf}}\n", [("manifest-value", 5)] * 2),
        (HEAD + "points: [{name: p}]\ndescription: " + "x" * 4001 + "\n", [("manifest-value", 4)]),
        ("[]\n", [("manifest-value", 1)]),
        ("", [("manifest-value", None)]),
        ("name: a\nname: b\n", [("yaml-duplicate-key", 2)]),
        ("name: é\n".encode("latin-1"), [("not-utf8", 1)]),
        ("name: a\n".encode("utf-16"), [("not-utf8", None)]),
        ("name: a\n".encode("utf-16-le"), [("not-utf8", None)]),
        ("name: a\n".encode("utf-32"), [("not-utf8", None)]),
        (b"#" * (256 * 1024 + 1), [("file-too-large", None)]),
    ],
)
def test_every_fault_has_its_line(tmp_path: Path, text: str | bytes, expected: list[tuple[str, int | None]]) -> None:
    assert found(tmp_path, text) == expected


def test_all_faults_at_once(tmp_path: Path) -> None:
    text = "name: Bad Name\nmethd: x\nauthors: Jane\npoints:\n  - name: a\n    declard: {}\n"
    assert sorted(found(tmp_path, text), key=lambda item: item[1] or 0) == [
        ("manifest-value", 1),
        ("manifest-missing-key", 1),
        ("manifest-unknown-key", 2),
        ("manifest-value", 3),
        ("manifest-unknown-key", 6),
    ]


def test_many_faults_are_cut(tmp_path: Path) -> None:
    text = HEAD + "points:\n" + "".join(f"  - name: B{number}\n" for number in range(300))
    findings = found(tmp_path, text)
    assert len(findings) == 101
    assert "200 more faults" in messages(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("points: [{name: p, weight: {}}]\n", "Did you mean 'weights'?"),
        ("points: [{name: p}]\ntitel: x\n", "Did you mean 'title'?"),
        ("points: [{name: p, declared: {mrpc: {flop: 1}}}]\n", "points[0].declared.mrpc. Did you mean 'flops'?"),
        ("points: [{name: p}]\npaper: 2110.07038\n", "Put it in quotes"),
        ("points: [{name: p}]\nauthors: Jane\n", "Write [Jane]"),
        ("points: [{name: p}]\nsizes: {num_tokens: 0}\n", "sizes.num_tokens is 0. Expected: 1 or more"),
        ("points: [{name: p}, {name: p}]\n", "points[1].name: two operating points are called 'p'"),
    ],
)
def test_remedies(tmp_path: Path, text: str, said: str) -> None:
    assert said in messages(tmp_path, HEAD + text)


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    shared = {"threshold": 1e-5, "word": "1e-5", "flag": True, "nothing": None, "list": [1, "no"]}
    manifest = Manifest(
        name="a.b_c-1",
        method="b",
        title="Ünïcode: 'quotes' # and signs\n",
        authors=("A", "B"),
        sizes={},
        points=(Point(name="p", options=shared), Point(name="q", options=shared)),
    )
    write_manifest(tmp_path / "submission.yaml", manifest)
    assert read_manifest(tmp_path / "submission.yaml").manifest == manifest
    assert [path.name for path in tmp_path.iterdir()] == ["submission.yaml"]
