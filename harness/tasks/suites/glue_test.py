"""The test sets of GLUE, whose gold its server (gluebenchmark.com) keeps, with the server's metrics.

Predictions can be made and handed in, and are not scored here. The diagnostic set ``ax`` is answered by
a model of MNLI. All test splits are the server's, those included whose gold is public elsewhere (MRPC, SST-2,
STS-B); no label is read.
"""

from harness.glue_server import GLUE_FILES
from harness.tasks.datasets.glue import COLA, MNLI, MRPC, QNLI, QQP, RTE, SST2, STSB, WNLI
from harness.tasks.types import Dataset, Suite, Task

ROWS = {file.task: file.rows for file in GLUE_FILES}


def _task(name: str, dataset: Dataset, metric: str, split: str = "test") -> Task:
    return Task("glue-test", name, dataset, split, metric, hidden_rows=ROWS[name])


GLUE_TEST = Suite(
    name="glue-test",
    description="The test sets of GLUE, whose gold its server keeps: to predict and hand in",
    tasks=(
        _task("cola", COLA, "matthews"),
        _task("sst2", SST2, "accuracy"),
        _task("mrpc", MRPC, "accuracy_f1"),
        _task("stsb", STSB, "pearson_spearman"),
        _task("qqp", QQP, "accuracy_f1"),
        _task("mnli", MNLI, "accuracy", "test_matched"),
        _task("mnli-mm", MNLI, "accuracy", "test_mismatched"),
        _task("qnli", QNLI, "accuracy"),
        _task("rte", RTE, "accuracy"),
        _task("wnli", WNLI, "accuracy"),
        _task("ax", MNLI, "matthews", "ax"),
    ),
)
