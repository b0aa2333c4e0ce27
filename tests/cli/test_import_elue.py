import io
import sys

import pytest

from harness.submission.elue_answers import Question
from tests.cli.strangers import EVIL, harmless

PYTHON = """\
import torch

module_list = {"emb": torch.nn.Embedding(9, 4), "exit_1": torch.nn.Linear(4, 2)}
entire_model = torch.nn.ModuleDict(module_list)
"""
ANSWERS = "index\tpred\tmodules\n0\t1\t(21),emb; (4),exit_1\n1\t0\t(7),emb; (4),exit_1\n"


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "pabee"
    folder.mkdir()
    (folder / "my_model.py").write_text(PYTHON)
    (folder / "SST-2.tsv").write_text(ANSWERS)
    return folder


def test_suggestions_are_taken_and_the_rest_is_answered(run, source, tmp_path):
    target = tmp_path / "new"
    outcome = run("import-elue", source, target, "--yes", "--answer", "backbone=elasticbert", "--answer", "name=mine")
    assert outcome.code == 0
    assert f"paretonlp evaluate {target} --suite elue" in outcome.out
    assert "name: mine" in (target / "submission.yaml").read_text()
    assert run("validate", target).code == 0


def test_what_is_not_said_is_asked(run, source, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("typed\n\nelasticbert\n\n\n\n"))
    outcome = run("import-elue", source, tmp_path / "new")
    assert outcome.code == 0
    assert "Name of the submission (lower case) [pabee]:" in outcome.err
    manifest = (tmp_path / "new" / "submission.yaml").read_text()
    assert "name: typed" in manifest
    assert "method: pabee" in manifest


def test_no_answers_at_all_end_without_a_traceback(run, source, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert run("import-elue", source, tmp_path / "new").code == 1
    unanswered = run("import-elue", source, tmp_path / "new", "--yes")
    assert unanswered.code == 1
    assert "backbone" in unanswered.err
    assert not (tmp_path / "new").exists()


def test_wrong_answers_get_a_hint(run, source, tmp_path):
    outcome = run("import-elue", source, tmp_path / "new", "--yes", "--answer", "bakbone=x")
    assert outcome.code == 1
    assert "Did you mean 'backbone'?" in outcome.err


def test_questions_and_suggestions_are_harmless(run, source, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.submission.elue.import_questions", lambda _: [Question("method", EVIL, EVIL)])
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    outcome = run("import-elue", source, tmp_path / "new")
    assert outcome.code == 1
    assert harmless(outcome.err.partition("error")[0])
    assert harmless(outcome.err)


def test_file_names_that_do_not_print_are_refused(run, source, tmp_path):
    (source / "SST-2.tsv").rename(source / f"{EVIL}.tsv")
    outcome = run("import-elue", source, tmp_path / "new")
    assert outcome.code == 1
    assert harmless(outcome.err)
