"""The benchmark suites: one module each, declarations only."""

from harness.tasks.suites.elue import ELUE
from harness.tasks.suites.glue import GLUE
from harness.tasks.suites.glue_test import GLUE_TEST
from harness.tasks.suites.probe import PROBE
from harness.tasks.suites.superglue import SUPERGLUE
from harness.tasks.types import Suite

ALL: tuple[Suite, ...] = (ELUE, GLUE, SUPERGLUE, PROBE, GLUE_TEST)
