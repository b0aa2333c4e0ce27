"""GLUE (Wang et al. 2019, arXiv 1804.07461) on its validation splits, since its test gold is
hidden.

MNLI matched and mismatched are two files of one task: GLUE averages the two and counts MNLI once,
so that the aggregate is a mean of nine tasks, not of ten figures with MNLI weighing double. GLUE
also averages the two metrics of MRPC, QQP and STS-B before it averages over tasks; the mean metrics
here do the same.
"""

from harness.tasks.datasets.glue import COLA, MNLI, MRPC, QNLI, QQP, RTE, SST2, STSB, WNLI
from harness.tasks.types import Suite, Task

GLUE = Suite(
    name="glue",
    description="The nine tasks of GLUE, on their validation splits",
    tasks=(
        Task("glue", "cola", COLA, "validation", "matthews"),
        Task("glue", "sst2", SST2, "validation", "accuracy"),
        Task("glue", "mrpc", MRPC, "validation", "accuracy_f1"),
        Task("glue", "stsb", STSB, "validation", "pearson_spearman"),
        Task("glue", "qqp", QQP, "validation", "accuracy_f1"),
        Task("glue", "mnli", MNLI, "validation_matched", "accuracy"),
        Task("glue", "mnli-mm", MNLI, "validation_mismatched", "accuracy"),
        Task("glue", "qnli", QNLI, "validation", "accuracy"),
        Task("glue", "rte", RTE, "validation", "accuracy"),
        Task("glue", "wnli", WNLI, "validation", "accuracy"),
    ),
    groups=(("mnli", "mnli-mm"),),
)
