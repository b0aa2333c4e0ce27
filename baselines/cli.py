"""The verb ``paretonlp baseline METHOD``."""

import os
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baselines.methods import METHODS
from harness.findings import fail
from harness.submission.manifest import NAME
from harness.tasks import dataset as find_dataset
from harness.tasks import suite as find_suite
from harness.tasks import task as find_task
from harness.tasks.types import Task

if TYPE_CHECKING:
    from baselines.recipe import Request

KEPT_KERNELS = 64
"""Of 1024 that oneDNN keeps by default, each with its scratch memory: batches of texts are matrices of ever other
shapes, and KroneckerBERT's fill 20 GiB in half an hour. It takes no longer with fewer."""

EXAMPLE = (
    "Example: `paretonlp baseline {} --backbone google-bert/bert-base-uncased --suite elue "
    "--tasks sst2,mrpc,stsb --data-dir data`"
)


def register(app: typer.Typer) -> None:
    """Add the verb ``baseline`` to the command."""
    verb = typer.Typer(no_args_is_help=True)
    verb.callback()(_baseline)
    for method, what in METHODS.items():
        verb.command(method, help=f"{what}\n\n{EXAMPLE.format(method)}")(_building(method))
    app.add_typer(verb, name="baseline")


def _baseline() -> None:
    """Train a baseline, lay out its submission folder, and have its predictions written."""


def _building(method: str) -> Callable[..., None]:
    """The command of one method; they all take the same options."""

    def build(
        *,
        backbone: Annotated[str, typer.Option(help="Hub id, or a folder in transformers' format.")],
        suite: Annotated[str, typer.Option(help="Whose tasks to train and predict.")] = "probe",
        tasks: Annotated[str, typer.Option(help="Names with commas between, or all.")] = "all",
        points: Annotated[str, typer.Option(help="Operating points with commas between; default: the method's.")] = "",
        out: Annotated[
            Path | None, typer.Option(help="Folder to write or add to; default submissions/METHOD-BACKBONE.")
        ] = None,
        data_dir: Annotated[
            Path | None, typer.Option(help="Local parquet folders, one a dataset; else the Hub.")
        ] = None,
        backbone_name: Annotated[str, typer.Option(help="The backbone as people know it.")] = "",
        max_train: Annotated[
            str, typer.Option(help="Most training examples of a dataset: 20000, or 20000,imdb=4000.")
        ] = "",
        max_length: Annotated[
            int | None, typer.Option(min=4, help="Longest input in tokens; default by dataset.")
        ] = None,
        bf16: Annotated[bool, typer.Option(help="Train in bfloat16: faster on processors that have it.")] = False,
        seed: Annotated[int, typer.Option(help="Of new weights, batches and dropout.")] = 0,
        cache_dir: Annotated[Path, typer.Option(envvar="PARETONLP_CACHE", help="Where trainings are kept.")] = Path(
            ".cache/paretonlp"
        ),
    ) -> None:
        known_as = backbone_name or Path(backbone).name
        folder = out or Path("submissions") / f"{method}-{known_as.rpartition('/')[2].lower()}"
        name, chosen, caps = _name(folder), _tasks(suite, tasks), _caps(max_train)
        _need_accelerate()
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(KEPT_KERNELS))
        # torch and transformers take seconds to import, so only now
        from baselines.backbone import load_backbone
        from baselines.locking import alone
        from baselines.recipe import Request

        request = Request(
            name=name,
            backbone_name=known_as,
            tasks=chosen,
            points=tuple(point.strip() for point in points.split(",") if point.strip()),
            out=folder,
            cache=cache_dir,
            data_dir=data_dir,
            max_train=caps,
            max_length=max_length,
            bf16=bf16,
            seed=seed,
            say=typer.echo,
        )
        with alone(folder, cache_dir, typer.echo):
            import_module(f"baselines.methods.{method}").build(request, load_backbone(backbone))
            _predict(request, suite)

    return build


def _predict(request: "Request", suite: str) -> None:
    """Have the folder that was built write its predictions."""
    from harness import write_predictions
    from harness.cli.console import progress

    typer.echo(f"{request.out}: weights and submission.yaml are written; now its predictions")
    names = [task.name for task in request.tasks]
    with progress() as report:
        write_predictions(request.out, suite, names, data_dir=request.data_dir, points=request.points, progress=report)


def _need_accelerate() -> None:
    if find_spec("accelerate") is None:
        raise fail(
            "missing-extra",
            "Training takes the package accelerate, which is not installed.",
            remedy="Install the extra: pip install -e '.[baselines]' in a checkout, else 'paretonlp[baselines]'.",
        )


def _name(folder: Path) -> str:
    """The submission is called as its folder is."""
    if not NAME.match(folder.name):
        raise fail(
            "bad-name",
            f"{folder.name!r} cannot name a submission.",
            expected="lower-case letters, digits and . _ -, at most 64",
            remedy="Change --out.",
        )
    return folder.name


def _tasks(suite: str, names: str) -> tuple[Task, ...]:
    """The tasks of ``all`` or ``sst2,mrpc``, in the order of the suite."""
    of_suite = find_suite(suite).tasks
    if names == "all":
        return of_suite
    wanted = [find_task(f"{suite}/{name.strip()}") for name in names.split(",")]
    return tuple(task for task in of_suite if task in wanted)


def _caps(text: str) -> dict[str, int]:
    """``20000,imdb=4000`` as dataset to number, ``""`` for all others; empty: none."""
    caps = {}
    for part in text.split(",") if text else ():
        dataset, _, number = part.rpartition("=")
        if not number.strip().isdecimal() or int(number) == 0:
            raise fail("bad-max-train", f"--max-train {text!r} is no number of examples.", expected="20000,imdb=4000")
        caps[find_dataset(dataset.strip()).name if dataset else ""] = int(number)
    return caps
