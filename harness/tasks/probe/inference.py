"""Inference: does the hypothesis follow from the premise (0), is it open (1), or excluded (2)?

A statement says of every or of some thing in a set that its property lies in a set of values::

    the jar is V       a certain jar         not V, no: every thing, all values of the dimension but V
    every jar is V     all jars, two or more        some jar is V     at least one jar

Kinds nest (a jar is a container) and so do values (a black thing is dark); the values of a dimension
exclude one another. Each statement is then (every or some, things K, values V) and

=========== ============ =========================== ==================================
premise     hypothesis   follows where               excluded where
=========== ============ =========================== ==================================
every K V   every K' V'  K' in K and V in V'         K meets K' and V, V' disjoint
every K V   some K' V'   K meets K' and V in V'      K' in K and V, V' disjoint
some K V    every K' V'  never                       K in K' and V, V' disjoint
some K V    some K' V'   K in K' and V in V'         never
=========== ============ =========================== ==================================

The statements of a premise speak of different things or different properties, so it says what any one of them says.

Levels: 0 two statements of one thing, with opposites; 1 two or three, so a property must be bound to its thing;
2 nested values and ``not``; 3 quantifiers and nested kinds.
"""

from dataclasses import dataclass
from itertools import combinations

from harness.tasks.probe import lexicon
from harness.tasks.probe.draws import Draws
from harness.tasks.probe.filler import filler

LEVELS = 4
COLUMNS = ("premise", "hypothesis")
GOLD = (0, 1, 2)
ENTAILMENT, NEUTRAL, CONTRADICTION = GOLD
ROOM = 125


def _values() -> tuple[list[list[str]], dict[str, tuple[int, frozenset[str]]]]:
    """Words of each dimension, and of each word its dimension and the leaves that it covers."""
    dimensions, covers = list[list[str]](), dict[str, tuple[int, frozenset[str]]]()
    for number, pair in enumerate(lexicon.OPPOSITES):
        dimensions.append(list(pair))
        covers |= {word: (number, frozenset([word])) for word in pair}
    for number, tree in enumerate(lexicon.TREES, start=len(lexicon.OPPOSITES)):
        dimensions.append([*tree, *(leaf for leaves in tree.values() for leaf in leaves)])
        covers |= {group: (number, frozenset(leaves)) for group, leaves in tree.items()}
        covers |= {leaf: (number, frozenset([leaf])) for leaves in tree.values() for leaf in leaves}
    return dimensions, covers


DIMENSIONS, COVERS = _values()
PLAIN = tuple(range(len(lexicon.OPPOSITES)))
NESTED = tuple(range(len(lexicon.OPPOSITES), len(DIMENSIONS)))
NOUNS = tuple(noun for nouns in lexicon.KINDS.values() for noun in nouns)
KIND_OF = {noun: kind for kind, nouns in lexicon.KINDS.items() for noun in nouns}
ALL = {d: frozenset().union(*(COVERS[w][1] for w in words)) for d, words in enumerate(DIMENSIONS)}


def _things(noun: str) -> frozenset[str]:
    if noun in lexicon.KINDS:
        return frozenset().union(*(_things(n) for n in lexicon.KINDS[noun]))
    return frozenset([noun, noun + "'"])


@dataclass(frozen=True, slots=True)
class Statement:
    """``determiner noun is [not] value``."""

    determiner: str
    noun: str
    denied: bool
    value: str

    @property
    def text(self) -> str:
        """The sentence, without a full stop."""
        return f"{self.determiner} {self.noun} is {'not ' if self.denied else ''}{self.value}"

    @property
    def things(self) -> frozenset[str]:
        """What it speaks of; ``the jar`` is one of the jars that there are."""
        return _things(self.noun)

    @property
    def meaning(self) -> tuple[bool, int, frozenset[str], frozenset[str]]:
        """Whether it speaks of some thing only; its dimension; its things K; its values V."""
        dimension, values = COVERS[self.value]
        if self.denied != (self.determiner == "no"):
            values = ALL[dimension] - values
        things = frozenset([self.noun]) if self.determiner == "the" else _things(self.noun)
        return self.determiner == "some", dimension, things, values


def relation(premise: Statement, hypothesis: Statement) -> int:
    """The table of the module's docstring."""
    some, dimension, K, V = premise.meaning
    some_, dimension_, K_, V_ = hypothesis.meaning
    if dimension != dimension_:
        return NEUTRAL
    inside, disjoint = V <= V_, not V & V_
    if some:
        follows, excluded = some_ and K <= K_, not some_ and K <= K_
    elif some_:
        follows, excluded = bool(K & K_), K_ <= K
    else:
        follows, excluded = K_ <= K, bool(K & K_)
    if follows and inside:
        return ENTAILMENT
    return CONTRADICTION if excluded and disjoint else NEUTRAL


def draw(draws: Draws, level: int, gold: float) -> tuple[tuple[str, str], float]:
    """A premise and a hypothesis of this level and this gold: drawn until the rules say so."""
    # how many statements, and which say not, is drawn before the gold is looked at: length must not tell it
    count = (2, 2 + draws.below(2), 1 + draws.below(2), 1 + draws.below(2))[level]
    denied = [level == 2 and draws.chance(0.3) for _ in range(count + 1)]
    while True:
        facts, hypothesis = _pair(draws, level, denied)
        found = {relation(fact, hypothesis) for fact in facts} - {NEUTRAL} or {NEUTRAL}
        if found == {gold}:
            break
    statements = [fact.text + " ." for fact in facts]
    hypothesis_text = hypothesis.text + " ."
    used = sum(len(text.split()) for text in (*statements, hypothesis_text))
    premise = [*statements, *filler(draws, ROOM - used)]
    return (" ".join(premise), hypothesis_text), gold


def _facts(draws: Draws, level: int, nouns: list[str], denied: list[bool], dimension: int) -> list[Statement]:
    return [_statement(draws, level, noun, no, dimension) for noun, no in zip(nouns, denied[:-1], strict=True)]


def _pair(draws: Draws, level: int, denied: list[bool]) -> tuple[list[Statement], Statement]:
    if level == 0:
        return _opposites(draws)
    dimension = draws.pick(NESTED if level >= 2 else PLAIN)
    nouns = draws.some(NOUNS, len(denied) - 1)
    facts = _facts(draws, level, nouns, denied, dimension)
    while any(one.things & other.things for one, other in combinations(facts, 2)):
        facts = _facts(draws, level, nouns, denied, dimension)
    noun = draws.pick(nouns)
    if draws.chance(0.15):
        noun = draws.pick(NOUNS)
    if draws.chance(0.1):
        dimension = draws.pick(NESTED if level >= 2 else PLAIN)
    return facts, _statement(draws, level, noun, denied[-1], dimension)


def _opposites(draws: Draws) -> tuple[list[Statement], Statement]:
    noun = draws.pick(NOUNS)
    one, other, third = draws.some(PLAIN, 3)
    facts = [Statement("the", noun, False, draws.pick(DIMENSIONS[dimension])) for dimension in (one, other)]
    return facts, Statement("the", noun, False, draws.pick(DIMENSIONS[draws.pick((one, other, third))]))


def _statement(draws: Draws, level: int, noun: str, denied: bool, dimension: int) -> Statement:
    determiner = "the"
    if level == 3:
        determiner = draws.pick(("the", "every", "some", "no", "every", "no"))
        noun = KIND_OF[noun] if determiner != "the" and draws.chance(0.35) else noun
    return Statement(determiner, noun, denied, draws.pick(DIMENSIONS[dimension]))
