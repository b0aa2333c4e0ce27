"""A family of operators: a title, and a table from operator to formula that a decorator fills."""

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.cost.operators.call import Call, Count


@dataclass(frozen=True, slots=True)
class Formula:
    """How one operator is priced."""

    count: Callable[[Call], Count | None]
    """The work of a call; None where this call cannot be priced (it is then listed as such)."""
    says: str
    """The formula in words, for the published table."""
    on_integers: bool
    """As of its family."""


@dataclass(frozen=True, slots=True)
class Family:
    """Operators that are explained together. Keys are ``aten.addmm``, or one overload: ``aten.max.other``."""

    title: str
    notes: str
    on_integers: bool = False
    """True where integer operands cost as much as floating point ones (products of int8 matrices)."""
    formulas: dict[str, Formula] = field(default_factory=dict)

    def formula(
        self, names: str, says: str, *, namespace: str = "aten"
    ) -> Callable[[Callable[[Call], Count | None]], Callable[[Call], Count | None]]:
        """Register the function below as the formula of ``names`` (separated by spaces)."""

        def register(function: Callable[[Call], Count | None]) -> Callable[[Call], Count | None]:
            entry = Formula(function, says, self.on_integers)
            for name in names.split():
                key = f"{namespace}.{name}"
                if key in self.formulas:
                    raise ValueError(f"{key} has two formulas")
                self.formulas[key] = entry
            return function

        return register
