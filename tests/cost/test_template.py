"""Templates: exact on what was traced, equal to tracing everywhere else, and refused where they would not be."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cost.affine import solve
from harness.cost.path_costs import price_each
from harness.cost.paths import Paths, distinct_paths
from harness.cost.pricing import price
from harness.cost.tape import Node, Ref, Tape, Value
from harness.cost.template import Template, fit, trace_sizes
from harness.cost.tracing import build_on_meta, record
from harness.findings import ParetoNLPError
from tests.cost.tapes import classifier, flops_of, macs_of, staged
from tests.cost.zoo import MODELS, inputs_of


def template_of(*tokens: int) -> Template:
    template = fit([({"num_tokens": size}, classifier(size)) for size in tokens])
    assert template is not None
    return template


def paths(**sizes: list[int]) -> Paths:
    columns = {name: np.array(column, np.int64) for name, column in sizes.items()}
    return Paths(columns, None, np.ones(len(next(iter(columns.values()))), np.int64))


def test_a_template_is_the_tape_at_sizes_that_were_never_traced() -> None:
    template = template_of(4, 9, 31)
    for tokens in (1, 5, 1000):
        assert template.at({"num_tokens": tokens}) == classifier(tokens)


def test_costs_of_all_paths_at_once_are_the_closed_form() -> None:
    tokens = list(range(1, 400))
    costs = template_of(4, 9).price(paths(num_tokens=tokens))
    assert costs.macs.tolist() == [macs_of(size) for size in tokens]
    assert costs.flops.tolist() == [flops_of(size) for size in tokens]
    assert costs.flops.dtype == np.int64


def test_several_sizes() -> None:
    samples = [({"t": t, "n": n}, classifier(t, n)) for t, n in [(4, 2), (9, 2), (4, 7), (5, 5)]]
    template = fit(samples)
    assert template is not None
    assert template.at({"n": 40, "t": 3}) == classifier(3, 40)
    costs = template.price(paths(t=[3, 8], n=[40, 1]))
    assert costs.flops.tolist() == [flops_of(3, 40), flops_of(8, 1)]


def test_sizes_that_go_together_are_solved_together_and_hold_for_no_others() -> None:
    template = fit([({"t": t, "n": t - 1}, classifier(t, t - 1)) for t in (4, 9, 6)])
    assert template is not None
    assert template.at({"t": 20, "n": 19}) == classifier(20, 19)
    with pytest.raises(ParetoNLPError, match=r"t 20, n 18 are of another kind"):
        template.price(paths(t=[20, 20], n=[19, 18]))


def test_one_traced_size_holds_for_that_size_alone() -> None:
    template = template_of(7)
    assert template.at({"num_tokens": 7}) == classifier(7)
    with pytest.raises(ParetoNLPError):
        template.at({"num_tokens": 8})


def test_a_model_without_sizes() -> None:
    template = fit([({}, classifier(5))])
    assert template is not None
    costs = template.price(Paths({}, None, np.array([12])))
    assert costs.flops.tolist() == [flops_of(5)]
    assert sum(work.flops for work in costs.by_operator.values()) == 12 * flops_of(5)


def changed(tape: Tape, node: int, **changes: object) -> Tape:
    nodes = list(tape.nodes)
    nodes[node] = replace(nodes[node], **changes)
    return replace(tape, nodes=tuple(nodes))


@pytest.mark.parametrize(
    "odd",
    [
        changed(classifier(9), 1, op="aten.addmm.default"),
        changed(classifier(9), 1, module="encoder.1"),
        changed(classifier(9), 2, args=(Ref(5), 1, *classifier(9).nodes[2].args[2:])),
        changed(classifier(9), 2, args=(Ref(2), *classifier(9).nodes[2].args[1:])),
        replace(classifier(9), leaves=classifier(9).leaves[:-1]),
        classifier(10),
    ],
)
def test_tapes_that_differ_in_more_than_affine_numbers_have_no_template(odd: Tape) -> None:
    samples = [({"num_tokens": 4}, classifier(4)), ({"num_tokens": 6}, classifier(6)), ({"num_tokens": 9}, odd)]
    assert fit(samples) is None


def padded(tokens: int) -> Tape:
    """Tokens in blocks of four, rounded up: not affine."""
    return classifier(-(-tokens // 4) * 4)


def test_rounding_up_is_not_affine() -> None:
    assert fit([({"num_tokens": size}, padded(size)) for size in (4, 9, 31)]) is None


def test_a_fraction_of_a_size_is_not_trusted() -> None:
    assert fit([({"num_tokens": size}, classifier(size // 2)) for size in (4, 10, 20)]) is None


def scaled(tokens: int, number: float) -> Tape:
    x = Value((tokens,), "float32")
    return Tape((x, x), {"x": 0}, (), (Node("aten.mul.Scalar", (Ref(0), number), {}, (1,), ""),), {"logits": 1})


def test_real_arguments_are_constant_or_affine() -> None:
    constant = fit([({"t": t}, scaled(t, 0.125)) for t in (4, 9, 6)])
    affine = fit([({"t": t}, scaled(t, 2.0 * t + 1)) for t in (4, 9, 6)])
    assert constant is not None
    assert affine is not None
    assert constant.at({"t": 70}) == scaled(70, 0.125)
    assert affine.at({"t": 70}) == scaled(70, 141.0)
    assert affine.price(paths(t=[5, 70])).flops.tolist() == [5, 70]
    assert fit([({"t": t}, scaled(t, t**-0.5)) for t in (4, 9, 6)]) is None
    assert fit([({"t": t}, scaled(t, float("-inf"))) for t in (4, 9, 6)]) is not None


def test_a_formula_that_turns_on_a_varying_argument_has_no_template() -> None:
    def tape(tokens: int) -> Tape:
        values = (Value((tokens,), "float32"), Value((), "float32"))
        return Tape(values, {"x": 0}, (), (Node("aten.norm.Scalar", (Ref(0), tokens), {}, (1,), ""),), {})

    assert fit([({"t": t}, tape(t)) for t in (2, 3, 4)]) is None


def test_a_missing_size_a_negative_dimension_and_an_enormous_one_are_findings() -> None:
    template = fit([({"t": t}, classifier(t - 3)) for t in (4, 9, 6)])
    assert template is not None
    for sizes, match in [({}, "'t' is missing"), ({"t": 2}, "t 2 are of another"), ({"t": 1 << 60}, "beyond what any")]:
        with pytest.raises(ParetoNLPError, match=match):
            template.at(sizes)


def test_a_cost_that_no_int64_holds_is_a_finding() -> None:
    def tape(t: int) -> Tape:
        return Tape(
            (Value((t, t), "float32"),), {"x": 0}, (), (Node("aten.mm.default", (Ref(0), Ref(0)), {}, (0,), ""),), {}
        )

    template = fit([({"t": t}, tape(t)) for t in (4, 9)])
    assert template is not None
    assert template.price(paths(t=[1 << 20])).flops.tolist() == [1 << 61]
    with pytest.raises(ParetoNLPError, match="beyond what can be added up"):
        template.price(paths(t=[8, 1 << 21]))


def test_the_sum_over_samples_may_be_larger_than_int64() -> None:
    samples = Paths({"num_tokens": np.array([10**9])}, None, np.array([10**9]))
    costs = template_of(4, 9).price(samples)
    assert sum(work.flops for work in costs.by_operator.values()) == flops_of(10**9) * 10**9


def test_exits_cost_the_stages_that_ran() -> None:
    template = fit([({"t": t}, staged(t)) for t in (4, 9)])
    assert template is not None
    chosen = Paths({"t": np.array([10, 10, 6])}, np.array([1, 3, 2]), np.array([5, 1, 2]))
    costs = template.price(chosen)
    assert costs.stage_flops.tolist() == [[19, 38, 57], [19, 38, 57], [11, 22, 33]]
    assert costs.flops.tolist() == [19, 19 + 38 + 57, 11 + 22]
    everything = 5 * 19 + 1 * 114 + 2 * 33
    assert sum(work.flops for work in costs.by_operator.values()) == everything
    assert sum(work.flops for work in costs.by_module.values()) == everything
    assert costs.by_module["0"].calls == 2 * 8
    assert costs.by_module["2"].calls == 6 * 1


def test_tracing_each_path_gives_the_same_costs() -> None:
    sizes, exits, samples = np.array([10, 6, 10]), np.array([1, 3, 2]), np.array([5, 1, 2])
    template = fit([({"t": t}, staged(t)) for t in (4, 9)])
    assert template is not None
    chosen = Paths({"t": sizes}, exits, samples)
    tapes = {size: staged(size) for size in (6, 10)}
    each, at_once = price_each([tapes[size] for size in sizes.tolist()], chosen), template.price(chosen)
    for name in ("macs", "flops", "stage_macs", "stage_flops"):
        assert np.array_equal(getattr(each, name), getattr(at_once, name))
    assert (each.by_operator, each.by_module) == (at_once.by_operator, at_once.by_module)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("longformer", "led", "modernbert")])
def test_architectures(name: str) -> None:
    """At sizes that were not traced, the template is the trace, and its price that of the trace to the last FLOP."""
    model, recorder = build_on_meta(MODELS[name])
    tapes = {tokens: record(model, inputs_of(name, tokens), recorder) for tokens in (9, 12, 50, 13, 77)}
    template = fit([({"num_tokens": tokens}, tapes[tokens]) for tokens in (9, 12, 50)])
    assert template is not None
    costs = template.price(paths(num_tokens=[13, 77, 9]))
    for row, tokens in enumerate((13, 77, 9)):
        assert template.at({"num_tokens": tokens}) == tapes[tokens]
        assert (costs.macs[row], costs.flops[row]) == (price(tapes[tokens]).macs, price(tapes[tokens]).flops)


def test_blocks_of_attention_have_no_template() -> None:
    """Longformer pads to its window: the number of blocks is not affine in the tokens."""
    model, recorder = build_on_meta(MODELS["longformer"])
    samples = [({"t": t}, record(model, inputs_of("longformer", t), recorder)) for t in (9, 20, 40)]
    assert fit(samples) is None


sizes_of_paths = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), min_size=1, max_size=40, unique=True)


@settings(deadline=None, max_examples=60)
@given(sizes_of_paths, st.integers(0, 5))
def test_the_sizes_to_trace_are_enough_for_a_template(pairs: list[tuple[int, int]], seed: int) -> None:
    distinct = [{"t": t, "n": n} for t, n in pairs]
    independent = np.linalg.matrix_rank([(1, *pair) for pair in pairs]) == 3
    chosen = trace_sizes(distinct, seed)
    assert len(chosen) <= 4 + 1 + 3
    assert all(sizes in distinct for sizes in chosen)
    assert len({tuple(sizes.values()) for sizes in chosen}) == len(chosen)
    for name in ("t", "n"):
        reached = [sizes[name] for sizes in chosen]
        assert (min(reached), max(reached)) == (min(s[name] for s in distinct), max(s[name] for s in distinct))
    template = fit([(sizes, classifier(sizes["t"], sizes["n"])) for sizes in chosen])
    if template is None:
        assert not independent
        return
    costs = template.price(paths(t=[t for t, _ in pairs], n=[n for _, n in pairs]))
    assert costs.flops.tolist() == [flops_of(t, n) for t, n in pairs]


def test_few_sizes_are_all_traced() -> None:
    distinct = [{"t": t} for t in (5, 9, 6, 7)]
    assert sorted(sizes["t"] for sizes in trace_sizes(distinct, 0)) == [5, 6, 7, 9]
    assert trace_sizes([{}], 0) == [{}]


def test_the_checks_depend_on_the_seed() -> None:
    distinct = [{"t": t} for t in range(100)]
    assert trace_sizes(distinct, 1) == trace_sizes(distinct, 1)
    assert trace_sizes(distinct, 1) != trace_sizes(distinct, 2)


def test_a_template_prices_the_paths_of_a_prediction_file() -> None:
    tokens = torch.randint(3, 40, (500,), generator=torch.Generator().manual_seed(0)).numpy()
    found = distinct_paths({"num_tokens": tokens}, None, 500)
    costs = template_of(3, 39, 20).price(found)
    whole = sum(work.flops for work in costs.by_operator.values())
    assert whole == sum(flops_of(int(size)) for size in tokens)


def test_a_system_without_enough_samples_keeps_its_relations() -> None:
    solution = solve([(4, 8), (6, 12)], [(9, 13)])
    assert solution is not None
    assert solution.forms == ((1, 2, 0),)
    assert solution.relations == ((0, 2, -1),)
