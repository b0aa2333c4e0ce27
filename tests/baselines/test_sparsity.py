"""The sparsity report: sums against numpy, on files made by hand; what it says of files that are none."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
import yaml
from safetensors.torch import save_file
from torch import Tensor
from typer.testing import CliRunner, Result

from baselines.sparsity import Source, find_sources, kept_mass, measure, records, tally
from baselines.sparsity_cli import register
from harness.cli import console
from harness.findings import ParetoNLPError


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)

    def call(*words: object) -> Result:
        for each in (console.out, console.err):
            monkeypatch.setattr(each, "_width", 100)
            monkeypatch.setattr(each, "_file", None)
        return CliRunner().invoke(app, ["sparsity", *map(str, words)])

    return call


def state(zeros: float = 0.5) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)

    def matrix(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator) * (torch.rand(shape, generator=generator) >= zeros)

    layers = {
        f"encoder.bert.encoder.layer.{n}.{name}.weight": matrix(8, 8) * 10**n
        for n in (0, 1, 10)
        for name in ("attention.self.query", "output.dense")
    }
    return {
        **layers,
        "encoder.bert.encoder.layer.1.output.dense.bias": matrix(8),
        "encoder.bert.embeddings.word_embeddings.weight": matrix(50, 8).half(),
        "encoder.bert.embeddings.position_ids": torch.arange(4),
        "encoder.classifier.weight": matrix(2, 8).bfloat16(),
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_file(state(), tmp_path / "some.safetensors")
    return tmp_path / "some.safetensors"


def values(*parts: str) -> np.ndarray:
    """All weights whose name holds one of the parts, as numpy has them."""
    chosen = [
        tensor.float().numpy().ravel()
        for name, tensor in state().items()
        if tensor.is_floating_point() and any(part in name for part in parts)
    ]
    return np.concatenate(chosen)


def test_the_sums_are_those_of_numpy(file: Path) -> None:
    tallies = measure([file])
    expected = {
        ("overall", ""): values(""),
        ("layer", "layer 0"): values("layer.0."),
        ("layer", "layer 1"): values("layer.1."),
        ("layer", "layer 10"): values("layer.10."),
        ("layer", "outside layers"): values("embeddings", "classifier"),
        ("kind", "attention.self.query"): values("query"),
        ("kind", "embeddings.word_embeddings"): values("word_embeddings"),
        ("kind", "encoder.classifier"): values("classifier"),
        ("kind", "output.dense"): values("output.dense.weight"),
        ("kind", "biases and norms"): values("bias"),
    }
    assert list(tallies) == list(expected)  # layer 10 after layer 1, and the rest last
    for part, weights in expected.items():
        found = tallies[part]
        assert (found.elements, found.nonzero) == (weights.size, np.count_nonzero(weights)), part
        assert found.l1 == pytest.approx(np.abs(weights.astype(np.float64)).sum(), rel=1e-9)
        assert found.share == np.count_nonzero(weights) / weights.size


@pytest.mark.parametrize("spread", [1, 8])
def test_the_mass_kept_is_that_of_the_sorted_weights(spread: int) -> None:
    weights = np.random.default_rng(0).normal(size=20_000).astype(np.float32)
    weights = np.sign(weights) * np.abs(weights) ** spread * (np.abs(weights) > 0.5)
    shares, mass = kept_mass(tally(torch.from_numpy(weights)), 101)
    largest = np.sort(np.abs(weights.astype(np.float64)))[::-1].cumsum()
    exact = [0, *(largest[200 * step - 1] / largest[-1] for step in range(1, 101))]
    assert shares == pytest.approx(np.linspace(0, 1, 101))
    assert mass == pytest.approx(exact, abs=2e-3)


def test_mass_of_nothing_is_nothing() -> None:
    assert kept_mass(tally(torch.zeros(4)))[1].tolist() == [0.0] * 201


def test_tallies_of_parts_add_up_to_that_of_the_whole() -> None:
    whole = torch.randn(30, generator=torch.Generator().manual_seed(1))
    one, both = tally(whole), tally(whole[:11]) + tally(whole[11:])
    assert (both.elements, both.nonzero) == (one.elements, one.nonzero)
    assert both.l1 == pytest.approx(one.l1)
    assert np.array_equal(both.counts, one.counts)


def test_one_file_is_shown_overall_by_layer_and_by_kind(run: Callable[..., Result], file: Path) -> None:
    result = run(file)
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    weights = values("")
    share = f"{np.count_nonzero(weights) / weights.size:.2%}"
    assert ["all", str(weights.size), str(np.count_nonzero(weights)), share] in [line[:4] for line in lines]
    assert [line[1] for line in lines if line[:1] == ["layer"] and len(line) > 2 and line[1].isdigit()] == [
        "0",
        "1",
        "10",
    ]
    assert any(line[:1] == ["attention.self.query"] for line in lines)


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_a_table_for_programs(run: Callable[..., Result], file: Path, kind: str) -> None:
    output = run(file, "--format", kind).output
    rows = json.loads(output) if kind == "json" else list(csv.DictReader(io.StringIO(output)))
    assert len(rows) == 10
    (row,) = (row for row in rows if row["part"] == "layer 10")
    assert int(row["nonzero"]) == np.count_nonzero(values("layer.10."))
    assert float(row["l1"]) == pytest.approx(np.abs(values("layer.10.").astype(float)).sum())


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """Two points of which one has no zeros and both share a file for a dataset; a third is not here."""
    folder = tmp_path / "mine"
    for point, zeros in {"omp-50": 0.5, "dense": 0.0}.items():
        (folder / "weights" / point).mkdir(parents=True)
        save_file(state(zeros), folder / "weights" / point / "mrpc.safetensors")
    points = [
        {"name": "omp-50", "weights": {"mrpc": "weights/omp-50/mrpc.safetensors"}},
        {
            "name": "dense",
            "weights": {"mrpc": "weights/dense/mrpc.safetensors", "sst2": "weights/omp-50/mrpc.safetensors"},
        },
        {"name": "absent", "weights": {"mrpc": "weights/absent/mrpc.safetensors"}},
        {"name": "hub", "weights": {"mrpc": "hf://some/repo@0123abc/model.safetensors"}},
    ]
    manifest = {"name": "mine", "method": "pruned", "points": points}
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest))
    return folder


def test_a_submission_has_a_line_for_each_model_that_is_here(run: Callable[..., Result], submission: Path) -> None:
    result = run(submission)
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()[1:]]
    assert [line[:2] for line in lines] == [["omp-50", "mrpc"], ["dense", "mrpc"], ["dense", "sst2"]]
    assert [line[4] == "100.00%" for line in lines] == [False, True, False]
    rows = [record for source in find_sources(submission) for record in records(source, measure(source.files))]
    assert len(rows) == 30


def test_a_transformers_folder_may_be_in_shards(tmp_path: Path, file: Path) -> None:
    tensors = state()
    names = sorted(tensors)
    for number, part in enumerate((names[:4], names[4:]), 1):
        save_file({name: tensors[name] for name in part}, tmp_path / f"model-{number:05}-of-00002.safetensors")
    (source,) = find_sources(tmp_path)
    whole, sharded = measure([file]), measure(source.files)
    assert {part: (each.elements, each.nonzero) for part, each in whole.items()} == {
        part: (each.elements, each.nonzero) for part, each in sharded.items()
    }
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ParetoNLPError, match="1 of the 2 files"):
        find_sources(tmp_path)
    save_file(tensors, tmp_path / "model.safetensors")
    assert find_sources(tmp_path) == [Source((tmp_path / "model.safetensors",))]


def test_the_plot_has_a_line_for_all_weights_and_each_layer(
    run: Callable[..., Result], file: Path, tmp_path: Path
) -> None:
    result = run(file, "--plot", tmp_path / "plots" / "some.html")
    assert result.exit_code == 0
    html = (tmp_path / "plots" / "some.html").read_text()
    for name in ("all weights", "layer 0", "layer 10", "outside layers"):
        assert f'"name":"{name}"' in html


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("some.safetensor",), "Did you mean 'some.safetensors'?"),
        (("nowhere/at/all",), "Give a submission folder"),
        (("notes.txt",), "no safetensors file"),
        (("empty",), "holds neither"),
        (("pickled",), "save the model again"),
        (("torn.safetensors",), "The tensors end at"),
        (("integers.safetensors",), "no floating-point weights"),
        (("bare",), "no weights on this machine"),
        (("some.safetensors", "--plot", "plot.svg"), "ends in .html"),
    ],
)
def test_what_is_wrong_is_said(
    run: Callable[..., Result],
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("weights")
    for folder in ("empty", "pickled", "bare"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"")
    (tmp_path / "bare" / "submission.yaml").write_text("name: bare\nmethod: pruned\npoints: [{name: full}]\n")
    (tmp_path / "torn.safetensors").write_bytes(file.read_bytes()[:-10])
    save_file({"ids": torch.arange(3)}, tmp_path / "integers.safetensors")
    result = run(*words)
    assert isinstance(result.exception, ParetoNLPError)
    assert said in str(result.exception)


def test_a_plot_without_plotly_is_refused_before_anything_is_read(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselines.sparsity_cli.find_spec", lambda name: None)
    result = run("nowhere", "--plot", "plot.html")
    assert isinstance(result.exception, ParetoNLPError)
    assert "paretonlp[leaderboard]" in str(result.exception)
