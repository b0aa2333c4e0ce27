"""SuperGLUE (Wang et al. 2019, arXiv 1905.00537) on validation splits, classification tasks only.

MultiRC and ReCoRD, which ask for several answers to one text, are left out: the aggregate is the
mean of these six and not the figure of SuperGLUE's own board.
"""

from harness.tasks.datasets.glue import RTE
from harness.tasks.datasets.superglue import BOOLQ, CB, COPA, WIC, WSC
from harness.tasks.types import Suite, Task

SUPERGLUE = Suite(
    name="superglue",
    description="Six classification tasks of SuperGLUE, on their validation splits",
    tasks=(
        Task("superglue", "boolq", BOOLQ, "validation", "accuracy"),
        Task("superglue", "cb", CB, "validation", "accuracy_macro_f1"),
        Task("superglue", "copa", COPA, "validation", "accuracy"),
        Task("superglue", "rte", RTE, "validation", "accuracy"),
        Task("superglue", "wic", WIC, "validation", "accuracy"),
        Task("superglue", "wsc", WSC, "validation", "accuracy"),
    ),
)
