import json
import shutil
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertModel, RobertaConfig

from baselines.backbone import load_backbone
from harness.findings import ParetoNLPError


def test_a_cut_backbone_keeps_its_first_layers(backbone_folder: Path) -> None:
    state = load_backbone(str(backbone_folder)).initial_state(num_layers=2, num_outputs=3, seed=0)
    whole = BertModel.from_pretrained(backbone_folder).state_dict()
    for name, tensor in whole.items():
        if name.startswith("encoder.layer.2."):
            assert f"bert.{name}" not in state
        else:
            assert torch.equal(state[f"bert.{name}"], tensor), name
    assert state["classifier.weight"].shape == (3, 16)


def test_the_seed_draws_the_answer_layer(backbone_folder: Path) -> None:
    backbone = load_backbone(str(backbone_folder))
    drawn = [backbone.initial_state(1, 2, seed)["classifier.weight"] for seed in (0, 0, 1)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_a_config_alone_is_a_start_from_scratch(backbone_folder: Path, tmp_path: Path) -> None:
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(backbone_folder / file, tmp_path / file)
    backbone = load_backbone(str(tmp_path))
    assert not backbone.is_pretrained
    states = [backbone.initial_state(2, 2, seed) for seed in (0, 0, 1)]
    layer = "bert.encoder.layer.1.output.dense.weight"
    assert "bert.encoder.layer.2.output.dense.weight" not in states[0]
    assert torch.equal(states[0][layer], states[1][layer])
    assert not torch.equal(states[0][layer], states[2][layer])


def test_no_label_names_of_another_task_are_taken_along(backbone_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(backbone_folder, tmp_path, dirs_exist_ok=True)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"id2label": {"0": "dull", "1": "moving", "2": "odd"}}))
    assert "moving" not in load_backbone(str(tmp_path)).config_json


def test_the_config_says_nothing_of_where_it_came_from(backbone_folder: Path) -> None:
    facts = json.loads(load_backbone(str(backbone_folder)).config_json)
    assert facts["model_type"] == "bert"
    assert facts["hidden_size"] == 16
    assert str(backbone_folder.parent) not in json.dumps(facts)
    assert "transformers_version" not in facts


def test_roberta_has_fewer_positions_than_its_table(backbone_folder: Path, tmp_path: Path) -> None:
    RobertaConfig(max_position_embeddings=514, pad_token_id=1).save_pretrained(tmp_path)
    tokenizer = Tokenizer.from_file(str(backbone_folder / "tokenizer.json"))
    assert load_backbone(str(tmp_path), tokenizer).max_tokens == 512
    assert load_backbone(str(backbone_folder)).max_tokens == 32


@pytest.mark.parametrize("source", ["/no/such/folder", "no such id"])
def test_an_unknown_backbone_is_said_with_a_remedy(source: str) -> None:
    with pytest.raises(ParetoNLPError) as caught:
        load_backbone(source)
    assert caught.value.findings[0].code == "backbone-not-found"
    assert "hub id" in (caught.value.findings[0].remedy or "")


def test_a_folder_without_config_is_no_backbone(tmp_path: Path) -> None:
    with pytest.raises(ParetoNLPError, match=r"backbone .* cannot be loaded"):
        load_backbone(str(tmp_path))


def test_a_folder_without_tokenizer_is_no_backbone(backbone_folder: Path, tmp_path: Path) -> None:
    shutil.copy(backbone_folder / "config.json", tmp_path)
    with pytest.raises(ParetoNLPError, match="tokenizer"):
        load_backbone(str(tmp_path))


def test_a_tokenizer_of_more_words_than_the_model_knows_is_refused(backbone_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(backbone_folder, tmp_path, dirs_exist_ok=True)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"vocab_size": 7}))
    with pytest.raises(ParetoNLPError, match=r"45 tokens .* 7"):
        load_backbone(str(tmp_path))


def test_a_model_of_another_family_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(ParetoNLPError, match="roberta") as caught:
        load_backbone(str(tmp_path))
    assert caught.value.findings[0].code == "backbone-unsupported"
