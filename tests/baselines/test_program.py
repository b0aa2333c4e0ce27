"""Every run of the program is a command that its method takes."""

import importlib
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import BertConfig

from baselines.backbone import load_backbone
from baselines.methods import METHODS
from baselines.program import PROBE_BACKBONE, PROGRAM, Run, command, evaluation, keep_reports, minutes, run_all
from harness.store import find_reports
from harness.tasks import suite as find_suite

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("run", PROGRAM, ids=lambda run: f"{run.method}-{run.suite}-{run.tasks}-{run.seed}")
def test_runs_name_methods_and_tasks_that_there_are(run: Run) -> None:
    assert run.method in METHODS
    named = [task.name for task in find_suite(run.suite).tasks] if run.tasks == "all" else run.tasks.split(",")
    assert sorted(task.name for task in run.chosen) == sorted(named)


def test_no_two_runs_share_a_folder_with_other_training_examples() -> None:
    folders: dict[str, set[str]] = {}
    for run in PROGRAM:
        arguments = command(run, "backbone", "name", "minilm", Path("data"))
        folders.setdefault(arguments[arguments.index("--out") + 1], set()).add(run.suite)
    assert all(len(suites) == 1 for suites in folders.values())


def test_every_method_is_on_every_elue_and_probe_task() -> None:
    for suite in ("elue", "probe"):
        tasks = {task.name for task in find_suite(suite).tasks}
        for method in METHODS:
            runs = [run for run in PROGRAM if (run.method, run.suite, run.seed) == (method, suite, 0)]
            assert {task.name for run in runs for task in run.chosen} == tasks, (method, suite)


def test_no_run_is_begun_after_one_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command = tmp_path / "paretonlp"
    command.write_text('#!/bin/sh\necho "$1 on $OMP_NUM_THREADS"\nexit "$1"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert run_all([["0"], ["0"]], 2) == 0
    assert capfd.readouterr().out == "0 on 3\n" * 2
    assert run_all([["0"], ["3"], ["4"]], 1) == 3
    shown = capfd.readouterr()
    assert shown.out == "0 on 6\n3 on 6\n"
    assert shown.err == "paretonlp 3 ended with 3\n"


def test_what_was_built_is_evaluated_once_a_folder_and_suite() -> None:
    built = [command(run, "backbone", "name", "minilm", Path("data")) for run in PROGRAM]
    for suite in ("probe", "elue", "glue"):
        evaluate, *folders = evaluation(suite, "minilm", Path("data"))
        folders, options = folders[: folders.index("--suite")], folders[folders.index("--suite") :]
        assert (evaluate, options) == ("evaluate", ["--suite", suite, "--data-dir", "data"])
        outs = [of[of.index("--out") + 1] for of in built if of[of.index("--suite") + 1] == suite]
        assert sorted(folders) == sorted(set(outs))


def test_of_other_seeds_the_reports_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("baselines.program.SEEDS", tmp_path / "kept")
    runs = [Run("svd", "elue", 1.0, seed=seed) for seed in (0, 1, 2)]
    for seed in (1, 2):
        arguments = command(runs[seed], "backbone", "name", "tiny", Path("data"))
        folder = Path(arguments[arguments.index("--out") + 1])
        folder.mkdir(parents=True)
        (folder / "report.json").write_text(f"seed {seed}")
        (folder / "model.py").touch()
    keep_reports(runs, "tiny")
    kept = {str(file.relative_to(tmp_path)): file.read_text() for file in tmp_path.glob("kept/**/*.*")}
    assert kept == {"kept/1/svd-tiny/report.json": "seed 1", "kept/2/svd-tiny/report.json": "seed 2"}


def test_minutes_are_tokens_over_speed() -> None:
    (first,) = list(minutes(Run("dense", "probe", 2.0, "sentiment"), load_backbone(str(PROBE_BACKBONE)), None))
    task, tokens, estimate = first
    assert task == "sentiment"
    assert tokens % 10 == 0  # ten passes
    assert estimate == pytest.approx(2 * tokens / 40_000 / 60)


def test_what_is_committed_is_what_the_program_makes() -> None:
    small = load_backbone(str(PROBE_BACKBONE))
    real = replace(small, config=BertConfig(num_hidden_layers=6))
    made = set()
    for run in PROGRAM:
        default_points = importlib.import_module(f"baselines.methods.{run.method}").default_points
        points = run.points.split(",") if run.points else default_points(small if run.suite == "probe" else real)
        of_classes = {point for point in points if run.method == "deebert" or point.startswith("confidence-")}
        for task in run.chosen if run.seed == 0 else ():
            left_out = of_classes if task.dataset.is_regression else ()
            made |= {(run.method, run.suite, task.name, point) for point in points if point not in left_out}
    committed = {
        (stored.report.submission.method, result.suite, result.task, result.point)
        for stored in find_reports(ROOT / "submissions")[0]
        for result in stored.report.results
    }
    assert committed == made
