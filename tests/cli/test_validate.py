import zipfile

import pytest

from tests.cli.conftest import ROWS
from tests.cli.strangers import EVIL, harmless


def test_a_folder_in_order(run, declared):
    folder = declared("mine", "elue/mrpc")
    outcome = run("validate", folder)
    assert (outcome.code, outcome.out.replace("\n", ""), outcome.err) == (0, f"{folder} is in order.", "")


def test_everything_that_is_wrong_is_said_at_once(run, declared):
    folder = declared("mine", "elue/mrpc", "elue/sst2")
    (folder / "predictions/full/elue/mrpc.tsv").write_text("index\tprediction\n0\tmaybe\n1\t7\n")
    (folder / "predictions/full/elue/sst2.tsv").rename(folder / "predictions/full/elue/sst3.tsv")
    outcome = run("validate", folder)
    assert (outcome.code, outcome.out) == (1, "")
    assert "Did you mean 'sst2'?" in outcome.err
    assert "has 1 error." in outcome.err  # predictions are read where the folder's form is in order
    (folder / "predictions/full/elue/sst3.tsv").rename(folder / "predictions/full/elue/sst2.tsv")
    outcome = run("validate", folder)
    assert "mrpc.tsv:2, column 'prediction'" in outcome.err
    assert "2 rows (2, 3)" in outcome.err


def test_rows_are_checked_against_the_data(run, declared, data):
    folder = declared("mine", "elue/mrpc")
    assert run("validate", folder, "--data-dir", data).code == 0
    path = folder / "predictions/full/elue/mrpc.tsv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert run("validate", folder).code == 0
    outcome = run("validate", folder, "--data-dir", data)
    assert outcome.code == 1
    assert str(ROWS) in outcome.err
    assert run("validate", folder, "--data-dir", data / "no").code == 1


def test_rows_of_hidden_test_sets_are_known_without_data(run, declared):
    folder = declared("mine", "glue-test/wnli")
    outcome = run("validate", folder)
    assert outcome.code == 1
    assert "146" in outcome.err
    path = folder / "predictions/full/glue-test/wnli.tsv"
    path.write_text("index\tprediction\n" + "".join(f"{row}\t0\n" for row in range(146)))
    assert run("validate", folder).code == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "submission.yaml").write_text("name: [unclosed"),
        lambda folder: (folder / "submission.yaml").write_text("name: *anchor"),
        lambda folder: (folder / "submission.yaml").write_bytes(b"\xff\xfe\x00"),
        lambda folder: (folder / "submission.yaml").write_text(""),
        lambda folder: ((folder / "submission.yaml").unlink(), (folder / "submission.yaml").mkdir()),
        lambda folder: (folder / "predictions/full/elue/mrpc.tsv").write_bytes(b"\0\1\2"),
        lambda folder: (folder / "predictions/full/elue/mrpc.tsv").write_text(""),
        lambda folder: (folder / "model.py").write_text("def build_model(:"),
    ],
)
def test_broken_files_are_findings(run, declared, spoil):
    folder = declared("mine", "elue/mrpc")
    spoil(folder)
    outcome = run("validate", folder)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error ")


def test_words_of_a_stranger_do_nothing_to_the_terminal(run, declared, tmp_path):
    folder = declared("mine", "elue/mrpc", method=EVIL, title=EVIL)
    (folder / "predictions" / EVIL / "elue").mkdir(parents=True)
    (folder / "predictions" / EVIL / "elue" / "mrpc.tsv").write_text(f"index\tprediction\n0\t{EVIL}\n")
    (folder / EVIL).write_text("")
    moved = folder.rename(tmp_path / EVIL)
    outcome = run("validate", moved)
    assert outcome.code == 1
    assert harmless(outcome.err)
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr(f"{EVIL}/submission.yaml", "name: x")
        stream.writestr(f"../{EVIL}", "")
    assert harmless(run("validate", archive).err)


def test_a_zip_of_the_folder_is_as_good(run, declared, tmp_path):
    folder = declared("mine", "elue/mrpc")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder.parent))
    assert run("validate", tmp_path / "mine.zip").code == 0
