"""The metrics as ``evaluate.Metric``, built here: nothing is fetched from the Hub.

Importing ``evaluate`` takes seconds, so it happens when a face is asked for.
"""

from typing import Any

import numpy as np

from harness.findings import did_you_mean, fail
from harness.quality.metrics import METRICS


def as_evaluate_metric(name: str) -> Any:
    """The ``evaluate.Metric`` of that name: for a Trainer and ``evaluate.combine``, offline.

    ``compute`` gives every part by its name and, where there are several, their mean under the
    metric's own name.

    Raises:
        ParetoNLPError: no such metric.
    """
    if name not in METRICS:
        raise fail("no-such-metric", f"No metric {name!r}.", remedy=did_you_mean(name, METRICS))
    import datasets
    import evaluate

    metric = METRICS[name]
    value = "int64" if metric.kind == "class" else "float64"

    class Face(evaluate.Metric):  # type: ignore[misc]  # evaluate has no type information
        def _info(self) -> Any:
            return evaluate.MetricInfo(
                description=f"{name}: mean of {', '.join(metric.parts)}, as fractions.",
                citation="",
                features=datasets.Features({"predictions": datasets.Value(value), "references": datasets.Value(value)}),
                module_name=name,
            )

        def _compute(self, *, predictions: Any, references: Any) -> dict[str, float]:
            answers, gold = np.asarray(predictions, value), np.asarray(references, value)
            parts = metric.score_parts(answers, gold)
            return parts if len(parts) == 1 else {**parts, name: metric.score(answers, gold)}

    return Face(keep_in_memory=True)  # no files, no locks in a cache folder
