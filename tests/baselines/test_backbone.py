import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification, BertModel, RobertaConfig

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


@pytest.mark.parametrize("family", ["gpt2", "t5", "distilbert", "llama"])
def test_a_model_of_another_family_is_refused(tmp_path: Path, family: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": family}))
    with pytest.raises(ParetoNLPError, match="bert, electra, roberta, xlm-roberta") as caught:
        load_backbone(str(tmp_path))
    assert caught.value.findings[0].code == "backbone-unsupported"
    assert family in str(caught.value)


@pytest.mark.parametrize("config", ["{", "[]", '{"model_type": "no-such-type"}'])
def test_a_config_that_is_none_is_said(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ParetoNLPError, match="cannot be loaded") as caught:
        load_backbone(str(tmp_path))
    assert str(tmp_path) in str(caught.value)


@pytest.fixture
def own_copy(backbone_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(backbone_folder, tmp_path / "copy"))


@pytest.mark.parametrize("share", [0, 0.01, 0.5])
@pytest.mark.parametrize("pickled", [False, True])
def test_weights_that_were_cut_are_said(own_copy: Path, share: float, pickled: bool) -> None:
    file = own_copy / "model.safetensors"
    if pickled:
        state = load_file(file)
        file.unlink()
        file = own_copy / "pytorch_model.bin"
        torch.save(state, file)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ParetoNLPError, match="cannot be read") as caught:
        load_backbone(str(own_copy)).initial_state(1, 2, 0)
    assert str(own_copy) in str(caught.value)
    assert "again" in str(caught.value)


def test_weights_of_another_model_are_not_taken_for_this_one(own_copy: Path) -> None:
    save_file({"wte.weight": torch.zeros(2)}, own_copy / "model.safetensors", {"format": "pt"})
    with pytest.raises(ParetoNLPError, match="fit its config") as caught:
        load_backbone(str(own_copy)).initial_state(1, 2, 0)
    assert "embeddings" in str(caught.value)


def test_weights_of_another_width_are_not_taken_for_this_one(own_copy: Path) -> None:
    config = json.loads((own_copy / "config.json").read_text())
    (own_copy / "config.json").write_text(json.dumps(config | {"intermediate_size": 48}))
    with pytest.raises(ParetoNLPError, match="fit its config") as caught:
        load_backbone(str(own_copy)).initial_state(1, 2, 0)
    assert "intermediate" in str(caught.value)


def test_a_backbone_without_pooler_gets_a_new_one(own_copy: Path) -> None:
    state = load_file(own_copy / "model.safetensors")
    kept = {name: tensor for name, tensor in state.items() if not name.startswith("pooler.")}
    save_file(kept, own_copy / "model.safetensors", {"format": "pt"})
    drawn = load_backbone(str(own_copy)).initial_state(3, 2, 0)
    assert not torch.equal(drawn["bert.pooler.dense.weight"], state["pooler.dense.weight"])
    assert torch.equal(drawn["bert.embeddings.word_embeddings.weight"], state["embeddings.word_embeddings.weight"])


def test_a_backbone_fine_tuned_for_other_classes_gets_a_new_answer_layer(own_copy: Path) -> None:
    BertForSequenceClassification.from_pretrained(own_copy, num_labels=5).save_pretrained(own_copy)
    state = load_backbone(str(own_copy)).initial_state(3, 2, 0)
    assert state["classifier.weight"].shape == (2, 16)
