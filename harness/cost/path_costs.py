"""What many execution paths cost at once, and all their samples together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.cost.paths import Ints, Paths
from harness.cost.pricing import Priced, Work, number_of_stages, operator_of, price, priced_nodes, stage_of, unpriced
from harness.cost.tape import Tape
from harness.findings import fail

LARGEST = 1 << 62
"""A path of more FLOPs is refused: int64 could not hold its sums, and no model needs as many."""


@dataclass(frozen=True, slots=True, eq=False)
class PathCosts:
    """The cost of n paths through a model of S stages (1 where it is static)."""

    macs: Ints
    """MACs of each path, int64 [n]: of the stages that it ran."""
    flops: Ints
    """FLOPs of each path, int64 [n], two for every MAC included."""
    stage_macs: Ints
    """MACs of each stage at the sizes of each path, int64 [n, S], whether the path ran it or left before."""
    stage_flops: Ints
    """FLOPs likewise, int64 [n, S]."""
    by_operator: dict[str, Work]
    """Work of all samples together, by operator."""
    by_module: dict[str, Work]
    """Work of all samples together, by the module that did it."""
    unpriced: dict[str, int]
    """Operator overload without a formula to its calls in one run through all stages."""


def price_rows(tape: Tape, paths: Paths, largest: int) -> PathCosts:
    """The costs of paths that share a tape: its shapes hold ints, or int64 arrays [n].

    Args:
        tape: what all stages execute.
        paths: n paths.
        largest: no path has more FLOPs.

    Raises:
        ParetoNLPError: the tape is malformed, or its cost beyond all bounds.
    """
    if largest >= LARGEST:
        raise fail("cost-out-of-range", f"a forward of {largest:.1e} FLOPs is beyond what can be added up")
    number = number_of_stages(tape)
    ran = stages_run(paths, number)
    weights = ran * paths.samples[:, None]
    if largest * int(paths.samples.sum()) >= LARGEST:
        weights = weights.astype(object)
    macs, flops = (np.zeros((len(paths), number), np.int64) for _ in range(2))
    by_operator: dict[str, Work] = {}
    by_module: dict[str, Work] = {}
    nodes: list[Priced] = []
    for entry in priced_nodes(tape, len(paths)):
        nodes.append(entry)
        if entry.count is None:
            continue
        stage, operator, module = stage_of(entry.node), operator_of(entry.node), entry.node.module
        macs[:, stage] += entry.count.macs
        flops[:, stage] += entry.count.flops
        work = over_samples(entry.count.macs, entry.count.flops, weights[:, stage])
        by_operator[operator] = by_operator.get(operator, Work()) + work
        by_module[module] = by_module.get(module, Work()) + work
    return PathCosts(
        (macs * ran).sum(axis=1), (flops * ran).sum(axis=1), macs, flops, by_operator, by_module, unpriced(nodes)
    )


def stages_run(paths: Paths, number: int) -> Ints:
    """1 where a path ran a stage, else 0, int64 [n, number]; a path without an exit stage runs all."""
    if paths.exit_stage is None:
        return np.ones((len(paths), number), np.int64)
    return (np.arange(number) < paths.exit_stage[:, None]).astype(np.int64)


def over_samples(macs: Any, flops: Any, weights: Any) -> Work:
    """The work of one node over all samples: counts are ints or int64 [n], weights the samples that ran it, [n]."""
    samples = int(weights.sum())
    return Work(
        macs * samples if isinstance(macs, int) else int(weights @ macs),
        flops * samples if isinstance(flops, int) else int(weights @ flops),
        samples,
    )


def price_each(tapes: Sequence[Tape], paths: Paths) -> PathCosts:
    """The costs of paths that have a tape each, ``tapes[i]`` for path i; a tape that several share is priced once."""
    rows: dict[int, list[int]] = {}
    for row, tape in enumerate(tapes):
        rows.setdefault(id(tape), []).append(row)
    shape = (len(paths), max(map(number_of_stages, tapes), default=1))
    macs, flops = np.zeros(len(paths), np.int64), np.zeros(len(paths), np.int64)
    stage_macs, stage_flops = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    by_operator: dict[str, Work] = {}
    by_module: dict[str, Work] = {}
    without: dict[str, int] = {}
    for chosen in rows.values():
        tape = tapes[chosen[0]]
        exits = None if paths.exit_stage is None else paths.exit_stage[chosen]
        costs = price_rows(tape, Paths({}, exits, paths.samples[chosen]), price(tape).flops)
        macs[chosen], flops[chosen] = costs.macs, costs.flops
        stage_macs[chosen, : costs.stage_macs.shape[1]] = costs.stage_macs
        stage_flops[chosen, : costs.stage_flops.shape[1]] = costs.stage_flops
        for found, sums in ((costs.by_operator, by_operator), (costs.by_module, by_module)):
            for key, work in found.items():
                sums[key] = sums.get(key, Work()) + work
        for op, calls in costs.unpriced.items():
            without[op] = max(calls, without.get(op, 0))
    return PathCosts(macs, flops, stage_macs, stage_flops, by_operator, by_module, without)
