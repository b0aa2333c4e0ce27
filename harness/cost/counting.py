"""``count_flops``: what one forward of a model costs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.cost.pricing import Cost, price
from harness.findings import fail

if TYPE_CHECKING:
    from torch import Tensor, nn


def count_flops(model: "nn.Module", inputs: "Mapping[str, Tensor]") -> Cost:
    """MACs and FLOPs of one forward in evaluation mode, by operator and by module.

    Nothing is computed: weights may be real or on meta. Only where the control flow depends on activations does the
    model run on its real weights, under the same formulas; then ``Cost.with_values`` is true, and the cost is that
    of these very inputs.

    Args:
        model: any module; it is left as it was.
        inputs: keyword tensors of its ``forward``.

    Returns:
        The cost: ``macs`` and ``flops`` (2 x MACs + every other arithmetic operation, docs/cost.md), ``by_operator``,
        ``by_module``, and ``unpriced``, the operators that no formula covers, with their calls.

    Raises:
        ParetoNLPError: the control flow depends on activations, and the weights are on meta.

    >>> import torch
    >>> cost = count_flops(torch.nn.Linear(4, 3), {"input": torch.zeros(2, 4)})
    >>> cost.macs, cost.flops
    (24, 54)
    """
    from harness.cost.tracing import NeedsValues, Recorder, record

    try:
        return price(record(model, inputs))
    except NeedsValues as error:
        if any(parameter.is_meta for parameter in model.parameters()):
            raise fail(
                "needs-values",
                f"the model decides by values which way it goes: {error}",
                remedy="Give the model real weights.",
            ) from error
    return price(record(model, inputs, Recorder(with_values=True)))
