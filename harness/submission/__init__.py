"""What a researcher hands in: read, checked and written; never run."""

from harness.submission.folder import (
    Submission,
    content_key,
    inspect_submission,
    load_submission,
)
from harness.submission.manifest import DeclaredCost, Manifest, Point
from harness.submission.manifest_file import read_manifest, write_manifest
from harness.submission.modules import ModuleRun, distinct_modules, format_modules, parse_modules
from harness.submission.predictions import Predictions, read_predictions, write_prediction_file
from harness.submission.references import HubWeights, LocalWeights, parse_reference
from harness.submission.weights import TensorEntry, count_nonzero, read_header

__all__ = [
    "DeclaredCost",
    "HubWeights",
    "LocalWeights",
    "Manifest",
    "ModuleRun",
    "Point",
    "Predictions",
    "Submission",
    "TensorEntry",
    "content_key",
    "count_nonzero",
    "distinct_modules",
    "format_modules",
    "inspect_submission",
    "load_submission",
    "parse_modules",
    "parse_reference",
    "read_header",
    "read_manifest",
    "read_predictions",
    "write_manifest",
    "write_prediction_file",
]
