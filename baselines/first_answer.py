"""Why answers with scores start at their mean: PABEE's training from answers at 0, and from there.

``python -m baselines.first_answer BACKBONE DATA`` trains two passes over 2,000 examples of STS-B both ways (some
minutes each) and prints, for every exit, how its answers to the validation split correlate with the scores.
"""

import sys
import warnings
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import ConstantInputWarning, pearsonr

from baselines.backbone import Backbone, load_backbone
from baselines.drafting import drafting
from baselines.examples import Lesson, pad
from baselines.layers.multi_exit import MultiExit
from baselines.methods.pabee import JOINT, first_state
from baselines.recipe import Request, load_lesson
from baselines.schedule import fine_tuning
from baselines.states import about_the_mean, load_state
from baselines.training import fine_tune
from harness.tasks import task as find_task

EXAMPLES, EPOCHS, SEED = 2_000, 2, 0
AT_ONCE = 50


def trained(backbone: Backbone, data_dir: Path, cache: Path, *, at_the_mean: bool) -> NDArray[np.float64]:
    """Pearson correlation of each exit [exits]; NaN where an exit answers all texts alike."""
    task = find_task("elue/stsb")
    request = Request(
        "first", "first", (task,), cache, cache, data_dir=data_dir, max_train={"": EXAMPLES}, bf16=True, seed=SEED
    )
    with drafting(request, backbone, "multi_exit") as draft:
        lesson = load_lesson(task, draft.encode("stsb"), backbone.config.pad_token_id, request)
        model = MultiExit(draft.model.build_stages("stsb"))
        state = first_state(task.dataset, draft, backbone, request)
        model.load_state_dict(about_the_mean(state, lesson.train.gold) if at_the_mean else state)
        config = replace(fine_tuning("stsb", len(model), backbone, bf16=True, seed=SEED), epochs=EPOCHS)
        name = "from the mean" if at_the_mean else "from 0"
        best = fine_tune(name, model, lesson, config, definition=name, cache=cache, objective=JOINT, say=_tell)
        load_state(model, best)
    return correlations(answered(model, lesson), lesson.validation.gold)


@torch.no_grad()
def answered(model: MultiExit, lesson: Lesson) -> NDArray[np.float64]:
    """What every exit answers to the held-out examples, [examples, exits]."""
    examples = lesson.validation
    batches = [range(start, min(start + AT_ONCE, len(examples))) for start in range(0, len(examples), AT_ONCE)]
    padded = (pad([examples[row] for row in rows], lesson.pad_token) for rows in batches)
    names = ("input_ids", "token_type_ids", "attention_mask")
    each = [model(**{name: batch[name] for name in names})[..., 0] for batch in padded]
    return torch.cat(each).double().numpy()


def correlations(answers: NDArray[np.float64], gold: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's, of every column of ``answers`` [examples, exits] with the scores [examples]."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)
        return np.array([pearsonr(column, gold)[0] for column in answers.T])


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def main() -> None:
    """The command."""
    if len(sys.argv) != 3:
        sys.exit("Give a backbone and the data: python -m baselines.first_answer BACKBONE DATA")
    backbone = load_backbone(sys.argv[1])
    with TemporaryDirectory(prefix="paretonlp-") as scratch:
        ways = [trained(backbone, Path(sys.argv[2]), Path(scratch), at_the_mean=way) for way in (False, True)]
    print("| exit | from 0 | from the mean |\n| ---: | ---: | ---: |")
    for number, (zero, mean) in enumerate(zip(*ways, strict=True), start=1):
        print(f"| {number} | {zero:.3f} | {mean:.3f} |")


if __name__ == "__main__":
    main()
