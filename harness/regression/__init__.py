"""Committed expectations of submissions, what drifts from them, and why."""

from harness.regression.checking import Outcome, check, expected_spread, name_of, nothing_expected, read_expectations
from harness.regression.drift import Drift, shown
from harness.regression.expectation import read_expectation
from harness.regression.formats import FORMATS, Checked
from harness.regression.spread import Curve, Spread, compare_curves, curve_of, spread_of
from harness.regression.updating import append_to_changelog, record_spread, update

__all__ = [
    "FORMATS",
    "Checked",
    "Curve",
    "Drift",
    "Outcome",
    "Spread",
    "append_to_changelog",
    "check",
    "compare_curves",
    "curve_of",
    "expected_spread",
    "name_of",
    "nothing_expected",
    "read_expectation",
    "read_expectations",
    "record_spread",
    "shown",
    "spread_of",
    "update",
]
