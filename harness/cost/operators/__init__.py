"""The operator table: what every operator costs. Adding one is one function here and one row of a test."""

from functools import lru_cache

from harness.cost.operators.activations import ACTIVATIONS
from harness.cost.operators.attention import ATTENTION
from harness.cost.operators.call import NOTHING, Call, Count
from harness.cost.operators.contractions import CONTRACTIONS
from harness.cost.operators.convolution import CONVOLUTION
from harness.cost.operators.distances import DISTANCES
from harness.cost.operators.elementwise import ELEMENTWISE
from harness.cost.operators.embedding import EMBEDDING
from harness.cost.operators.family import Family, Formula
from harness.cost.operators.fourier import FOURIER
from harness.cost.operators.free import FREE, FREE_GROUPS
from harness.cost.operators.linalg import LINALG
from harness.cost.operators.normalisation import NORMALISATION
from harness.cost.operators.pooling import POOLING
from harness.cost.operators.products import PRODUCTS
from harness.cost.operators.quantised import QUANTISED
from harness.cost.operators.recurrent import RECURRENT
from harness.cost.operators.reductions import REDUCTIONS
from harness.cost.operators.selection import SELECTION
from harness.cost.operators.softmax import SOFTMAX

__all__ = ["FAMILIES", "FORMULAS", "FREE", "FREE_GROUPS", "NOTHING", "Call", "Count", "count", "find", "is_free"]

FAMILIES: tuple[Family, ...] = (
    PRODUCTS,
    CONTRACTIONS,
    CONVOLUTION,
    ATTENTION,
    RECURRENT,
    QUANTISED,
    NORMALISATION,
    SOFTMAX,
    ACTIVATIONS,
    ELEMENTWISE,
    REDUCTIONS,
    DISTANCES,
    EMBEDDING,
    POOLING,
    FOURIER,
    SELECTION,
    LINALG,
)
FORMULAS: dict[str, Formula] = {key: formula for family in FAMILIES for key, formula in family.formulas.items()}


@lru_cache(maxsize=4096)
def find(op: str) -> Formula | None:
    """The formula of an overload: its own, else that of all overloads of its name; None where it is free or unknown."""
    base = op.rpartition(".")[0]
    own = FORMULAS.get(op)
    return own if own or base in FREE else FORMULAS.get(base)


@lru_cache(maxsize=4096)
def is_free(op: str) -> bool:
    """Whether an overload is listed as doing no arithmetic."""
    return op.rpartition(".")[0] in FREE and op not in FORMULAS


def count(call: Call) -> Count | None:
    """The work of a call; ``NOTHING`` (itself) where it does no arithmetic, None where it cannot be priced."""
    formula = find(call.op)
    if formula is None:
        return NOTHING if is_free(call.op) else None
    if not formula.on_integers and not call.does_arithmetic():
        return NOTHING
    return formula.count(call)
