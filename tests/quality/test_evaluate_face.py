"""The metrics inside ``evaluate.combine`` and a Trainer, with the Hub out of reach."""

import socket

import numpy as np
import pytest

from harness.findings import ParetoNLPError
from harness.quality.evaluate_face import as_evaluate_metric
from harness.quality.metrics import METRICS

GOLD = [1, 1, 1, 1, 0, 1, 1, 0, 0, 0]
ANSWERS = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a metric asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("name", METRICS)
def test_face_gives_the_parts_and_their_mean(name):
    import evaluate

    metric = METRICS[name]
    kind = np.int64 if metric.kind == "class" else np.float64
    face = as_evaluate_metric(name)
    assert isinstance(face, evaluate.Metric)
    found = face.compute(predictions=ANSWERS, references=GOLD)
    answers, gold = np.array(ANSWERS, kind), np.array(GOLD, kind)
    assert found[name] == pytest.approx(metric.score(answers, gold))
    assert set(found) == {name, *metric.parts}


def test_batches_add_up():
    face = as_evaluate_metric("accuracy_f1")
    face.add_batch(predictions=ANSWERS[:4], references=GOLD[:4])
    face.add_batch(predictions=ANSWERS[4:], references=GOLD[4:])
    assert face.compute() == pytest.approx({"accuracy": 0.7, "f1": 8 / 11, "accuracy_f1": (0.7 + 8 / 11) / 2})


def test_faces_combine():
    import evaluate

    both = evaluate.combine([as_evaluate_metric("accuracy"), as_evaluate_metric("matthews")])
    found = both.compute(predictions=ANSWERS, references=GOLD)
    assert found == pytest.approx({"accuracy": 0.7, "matthews": 10 / np.sqrt(600)})


def test_unknown_metric_is_explained():
    with pytest.raises(ParetoNLPError, match="Did you mean 'spearman'"):
        as_evaluate_metric("spearmann")


def test_face_works_in_a_trainer(tmp_path):
    import torch
    from transformers import Trainer, TrainingArguments

    class Echo(torch.nn.Module):
        """Says what it is told: logits are the input."""

        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))

        def forward(self, x, labels):
            logits = x * self.scale
            return {"loss": logits.sum() * 0, "logits": logits}

    face = as_evaluate_metric("accuracy_f1")

    def compute_metrics(outputs):
        return face.compute(predictions=outputs.predictions.argmax(-1), references=outputs.label_ids)

    rows = [{"x": torch.eye(2)[answer], "labels": gold} for answer, gold in zip(ANSWERS, GOLD, strict=True)]
    trainer = Trainer(
        model=Echo(),
        args=TrainingArguments(output_dir=str(tmp_path), report_to=[], use_cpu=True),
        eval_dataset=rows,
        compute_metrics=compute_metrics,
    )
    found = trainer.evaluate()
    assert found["eval_accuracy"] == pytest.approx(0.7)
    assert found["eval_accuracy_f1"] == pytest.approx((0.7 + 8 / 11) / 2)
