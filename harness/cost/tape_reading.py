"""Reads tapes from a process that is not trusted: every type, index, name and number is checked.

What comes out is well formed: references point to values that are there by then, every value is written once, numbers
are whole where they count. Whether it is *true* is another matter: for that the harness runs the tape.
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from harness.cost.skeleton import INT, REAL, Skeleton, ValueKind, dimensions, put_together, slots
from harness.cost.tape import Leaf, Node, Ref, Symbol, Tape
from harness.findings import ParetoNLPError, fail

MOST_NODES = 200_000
MOST_VALUES = 1_000_000
MOST_REBUILT = 4_000_000
"""Nodes and values of all tapes together."""
MOST_STAGES = 1_000
MOST_TEXT = 4_096
MOST_ITEMS = 100_000
"""In any one list."""
MOST_ARGUMENTS = 10_000
"""In any one list of arguments."""
DEEPEST = 8
"""Tuples inside tuples."""
HIGHEST_RANK = 64
LARGEST_DIMENSION = 1 << 53
LARGEST_INT = 1 << 63
CONSTANT_BYTES = 64 * 1024
OPERATOR = re.compile(r"[a-z_0-9]+\.[A-Za-z_0-9]+\.[A-Za-z_0-9]+")
WORD = re.compile(r"[A-Za-z_0-9]*")
LAYOUTS = frozenset({"strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"})
LEAF_KINDS = frozenset({"parameter", "buffer", "constant"})
NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def read_tapes(data: object) -> list[Tape]:
    """The tapes in JSON data.

    Raises:
        ParetoNLPError: with what is wrong.
    """
    given = _record(data, {"skeletons", "tapes"}, "the data")
    skeletons = [_skeleton(item) for item in _list(given["skeletons"], "skeletons")]
    shapes = [(dimensions(skeleton), *slots(skeleton)) for skeleton in skeletons]
    rows = [_list(row, "a tape", length=3) for row in _list(given["tapes"], "tapes")]
    places = [_index(row[0], len(skeletons), "the skeleton of a tape") for row in rows]
    if sum(len(skeletons[place].nodes) + len(skeletons[place].values) for place in places) > MOST_REBUILT:
        raise _refusal(f"the tapes have more than {MOST_REBUILT:,} nodes and values together")
    return [_tape(skeletons[place], shapes[place], row[1], row[2]) for place, row in zip(places, rows, strict=True)]


def _tape(skeleton: Skeleton, shape: tuple[int, int, int], ints: object, reals: object) -> Tape:
    """A tape from its numbers; ``shape`` says how many dimensions, ints and reals there are."""
    sizes, whole, real = shape
    numbers = _ints(_list(ints, "the ints of a tape", most=MOST_REBUILT * HIGHEST_RANK, length=whole))
    if sizes and (min(numbers[:sizes]) < 0 or max(numbers[:sizes]) > LARGEST_DIMENSION):
        raise _refusal("a dimension is negative or too large")
    floats = [_real(number) for number in _list(reals, "the reals of a tape", most=MOST_REBUILT, length=real)]
    tape = put_together(skeleton, numbers, floats)
    for value in tape.values:
        if value.nnz is not None and value.nnz > math.prod(value.shape):
            raise _refusal("a sparse value stores more entries than it has places")
    for leaf in tape.leaves:
        if leaf.data is not None and len(leaf.data) != math.prod(tape.values[leaf.value].shape):
            raise _refusal(f"the constant {leaf.name!r} has another shape than data")
    return tape


def _skeleton(item: object) -> Skeleton:
    keys = {"kinds", "values", "inputs", "outputs", "with_values", "leaves", "ops", "modules", "nodes"}
    given = _record(item, keys, "a skeleton")
    kinds = [_kind(kind) for kind in _list(given["kinds"], "kinds")]
    places = _list(given["values"], "values", most=MOST_VALUES)
    values = tuple([kinds[_index(place, len(kinds), "the kind of a value")] for place in places])
    written: set[int] = set()
    inputs = _names(given["inputs"], len(values), "inputs")
    _write(inputs.values(), written)
    leaves = tuple([_leaf(leaf, values) for leaf in _list(given["leaves"], "leaves")])
    _write((leaf.value for leaf in leaves), written)
    nodes = _nodes(given, len(values), written)
    outputs = _names(given["outputs"], len(values), "outputs")
    if not written.issuperset(outputs.values()):
        raise _refusal("an output was never written")
    return Skeleton(values, inputs, leaves, nodes, outputs, _bool(given["with_values"], "with_values"))


def _kind(item: object) -> ValueKind:
    rank, dtype, layout, has_nnz = _list(item, "a kind of value", length=4)
    kind = ValueKind(
        _index(rank, HIGHEST_RANK + 1, "a rank"),
        _word(dtype, "a dtype"),
        _word(layout, "a layout"),
        _bool(has_nnz, "nnz"),
    )
    if kind.layout not in LAYOUTS or kind.has_nnz == (kind.layout == "strided"):
        raise _refusal(f"a value of layout {kind.layout!r} {'has' if kind.has_nnz else 'lacks'} stored entries")
    return kind


def _leaf(item: object, values: tuple[ValueKind, ...]) -> Leaf:
    name, value, kind, data = _list(item, "a leaf", length=4)
    place = _index(value, len(values), "the value of a leaf")
    kind = _text(kind, "the kind of a leaf")
    if kind not in LEAF_KINDS:
        raise _refusal("a leaf is neither parameter, buffer nor constant")
    constants = None if data is None else _constants(data, values[place].dtype)
    if kind == "parameter" and constants is not None:
        raise _refusal("a parameter brings its values on the tape")
    return Leaf(_text(name, "the name of a leaf"), place, kind, constants)


def _constants(data: object, dtype: str) -> tuple[Any, ...]:
    """The values of a constant, of its dtype and no larger than allowed."""
    found = _list(data, "a constant", most=CONSTANT_BYTES)
    bits = re.search(r"\d+", dtype)
    if len(found) * (int(bits[0]) if bits else 8) > 8 * CONSTANT_BYTES:
        raise _refusal(f"a constant of more than {CONSTANT_BYTES:,} bytes")
    if dtype == "bool":
        return tuple([_bool(number, "a constant") for number in found])
    if "int" in dtype:
        return tuple(_ints(found))
    if dtype.startswith("complex"):
        pairs = [_list(number, "a complex number", length=2) for number in found]
        return tuple([complex(_real(real), _real(imaginary)) for real, imaginary in pairs])
    return tuple([_real(number) for number in found])


def _nodes(given: Mapping[str, Any], values: int, written: set[int]) -> tuple[Node, ...]:
    """The nodes in order; what each writes can be read from then on."""
    ops = [_text(op, "an operator") for op in _list(given["ops"], "ops")]
    if wrong := [op for op in ops if not OPERATOR.fullmatch(op)]:
        raise _refusal(f"{wrong[0]!r} is no name of an operator")
    modules = [_text(module, "a module") for module in _list(given["modules"], "modules")]
    nodes = []
    for item in _list(given["nodes"], "nodes", most=MOST_NODES):
        op, module, stage, args, kwargs, outputs = _list(item, "a node", length=6)
        node = Node(
            ops[_index(op, len(ops), "the operator of a node")],
            tuple([_argument(arg, written) for arg in _list(args, "arguments", most=MOST_ARGUMENTS)]),
            {
                _word(name, "an argument"): _argument(arg, written)
                for name, arg in _mapping(kwargs, "arguments").items()
            },
            tuple([_index(value, values, "the output of a node") for value in _list(outputs, "outputs")]),
            modules[_index(module, len(modules), "the module of a node")],
            _index(stage, MOST_STAGES + 1, "the stage of a node"),
        )
        _write(node.outputs, written)
        nodes.append(node)
    return tuple(nodes)


def _argument(arg: object, written: set[int], depth: int = 0) -> Any:
    if arg is None or isinstance(arg, bool):
        return arg
    if type(arg) is int:
        if arg not in written:
            raise _refusal(f"value {arg} is read before it is written")
        return Ref(arg)
    if arg == "#" or arg == "~":  # noqa: PLR1714 - an unhashable list is compared too
        return INT if arg == "#" else REAL
    tag, *rest = _list(arg, "an argument", most=MOST_ARGUMENTS) or [None]
    if tag == "t" and depth < DEEPEST:
        return tuple([_argument(item, written, depth + 1) for item in rest])
    if tag == "s" and len(rest) == 1:
        return _text(rest[0], "an argument")
    if tag == "y" and len(rest) == 2:
        return Symbol(_word(rest[0], "a symbol"), _word(rest[1], "a symbol"))
    raise _refusal("an argument is none of null, bool, reference, number, tuple, string, symbol")


def _write(values: Iterable[int], written: set[int]) -> None:
    for value in values:
        if value in written:
            raise _refusal(f"value {value} is written twice")
        written.add(value)


def _refusal(what: str) -> ParetoNLPError:
    return fail("malformed-tape", f"the tape that the model's process sent is malformed: {what}")


def _record(item: object, keys: set[str], what: str) -> dict[str, Any]:
    given = _mapping(item, what)
    if set(given) != keys:
        raise _refusal(f"{what} has other keys than {', '.join(sorted(keys))}")
    return given


def _mapping(item: object, what: str) -> dict[str, Any]:
    if not isinstance(item, dict) or len(item) > MOST_ITEMS:
        raise _refusal(f"{what} is no object, or too large a one")
    return item


def _names(item: object, values: int, what: str) -> dict[str, int]:
    given = _mapping(item, what)
    return {_text(name, what): _index(value, values, what) for name, value in given.items()}


def _list(item: object, what: str, *, most: int = MOST_ITEMS, length: int | None = None) -> list[Any]:
    if not isinstance(item, list) or len(item) > most or (length is not None and len(item) != length):
        raise _refusal(f"{what} is no list of {f'at most {most:,}' if length is None else length}")
    return item


def _index(item: object, below: int, what: str) -> int:
    if type(item) is not int or not 0 <= item < below:
        raise _refusal(f"{what} is no whole number below {below:,}")
    return item


def _ints(found: list[Any]) -> list[int]:
    if any(type(number) is not int for number in found):
        raise _refusal("an int is no int")
    if found and not (min(found) >= -LARGEST_INT and max(found) < LARGEST_INT):
        raise _refusal("an int is too large")
    return found


def _real(item: object) -> float:
    if isinstance(item, str) and item in NOT_FINITE:
        return NOT_FINITE[item]
    if type(item) is not float or not math.isfinite(item):
        raise _refusal("a real is no finite number")
    return item


def _bool(item: object, what: str) -> bool:
    if not isinstance(item, bool):
        raise _refusal(f"{what} is neither true nor false")
    return item


def _text(item: object, what: str) -> str:
    if not isinstance(item, str) or len(item) > MOST_TEXT or not item.isprintable():
        raise _refusal(f"{what} is no text that prints, or too long a one")
    return item


def _word(item: object, what: str) -> str:
    text = _text(item, what)
    if not WORD.fullmatch(text):
        raise _refusal(f"{what} is no plain word")
    return text
