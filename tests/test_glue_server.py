import io
import zipfile

import numpy as np
import pytest

from harness.findings import ParetoNLPError
from harness.glue_server import GLUE_FILES, glue_zip
from harness.tasks import SUITES


def _answers():
    return {
        file.task: np.linspace(-1, 6, file.rows)
        if file.task == "stsb"
        else np.arange(file.rows) % (len(file.labels) or 2)
        for file in GLUE_FILES
    }


def test_glue_zip_is_what_the_server_takes():
    content, notes = glue_zip(_answers())
    assert notes == ()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name).decode().splitlines() for name in archive.namelist()}
    assert set(files) == {
        *("CoLA.tsv", "SST-2.tsv", "MRPC.tsv", "STS-B.tsv", "MNLI-m.tsv", "MNLI-mm.tsv"),
        *("QNLI.tsv", "QQP.tsv", "RTE.tsv", "WNLI.tsv", "AX.tsv"),
    }
    assert {lines[0] for lines in files.values()} == {"index\tprediction"}
    assert files["MNLI-m.tsv"][1:4] == ["0\tentailment", "1\tneutral", "2\tcontradiction"]
    assert files["AX.tsv"][2] == "1\tneutral"
    assert files["QNLI.tsv"][1:3] == files["RTE.tsv"][1:3] == ["0\tentailment", "1\tnot_entailment"]
    for name in ("CoLA.tsv", "SST-2.tsv", "MRPC.tsv", "QQP.tsv", "WNLI.tsv"):
        assert files[name][1:3] == ["0\t0", "1\t1"]
    assert (files["STS-B.tsv"][1], files["STS-B.tsv"][-1]) == ("0\t0.000", "1378\t5.000")
    assert len(files["MRPC.tsv"]) == 1726


def test_label_names_are_those_of_our_tasks():
    for file in GLUE_FILES:
        task = SUITES["glue-test"].task(file.task)
        assert task is not None
        if file.labels:
            assert task.dataset.labels == file.labels


def test_every_file_is_a_task_of_the_suite_of_test_sets():
    assert {file.task: file.rows for file in GLUE_FILES} == {task.name: task.rows for task in SUITES["glue-test"].tasks}


def test_what_the_server_will_refuse_is_noted():
    answers = {**_answers(), "mrpc": np.zeros(408, np.int64)}
    del answers["ax"]
    content, notes = glue_zip(answers)
    assert [(note.code, note.file, note.severity) for note in notes] == [
        ("glue-rows", "MRPC.tsv", "note"),
        ("glue-file-missing", "AX.tsv", "note"),
    ]
    assert "AX.tsv" not in zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_unknown_tasks_are_explained():
    with pytest.raises(ParetoNLPError, match="Did you mean 'mrpc'"):
        glue_zip({"mrcp": np.zeros(1)})
