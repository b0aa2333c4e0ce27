"""Products of several operands: einsum, chains of matrices, bilinear forms."""

from collections.abc import Sequence
from functools import reduce

from harness.cost.operators.call import (
    NOTHING,
    Call,
    Count,
    elements,
    is_complex,
    larger,
    positive,
    prod,
    products,
    smaller,
    total,
    work,
)
from harness.cost.operators.family import Family
from harness.cost.tape import Value

CONTRACTIONS = Family(
    "Products of several operands",
    "An einsum is priced as the products of two that it stands for, from left to right (or along `path`).",
    on_integers=True,
)

LONGEST_CHAIN = 64


@CONTRACTIONS.formula(
    "einsum",
    "each pair: MACs: product of the sizes of all its indices where an index is summed over, else elementwise "
    "multiplications; an index of one operand alone is summed first (n - r)",
)
def einsum(call: Call) -> Count | None:
    """The equation is parsed; the sizes of its indices come from the operands."""
    equation, operands = call.argument(0, "equation"), call.argument(1, "tensors")
    inputs, output = indices(equation, operands)
    sizes = index_sizes(inputs, operands)
    path = call.option("path") or left_to_right(len(inputs))
    multiplication = 4 if all(is_complex(operand) for operand in operands) else 1
    if any(is_complex(operand) for operand in operands) and multiplication == 1:
        return None
    return contract(inputs, output, sizes, path, multiplication)


def left_to_right(operands: int) -> tuple[int, ...]:
    """The path of contracting in the order of writing; what two operands give goes to the end of the list."""
    return sum(((0, 1) if left == operands else (0, left - 1) for left in range(operands, 1, -1)), ())


def indices(equation: str, operands: Sequence[Value]) -> tuple[list[str], str]:
    """The index letters of every operand and of the result; ``...`` becomes capital letters not in use."""
    left, arrow, output = equation.replace(" ", "").partition("->")
    spare = [chr(code) for code in range(0x391, 0x3B0)]
    inputs = []
    for term, operand in zip(left.split(","), operands, strict=True):
        hidden = len(operand.shape) - len(term.replace("...", ""))
        inputs.append(term.replace("...", "".join(spare[len(spare) - hidden :]) if hidden else ""))
    widest = max((sum(letter in spare for letter in term) for term in inputs), default=0)
    ellipsis = "".join(spare[len(spare) - widest :]) if widest else ""
    if not arrow:
        letters = "".join(inputs)
        output = ellipsis + "".join(sorted(x for x in set(letters) if letters.count(x) == 1 and x not in spare))
    return inputs, output.replace("...", ellipsis)


def index_sizes(inputs: Sequence[str], operands: Sequence[Value]) -> dict[str, int]:
    """The size of every index; 1 is stretched to the other size."""
    sizes: dict[str, int] = {}
    for term, operand in zip(inputs, operands, strict=True):
        for letter, size in zip(term, operand.shape, strict=True):
            sizes[letter] = larger(sizes[letter], size) if letter in sizes else size
    return sizes


def contract(inputs: list[str], output: str, sizes: dict[str, int], path: Sequence[int], multiplication: int) -> Count:
    """The work of contracting two operands at a time; ``path`` names their places in the list that is left."""
    terms, steps = [unique(term) for term in inputs], []
    if len(terms) == 1:
        return sum_out(terms[0], output, sizes)[1]
    for at in range(0, 2 * (len(inputs) - 1), 2):
        pair = sorted(path[at : at + 2], reverse=True)
        b, a = (terms.pop(place) for place in pair)
        kept = set(output).union(*terms)
        (a, first), (b, second) = (sum_out(x, kept.union(y), sizes) for x, y in ((a, b), (b, a)))
        both = unique(a + b)
        result = "".join(letter for letter in both if letter in kept)
        size = prod(sizes[letter] for letter in both)
        summed = len(result) < len(both)
        steps += [first, second, products(multiplication * size) if summed else outer(size, multiplication)]
        terms.append(result)
    return total(*steps)


def outer(size: int, multiplication: int) -> Count:
    """Products that are not summed: 6 operations each where complex."""
    return work(size * (6 if multiplication == 4 else 1))


def unique(letters: str) -> str:
    """Every letter once: a repeated one is a diagonal."""
    return "".join(dict.fromkeys(letters))


def sum_out(term: str, kept: str | set[str], sizes: dict[str, int]) -> tuple[str, Count]:
    """Sum over the indices that nobody else has."""
    left = "".join(letter for letter in term if letter in kept)
    if left == term:
        return term, NOTHING
    before, after = (prod(sizes[letter] for letter in letters) for letters in (term, left))
    return left, work(positive(before - after))


@CONTRACTIONS.formula("linalg_multi_dot chain_matmul", "MACs: the cheapest order of multiplication; FLOPs: 2 MACs")
def multi_dot(call: Call) -> Count | None:
    """A chain of matrices; a vector at an end is a row or a column."""
    first, *rest = call.argument(0, "tensors")
    chain = [first.shape[0] if len(first.shape) > 1 else 1]
    chain += [matrix.shape[0] for matrix in rest]
    chain.append(rest[-1].shape[1] if len(rest[-1].shape) > 1 else 1)
    if len(chain) > LONGEST_CHAIN:
        return None
    return products(cheapest(tuple(chain)) * (4 if is_complex(call.out) else 1))


def cheapest(chain: tuple[int, ...]) -> int:
    """MACs of the best order for matrices of ``chain[i]`` rows and ``chain[i + 1]`` columns."""
    best: dict[tuple[int, int], int] = {(at, at + 1): 0 for at in range(len(chain) - 1)}
    for width in range(2, len(chain)):
        for start in range(len(chain) - width):
            end = start + width
            options = [
                best[start, cut] + best[cut, end] + chain[start] * chain[cut] * chain[end]
                for cut in range(start + 1, end)
            ]
            best[start, end] = reduce(smaller, options)
    return best[0, len(chain) - 1]


@CONTRACTIONS.formula(
    "bilinear _trilinear",
    "MACs: full size (rows x columns of both inputs x outputs); + as many products of the two inputs, + elements of "
    "the result for a bias",
)
def bilinear(call: Call) -> Count:
    """Inputs multiplied with each other, then with the weight, then summed."""
    if call.name == "bilinear":
        weight, bias = call.tensor(2, "weight"), call.argument(3, "bias")
        size = prod(call.first.shape[:-1]) * prod(weight.shape)
        return products(size, size + (elements(call.out) if bias else 0))
    size = prod(reduce(larger, sizes) for sizes in zip(*expanded(call), strict=True))
    return products(size, size)


def expanded(call: Call) -> list[tuple[int, ...]]:
    """The shapes of the three operands after axes of size 1 were put in at the places of ``expand``."""
    shapes = []
    for at in range(3):
        shape = list(call.tensor(at, f"i{at + 1}").shape)
        for axis in call.argument(3 + at, f"expand{at + 1}"):
            shape.insert(axis, 1)
        shapes.append(tuple(shape))
    return shapes
