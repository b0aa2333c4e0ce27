"""Losses that hold a student against its teacher."""

from collections.abc import Mapping

from torch import Tensor, nn

from baselines.objective import Batch, Objective, label_loss


def logit_loss(student: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """How far the student's answer is from the teacher's.

    Classes: KL(teacher || student) at a temperature T, times T^2 so that its gradient keeps its size
    (Hinton, Vinyals and Dean, arXiv 1503.02531, section 2). Scores (one output): squared error.

    Args:
        student: logits [batch, outputs].
        teacher: logits [batch, outputs], without gradient.
        temperature: T.

    Returns:
        The mean over the batch, a scalar.

    """
    if student.shape[1] == 1:
        return nn.functional.mse_loss(student, teacher)
    return temperature**2 * nn.functional.kl_div(
        nn.functional.log_softmax(student / temperature, dim=1),
        nn.functional.log_softmax(teacher / temperature, dim=1),
        reduction="batchmean",
        log_target=True,
    )


def from_stored_logits(label_weight: float, temperature: float = 1.0) -> Objective:
    """(1 - w) x the logit loss to the examples' ``teacher_logits`` + w x the loss to the labels."""

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        if batch.teacher_logits is None:
            raise ValueError("these examples bring no teacher_logits")
        logits = model(**batch.inputs).float()
        soft = logit_loss(logits, batch.teacher_logits, temperature)
        return (1 - label_weight) * soft + label_weight * label_loss(logits, batch.labels)

    return Objective(f"stored logits, labels {label_weight}, temperature {temperature}", loss)


def hidden_states(model: nn.Module, inputs: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    """The output of each layer of a ``Classifier``, [batch, tokens, features]."""
    states: tuple[Tensor, ...] = model.encoder(**inputs, output_hidden_states=True).hidden_states
    return states[1:]
