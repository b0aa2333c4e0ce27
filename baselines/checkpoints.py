"""The Trainer's checkpoints, of which some may be damaged: by a crash, a full disk, a bad copy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from baselines.states import whole
from harness.findings import ParetoNLPError

PICKLED = ("optimizer.pt", "scheduler.pt", "rng_state.pth")
"""What torch.save wrote: zip files, which carry checksums."""


def last_checkpoint(folder: Path, say: Callable[[str], None]) -> str | None:
    """The last checkpoint of a training that it can go on from; those that are damaged are removed.

    The best one so far must be whole too, for a training ends with that.
    """
    usable: list[Path] = []
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=_step):
        if damage := _damage(checkpoint, {one.name for one in usable}):
            say(f"{checkpoint} is damaged and is removed: {damage}")
            shutil.rmtree(checkpoint)
        else:
            usable.append(checkpoint)
    return str(usable[-1]) if usable else None


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix("checkpoint-"))


def _damage(checkpoint: Path, usable: set[str]) -> str:
    """What is wrong with a checkpoint, given those before it that are usable; nothing: the empty text."""
    try:
        state = json.loads((checkpoint / "trainer_state.json").read_text())
        whole(checkpoint / "model.safetensors")
        for name in PICKLED:
            with ZipFile(checkpoint / name) as archive:
                if archive.testzip() is not None:
                    return f"{name} has other content than was written"
    except FileNotFoundError as error:
        return f"there is no {Path(str(error.filename)).name}"
    except (ParetoNLPError, ValueError, BadZipFile, EOFError, RuntimeError) as error:
        return str(error)
    best = Path(state.get("best_model_checkpoint") or checkpoint).name
    return "" if best in {*usable, checkpoint.name} else f"{best}, the best before it, is gone"
