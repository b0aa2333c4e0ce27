"""The verb ``paretonlp baseline METHOD``."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from baselines.methods import METHODS
from harness.findings import fail
from harness.submission.manifest import NAME
from harness.tasks import suite as find_suite
from harness.tasks import task as find_task
from harness.tasks.types import Task

EXAMPLE = (
    "Example: `paretonlp baseline dense --backbone google-bert/bert-base-uncased --suite elue "
    "--tasks sst2,mrpc,stsb --data-dir data`"
)


def register(app: typer.Typer) -> None:
    """Add the verb ``baseline`` to the command."""
    verb = typer.Typer(no_args_is_help=True)
    verb.callback()(_baseline)
    verb.command("dense", help=f"{METHODS['dense']}\n\n{EXAMPLE}")(_dense)
    app.add_typer(verb, name="baseline")


def _baseline() -> None:
    """Train a baseline and lay out its submission folder."""


def _dense(
    *,
    backbone: Annotated[str, typer.Option(help="Hub id, or a folder in transformers' format.")],
    suite: Annotated[str, typer.Option(help="Whose tasks to train and predict.")] = "probe",
    tasks: Annotated[str, typer.Option(help="Names with commas between, or all.")] = "all",
    depths: Annotated[str, typer.Option(help="Layers to keep, one operating point each; default: all layers.")] = "",
    out: Annotated[Path | None, typer.Option(help="The folder to write; default submissions/dense-BACKBONE.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Local parquet folders, one a dataset; else the Hub.")] = None,
    backbone_name: Annotated[str, typer.Option(help="The backbone as people know it.")] = "",
    max_train: Annotated[int | None, typer.Option(min=1, help="Most training examples of a dataset.")] = None,
    max_length: Annotated[int | None, typer.Option(min=4, help="Longest input in tokens; default by dataset.")] = None,
    bf16: Annotated[bool, typer.Option(help="Train in bfloat16: faster on processors that have it.")] = False,
    seed: Annotated[int, typer.Option(help="Of new weights, batches and dropout.")] = 0,
    cache_dir: Annotated[Path, typer.Option(envvar="PARETONLP_CACHE", help="Where trainings are kept.")] = Path(
        ".cache/paretonlp"
    ),
) -> None:
    known_as = backbone_name or Path(backbone).name
    folder = out or Path("submissions") / f"dense-{known_as.rpartition('/')[2].lower()}"
    name, chosen, layers = _name(folder), _tasks(suite, tasks), _depths(depths)

    if find_spec("accelerate") is None:
        raise fail(
            "missing-extra",
            "Training takes the package accelerate, which is not installed.",
            remedy="Install the extra: pip install -e '.[baselines]' in a checkout, else 'paretonlp[baselines]'.",
        )
    # torch and transformers take seconds to import, so only now
    from baselines.backbone import load_backbone
    from baselines.methods import dense as recipe
    from baselines.recipe import Request
    from harness import write_predictions
    from harness.cli.console import progress

    request = Request(
        name=name,
        backbone_name=known_as,
        tasks=chosen,
        out=folder,
        cache=cache_dir,
        data_dir=data_dir,
        max_train=max_train,
        max_length=max_length,
        bf16=bf16,
        seed=seed,
        say=typer.echo,
    )
    recipe.build(request, load_backbone(backbone), layers)
    typer.echo(f"{folder}: weights and submission.yaml are written; now its predictions")
    with progress() as report:
        write_predictions(folder, suite, [task.name for task in chosen], data_dir=data_dir, progress=report)


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


def _depths(text: str) -> tuple[int, ...]:
    """``2,4`` as numbers; empty: none given."""
    try:
        return tuple(sorted({int(depth) for depth in text.split(",")})) if text else ()
    except ValueError:
        raise fail("bad-depths", f"--depths {text!r} is no list of numbers.", expected="such as 2,4,6") from None
