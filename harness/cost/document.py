"""Writes the operator table into docs/cost.md: ``python -m harness.cost.document``."""

import sys
from pathlib import Path

from harness.atomic import new_text_file
from harness.cost.operators import FAMILIES, FREE_GROUPS
from harness.cost.operators.family import Family, Formula

PAGE = Path(__file__).parents[2] / "docs" / "cost.md"
BEGIN = "<!-- Written by `python -m harness.cost.document`; do not edit. -->"
END = "<!-- End of what is written. -->"


def table() -> str:
    """The operator table in Markdown: one section a family, one row a formula, and the list of free operators."""
    return "\n".join([*map(_family, FAMILIES), _free()])


def renewed(page: str) -> str:
    """A page with the operator table of now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n{END}{after}"


def _family(family: Family) -> str:
    rows: dict[Formula, list[str]] = {}
    for key, formula in family.formulas.items():
        rows.setdefault(formula, []).append(key)
    lines = [f"### {family.title}", "", family.notes, "", "| operators | cost |", "|---|---|"]
    lines += [f"| {_names(keys)} | {formula.says.replace('|', '&#124;')} |" for formula, keys in rows.items()]
    return "\n".join([*lines, ""])


def _names(keys: list[str]) -> str:
    """Names without ``aten.``; a form in place or on lists goes without saying where the plain name is there."""
    names = [key.removeprefix("aten.") for key in keys]
    plain = [name for name in names if name.removeprefix("_foreach_").removesuffix("_") not in set(names) - {name}]
    return ", ".join(f"`{name}`" for name in plain)


def _free() -> str:
    lines = ["### Free operators", "", "These do no arithmetic on real numbers, in any overload.", ""]
    lines += ["| why | operators |", "|---|---|"]
    for reason, names in FREE_GROUPS.items():
        lines.append(f"| {reason} | {_names(names.split())} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    page = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    text = renewed(page.read_text(encoding="utf-8"))
    with new_text_file(page) as stream:
        stream.write(text)
