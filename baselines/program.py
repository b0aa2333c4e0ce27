"""The program: every run whose outcome is in ``submissions/``, and what it takes.

``python -m baselines.program DATA BACKBONE`` prints the plan with estimated minutes; with ``--run`` it builds all
of it, the best value first, and evaluates what was built. What was trained, predicted or evaluated before is not
done again: stop it when you like.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from baselines.backbone import Backbone, load_backbone
from baselines.drafting import drafting
from baselines.recipe import Request, load_lesson
from baselines.schedule import fine_tuning
from baselines.spread import SEEDS
from harness.store import REPORT
from harness.tasks import suite as find_suite
from harness.tasks.types import Task

CAPS = {"": 20_000, "imdb": 4_000}
"""Most training examples of a dataset."""

SPEED = {"probe": 40_000, "imdb": 2_000, "": 3_800}
"""Tokens a second of dense fine-tunings, two at a time on two cores: the probe's; MiniLM at 256 tokens; and below."""

SEEDS_BUILT = Path(".cache/paretonlp/seeds")
"""Where folders of other seeds are built, one folder a seed."""

PROBE_BACKBONE = Path(__file__).parent / "backbones" / "probe-bert"


@dataclass(frozen=True, slots=True)
class Run:
    """One ``paretonlp baseline`` command."""

    method: str
    suite: str
    work: float
    """What its trainings take, in fine-tunings of the dense model at full depth."""
    tasks: str = "all"
    points: str = ""
    """With commas between; empty: the method's own."""
    seed: int = 0
    """Others than 0 show how far a figure is chance: folders in the cache, their reports in ``baselines/seeds/``."""

    @property
    def chosen(self) -> tuple[Task, ...]:
        """Its tasks."""
        of_suite = find_suite(self.suite).tasks
        return tuple(task for task in of_suite if self.tasks == "all" or task.name in self.tasks.split(","))


SHORT = "sst2,scitail,mrpc,stsb"
"""Tasks of a few minutes; the other two take as long as these together, and get what no training makes and one more."""

LONG = "snli,scitail,imdb"
"""Those two, and the one whose students go on from those of SNLI."""

UNTRAINED = {
    "svd": "rank-60,rank-40,rank-30,rank-20,rank-10",
    "drone": "rank-60,rank-40,rank-20",
    "pruned": "global-10,global-50,global-70,global-90,global-95,global-99,omp-50,omp-70,omp-90,structured-50",
}
"""Points that take no training on the other two tasks; of DRONE's, those that need no search there, at three ranks."""

ELUE = (
    Run("dense", "elue", 3.5, points="layers-1,layers-2,layers-3,layers-4,layers-5,layers-6"),
    Run("pabee", "elue", 1.2),
    Run("svd", "elue", 0.8, SHORT),
    Run("svd", "elue", 0.0, "snli,imdb", UNTRAINED["svd"]),
    Run("drone", "elue", 1.2, SHORT),
    Run("drone", "elue", 0.2, "snli,imdb", UNTRAINED["drone"]),
    Run("pruned", "elue", 0.8, SHORT),
    Run("pruned", "elue", 0.0, "snli,imdb", UNTRAINED["pruned"]),
    Run("dan", "elue", 0.3),
    Run("kronecker", "elue", 1.4, "sst2,mrpc,stsb", "k8,k21"),
    Run("kronecker", "elue", 0.7, LONG, "k21"),
    Run("fnet", "elue", 2.0, "sst2,mrpc,stsb", "fourier-6,hybrid-6-2"),
    Run("fnet", "elue", 1.0, LONG, "fourier-6"),
    Run("deebert", "elue", 0.4),
    Run("pruned", "elue", 7.5, "sst2,stsb", "imp-70,imp-80,imp-90,tamt-70,tamt-80,tamt-90,omp-80-tuned,omp-90-tuned"),
    Run("kronecker", "elue", 1.0, "mrpc,stsb", "k5"),
    Run("fnet", "elue", 0.6, "mrpc,stsb", "fourier-3"),
)
GLUE = (
    Run("dense", "glue", 1.0, "cola,sst2,mrpc,stsb,rte,wnli"),
    Run("pabee", "glue", 1.2, "cola,rte"),
    Run("pruned", "glue", 0.8, "cola,sst2"),
    Run("drone", "glue", 0.1, "cola,mrpc,stsb,rte,wnli", "small,medium,int-expanded"),
)
PROBE = (
    Run("dense", "probe", 1.8, points="layers-1,layers-2,layers-4"),
    Run("svd", "probe", 0.8),
    Run("drone", "probe", 1.0),
    Run("pabee", "probe", 1.2),
    Run("dan", "probe", 0.3, points="ngrams-100k-width-64,ngrams-10k-width-64,ngrams-1k-width-32,ngrams-500-width-32"),
    Run("fnet", "probe", 3.0, points="fourier-1,fourier-2,fourier-4,hybrid-4-2"),
    Run(
        "pruned",
        "probe",
        1.2,
        points="global-50,global-70,global-90,global-95,omp-70,omp-90,omp-70-tuned,omp-90-tuned,"
        "structured-50,structured-75,structured-50-tuned,structured-75-tuned",
    ),
    Run("kronecker", "probe", 3.0),
    Run("deebert", "probe", 0.4),
)
AGAIN = tuple(
    Run(method, "elue", work, "mrpc", points, seed)
    for seed in (1, 2)
    for method, work, points in (
        ("dense", 1.0, ""),
        ("pabee", 1.2, ""),
        ("svd", 0.3, "rank-30,rank-20-tuned"),
        ("drone", 0.3, "rank-30,rank-20-tuned"),
        ("pruned", 0.4, "global-70,omp-70-tuned"),
        ("dan", 0.3, ""),
        ("kronecker", 0.7, "k8"),
        ("fnet", 1.0, "fourier-6"),
        ("deebert", 0.4, ""),
    )
)
PROGRAM = PROBE + ELUE + GLUE + AGAIN


def out(run: Run, suffix: str) -> Path:
    """The folder that a run makes or adds to, METHOD-SUFFIX."""
    store = SEEDS_BUILT / str(run.seed) if run.seed else Path("submissions")
    folder = f"{run.method}-{'probe' if run.suite == 'probe' else suffix}"
    # models of glue hold out training examples, and so are others than those of elue
    return store / (f"{folder}-glue" if run.suite == "glue" else folder)


def command(run: Run, backbone: str, name: str, suffix: str, data_dir: Path) -> list[str]:
    """The arguments of ``paretonlp`` that make a run."""
    probe = run.suite == "probe"
    caps = ",".join(f"{dataset}={most}" if dataset else str(most) for dataset, most in CAPS.items())
    known_as = PROBE_BACKBONE.name if probe else name
    return [
        *("baseline", run.method),
        *("--backbone", str(PROBE_BACKBONE) if probe else backbone),
        *("--backbone-name", known_as),
        *("--suite", run.suite, "--tasks", run.tasks),
        *(("--points", run.points) if run.points else ()),
        *("--out", str(out(run, suffix))),
        *("--seed", str(run.seed)),
        *(() if probe else ("--data-dir", str(data_dir), "--max-train", caps, "--bf16")),
    ]


def evaluation(suite: str, suffix: str, data_dir: Path) -> list[str]:
    """The arguments of ``paretonlp`` that evaluate all that was built for a suite."""
    folders = dict.fromkeys(str(out(run, suffix)) for run in PROGRAM if run.suite == suite)
    return ["evaluate", *folders, "--suite", suite, "--data-dir", str(data_dir)]


def keep_reports(runs: Iterable[Run], suffix: str) -> None:
    """Copy the reports of other seeds' folders to where they are kept."""
    for built in {out(run, suffix) for run in runs if run.seed}:
        kept = SEEDS / built.relative_to(SEEDS_BUILT)
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copy(built / REPORT, kept / REPORT)


def minutes(run: Run, backbone: Backbone, data_dir: Path | None) -> Iterator[tuple[str, int, float]]:
    """Each task with its tokens to train on (all passes of a dense fine-tuning) and the estimated minutes."""
    for task in run.chosen:
        request = Request("plan", "plan", (task,), Path(), Path(), data_dir=data_dir, max_train=CAPS)
        request = replace(request, max_train={}) if run.suite == "probe" else request
        with drafting(request, backbone, "dense") as draft:
            lesson = load_lesson(task, draft.encode(task.dataset.name), backbone.config.pad_token_id, request)
        config = fine_tuning(task.dataset.name, backbone.config.num_hidden_layers, backbone, bf16=True, seed=0)
        tokens = config.epochs * lesson.train.tokens
        speed = SPEED.get("probe" if run.suite == "probe" else task.name, SPEED[""])
        yield task.name, tokens, run.work * tokens / speed / 60


def plan(backbone: Backbone, data_dir: Path) -> str:
    """Markdown: a line a run, with minutes by task and in all."""
    probe = load_backbone(str(PROBE_BACKBONE))
    lines = ["| method | suite | points | minutes a task | minutes |", "| --- | --- | --- | --- | ---: |"]
    total = 0.0
    for run in PROGRAM:
        each = list(minutes(run, probe if run.suite == "probe" else backbone, data_dir))
        total += (spent := sum(share for *_, share in each))
        by_task = ", ".join(f"{task} {share:.0f}" for task, _, share in each)
        what = (run.points or "its own").replace(",", ", ") + (f"; seed {run.seed}" if run.seed else "")
        lines.append(f"| {run.method} | {run.suite} | {what} | {by_task} | {spent:.0f} |")
    return "\n".join([*lines, f"| all | | | | {total:.0f} |"])


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m baselines.program", description=__doc__.splitlines()[0])
    parser.add_argument("data_dir", type=Path, metavar="DATA")
    parser.add_argument("backbone", metavar="BACKBONE")
    parser.add_argument("--backbone-name", default="sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("--suffix", default="minilm", help="of the folders' names")
    parser.add_argument("--run", action="store_true", help="build and evaluate it all instead of printing the plan")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, which share the processor's cores")
    given = parser.parse_args()
    if not given.run:
        print(plan(load_backbone(given.backbone), given.data_dir))
        return 0
    builds = [command(run, given.backbone, given.backbone_name, given.suffix, given.data_dir) for run in PROGRAM]
    suites = dict.fromkeys(run.suite for run in PROGRAM)
    evaluations = [evaluation(suite, given.suffix, given.data_dir) for suite in suites]
    code = run_all(builds, given.jobs) or run_all(evaluations, given.jobs)
    if not code:
        keep_reports(PROGRAM, given.suffix)
    return code


def run_all(commands: Sequence[Sequence[str]], jobs: int) -> int:
    """Run ``paretonlp`` with each list of arguments, ``jobs`` at a time, in order; the first exit code that is not 0.

    Once one has failed, no other is begun.
    """
    threads = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // jobs))}

    def run(arguments: Sequence[str]) -> None:
        if failed:
            return
        done = subprocess.run(["paretonlp", *arguments], check=False, env=threads | os.environ)  # noqa: S603, S607
        if done.returncode:
            failed.append(done.returncode)
            print(f"paretonlp {' '.join(arguments)} ended with {done.returncode}", file=sys.stderr)

    failed: list[int] = []
    with ThreadPoolExecutor(jobs) as workers:
        list(workers.map(run, commands))
    return failed[0] if failed else 0


if __name__ == "__main__":
    sys.exit(main())
