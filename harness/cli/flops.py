"""``paretonlp flops``: what a model.py costs, by module and by operator."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.arguments import Sandbox, Trust, chosen_level, named
from harness.cli.console import out, table
from harness.findings import did_you_mean, fail
from harness.numbers import human

if TYPE_CHECKING:
    from rich.tree import Tree

    from harness.cost.pricing import Cost, Work

COUNTERS = ("fvcore", "torch")


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def flops(
        model: Annotated[Path, typer.Argument(help="A model.py, or the folder that holds it.", show_default=False)],
        tokens: Annotated[int, typer.Option("--tokens", min=1, help="Length of the sample.")] = 128,
        dataset: Annotated[
            str,
            typer.Option(
                "--dataset", help="The dataset given to build_model; default: the folder's first.", show_default=False
            ),
        ] = "",
        option: Annotated[
            list[str] | None,
            typer.Option("--option", help="An option of the model: num_layers=6; repeat for more.", show_default=False),
        ] = None,
        size: Annotated[
            list[str] | None,
            typer.Option("--size", help="Sizes other than num_tokens: num_ngrams_1=40; repeat.", show_default=False),
        ] = None,
        compare: Annotated[str, typer.Option("--compare", help="Other counters: fvcore,torch.")] = "",
        depth: Annotated[int, typer.Option("--depth", min=1, help="Levels of the tree of modules.")] = 4,
        sandbox: Sandbox = "auto",
        trust: Trust = False,
    ) -> None:
        """Count the FLOPs and parameters of one sample, by module and by operator.

        Example: `paretonlp flops submissions/dense-probe/model.py --tokens 64 --compare fvcore,torch`
        """
        from harness.cost.parameters import Weight, looked_up, summarise
        from harness.cost.pricing import price
        from harness.cost.tape_json import from_json
        from harness.sandbox.runner import Message, sandboxed
        from harness.tasks import dataset as find_dataset

        folder = _folder(model)
        dataset = find_dataset(dataset or _first_dataset(folder)).name
        sizes = {name: _positive(name, value) for name, value in _pairs(size or [])} or {"num_tokens": tokens}
        job = {"dataset": dataset, "options": dict(_pairs(option or [])), "sizes": [sizes]}
        jobs: list[Message] = [{"verb": "trace", **job}]
        if compare:
            jobs.append({"verb": "compare", "counters": _counters(compare), **job})
        with sandboxed(folder, jobs, level=chosen_level(sandbox, trust)) as child:
            traced, *compared = child.answers()
        tapes = from_json(traced["tapes"])
        cost = price(tapes[0])
        _show(cost, depth)
        sizes_of = summarise([Weight(**weight) for weight in traced["weights"]], looked_up(tapes))
        out.print(
            f"parameters {human(sizes_of.total)}, {human(sizes_of.non_embedding)} of them outside embedding tables; "
            f"{human(sizes_of.bytes, 'B')} as built"
        )
        if tapes[0].with_values:
            out.print("The control flow depends on values: this is the cost of one run on real tensors.")
        if compared:
            _show_comparison(cost, compared[0]["counters"])


def _first_dataset(folder: Path) -> str:
    """A dataset that the submission has weights or predictions for; one of the embedded suite where it says nothing."""
    from harness.submission import inspect_submission
    from harness.tasks import SUITES

    submission, _ = inspect_submission(folder)
    if submission is None:
        return "probe-sentiment"
    trained = [dataset for point in submission.manifest.points for dataset in point.weights]
    predicted = [
        task.dataset.name for file in submission.predictions if (task := SUITES[file.suite].task(file.task)) is not None
    ]
    return next(iter([*trained, *predicted]), "probe-sentiment")


def _folder(model: Path) -> Path:
    """Where the model.py is."""
    folder = model if model.is_dir() else model.parent
    if not (folder / "model.py").is_file() or not (model.is_dir() or model.name == "model.py"):
        raise fail(
            "no-model", f"{model} is no model.py, and no folder that holds one", expected="a file called model.py"
        )
    return folder


def _pairs(texts: list[str]) -> list[tuple[str, Any]]:
    import yaml

    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise fail("bad-option", f"{text!r} is no option", expected="name=value")
        try:
            pairs.append((name, yaml.safe_load(value)))
        except yaml.YAMLError as error:
            raise fail(
                "bad-option", f"the value of {name!r} is no number, text or list", expected="name=value"
            ) from error
    return pairs


def _positive(name: str, value: Any) -> int:
    if type(value) is not int or value < 1:
        raise fail("bad-size", f"the size {name!r} is {value!r}", expected="a whole number from 1")
    return value


def _counters(names: str) -> list[str]:
    chosen = named(names)
    for name in chosen:
        if name not in COUNTERS:
            raise fail("no-such-counter", f"there is no counter {name!r}", remedy=did_you_mean(name, COUNTERS))
    return chosen


def _show(cost: "Cost", depth: int) -> None:
    from harness.cost.pricing import roll_up

    out.print(f"{human(cost.macs)} MACs, {human(cost.flops)} FLOPs for one sample")
    out.print(_tree(roll_up(cost.by_module), cost.flops, depth))
    rows = table("operator", "calls", "MACs", "FLOPs", "share", numbers=("calls", "MACs", "FLOPs", "share"))
    for name, work in sorted(cost.by_operator.items(), key=lambda item: -item[1].flops):
        rows.add_row(name, str(work.calls), human(work.macs), human(work.flops), _share(work.flops, cost.flops))
    out.print(rows)
    for name, calls in cost.unpriced.items():
        out.print(f"no formula: {name}, {calls} call{'s' if calls > 1 else ''}, not in these figures")


def _share(flops: int, whole: int) -> str:
    return f"{flops / whole:.1%}" if whole else "–"


def _tree(modules: "Mapping[str, Work]", whole: int, depth: int) -> "Tree":
    from rich.tree import Tree

    root = Tree("model")
    nodes = {"": root}
    for path in sorted(modules, key=_natural):
        if path and path.count(".") < depth:
            work = modules[path]
            label = f"{path.rpartition('.')[2]}  {human(work.flops)} FLOPs  {_share(work.flops, whole)}"
            nodes[path] = nodes[path.rpartition(".")[0]].add(label)
    return root


def _natural(path: str) -> list[tuple[int, str]]:
    """Layer 2 before layer 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in path.split(".")]


def _show_comparison(cost: "Cost", counters: Mapping[str, Mapping[str, float]]) -> None:
    rows = table("counter", "MACs", "against ours", "operators", numbers=("MACs", "against ours"))
    rows.add_row(
        "paretonlp", f"{cost.macs:,}", "", ", ".join(name for name, work in cost.by_operator.items() if work.macs)
    )
    for name, by_operator in counters.items():
        macs = sum(by_operator.values())
        difference = f"{macs / cost.macs - 1:+.2%}" if cost.macs else "–"
        counted = ", ".join(operator for operator, count in by_operator.items() if count)
        rows.add_row(name, f"{macs:,.0f}", difference, counted)
    out.print(rows)
    out.print("Counters differ in what they count: docs/cost.md has the table.")
