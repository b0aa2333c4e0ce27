from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings import Finding, ParetoNLPError
from harness.submission import HubWeights, LocalWeights, inspect_submission, parse_reference

Findings = Callable[[Callable[[], object]], tuple[Finding, ...]]
Inspected = Callable[[Path], list[tuple[str, str | None, int | None]]]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
EMPTY = b"\x02\x00\x00\x00\x00\x00\x00\x00{}"


def refer(folder: Path, reference: str) -> None:
    """Let line 5 of submission.yaml name weights."""
    path = folder / "submission.yaml"
    text = path.read_text().replace("options: {rank: 8}", f"options: {{rank: 8}}\n    weights: {{mrpc: '{reference}'}}")
    path.write_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weights/a.safetensors", LocalWeights("weights/a.safetensors")),
        ("weights/p/a b.safetensors", LocalWeights("weights/p/a b.safetensors")),
        (f"hf://org/re.po@{COMMIT}/m.safetensors", HubWeights("org/re.po", COMMIT, "m.safetensors")),
        ("hf://org/repo@v1.0/a/b@c.safetensors", HubWeights("org/repo", "v1.0", "a/b@c.safetensors")),
    ],
)
def test_forms(text: str, expected: object) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hf://org/repo/m.safetensors", "weights-revision"),
        ("hf://org/m.safetensors", "weights-reference"),
        ("hf://org@main/m.safetensors", "weights-reference"),
        ("https://example.org/m.safetensors", "weights-reference"),
        ("hf://org/repo@main/../m.safetensors", "weights-reference"),
        ("weights/../../m.safetensors", "weights-reference"),
        ("/weights/m.safetensors", "weights-reference"),
        ("weights//m.safetensors", "weights-reference"),
        ("weights\\m.safetensors", "weights-reference"),
        ("weights/a\n.safetensors", "weights-reference"),
        ("", "weights-reference"),
        ("m.safetensors", "weights-place"),
        ("assets/m.safetensors", "weights-place"),
        ("weights/pytorch_model.bin", "weights-kind"),
        ("hf://org/repo@main/model.pt", "weights-kind"),
    ],
)
def test_refusals(folder: Path, findings: Findings, inspected: Inspected, text: str, code: str) -> None:
    assert [finding.code for finding in findings(lambda: parse_reference(text))] == [code]
    if "\n" not in text:
        refer(folder, text)
        assert inspected(folder) == [(code, "submission.yaml", 6)]


def test_absent_weights_are_a_note(folder: Path) -> None:
    refer(folder, "weights/mrcp.safetensors")
    (folder / "weights").mkdir()
    (folder / "weights" / "mrpc.safetensors").write_bytes(EMPTY)
    submission, found = inspect_submission(folder)
    assert submission is not None
    assert [(finding.code, finding.row, finding.severity) for finding in found] == [("weights-absent", 6, "note")]
    assert "Did you mean 'weights/mrpc.safetensors'?" in str(found[0])


def test_weights_that_are_only_stated_are_one_note(folder: Path) -> None:
    manifest = folder / "submission.yaml"
    refer(folder, "weights/a.safetensors")
    (folder / "weights.sha256").write_text(
        "".join(f"{'0' * 64}  weights/{name}.safetensors\n" for name in ("a", "b", "c"))
    )
    (note,) = inspect_submission(folder)[1]
    assert note.message == "'weights/a.safetensors' is not there, only its digest."
    named = "mrpc: 'weights/a.safetensors'"
    manifest.write_text(manifest.read_text().replace(named, f"{named}, stsb: 'weights/b.safetensors'"))
    (note,) = inspect_submission(folder)[1]
    assert note.message == "'weights/a.safetensors' and 1 other file of weights are not there, only their digests."
    assert note.remedy is None


def test_a_branch_is_a_note(folder: Path) -> None:
    refer(folder, "hf://org/repo@main/m.safetensors")
    _, found = inspect_submission(folder)
    assert [(finding.code, finding.row, finding.severity) for finding in found] == [
        ("weights-revision-moves", 6, "note")
    ]


def test_a_commit_needs_no_word(folder: Path, inspected: Inspected) -> None:
    refer(folder, f"hf://org/repo@{COMMIT}/m.safetensors")
    assert inspected(folder) == []


def test_files_of_weights(folder: Path, inspected: Inspected) -> None:
    (folder / "weights").mkdir()
    (folder / "weights" / "a.safetensors").write_bytes(EMPTY)
    (folder / "weights" / "README.md").touch()
    assert inspected(folder) == []
    (folder / "weights" / "b.safetensors").write_bytes(b"\x80\x04")
    (folder / "weights" / "pytorch_model.bin").touch()
    assert inspected(folder) == [
        ("weights-broken", "weights/b.safetensors", None),
        ("weights-kind", "weights/pytorch_model.bin", None),
    ]


@given(st.text() | st.from_regex(r"(hf://)?[\w./@ -]*(\.safetensors)?", fullmatch=True))
def test_what_is_accepted_stays_inside(text: str) -> None:
    try:
        reference = parse_reference(text)
    except ParetoNLPError:
        return
    path = reference.path if isinstance(reference, LocalWeights) else reference.file
    root = Path("/root/of/submission")
    assert (root / path).resolve().is_relative_to(root)
