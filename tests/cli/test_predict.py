"""``paretonlp predict`` and the way to the GLUE server, on a model whose answers are known."""

import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml
from safetensors.torch import save_file

MODEL = """
import torch
from torch import nn

OUTPUTS = {"cola": 2, "mnli": 3, "stsb": 1}

class Model(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.embed = nn.Embedding(50, 4)
        self.out = nn.Linear(4, outputs)
    def forward(self, input_ids):
        return self.out(self.embed(input_ids).mean(1))

def build_model(dataset):
    return Model(OUTPUTS[dataset])

def encode(example, dataset):
    assert not {"label", "idx"} & set(example)
    return {"input_ids": [len(word) for text in example.values() for word in text.split()]}
"""
BIASES = {"cola": [0.0, 1.0], "mnli": [0.0, 0.0, 1.0], "stsb": [2.5]}


@pytest.fixture
def constant(tmp_path):
    """A submission that answers 1 on CoLA, 2 (contradiction) on MNLI and 2.5 on STS-B."""
    folder = tmp_path / "store" / "constant"
    (folder / "weights").mkdir(parents=True)
    (folder / "model.py").write_text(MODEL)
    weights = {}
    for dataset, bias in BIASES.items():
        weights[dataset] = f"weights/{dataset}.safetensors"
        state = {"embed.weight": torch.zeros(50, 4), "out.weight": torch.zeros(len(bias), 4)}
        save_file({**state, "out.bias": torch.tensor(bias)}, folder / weights[dataset])
    points = [{"name": "full", "weights": weights}, {"name": "bare"}]
    (folder / "submission.yaml").write_text(
        yaml.safe_dump({"name": "constant", "method": "dense", "points": points}, sort_keys=False)
    )
    return folder


@pytest.fixture
def texts(tmp_path):
    """Hidden test sets of three rows without labels."""
    folder = tmp_path / "data"
    columns = {"cola/test": ["sentence"], "mnli/ax": ["premise", "hypothesis"], "stsb/test": ["sentence1", "sentence2"]}
    for name, names in columns.items():
        (folder / name).parent.mkdir(parents=True)
        table = pa.table({column: ["one", "one two", "one two three"] for column in names})
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


def test_from_texts_to_the_zip_that_the_server_takes(run, constant, texts, tmp_path):
    words = ("predict", constant, "--suite", "glue-test", "--tasks", "cola,ax,stsb,cola", "--data-dir", texts)
    done = run(*words)
    assert (done.code, done.err) == (0, "")
    folder = constant / "predictions" / "full" / "glue-test"
    assert done.out.splitlines() == [f"{folder / task}.tsv  3 rows" for task in ("cola", "ax", "stsb")]
    assert (folder / "cola.tsv").read_text() == "index\tprediction\tnum_tokens\n0\t1\t1\n1\t1\t2\n2\t1\t3\n"
    assert (folder / "ax.tsv").read_text() == "index\tprediction\tnum_tokens\n0\t2\t2\n1\t2\t4\n2\t2\t6\n"

    again = run(*words)
    assert again.out.splitlines() == [f"{folder / task}.tsv  there already" for task in ("cola", "ax", "stsb")]
    evaluated = run("evaluate", constant, "--suite", "glue-test", "--data-dir", texts)
    assert evaluated.code == 1
    assert "hidden-gold" in evaluated.err

    archive = tmp_path / "glue.zip"
    store = ("export", "--format", "glue", "--store", constant.parent, "-o", archive)
    exported = run(*store, "--submission", "constant:full")
    assert (exported.code, exported.out) == (0, "")
    assert f"{archive} written: cola, stsb, ax" in exported.err
    assert "these are 3 predictions" in exported.err.lower()
    assert "The server asks for QQP.tsv" in exported.err
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as opened:
        files = {name: opened.read(name).decode().splitlines() for name in opened.namelist()}
    header = "index\tprediction"
    assert files == {
        "CoLA.tsv": [header, "0\t1", "1\t1", "2\t1"],
        "STS-B.tsv": [header, "0\t2.500", "1\t2.500", "2\t2.500"],
        "AX.tsv": [header, "0\tcontradiction", "1\tcontradiction", "2\tcontradiction"],
    }
    assert "Did you mean 'full'?" in run(*store, "--submission", "constant:ful").err
    assert "Did you mean 'constant'?" in run(*store, "--submission", "constnat:full").err
    bare = run(*store, "--submission", "constant:bare")
    assert bare.code == 1
    assert "paretonlp predict" in bare.err


def test_points_and_weights_that_are_not_there(run, constant, texts):
    words = ("predict", constant, "--suite", "glue-test", "--data-dir", texts)
    assert "Did you mean 'full'?" in run(*words, "--points", "ful").err
    for more in (("--points", "bare"), ("--tasks", "qqp")):
        outcome = run(*words, *more)
        assert (outcome.code, outcome.out) == (1, "")
        assert "no-weights" in outcome.err
    (constant / "weights" / "cola.safetensors").unlink()
    outcome = run(*words, "--tasks", "cola")
    assert outcome.code == 1
    assert "weights/cola.safetensors" in outcome.err


def test_data_that_are_not_there_name_the_file(run, constant, texts):
    outcome = run("predict", constant, "--suite", "glue-test", "--tasks", "mnli", "--data-dir", texts)
    assert (outcome.code, outcome.out) == (1, "")
    assert str(texts / "mnli" / "test_matched.parquet") in outcome.err


def test_a_zip_is_not_written_into(run, constant, texts, tmp_path):
    archive = tmp_path / "constant.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in constant.rglob("*"):
            stream.write(path, path.relative_to(constant))
    outcome = run("predict", archive, "--suite", "glue-test", "--data-dir", texts)
    assert outcome.code == 1
    assert "zip-is-read-only" in outcome.err
