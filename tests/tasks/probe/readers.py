"""Gold read back from the text alone, by other means than the grammars': they write from a structure, these parse."""

from itertools import product

from harness.tasks.probe import lexicon

TURNING = (
    *("i do not think that", "i doubt that", "nobody would say that", "it is false that"),
    *("not at all", "by no means", "not", "never", "hardly"),
)


def sentiment(text: str) -> int:
    """1 or 0: the polarity of the verdict of the one sentence that judges."""
    judging = [sentence for sentence in text.split(" .") if _judged(sentence)]
    (sentence,) = judging
    clauses = [part.strip() for part in sentence.split(" , ")]
    if len(clauses) == 2:
        conceded = [clause.startswith(("although", "even if")) for clause in clauses]
        verdict = clauses[1] if clauses[1].startswith("but") else clauses[conceded.index(False)]
        return int(_polarity(verdict) > 0)
    (polarity,) = {_polarity(clause) for clause in sentence.split(" and ")}
    return int(polarity > 0)


def _judged(text: str) -> set[str]:
    return set(text.split()) & {*lexicon.PRAISE, *lexicon.BLAME}


def _polarity(clause: str) -> int:
    (word,) = _judged(clause)
    turns = 0
    for phrase in TURNING:
        turns += clause.count(phrase)
        clause = clause.replace(phrase, "")
    return (1 if word in lexicon.PRAISE else -1) * (-1) ** turns


MEMBERS = {noun: {(noun, 0), (noun, 1)} for nouns in lexicon.KINDS.values() for noun in nouns}
MEMBERS |= {kind: set().union(*(MEMBERS[noun] for noun in nouns)) for kind, nouns in lexicon.KINDS.items()}
TREES = [{word: (word,) for word in pair} for pair in lexicon.OPPOSITES] + list(lexicon.TREES)

Constraint = tuple[bool, frozenset, int, frozenset]
"""Whether it holds of some thing only, the things, the dimension, and the values that one may have."""


def inference(premise: str, hypothesis: str) -> int:
    """0, 1 or 2, by asking whether a world exists in which the premise holds and the hypothesis does not, or does."""
    facts = [_constraint(sentence) for sentence in premise.split(" .") if " is " in sentence]
    claim = _constraint(hypothesis.removesuffix(" ."))
    some, things, dimension, values = claim
    denial = (not some, things, dimension, _leaves(dimension) - values)
    assert _world_exists(facts)
    if not _world_exists([*facts, denial]):
        return 0
    return 1 if _world_exists([*facts, claim]) else 2


def _leaves(dimension: int) -> frozenset:
    return frozenset(leaf for leaves in TREES[dimension].values() for leaf in leaves)


def _constraint(sentence: str) -> Constraint:
    determiner, noun, _, *denied, value = sentence.split()
    (dimension,) = [n for n, tree in enumerate(TREES) if value in tree or value in _leaves(n)]
    values = frozenset(TREES[dimension].get(value, (value,)))
    if bool(denied) != (determiner == "no"):
        values = _leaves(dimension) - values
    things = frozenset([(noun, 0)]) if determiner == "the" else frozenset(MEMBERS[noun])
    return determiner == "some", things, dimension, values


def _world_exists(constraints: list[Constraint]) -> bool:
    """Whether witnesses of the existential constraints can be chosen so that every thing keeps a value."""
    existential = [sorted(things) for some, things, *_ in constraints if some]
    for witnesses in product(*existential):
        witness = iter(witnesses)
        left: dict[tuple, frozenset] = {}
        for some, things, dimension, values in constraints:
            for thing in [next(witness)] if some else things:
                left[thing, dimension] = left.get((thing, dimension), values) & values
        if all(left.values()):
            return True
    return False


def _synonyms(families: tuple) -> dict[str, tuple[int, int]]:
    return {w: (f, m) for f, family in enumerate(families) for m, words in enumerate(family) for w in words}


PEOPLE = {f"the {w}": slot for w, slot in _synonyms(lexicon.PEOPLE).items()}
ADVERBIALS = {"place": _synonyms(lexicon.PLACES), "time": _synonyms(lexicon.TIMES)}
OPEN = {"in some place": None, "some time": None}
ACTIONS = _synonyms(lexicon.ACTIONS)
DENYING = ("i do not think that ", "i doubt that ", "nobody would say that ", "it is false that ")
AFFIRMING = ("i think that ", "i am quite sure that ", "everyone would say that ", "it is true that ")


def event(text: str) -> tuple[dict[str, tuple[int, int]], bool]:
    """The slots of the first sentence of a text that are not left open, and whether it is affirmed."""
    sentence = text.split(" .", maxsplit=1)[0]
    affirmed = not sentence.startswith(DENYING)
    for carrier in (*DENYING, *AFFIRMING):
        sentence = sentence.removeprefix(carrier)
    slots = {}
    for name, phrases in (*ADVERBIALS.items(), ("open", OPEN)):
        for phrase, slot in phrases.items():
            if f" {phrase} " in f" {sentence} ":
                slots |= {name: slot} if slot else {}
                sentence = f" {sentence} ".replace(f" {phrase} ", " ").strip()
    words = sentence.removeprefix(", ")
    passive = " by " in words
    first, last = words.split(" ")[:2], words.split(" ")[-2:]
    for name, phrase in zip(("patient", "agent") if passive else ("agent", "patient"), (first, last), strict=True):
        if " ".join(phrase) in PEOPLE:
            slots[name] = PEOPLE[" ".join(phrase)]
    for word in words.split():
        if word in ACTIONS:
            slots["action"] = ACTIONS[word]
    return slots, affirmed


def paraphrase(sentence1: str, sentence2: str) -> int:
    """1 where the second affirms the event of the first."""
    second, affirmed = event(sentence2)
    return int(affirmed and event(sentence1)[0] == second)


def similarity(sentence1: str, sentence2: str) -> float:
    """5 less 1 for another family or an open slot, less 0.5 for a sibling."""
    (first, _), (second, _) = event(sentence1), event(sentence2)
    assert first.keys() >= second.keys()
    score = 5.0
    for name, (family, member) in first.items():
        other = second.get(name)
        score -= 1.0 if other is None or other[0] != family else 0.5 * (other[1] != member)
    return score
