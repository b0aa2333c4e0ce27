"""The report: what evaluating one submission produced. The only interface to everything downstream.

A report holds facts of one submission alone; whatever needs several (frontier, ELUE score) is
computed in ``harness.board``. Scores are fractions (0.87, not 87); costs are per sample at batch 1
without padding. ``python -m harness.report`` prints the JSON Schema (docs/report.schema.json).
"""

import json
from collections import Counter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

SCHEMA_VERSION = 1

CostClaim = Literal["measured", "self-reported", "declared"]
"""Where a cost comes from, the strongest first."""


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class SubmissionInfo(_Facts):
    """The card: what ``submission.yaml`` says of the submission as a whole."""

    name: str
    method: str
    title: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    backbone: str = ""
    paper: str = ""
    licence: str = ""


class Versions(_Facts):
    """What computed a result."""

    paretonlp: str
    python: str
    torch: str


class Interval(_Facts):
    """A percentile interval of the bootstrap replicates, at ``level`` (0.95)."""

    low: float
    high: float
    level: float = 0.95


class Score(_Facts):
    """How good the answers are, as fractions."""

    metric: str
    value: float
    parts: dict[str, float] = Field(default_factory=dict)
    """What a mean is made of: ``{"accuracy": .., "f1": ..}``."""
    interval: Interval
    predictions: Literal["declared", "reproduced"] = "declared"


class Distribution(_Facts):
    """A per-sample figure over the samples of the split. Of a declared cost only the mean is known."""

    mean: float
    median: float | None = None
    minimum: float | None = None
    p05: float | None = None
    p95: float | None = None
    maximum: float | None = None


class Work(_Facts):
    """MACs, FLOPs and calls of one operator or module, mean per sample."""

    macs: float
    flops: float
    calls: float


class PathCosts(_Facts):
    """The distinct execution paths, a column each: what decided the cost, how many samples took it, what it costs."""

    sizes: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    exit_stage: tuple[int, ...] | None = None
    modules: tuple[str, ...] | None = None
    samples: tuple[int, ...] = ()
    macs: tuple[int, ...] = ()
    flops: tuple[int, ...] = ()


class Cost(_Facts):
    """What a sample costs: MACs of matrix work; FLOPs = 2 x MACs + every other arithmetic operation
    (docs/cost.md)."""

    provenance: CostClaim
    """Self-reported: the control flow depends on values, so that the harness has no graph to run
    again; never ranked."""
    time_ratio: float | None = None
    """Of a self-reported cost: processor time over what the cost explains; beyond 2 it is refused."""
    lengths: Literal["declared", "confirmed"] = "declared"
    macs: Distribution | None
    flops: Distribution | None
    effective_flops: float | None = None
    """Mean FLOPs when every matrix product costs its weight's non-zeros only; None without
    weights."""
    tracing: Literal["template", "per-path", "values", "declared"]
    """How paths were priced: an affine template checked on further lengths; each path traced; with
    real values; not at all."""
    by_operator: dict[str, Work] = Field(default_factory=dict)
    by_module: dict[str, Work] = Field(default_factory=dict)
    unpriced: dict[str, float] = Field(default_factory=dict)
    """Operators without a formula: mean calls per sample."""
    paths: PathCosts = PathCosts()


class Parameters(_Facts):
    """Sizes of the model. Shared weights count once; frozen, sparse and int8 ones count too."""

    provenance: Literal["measured", "declared"]
    total: int | None
    non_embedding: int | None = None
    nonzero: int | None = None
    """Non-zero elements; known only where weights were handed in (or declared)."""
    nonzero_provenance: Literal["measured", "declared"] | None = None
    bytes: int | None = None
    """Bytes as stored, index arrays of sparse tensors included."""


class Reproduction(_Facts):
    """What came of running the priced graph again, on the weights that were handed in."""

    rows: int = 0
    """Samples that were run, drawn at random; 0 where it was not possible."""
    answers: float | None = None
    """Share of them with the answer that was handed in."""
    exits: float | None = None
    """Share that left at the stage that was handed in; None for a static model."""
    encode_ms: float | None = None
    """Processor time that ``encode`` took of a text, in milliseconds: its work is in no FLOPs."""
    reason: str = ""
    """Why it was not possible."""


class Result(_Facts):
    """One operating point on one task."""

    suite: str
    task: str
    point: str
    dataset: str
    split: str
    rows: int
    official_rows: int | None
    fingerprint: str
    """sha256 over the split's texts and gold."""
    key: str
    """sha256 of everything this result depends on; unchanged key, nothing to redo."""
    limit: int | None = None
    """Set when only the first rows were evaluated (``--limit``); such a result is never ranked."""
    versions: Versions
    sandbox: str
    """The level of isolation that the submitted code ran under; empty when none ran."""
    score: Score
    cost: Cost
    parameters: Parameters
    reproduction: Reproduction = Reproduction()

    @property
    def task_id(self) -> str:
        """``suite/task``."""
        return f"{self.suite}/{self.task}"

    @property
    def replicates_key(self) -> str:
        """Name of this result's array in ``replicates.npz``."""
        return f"{self.point}/{self.suite}/{self.task}"


class Report(_Facts):
    """Everything known of one submission."""

    schema_version: Annotated[int, Field(ge=1)] = SCHEMA_VERSION
    submission: SubmissionInfo
    folder_sha256: str
    """Over every file of the folder but the report's own."""
    assets_bytes: int | None = None
    """Of code and assets, which is what ``encode`` can read; none of it counts as parameters."""
    results: tuple[Result, ...] = ()
    """At most one of a suite, task and point."""
    notes: tuple[str, ...] = ()

    @field_validator("results")
    @classmethod
    def _distinct(cls, results: tuple[Result, ...]) -> tuple[Result, ...]:
        times = Counter(result.replicates_key for result in results)
        twice = [key for key, count in times.items() if count > 1]
        if twice:
            raise ValueError(f"two results are called {twice[0]!r}")
        return results


def json_schema() -> str:
    """The JSON Schema of a report, as text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema | Report.model_json_schema(), indent=2)


if __name__ == "__main__":
    print(json_schema())
