"""``submission.yaml``: who, what, and the operating points."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

NAME = re.compile(r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$")
Name = Annotated[str, StringConstraints(pattern=NAME.pattern)]
Text = Annotated[str, StringConstraints(max_length=4000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclaredCost(_Strict):
    """Costs that a submitter states himself where the harness cannot measure them: means per sample on one dataset."""

    macs: float | None = Field(default=None, ge=0)
    flops: float | None = Field(default=None, ge=0)
    effective_flops: float | None = Field(default=None, ge=0)
    parameters: int | None = Field(default=None, ge=0)
    non_embedding: int | None = Field(default=None, ge=0)
    nonzero: int | None = Field(default=None, ge=0)
    bytes: int | None = Field(default=None, ge=0)


class Point(_Strict):
    """One setting of the submission: one dot on the board."""

    name: Name
    options: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments for the functions of model.py."""
    weights: dict[Name, str] = Field(default_factory=dict)
    """Dataset to a safetensors file of the folder, or ``hf://org/repo@revision/file``."""
    declared: dict[Name, DeclaredCost] = Field(default_factory=dict)
    """Dataset to costs stated by the submitter."""


class Manifest(_Strict):
    """What ``submission.yaml`` holds."""

    name: Name
    method: Name
    title: Text = ""
    description: Text = ""
    authors: tuple[Text, ...] = ()
    backbone: Text = ""
    paper: Text = ""
    licence: Text = ""
    sizes: dict[str, int | None] = Field(default_factory=lambda: {"num_tokens": None})
    """Columns of the prediction files that are sizes of a sample, each with the most that the model takes (or null)."""
    points: tuple[Point, ...] = Field(min_length=1)

    @field_validator("points")
    @classmethod
    def _distinct(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        names = [point.name for point in points]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two operating points are called {twice[0]!r}")
        return points
