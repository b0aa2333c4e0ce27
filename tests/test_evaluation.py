"""From folder to report, on small submissions whose cost is known by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file
from sklearn.metrics import accuracy_score, f1_score

from harness import batch, evaluation
from harness.evaluation import evaluate_tasks
from harness.findings import ParetoNLPError
from harness.report import Report
from harness.store import read_replicates, read_report
from harness.submission import write_prediction_file
from harness.tasks import task as find_task
from harness.tasks.types import Split, Task

ROWS = 40
MRPC, SST2 = find_task("elue/mrpc"), find_task("glue/sst2")

STATIC = """
import torch
from torch import nn

class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.embed = nn.Embedding(50, width)
        self.out = nn.Linear(width, 2)
    def forward(self, input_ids):
        return self.out(self.embed(input_ids).mean(1))

def build_model(dataset, width=8):
    return Model(width)
"""
ENCODE = """
def encode(example, dataset, width=8):
    return {"input_ids": [len(word) for text in example.values() for word in text.split()]}
"""
STAGES = """
import torch
from torch import nn

class Stage(nn.Module):
    def __init__(self, first):
        super().__init__()
        self.layer, self.head, self.first = nn.Linear(8, 8, bias=False), nn.Linear(8, 2, bias=False), first
    def forward(self, state):
        x = self.layer(state["x"])
        return {"x": x, "logits": self.head(x.mean(1)), "exit": torch.ones((), dtype=torch.bool)}

def build_stages(dataset):
    return [Stage(True), Stage(False), Stage(False)]

def build_inputs(dataset, sizes):
    return {"x": torch.zeros(1, sizes["num_tokens"], 8)}
"""
MODULES = """
from torch import nn

PARTS = {"emb": nn.Embedding(50, 8), "layer": nn.Linear(8, 8, bias=False), "exit": nn.Linear(8, 2, bias=False)}

def build_modules(dataset):
    return PARTS

def build_model(dataset):
    return nn.ModuleList(PARTS.values())
"""
BAGS = """
import torch
from torch import nn

class Single(nn.Module):
    def __init__(self):
        super().__init__()
        self.bag = nn.EmbeddingBag(50, 8)
        self.out = nn.Linear(8, 2, bias=False)
    def forward(self, words):
        return self.out(self.bag(words))

class Pair(Single):
    def forward(self, words_1, words_2):
        return self.out(self.bag(words_1) + self.bag(words_2))

def build_model(dataset):
    return Single() if dataset == "sst2" else Pair()

def build_inputs(dataset, sizes):
    names = ("words",) if dataset == "sst2" else ("words_1", "words_2")
    return {name: torch.zeros(1, sizes["num_" + name], dtype=torch.long) for name in names}

def encode(example, dataset):
    names = ("words",) if dataset == "sst2" else ("words_1", "words_2")
    return {name: [1] * len(text.split()) for name, text in zip(names, example.values())}
"""


def load(task: Task) -> Split:
    """A made-up split: texts of one word a column up to ten, labels from a seed."""
    random = np.random.default_rng(len(task.id))
    texts = {
        column: tuple(" ".join(["word"] * int(count)) for count in random.integers(1, 6, ROWS))
        for column in task.dataset.text_columns
    }
    return Split(task.dataset, task.split, texts, random.integers(0, 2, ROWS), f"fingerprint of {task.id}", "made up")


def tokens(task: Task) -> np.ndarray:
    """What ``encode`` makes of the made-up texts."""
    return np.array(
        [sum(len(text.split()) for text in texts) for texts in zip(*load(task).texts.values(), strict=True)]
    )


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Write a submission folder; the answers are right three times of four."""

    def write(source: str | None, *tasks: Task, manifest: dict[str, object] | None = None, **columns: object) -> Path:
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        if source is not None:
            (folder / "model.py").write_text(source)
        content = {"name": "mine", "method": "m", "sizes": {"num_tokens": 64}, "points": [{"name": "p"}]}
        (folder / "submission.yaml").write_text(yaml.safe_dump(content | (manifest or {})))
        for task in tasks:
            gold = load(task).gold
            answers = np.where(np.arange(ROWS) % 4 == 0, 1 - gold, gold)
            path = folder / "predictions" / "p" / task.suite / f"{task.name}.tsv"
            sizes = {"num_tokens": tokens(task)}
            write_prediction_file(path, answers, **{"sizes": sizes, **columns})  # type: ignore[arg-type]
        return folder

    return write


def run(folder: Path, *tasks: Task, **options: object) -> Report:
    return evaluate_tasks(folder, tasks, load, **options)  # type: ignore[arg-type]


def test_a_static_submission(make: Callable[..., Path]) -> None:
    folder = make(STATIC + ENCODE, MRPC)
    save_file({"embed.weight": torch.eye(50, 8), "out.weight": torch.zeros(2, 8), "out.bias": torch.ones(2)},
              (folder / "w.safetensors"))  # fmt: skip
    (folder / "weights").mkdir()
    (folder / "w.safetensors").rename(folder / "weights" / "w.safetensors")
    make(STATIC + ENCODE, MRPC, manifest={"points": [{"name": "p", "weights": {"mrpc": "weights/w.safetensors"}}]})
    report = run(folder, MRPC, rows_again=0)  # these answers are not the model's
    assert report == read_report(folder)
    (result,) = report.results
    assert (result.score.predictions, result.reproduction.rows) == ("declared", 0)
    gold, lengths = load(MRPC).gold, tokens(MRPC)
    answers = np.where(np.arange(ROWS) % 4 == 0, 1 - gold, gold)
    assert result.score.parts == pytest.approx(
        {"accuracy": accuracy_score(gold, answers), "f1": f1_score(gold, answers)}
    )
    assert result.score.value == pytest.approx((accuracy_score(gold, answers) + f1_score(gold, answers)) / 2)
    assert result.score.interval.low <= result.score.value <= result.score.interval.high
    # by hand: a mean of n rows of 8 costs 8 n; the linear 16 multiply-accumulates and two biases
    assert result.cost.macs.mean == 16
    assert result.cost.flops.mean == pytest.approx(8 * lengths.mean() + 2 * 16 + 2)
    assert (result.cost.flops.minimum, result.cost.flops.maximum) == (8 * lengths.min() + 34, 8 * lengths.max() + 34)
    assert (result.cost.provenance, result.cost.lengths, result.cost.tracing) == ("measured", "confirmed", "template")
    assert sum(result.cost.paths.samples) == ROWS
    assert result.cost.by_operator["aten.linear"].macs == 16
    assert (result.parameters.total, result.parameters.non_embedding, result.parameters.nonzero) == (418, 18, 8 + 2)
    assert len(read_replicates(folder)[result.replicates_key]) == 1000


def test_what_is_there_is_kept_and_what_has_not_changed_is_not_redone(
    make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(STATIC, MRPC)
    first = run(folder, MRPC)
    make(STATIC, SST2)
    second = run(folder, SST2)
    assert second.results[:1] == first.results
    assert [result.task_id for result in second.results] == ["elue/mrpc", "glue/sst2"]
    assert set(read_replicates(folder)) == {"p/elue/mrpc", "p/glue/sst2"}
    monkeypatch.setattr(batch, "sandboxed", lambda *_, **__: pytest.fail("nothing has changed, nothing should run"))
    before = (folder / "report.json").stat().st_mtime_ns
    assert run(folder, MRPC, SST2) == second
    assert (folder / "report.json").stat().st_mtime_ns == before
    with pytest.raises(pytest.fail.Exception):
        run(folder, MRPC, force=True)
    (folder / "model.py").write_text(STATIC.replace("width=8", "width=9"))
    with pytest.raises(pytest.fail.Exception):
        run(folder, MRPC)


def test_a_trial_writes_nothing(make: Callable[..., Path]) -> None:
    folder = make(STATIC, MRPC)
    (result,) = run(folder, MRPC, limit=8).results
    assert (result.rows, result.limit) == (8, 8)
    assert result.score.parts["accuracy"] == 0.75
    assert not (folder / "report.json").exists()
    (whole,) = run(folder, MRPC, limit=ROWS).results
    assert whole.limit is None


def test_a_dynamic_submission_costs_the_stages_that_ran(make: Callable[..., Path]) -> None:
    exits = np.arange(ROWS) % 3 + 1
    lengths = tokens(MRPC)
    folder = make(STAGES, MRPC, exit_stage=exits)
    (result,) = run(folder, MRPC).results
    # a stage: n x 8 x 8 in its layer, 8 x 2 in its head, a mean of n rows of 8
    macs = exits * (lengths * 64 + 16)
    assert result.cost.macs.mean == pytest.approx(macs.mean())
    assert result.cost.flops.mean == pytest.approx((2 * macs + exits * 8 * lengths).mean())
    assert result.cost.paths.exit_stage is not None
    assert result.cost.by_module["0.layer"].macs == pytest.approx((lengths * 64).mean())
    assert result.cost.by_module["2.layer"].macs == pytest.approx((lengths * 64 * (exits == 3)).mean())


@pytest.mark.parametrize(
    ("source", "exits", "code"),
    [
        (STAGES, np.full(ROWS, 4), "exit-stage"),
        (STAGES, None, "no-exit-stage"),
        (STATIC, np.ones(ROWS, int), "exit-stage"),
    ],
)
def test_exits_that_the_model_does_not_have(make: Callable[..., Path], source: str, exits: object, code: str) -> None:
    with pytest.raises(ParetoNLPError) as caught:
        run(make(source, MRPC, exit_stage=exits), MRPC)
    assert [finding.code for finding in caught.value.findings] == [code]


def test_elues_modules_are_priced_one_by_one(make: Callable[..., Path]) -> None:
    lengths = tokens(MRPC)
    modules = [f"({n}),emb; ({n},8),layer; (8),exit" + f"; ({n},8),layer; (8),exit" * int(n > 5) for n in lengths]
    folder = make(MODULES, MRPC, manifest={"sizes": {}}, sizes={}, modules=modules)
    (result,) = run(folder, MRPC).results
    macs = (1 + (lengths > 5)) * (64 * lengths + 16)
    assert result.cost.macs.mean == pytest.approx(macs.mean())
    assert result.cost.by_module["layer"].macs == pytest.approx(((1 + (lengths > 5)) * 64 * lengths).mean())
    assert (result.parameters.total, result.parameters.non_embedding) == (50 * 8 + 64 + 16, 64 + 16)


def test_without_a_model_costs_are_what_is_declared(make: Callable[..., Path]) -> None:
    point = {"name": "p", "declared": {"mrpc": {"flops": 1.5e9, "parameters": 66_000_000}}}
    folder = make(None, MRPC, manifest={"points": [point]})
    (result,) = run(folder, MRPC).results
    assert (result.cost.provenance, result.cost.flops.mean, result.cost.macs) == ("declared", 1.5e9, None)
    assert (result.parameters.provenance, result.parameters.total) == ("declared", 66_000_000)
    assert result.sandbox == ""


def test_sizes_that_the_texts_do_not_have_are_refused(make: Callable[..., Path]) -> None:
    wrong = tokens(MRPC)
    wrong[[3, 7]] += 1
    folder = make(STATIC + ENCODE, MRPC, sizes={"num_tokens": wrong})
    with pytest.raises(ParetoNLPError) as caught:
        run(folder, MRPC)
    assert [(finding.code, finding.row) for finding in caught.value.findings] == [
        ("sizes-differ", 5),
        ("sizes-differ", 9),
    ]
    assert not (folder / "report.json").exists()


def words(task: Task) -> list[np.ndarray]:
    """How many words each text column has, [rows] each."""
    return [np.array([len(text.split()) for text in column]) for column in load(task).texts.values()]


def test_datasets_of_one_submission_may_have_sizes_of_their_own(make: Callable[..., Path]) -> None:
    """A model of single texts on one dataset and of pairs on the other, under one manifest."""
    sizes = {"sizes": {"num_words": None, "num_words_1": None, "num_words_2": None}}
    (only,), (first, second) = words(SST2), words(MRPC)
    make(BAGS, SST2, manifest=sizes, sizes={"num_words": only})
    folder = make(BAGS, MRPC, manifest=sizes, sizes={"num_words_1": first, "num_words_2": second})
    pair, single = run(folder, MRPC, SST2).results
    assert (pair.cost.lengths, single.cost.lengths) == ("confirmed", "confirmed")
    # 2 x 8 x 2 of the answer; a mean of n rows of 8 is 8 n; a pair adds two vectors of 8
    assert single.cost.flops.mean == pytest.approx(32 + 8 * only.mean())
    assert pair.cost.flops.mean == pytest.approx(32 + 8 * (first + second).mean() + 8)
    assert set(pair.cost.paths.sizes) == {"num_words_1", "num_words_2"}
    with pytest.raises(ParetoNLPError, match="KeyError: 'num_words_2'"):
        run(make(BAGS, MRPC, manifest=sizes, sizes={"num_words_1": first}), MRPC)


def test_the_tasks_of_a_dataset_have_the_same_sizes(make: Callable[..., Path]) -> None:
    sizes, other = {"sizes": {"num_words": None, "num_words_1": None}}, find_task("glue/mrpc")
    make(BAGS, MRPC, manifest=sizes, sizes={"num_words": words(MRPC)[0]})
    folder = make(BAGS, other, manifest=sizes, sizes={"num_words_1": words(other)[0]})
    with pytest.raises(ParetoNLPError) as caught:
        run(folder, MRPC, other)
    assert [(finding.code, finding.file) for finding in caught.value.findings] == [
        ("missing-column", "predictions/p/glue/mrpc")
    ]


def test_a_task_whose_gold_a_server_keeps_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ParetoNLPError) as caught:
        evaluate_tasks(tmp_path / "not there", [MRPC, find_task("glue-test/mrpc")], lambda _: pytest.fail("loaded"))
    assert [finding.code for finding in caught.value.findings] == ["hidden-gold"]


def test_no_predictions_for_the_task_says_what_there_is(make: Callable[..., Path]) -> None:
    with pytest.raises(ParetoNLPError, match="It has elue/mrpc"):
        run(make(STATIC, MRPC), SST2)


def test_an_interrupted_run_goes_on_where_it_stopped(
    make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(STATIC, MRPC, SST2)
    monkeypatch.setattr(evaluation, "BATCH", 1)
    started = []
    real = batch.sandboxed

    def interrupted(*args: object, **options: object) -> object:
        started.append(args)
        if len(started) == 2:
            raise KeyboardInterrupt
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "sandboxed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(folder, MRPC, SST2)
    assert [result.task_id for result in read_report(folder).results] == ["elue/mrpc"]
    assert set(read_replicates(folder)) == {"p/elue/mrpc"}
    report = run(folder, MRPC, SST2)
    assert [result.task_id for result in report.results] == ["elue/mrpc", "glue/sst2"]
    assert len(started) == 3  # one result was made again, not two
    assert set(read_replicates(folder)) == {"p/elue/mrpc", "p/glue/sst2"}
