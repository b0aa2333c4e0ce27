"""ELUE (Liu et al. 2022, arXiv 2110.07038): six tasks scored on test splits whose gold is public.

Metrics are the paper's (table 1; the single STS-B figure of its tables is the mean of both
correlations). SST-2 is GLUE's version, whose rows can still be had; the paper's own is the dataset
``sst2-elue``, and its published SST-2 scores belong to that one.
"""

from harness.tasks.datasets.elue import IMDB, SCITAIL, SNLI
from harness.tasks.datasets.glue import MRPC, SST2, STSB
from harness.tasks.types import Suite, Task

ELUE = Suite(
    name="elue",
    description="Six tasks of the efficient-NLP benchmark, on their test splits",
    tasks=(
        Task("elue", "sst2", SST2, "test", "accuracy"),
        Task("elue", "imdb", IMDB, "test", "accuracy"),
        Task("elue", "snli", SNLI, "test", "accuracy"),
        Task("elue", "scitail", SCITAIL, "test", "accuracy"),
        Task("elue", "mrpc", MRPC, "test", "accuracy_f1"),
        Task("elue", "stsb", STSB, "test", "pearson_spearman"),
    ),
)
