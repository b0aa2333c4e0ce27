"""ParetoNLP: what a compressed NLP model costs, how good it is, and who is on the frontier.

The public names are loaded on first use, so that ``import harness`` costs nothing and the command starts fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.cost.counting import count_flops
    from harness.evaluation import evaluate
    from harness.frontier import pareto_front
    from harness.predicting import write_predictions
    from harness.submission import load_submission

__all__ = ["count_flops", "evaluate", "load_submission", "pareto_front", "write_predictions"]

_HOME = {
    "count_flops": "harness.cost.counting",
    "evaluate": "harness.evaluation",
    "load_submission": "harness.submission",
    "pareto_front": "harness.frontier",
    "write_predictions": "harness.predicting",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
