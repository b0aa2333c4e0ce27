"""State dicts in the cache: made once, under a hash of what decides them; damage is said."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from baselines.states import about_the_mean, kept_state, load_state, take_over, write_state
from harness.findings import ParetoNLPError

STATE = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.tensor([7.0, 8.0])}


def test_a_state_is_made_once(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> dict[str, Tensor]:
        made.append(1)
        return STATE

    paths = {kept_state(tmp_path, "low-rank", ["teacher", "rank 4"], make) for _ in range(2)}
    assert len(made) == 1
    (path,) = paths
    assert path.parent == tmp_path / "states"
    assert path.name.startswith("low-rank-")
    assert all(torch.equal(tensor, STATE[name]) for name, tensor in load_file(path).items())


def test_each_part_of_the_key_decides(tmp_path: Path) -> None:
    keys = (["a", "b"], ["a", "c"], ["b", "a"], ["ab"])
    assert len({kept_state(tmp_path, "s", key, lambda: STATE) for key in keys}) == len(keys)


def test_a_state_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    def make() -> dict[str, Tensor]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept_state(tmp_path, "s", ["a"], make)
    assert list(tmp_path.rglob("*.safetensors")) == []


def test_views_and_shared_memory_are_written_as_they_read(tmp_path: Path) -> None:
    whole = torch.arange(6.0).reshape(2, 3)
    write_state({"t": whole.T, "row": whole[1], "same": whole}, tmp_path / "deep/s.safetensors")
    read = load_file(tmp_path / "deep/s.safetensors")
    assert read["t"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert read["row"].tolist() == [3, 4, 5]
    assert read["same"].tolist() == whole.tolist()
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["s.safetensors"]


def test_a_model_is_loaded_for_evaluation(tmp_path: Path) -> None:
    write_state(STATE, tmp_path / "s.safetensors")
    model = load_state(nn.Linear(3, 2).train(), tmp_path / "s.safetensors")
    assert not model.training
    assert model(torch.tensor([1.0, 0, 0])).tolist() == [0 + 7, 3 + 8]


@pytest.mark.parametrize("content", [b"", b"half", None])
def test_a_damaged_state_is_named_with_the_remedy(tmp_path: Path, content: bytes | None) -> None:
    path = kept_state(tmp_path, "s", ["a"], lambda: STATE)
    path.write_bytes(path.read_bytes()[:-1] if content is None else content)
    for read in (
        lambda: kept_state(tmp_path, "s", ["a"], lambda: STATE),
        lambda: load_state(nn.Linear(3, 2), path),
    ):
        with pytest.raises(ParetoNLPError, match="Remove the file") as caught:
            read()
        assert caught.value.findings[0].file == str(path)
    path.unlink()
    assert torch.equal(load_file(kept_state(tmp_path, "s", ["a"], lambda: STATE))["bias"], STATE["bias"])


def test_what_was_learned_is_taken_over_where_it_fits() -> None:
    fresh = {"body": torch.zeros(2), "answer": torch.zeros(3, 2), "new": torch.zeros(1)}
    learned = {"body": torch.ones(2), "answer": torch.ones(2, 2), "gone": torch.ones(1)}
    taken = take_over(fresh, learned)
    assert {name: tensor.tolist() for name, tensor in taken.items()} == {
        "body": [1, 1],
        "answer": [[0, 0]] * 3,
        "new": [0],
    }


def test_new_answer_layers_of_scores_start_at_the_mean() -> None:
    model = nn.ModuleDict({"a": nn.Linear(3, 1), "b": nn.Linear(3, 1), "norm": nn.LayerNorm(3)})
    nn.init.zeros_(model["a"].bias)
    nn.init.constant_(model["b"].bias, 0.5)  # it was trained before
    before = model.state_dict()
    after = about_the_mean(before, np.array([1.0, 2.0, 4.5]))
    assert after["a.bias"].tolist() == [2.5]
    assert all(torch.equal(after[name], before[name]) for name in before if name != "a.bias")
    classes = about_the_mean(before, np.array([0, 1, 1]))
    assert all(torch.equal(classes[name], before[name]) for name in before)
