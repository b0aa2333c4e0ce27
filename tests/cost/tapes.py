"""Small tapes written by hand: a token model of affine shapes, without torch."""

from harness.cost.tape import Leaf, Node, Ref, Symbol, Tape, Value

WIDTH = 8


def classifier(tokens: int, ngrams: int = 0, *, module: str = "encoder.0") -> Tape:
    """Look up ``tokens`` rows and as many n-grams, mix, pool, classify. The numbers of every node are easy to see.

    FLOPs: linear 2 t 64 + 8 t, softmax 5 t 8 - 2 t (t: tokens), mean 8 t, and a bag of n-grams: (n - 1) 8.
    """
    rows = (1, tokens, WIDTH)
    values = (
        Value((1, tokens), "int64"),
        Value((50, WIDTH), "float32"),
        Value(rows, "float32"),
        Value((WIDTH, WIDTH), "float32"),
        Value((WIDTH,), "float32"),
        Value(rows, "float32"),
        Value(rows, "float32"),
        Value((1, WIDTH), "float32"),
        Value((ngrams,), "int64"),
        Value((1,), "int64"),
        Value((1, WIDTH), "float32"),
    )
    nodes = (
        Node("aten.embedding.default", (Ref(1), Ref(0)), {}, (2,), "embeddings"),
        Node("aten.linear.default", (Ref(2), Ref(3), Ref(4)), {}, (5,), module),
        Node("aten.softmax.int", (Ref(5), -1, Symbol("dtype", "float32")), {}, (6,), f"{module}.inner"),
        Node("aten.mean.dim", (Ref(6), (1,), False), {"dtype": None}, (7,), ""),
        Node(
            "aten.embedding_bag.padding_idx",
            (Ref(1), Ref(8), Ref(9), False, 0, False, None, False, None),
            {},
            (10,),
            "",
        ),
    )
    leaves = (
        Leaf("embeddings.weight", 1, "parameter"),
        Leaf("encoder.0.weight", 3, "parameter"),
        Leaf("encoder.0.bias", 4, "parameter"),
        Leaf("", 9, "constant", (0,)),
    )
    return Tape(values, {"input_ids": 0, "ngrams": 8}, leaves, nodes, {"logits": 7})


def macs_of(tokens: int) -> int:
    """MACs of the classifier."""
    return tokens * WIDTH * WIDTH


def flops_of(tokens: int, ngrams: int = 0) -> int:
    """FLOPs of the classifier."""
    bag = max(ngrams - 1, 0) * WIDTH
    return 2 * macs_of(tokens) + 8 * tokens + (40 * tokens - 2 * tokens) + 8 * tokens + bag


def staged(tokens: int, stages: int = 3) -> Tape:
    """One sum of squares a stage: stage s costs s (2 t - 1)."""
    values = [Value((tokens,), "float32")]
    nodes = []
    for stage in range(1, stages + 1):
        for _ in range(stage):
            nodes.append(Node("aten.mul.Tensor", (Ref(0), Ref(0)), {}, (len(values),), f"{stage - 1}", stage))
            values.append(Value((tokens,), "float32"))
            nodes.append(Node("aten.sum.default", (Ref(len(values) - 1),), {}, (len(values),), f"{stage - 1}", stage))
            values.append(Value((), "float32"))
    outputs = {f"{stages}.logits": len(values) - 1}
    return Tape(tuple(values), {"x": 0}, (), tuple(nodes), outputs)
