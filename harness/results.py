"""From predictions, a measured model and a score to a result of the report. Pure."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from harness.cost.path_costs import PathCosts as PricedPaths
from harness.cost.paths import Ints, Paths, distinct_paths
from harness.cost.pricing import Work as PricedWork
from harness.cost.pricing import price
from harness.findings import fail
from harness.measuring import MeasuredModel
from harness.report import Cost, Distribution, Parameters, PathCosts, Reproduction, Result, Score, Work
from harness.reproducing import Attempt
from harness.submission import Point, Predictions, count_nonzero, distinct_modules, format_modules

Lengths = Literal["declared", "confirmed"]


def measured_result(
    facts: Mapping[str, Any],
    attempt: Attempt,
    score: Score,
    lengths: Lengths,
    reproduction: Reproduction,
    time_ratio: float | None,
) -> Result:
    """The result of a point whose model was traced.

    Args:
        facts: what it is a result of: the fields of ``Result`` that are not computed here.
        attempt: the operating point, its predictions, what was measured of it, and its weights.
        score: how good the answers are.
        lengths: whether the sizes were recomputed from the texts.
        reproduction: what running the graph again gave.
        time_ratio: processor time over what the cost explains, of a self-reported cost.
    """
    given, model, point = attempt.given, attempt.model, attempt.point
    nonzero = None if attempt.weights is None else count_nonzero(attempt.weights)
    if given.modules is not None:
        cost = _modules_cost(given, model, lengths)
    else:
        cost = _paths_cost(given, model, lengths, nonzero)
    return Result(
        **facts,
        score=score.model_copy(update={"predictions": "reproduced" if reproduction.rows else "declared"}),
        cost=cost.model_copy(update={"time_ratio": time_ratio}),
        parameters=_parameters(model, nonzero, point, str(facts["dataset"])),
        reproduction=reproduction,
    )


def declared_result(facts: Mapping[str, Any], point: Point, score: Score) -> Result:
    """The result of a point without a model: its costs are what the submitter states."""
    declared = point.declared[str(facts["dataset"])]
    return Result(
        **facts,
        score=score,
        cost=Cost(
            provenance="declared",
            macs=_only_mean(declared.macs),
            flops=_only_mean(declared.flops),
            effective_flops=declared.effective_flops,
            tracing="declared",
        ),
        parameters=Parameters(
            provenance="declared",
            total=declared.parameters,
            non_embedding=declared.non_embedding,
            nonzero=declared.nonzero,
            nonzero_provenance=None if declared.nonzero is None else "declared",
            bytes=declared.bytes,
        ),
    )


def _only_mean(value: float | None) -> Distribution | None:
    return None if value is None else Distribution(mean=value)


def _paths_cost(given: Predictions, model: MeasuredModel, lengths: Lengths, nonzero: Mapping[str, int] | None) -> Cost:
    paths = distinct_paths(given.sizes, given.exit_stage, len(given.answers))
    costs = model.price(paths)
    rows = int(paths.samples.sum())
    return Cost(
        provenance="self-reported" if model.tracing == "values" else "measured",
        lengths=lengths,
        macs=_distribution(costs.macs, paths.samples),
        flops=_distribution(costs.flops, paths.samples),
        effective_flops=None if nonzero is None else model.effective_flops(paths, nonzero),
        tracing=model.tracing,
        by_operator=_mean_work(costs.by_operator, rows),
        by_module=_mean_work(costs.by_module, rows),
        unpriced={name: float(calls) for name, calls in costs.unpriced.items()},
        paths=_path_costs(paths, costs),
    )


def _path_costs(paths: Paths, costs: PricedPaths) -> PathCosts:
    return PathCosts(
        sizes={name: tuple(sizes.tolist()) for name, sizes in paths.sizes.items()},
        exit_stage=None if paths.exit_stage is None else tuple(paths.exit_stage.tolist()),
        samples=tuple(paths.samples.tolist()),
        macs=tuple(costs.macs.tolist()),
        flops=tuple(costs.flops.tolist()),
    )


def _modules_cost(given: Predictions, model: MeasuredModel, lengths: Lengths) -> Cost:
    """ELUE's form: a sample costs what the modules that it names cost."""
    sequences, rows = distinct_modules(given.modules or ())
    samples = np.bincount(rows, minlength=len(sequences))
    priced = {run: price(tape) for run, tape in model.module_tapes.items()}
    macs, flops = [], []
    by_operator: dict[str, PricedWork] = {}
    by_module: dict[str, PricedWork] = {}
    unpriced: dict[str, float] = {}
    for sequence, count in zip(sequences, map(int, samples), strict=True):
        runs = [(run, priced[run]) for run in sequence]
        macs.append(sum(cost.macs for _, cost in runs))
        flops.append(sum(cost.flops for _, cost in runs))
        for run, cost in runs:
            _add(by_module, run.name, PricedWork(cost.macs, cost.flops, 1), count)
            for name, work in cost.by_operator.items():
                _add(by_operator, name, work, count)
            for name, calls in cost.unpriced.items():
                unpriced[name] = unpriced.get(name, 0.0) + calls * count / len(rows)
    return Cost(
        provenance="self-reported" if model.tracing == "values" else "measured",
        lengths=lengths,
        macs=_distribution(np.array(macs, np.int64), samples),
        flops=_distribution(np.array(flops, np.int64), samples),
        tracing=model.tracing,
        by_operator=_mean_work(by_operator, len(rows)),
        by_module=_mean_work(by_module, len(rows)),
        unpriced=unpriced,
        paths=PathCosts(
            modules=tuple(map(format_modules, sequences)),
            samples=tuple(samples.tolist()),
            macs=tuple(macs),
            flops=tuple(flops),
        ),
    )


def _add(sums: dict[str, PricedWork], name: str, work: PricedWork, times: int) -> None:
    sums[name] = sums.get(name, PricedWork()) + PricedWork(work.macs * times, work.flops * times, work.calls * times)


def _distribution(values: Ints, samples: Ints) -> Distribution:
    """Over samples, from the value of each path and how many took it."""
    order = np.argsort(values, kind="stable")
    ordered, below = values[order], np.cumsum(samples[order])
    total = int(below[-1])

    def quantile(share: float) -> float:
        return float(ordered[np.searchsorted(below, share * total, side="left")])

    mean = sum(int(value) * int(count) for value, count in zip(values, samples, strict=True)) / total
    return Distribution(
        mean=mean,
        median=quantile(0.5),
        minimum=float(ordered[0]),
        p05=quantile(0.05),
        p95=quantile(0.95),
        maximum=float(ordered[-1]),
    )


def _mean_work(works: Mapping[str, PricedWork], rows: int) -> dict[str, Work]:
    return {
        name: Work(macs=work.macs / rows, flops=work.flops / rows, calls=work.calls / rows)
        for name, work in works.items()
    }


def check_exits(given: Predictions, model: MeasuredModel, point: str) -> None:
    """Predictions of a dynamic model name stages that it has, others none. Raises ParetoNLPError where not so."""
    if given.exit_stage is None:
        if model.stages:
            raise fail(
                "no-exit-stage",
                f"the model of {point} leaves early, but its predictions have no column exit_stage",
                expected=f"exit_stage from 1 to {model.stages}",
            )
        return
    latest = int(given.exit_stage.max())
    if latest > model.stages:
        raise fail(
            "exit-stage",
            f"predictions of {point} leave at stage {latest}; the model has {model.stages or 'no'} stages",
            column="exit_stage",
            expected=f"1 to {model.stages}" if model.stages else "no such column: build_stages makes dynamic models",
        )


def _parameters(model: MeasuredModel, nonzero: Mapping[str, int] | None, point: Point, dataset: str) -> Parameters:
    sizes = model.parameters(nonzero)
    stated = point.declared[dataset].nonzero if dataset in point.declared else None
    known = sizes.nonzero if nonzero is not None else stated
    return Parameters(
        provenance="measured",
        total=sizes.total,
        non_embedding=sizes.non_embedding,
        nonzero=known,
        nonzero_provenance=None if known is None else "measured" if nonzero is not None else "declared",
        bytes=sizes.bytes,
    )
