"""Sums of embeddings. Looking one up is a copy and free."""

from harness.cost.operators.call import Call, Count, elements, positive, work
from harness.cost.operators.family import Family

EMBEDDING = Family("Embedding bags", "L: indices, B: bags, d: width. A plain look-up (`embedding`) is a copy and free.")
MEAN = 1
BACK_FROM_INTEGERS = 2
SAYS = "(L - B) d (sums or comparisons), + B d for mean, + L d with weights of the samples"


def bags(call: Call) -> int:
    """The work of bringing L rows to B; ``mode`` is 0 sum, 1 mean, 2 maximum."""
    indices, (number, width) = elements(call.tensor(1, "indices")), call.out.shape
    flops = positive(indices - number) * width
    if call.argument(4, "mode", 0) == MEAN:
        flops = flops + number * width
    if call.argument(6, "per_sample_weights") is not None:
        flops = flops + indices * width
    return flops


@EMBEDDING.formula("embedding_bag _embedding_bag _embedding_bag_forward_only", SAYS)
def embedding_bag(call: Call) -> Count:
    """Rows of a table, summed in bags."""
    return work(bags(call))


@EMBEDDING.formula(
    "embedding_bag_byte embedding_bag_4bit embedding_bag_byte_rowwise_offsets embedding_bag_4bit_rowwise_offsets "
    "embedding_bag_2bit_rowwise_offsets",
    SAYS + ", + 2 L d (rows back to floating point)",
    namespace="quantized",
)
def quantised_embedding_bag(call: Call) -> Count:
    """Rows of a table of integers."""
    return work(bags(call) + BACK_FROM_INTEGERS * elements(call.tensor(1, "indices")) * call.out.shape[-1])
