"""What a small encoder learns of the probe suite, by depth and difficulty.

Reads the predictions of a submission whose points are ``layers-<depth>``; by default ``submissions/dense-probe``.
"""

import sys
from pathlib import Path

import numpy as np

from harness.quality.metrics import METRICS
from harness.submission import load_submission, read_predictions
from harness.tasks import suite
from harness.tasks.probe import difficulty, generate


def main(folder: Path) -> None:
    """Print a table: task, point, score over all, and at every level."""
    submission = load_submission(folder)
    print(f"{'task':12} {'point':10} {'chance':>6} {'all':>6}   level 0 to 3")
    for task in suite("probe").tasks:
        gold = generate(task.dataset.name, task.split)[1]
        levels = difficulty(task.dataset.name, task.split)
        metric = METRICS[task.metric]
        for point in submission.manifest.points:
            path = submission.predictions_file(point.name, task)
            if path is None:
                continue
            answers = read_predictions(path, task, len(gold), submission.manifest.sizes).answers
            chance = metric.score(np.full_like(gold, np.bincount(gold.astype(int)).argmax()), gold)
            parts = [metric.score(answers[levels == level], gold[levels == level]) for level in range(4)]
            figures = " ".join(f"{100 * part:5.1f}" for part in parts)
            score = 100 * metric.score(answers, gold)
            print(f"{task.name:12} {point.name:10} {100 * chance:6.1f} {score:6.1f}   {figures}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "submissions/dense-probe"))
