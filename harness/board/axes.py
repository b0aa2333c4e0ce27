"""The costs that a board can be drawn over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.findings import did_you_mean, fail
from harness.report import Distribution, Result


@dataclass(frozen=True, slots=True)
class Axis:
    """A cost: how to read it off a result, and how the costs of a suite's tasks become one."""

    name: str
    title: str
    unit: str
    cost: Callable[[Result], float | None]
    measured: Callable[[Result], bool]
    """Whether the harness measured it; else it was declared."""
    is_work: bool
    """Work is counted by operators and averaged over tasks; a size is not, and the largest holds."""


def _mean(distribution: Distribution | None) -> float | None:
    return None if distribution is None else distribution.mean


def _work_measured(result: Result) -> bool:
    return result.cost.provenance == "measured"


def _size_measured(result: Result) -> bool:
    return result.parameters.provenance == "measured"


def _nonzero_measured(result: Result) -> bool:
    return result.parameters.nonzero_provenance == "measured"


def _effective_measured(result: Result) -> bool:
    return _work_measured(result) and _nonzero_measured(result)


AXES: Mapping[str, Axis] = MappingProxyType(
    {
        axis.name: axis
        for axis in (
            Axis("flops", "FLOPs", "FLOPs", lambda r: _mean(r.cost.flops), _work_measured, True),
            Axis("macs", "MACs", "MACs", lambda r: _mean(r.cost.macs), _work_measured, True),
            Axis(
                "effective_flops",
                "Effective FLOPs",
                "FLOPs",
                lambda r: r.cost.effective_flops,
                _effective_measured,
                True,
            ),
            Axis("parameters", "Parameters", "", lambda r: r.parameters.total, _size_measured, False),
            Axis(
                "non_embedding",
                "Non-embedding parameters",
                "",
                lambda r: r.parameters.non_embedding,
                _size_measured,
                False,
            ),
            Axis(
                "nonzero",
                "Non-zero parameters",
                "",
                lambda r: r.parameters.nonzero,
                _nonzero_measured,
                False,
            ),
            Axis("bytes", "Size as stored", "B", lambda r: r.parameters.bytes, _size_measured, False),
        )
    }
)


def axis(name: str) -> Axis:
    """The axis of that name.

    Raises:
        ParetoNLPError: no such axis.
    """
    if name not in AXES:
        raise fail("no-such-axis", f"There is no cost {name!r}.", remedy=did_you_mean(name, AXES))
    return AXES[name]
