"""What is observed against transformers' own outputs, and the losses against sums over unpadded samples."""

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    ElectraConfig,
    PreTrainedConfig,
    RobertaConfig,
    XLMRobertaConfig,
)

from baselines.examples import pad
from baselines.hidden_distillation import from_teacher, hidden_loss, observe
from baselines.layers.classifier import Classifier
from baselines.layers.kronecker_shapes import SHAPES, factorise
from baselines.objective import Batch, Objective

SAMPLES = [[2, 7, 9, 4, 3], [2, 5, 3], [2, 8, 6, 3]]
LAYERS, HEADS, WIDTH = 2, 2, 8


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Classifier, Classifier]:
    """Student and teacher, of random weights, both in evaluation mode."""
    assets = tmp_path_factory.mktemp("assets")
    BertConfig(
        vocab_size=12,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=16,
        max_position_embeddings=16,
        initializer_range=0.5,
        pad_token_id=0,
    ).save_pretrained(assets)
    torch.manual_seed(0)
    return Classifier(3, assets=assets).eval(), Classifier(3, assets=assets).eval()


def padded() -> dict[str, Tensor]:
    return pad([{"input_ids": ids, "token_type_ids": [0] * len(ids)} for ids in SAMPLES])


def alone(ids: list[int]) -> dict[str, Tensor]:
    return {"input_ids": torch.tensor([ids]), "token_type_ids": torch.zeros(1, len(ids), dtype=torch.long)}


def batch(inputs: dict[str, Tensor] | None = None) -> Batch:
    return Batch(inputs or padded(), torch.tensor([2, 0, 1]))


def objective(models: tuple[Classifier, Classifier], *, answers: bool, origin: str = "dense-x-1") -> Objective:
    return from_teacher(models[1], origin, answers=answers)


def test_what_is_observed_is_what_transformers_returns(models: tuple[Classifier, Classifier]) -> None:
    inputs = alone(SAMPLES[0])
    logits, hidden = observe(models[0], inputs)
    reference = BertForSequenceClassification(models[0].encoder.config)
    reference.load_state_dict(models[0].encoder.state_dict())
    reference.set_attn_implementation("eager")
    told = reference.eval()(**inputs, output_hidden_states=True, output_attentions=True)
    assert torch.allclose(logits, told.logits, atol=1e-5)
    assert torch.allclose(hidden.embeddings, told.hidden_states[0], atol=1e-5)
    assert len(hidden.scores) == len(hidden.ffn) == LAYERS
    for layer in range(LAYERS):
        assert torch.allclose(hidden.ffn[layer], told.hidden_states[layer + 1], atol=1e-5)
        assert torch.allclose(hidden.scores[layer].softmax(-1), told.attentions[layer], atol=1e-5)


def test_scores_are_products_of_queries_and_keys_of_a_head(models: tuple[Classifier, Classifier]) -> None:
    inputs = alone(SAMPLES[0])
    _, hidden = observe(models[0], inputs)
    attention = models[0].layers[0].attention.self
    x, head = hidden.embeddings[0], slice(4, 8)  # the second head
    by_hand = attention.query(x)[1, head] @ attention.key(x)[3, head] / 4**0.5
    assert hidden.scores[0][0, 1, 1, 3].item() == pytest.approx(by_hand.item(), abs=1e-5)


def test_the_hidden_loss_of_a_padded_batch_is_that_of_its_tokens(models: tuple[Classifier, Classifier]) -> None:
    sums = {"embeddings": 0.0, "scores": 0.0, "ffn": 0.0}
    for ids in SAMPLES:  # each alone, so nothing is padded
        (_, mine), (_, theirs) = (observe(model, alone(ids)) for model in models)
        sums["embeddings"] += (mine.embeddings - theirs.embeddings).square().sum().item()
        for layer in range(LAYERS):
            sums["scores"] += (mine.scores[layer] - theirs.scores[layer]).square().sum().item()
            sums["ffn"] += (mine.ffn[layer] - theirs.ffn[layer]).square().sum().item()
    tokens = 5 + 3 + 4
    pairs = 5**2 + 3**2 + 4**2
    expected = (sums["embeddings"] + sums["ffn"]) / (tokens * WIDTH) + sums["scores"] / (pairs * HEADS)
    (_, mine), (_, theirs) = (observe(model, padded()) for model in models)
    assert hidden_loss(mine, theirs, padded()["attention_mask"]).item() == pytest.approx(expected, rel=1e-4)
    assert objective(models, answers=False).loss(models[0], batch()).item() == pytest.approx(expected, rel=1e-4)


def test_a_batch_without_mask_has_no_padding(models: tuple[Classifier, Classifier]) -> None:
    given = objective(models, answers=False)
    inputs = alone(SAMPLES[0])
    one = Batch(inputs, torch.tensor([1]))
    masked = Batch({**inputs, "attention_mask": torch.ones(1, 5, dtype=torch.long)}, torch.tensor([1]))
    assert given.loss(models[0], one).item() == pytest.approx(given.loss(models[0], masked).item(), rel=1e-5)


def test_the_second_stage_adds_teacher_and_labels(models: tuple[Classifier, Classifier]) -> None:
    first, second = (objective(models, answers=answers).loss(models[0], batch()) for answers in (False, True))
    expected = 0.0
    for ids, label in zip(SAMPLES, [2, 0, 1], strict=True):
        mine, theirs = (model(**alone(ids))[0].softmax(0).tolist() for model in models)
        expected += sum(q * torch.tensor(q / p).log().item() for p, q in zip(mine, theirs, strict=True)) / 3
        expected -= torch.tensor(mine[label]).log().item() / 3
    assert (second - first).item() == pytest.approx(expected, rel=1e-3)


def test_scores_are_held_against_squared_errors(models: tuple[Classifier, Classifier], tmp_path: Path) -> None:
    models[0].encoder.config.save_pretrained(tmp_path)
    pair = Classifier(1, assets=tmp_path).eval(), Classifier(1, assets=tmp_path).eval()
    gold = Batch(padded(), torch.tensor([2.5, 0.0, 4.0], dtype=torch.float64))
    first, second = (objective(pair, answers=answers).loss(pair[0], gold) for answers in (False, True))
    mine, theirs = (model(**padded())[:, 0] for model in pair)
    expected = ((mine - theirs) ** 2).mean() + ((mine - gold.labels.float()) ** 2).mean()
    assert (second - first).item() == pytest.approx(expected.item(), rel=1e-3)


def test_a_student_that_is_its_teacher_has_nothing_to_learn_at_first(models: tuple[Classifier, Classifier]) -> None:
    student = copy.deepcopy(models[1])
    assert objective(models, answers=False).loss(student, batch()).item() == pytest.approx(0, abs=1e-6)


def test_only_the_student_learns_and_at_first_not_its_answer(models: tuple[Classifier, Classifier]) -> None:
    for answers in (False, True):
        student, teacher = copy.deepcopy(models)
        from_teacher(teacher, "dense-x-1", answers=answers).loss(student, batch()).backward()
        assert all(parameter.grad is None for parameter in teacher.parameters())
        untouched = {name.split(".")[1] for name, p in student.named_parameters() if p.grad is None}
        assert ("classifier" in untouched) is not answers
        assert student.layers[0].output.dense.weight.grad.abs().sum() > 0


def test_models_are_left_as_they_were(models: tuple[Classifier, Classifier]) -> None:
    def hooks() -> int:
        return sum(len(module._forward_hooks) for model in models for module in model.modules())

    given = objective(models, answers=True)
    assert hooks() == 0
    given.loss(models[0], batch())
    assert hooks() == 0
    assert torch.equal(given.logits(models[0], batch()), models[0](**padded()).float())
    with pytest.raises(IndexError):  # a word that the model has not, in the middle of a forward pass
        observe(models[0], alone([2, 99, 3]))
    assert hooks() == 0


def test_noise_on_the_embeddings_is_not_to_be_learned(models: tuple[Classifier, Classifier]) -> None:
    student = copy.deepcopy(models[0]).train()  # dropout
    _, noisy = observe(student, padded())
    _, calm = observe(models[0], padded())
    assert torch.allclose(noisy.embeddings, calm.embeddings)
    assert not torch.allclose(noisy.ffn[0], calm.ffn[0])


def test_the_key_tells_teachers_and_stages_apart(models: tuple[Classifier, Classifier]) -> None:
    keys = {objective(models, answers=a, origin=o).key for a in (False, True) for o in ("dense-x-1", "dense-x-2")}
    assert len(keys) == 4


@pytest.mark.parametrize("family", [RobertaConfig, XLMRobertaConfig, ElectraConfig])
@pytest.mark.parametrize("shape", SHAPES)
def test_factorised_students_of_every_family_learn(family: type[PreTrainedConfig], shape: str, tmp_path: Path) -> None:
    family(
        vocab_size=12,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=16,
        **({"embedding_size": 24} if family is ElectraConfig else {}),
    ).save_pretrained(tmp_path)
    teacher, student = Classifier(3, assets=tmp_path).eval(), Classifier(3, assets=tmp_path)
    factorise(student, SHAPES[shape])
    from_teacher(teacher, "dense-x-1", answers=True).loss(student, batch()).backward()
    assert [name for name, parameter in student.named_parameters() if parameter.grad is None] == []
