"""Metrics: pure functions ``(answers, gold) -> float`` over scikit-learn and scipy, in a table.

Scores are fractions (0.87, not 87). Where a metric is undefined it is 0, never NaN: the correlation
of a constant, the F1 of a class that occurs neither in gold nor in the answers. Arrays are
one-dimensional, one entry a sample: class numbers (int64) or scores (float64).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from harness.findings import fail
from harness.quality import resampling
from harness.quality.resampling import Answers, Resampler

Function: TypeAlias = Callable[[Answers, Answers], float]


def accuracy(answers: Answers, gold: Answers) -> float:
    """Share of the answers that equal gold.

    >>> accuracy(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]))
    0.75
    """
    from sklearn.metrics import accuracy_score

    _check(answers, gold)
    return float(accuracy_score(gold, answers))


def f1(answers: Answers, gold: Answers) -> float:
    """F1 of class 1; 0 where neither gold nor the answers hold it."""
    from sklearn.metrics import f1_score

    _check(answers, gold)
    return float(f1_score(gold, answers, labels=[1], average="macro", zero_division=0))


def macro_f1(answers: Answers, gold: Answers) -> float:
    """Unweighted mean of the F1 of every class that occurs in gold or in the answers."""
    from sklearn.metrics import f1_score

    _check(answers, gold)
    return float(f1_score(gold, answers, average="macro", zero_division=0))


def matthews(answers: Answers, gold: Answers) -> float:
    """Matthews' correlation coefficient, any number of classes; 0 where one side is constant."""
    from sklearn.metrics import matthews_corrcoef

    _check(answers, gold)
    if _constant(answers, gold):
        return 0.0
    return float(matthews_corrcoef(gold, answers))


def pearson(answers: Answers, gold: Answers) -> float:
    """Pearson's correlation; 0 where one side is constant (a single sample is)."""
    from scipy.stats import pearsonr

    _check(answers, gold)
    if _constant(answers, gold):
        return 0.0
    return float(pearsonr(resampling.unit_scaled(answers), resampling.unit_scaled(gold)).statistic)


def spearman(answers: Answers, gold: Answers) -> float:
    """Spearman's rank correlation, ties at their mean rank; 0 where one side is constant."""
    from scipy.stats import spearmanr

    _check(answers, gold)
    if _constant(answers, gold):
        return 0.0
    return float(spearmanr(answers, gold).statistic)


def accuracy_f1(answers: Answers, gold: Answers) -> float:
    """Mean of accuracy and F1: MRPC and QQP."""
    return METRICS["accuracy_f1"].score(answers, gold)


def accuracy_macro_f1(answers: Answers, gold: Answers) -> float:
    """Mean of accuracy and macro F1: CB."""
    return METRICS["accuracy_macro_f1"].score(answers, gold)


def pearson_spearman(answers: Answers, gold: Answers) -> float:
    """Mean of Pearson's and Spearman's correlation: STS-B."""
    return METRICS["pearson_spearman"].score(answers, gold)


def _check(answers: Answers, gold: Answers) -> None:
    if answers.ndim != 1 or answers.shape != gold.shape or not len(gold):
        raise fail(
            "answers-shape",
            f"A metric was given {answers.shape} answers for {gold.shape} gold values.",
            expected="one answer a sample, and at least one sample",
        )


def _constant(answers: Answers, gold: Answers) -> bool:
    return bool(np.ptp(answers) == 0 or np.ptp(gold) == 0)


@dataclass(frozen=True, slots=True)
class Metric:
    """A score of a task: the mean of one part or of several."""

    name: str
    kind: Literal["class", "score"]
    """Whether answers are class numbers (int64) or scores (float64)."""
    parts: Mapping[str, Function]
    resampler: Callable[[Answers, Answers], Resampler]
    """Prepares (answers, gold) for the scoring of many draws of their rows."""

    def score_parts(self, answers: Answers, gold: Answers) -> dict[str, float]:
        """Every part by name: ``{"accuracy": 0.9, "f1": 0.8}``."""
        return {name: part(answers, gold) for name, part in self.parts.items()}

    def score(self, answers: Answers, gold: Answers) -> float:
        """The score, a fraction: the mean of the parts."""
        parts = self.score_parts(answers, gold)
        return sum(parts.values()) / len(parts)


def _of_confusion(
    *scores: Callable[[resampling.Confusion], float],
) -> Callable[[Answers, Answers], Resampler]:
    return resampling.class_resampler(lambda confusion: sum(score(confusion) for score in scores) / len(scores))


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("accuracy", "class", {"accuracy": accuracy}, resampling.accuracy_resampler),
            Metric("f1", "class", {"f1": f1}, _of_confusion(resampling.f1_of)),
            Metric("macro_f1", "class", {"macro_f1": macro_f1}, _of_confusion(resampling.macro_f1_of)),
            Metric("matthews", "class", {"matthews": matthews}, _of_confusion(resampling.matthews_of)),
            Metric(
                "accuracy_f1",
                "class",
                {"accuracy": accuracy, "f1": f1},
                _of_confusion(resampling.accuracy_of, resampling.f1_of),
            ),
            Metric(
                "accuracy_macro_f1",
                "class",
                {"accuracy": accuracy, "macro_f1": macro_f1},
                _of_confusion(resampling.accuracy_of, resampling.macro_f1_of),
            ),
            Metric("pearson", "score", {"pearson": pearson}, resampling.pearson_resampler),
            Metric("spearman", "score", {"spearman": spearman}, resampling.spearman_resampler),
            Metric(
                "pearson_spearman",
                "score",
                {"pearson": pearson, "spearman": spearman},
                resampling.mean_resampler(resampling.pearson_resampler, resampling.spearman_resampler),
            ),
        )
    }
)
