"""The probe suite: four small generated tasks, for the demo, the tests and the regression check.

It needs no network and no licence. It compares methods; it says nothing of real text.
"""

from harness.tasks.datasets.probe import INFERENCE, PARAPHRASE, SENTIMENT, SIMILARITY
from harness.tasks.types import Suite, Task

PROBE = Suite(
    name="probe",
    description="Four generated tasks that need neither network nor licence",
    tasks=(
        Task("probe", "sentiment", SENTIMENT, "test", "accuracy"),
        Task("probe", "inference", INFERENCE, "test", "accuracy"),
        Task("probe", "paraphrase", PARAPHRASE, "test", "accuracy_f1"),
        Task("probe", "similarity", SIMILARITY, "test", "pearson_spearman"),
    ),
)
