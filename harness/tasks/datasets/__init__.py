"""What each dataset is: one module a family, declarations only."""

from harness.tasks.datasets import elue, glue, probe, superglue
from harness.tasks.types import Dataset

ALL: tuple[Dataset, ...] = (
    *glue.DATASETS,
    *superglue.DATASETS,
    *elue.DATASETS,
    *probe.DATASETS,
)
