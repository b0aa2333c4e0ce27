"""``submission.yaml``: who, what, and the operating points."""

import keyword
import math
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from pydantic_core import PydanticCustomError

NAME = re.compile(r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$")
SIZE_COLUMN = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
RESERVED_COLUMNS = ("index", "prediction", "exit_stage", "modules")
RESERVED_OPTIONS = ("dataset", "sizes", "example")
MAX_POINTS = 1000
MAX_SIZE = 1_000_000
"""The largest size of a sample, so that a cost quadratic in it stays far within 64-bit integers."""

Name = Annotated[str, StringConstraints(pattern=NAME.pattern)]
Text = Annotated[
    str,
    StringConstraints(max_length=4000),
    # "paper:" with nothing behind it is how people leave a line of a template empty.
    BeforeValidator(lambda value: "" if value is None else value),
]
Amount = Annotated[float, Field(strict=True, ge=0, le=1e30, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=0, le=10**18)]
Size = Annotated[int, Field(strict=True, ge=1, le=MAX_SIZE)]


def _is_plain(value: Any) -> bool:
    """Whether a value survives a trip through JSON unchanged, as it must to reach the sandbox."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return value is None or isinstance(value, str | int | bool)


def _plain(value: Any) -> Any:
    if not _is_plain(value):
        raise PydanticCustomError("option_value", "no plain data")
    return value


def _keyword(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name) or name in RESERVED_OPTIONS:
        raise PydanticCustomError("option_name", "no name of a keyword argument")
    return name


def _size_column(name: str) -> str:
    if not SIZE_COLUMN.match(name) or name in RESERVED_COLUMNS:
        raise PydanticCustomError("size_column", "no name of a size column")
    return name


OptionName = Annotated[str, AfterValidator(_keyword)]
Option = Annotated[Any, AfterValidator(_plain)]
SizeName = Annotated[str, AfterValidator(_size_column)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclaredCost(_Strict):
    """Costs stated by a submitter where the harness cannot measure: means per sample."""

    macs: Amount | None = None
    flops: Amount | None = None
    effective_flops: Amount | None = None
    parameters: Count | None = None
    non_embedding: Count | None = None
    nonzero: Count | None = None
    bytes: Count | None = None


class Point(_Strict):
    """One setting of the submission: one dot on the board."""

    name: Name
    options: dict[OptionName, Option] = Field(default_factory=dict)
    """Keyword arguments for the functions of model.py: what JSON can hold."""
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
    sizes: dict[SizeName, Size | None] = Field(default={"num_tokens": None})
    """Columns of the prediction files that are sizes of a sample, each with the most that the
    model takes (or null).
    """
    points: tuple[Point, ...] = Field(min_length=1, max_length=MAX_POINTS)

    @field_validator("points")
    @classmethod
    def _distinct(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        seen: set[str] = set()
        for position, point in enumerate(points):
            if point.name in seen:
                raise PydanticCustomError(
                    "duplicate_point",
                    "two operating points are called {name}",
                    {"name": repr(point.name), "position": position},
                )
            seen.add(point.name)
        return points

    def point(self, name: str) -> Point | None:
        """The operating point of that name, or None."""
        return next((point for point in self.points if point.name == name), None)
