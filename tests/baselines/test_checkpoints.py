"""Checkpoints that are whole are told from those that are not. The files are as the Trainer names and writes them."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from baselines.checkpoints import last_checkpoint


def write(folder: Path, step: int, best: int) -> Path:
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir(parents=True)
    save_file({"weight": torch.arange(100.0)}, checkpoint / "model.safetensors")
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth"):
        torch.save({"step": torch.arange(100.0)}, checkpoint / name)
    state = {"global_step": step, "best_model_checkpoint": str(folder / f"checkpoint-{best}")}
    (checkpoint / "trainer_state.json").write_text(json.dumps(state))
    return checkpoint


def found(folder: Path) -> tuple[str | None, list[str]]:
    lines: list[str] = []
    path = last_checkpoint(folder, lines.append)
    return path and Path(path).name, lines


def test_a_training_that_has_not_begun_has_none(tmp_path: Path) -> None:
    assert found(tmp_path / "checkpoints") == (None, [])


def test_the_last_is_the_one_of_most_steps(tmp_path: Path) -> None:
    for step in (6, 12, 9):
        write(tmp_path, step, best=6)
    assert found(tmp_path) == ("checkpoint-12", [])


@pytest.mark.parametrize(
    "file", ["model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"]
)
@pytest.mark.parametrize("damage", ["cut", "emptied", "garbage", "gone"])
def test_one_that_is_damaged_is_removed_and_said(tmp_path: Path, file: str, damage: str) -> None:
    write(tmp_path, 9, best=9)
    last = write(tmp_path, 12, best=9)
    content = (last / file).read_bytes()
    (last / file).unlink()
    if damage != "gone":
        (last / file).write_bytes(
            {"cut": content[: len(content) // 2], "emptied": b"", "garbage": b"\xff" * 500}[damage]
        )
    name, (line,) = found(tmp_path)
    assert name == "checkpoint-9"
    assert line.startswith(f"{last} is damaged and is removed: ")
    assert not last.exists()


def test_a_byte_that_changed_in_the_optimizer_is_noticed(tmp_path: Path) -> None:
    last = write(tmp_path, 12, best=12)
    content = bytearray((last / "optimizer.pt").read_bytes())
    content[content.index(torch.tensor([42.0]).numpy().tobytes())] ^= 255
    (last / "optimizer.pt").write_bytes(content)
    name, (line,) = found(tmp_path)
    assert name is None
    assert "optimizer.pt has other content than was written" in line


def test_one_whose_best_before_it_is_damaged_is_not_gone_on_from(tmp_path: Path) -> None:
    write(tmp_path, 6, best=6)
    best = write(tmp_path, 9, best=9)
    write(tmp_path, 12, best=9)
    (best / "model.safetensors").write_bytes(b"half")
    name, lines = found(tmp_path)
    assert name == "checkpoint-6"
    assert len(lines) == 2
    assert lines[1].endswith("checkpoint-9, the best before it, is gone")


def test_a_cache_that_was_moved_has_the_same_checkpoints(tmp_path: Path) -> None:
    write(tmp_path / "old", 9, best=9)
    write(tmp_path / "old", 12, best=9)
    (tmp_path / "old").rename(tmp_path / "new")
    assert found(tmp_path / "new") == ("checkpoint-12", [])
