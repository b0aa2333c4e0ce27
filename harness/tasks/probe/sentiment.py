"""Sentiment with negation scope: is the review for (1) or against (0)?

A review is one or more sentences of clauses about aspects; filler sentences hold no opinion.

* A clause (``i doubt that the plot was not really dull``) has the polarity of its judging word, turned once by
  each negator before the word in the same clause and once by a denying carrier (``i doubt that``). Scope ends with
  the clause: a comma, ``and`` or the full stop.
* Clauses joined by ``and`` agree.
* In a contrast one clause is conceded and the other is the verdict: ``A , but B`` and ``although A , B`` say B;
  ``B , although A`` says B. The review's gold is the polarity of its verdict.

Levels: 0 plain words, or no more than ``great plot`` (without its full stop where nothing follows); 1 one negator
or carrier a clause at most; 2 a contrast of plain or negated clauses; 3 a contrast of clauses with up to two turns
each.
"""

from harness.tasks.probe import lexicon
from harness.tasks.probe.draws import Draws
from harness.tasks.probe.filler import filler

LEVELS = 4
COLUMNS = ("text",)
GOLD = (0, 1)
ROOM = 126


def draw(draws: Draws, level: int, gold: float) -> tuple[tuple[str], float]:
    """A review of this level and this gold."""
    polarity = 1 if gold else -1
    if level == 0:
        core = _agreeing(draws, polarity, most_turns=0, most_clauses=3)
    elif level == 1:
        core = _agreeing(draws, polarity, most_turns=1, most_clauses=2)
    else:
        core = _contrast(draws, polarity, most_turns=level - 1)
    sentences = filler(draws, ROOM - len(core.split()))
    cut = draws.below(len(sentences) + 1)
    if not sentences and len(core.split()) == 3:
        return (core.removesuffix(" ."),), gold  # the shortest sample: two words
    return (" ".join((*sentences[:cut], core, *sentences[cut:])),), gold


def _agreeing(draws: Draws, polarity: int, most_turns: int, most_clauses: int) -> str:
    aspects = draws.some(lexicon.ASPECTS, 1 + draws.below(most_clauses))
    if most_turns == 0 and len(aspects) == 1 and draws.chance(0.3):
        return f"{_word(draws, polarity)} {aspects[0]} ."
    return " and ".join(_clause(draws, a, polarity, draws.below(most_turns + 1)) for a in aspects) + " ."


def _contrast(draws: Draws, polarity: int, most_turns: int) -> str:
    first, second = draws.some(lexicon.ASPECTS, 2)
    verdict = _clause(draws, first, polarity, draws.below(most_turns + 1))
    conceded = _clause(draws, second, -polarity, draws.below(most_turns + 1))
    frame = draws.pick(
        (
            "{c} , but {v} .",
            "although {c} , {v} .",
            "{v} , although {c} .",
            "{v} , even if {c} .",
            "even if {c} , {v} .",
        )
    )
    return frame.format(c=conceded, v=verdict)


def _clause(draws: Draws, aspect: str, polarity: int, turns: int) -> str:
    """A clause of this polarity: its word is chosen so that the turns come out right."""
    word = _word(draws, polarity * (-1) ** turns)
    carrier_turns = turns == 2 or (turns == 1 and draws.chance(0.4))
    carrier = ""
    if carrier_turns or draws.chance(0.2):
        carrier = draws.pick(lexicon.DENYING_CARRIERS if carrier_turns else lexicon.AFFIRMING_CARRIERS) + " "
    negator = draws.pick(lexicon.NEGATORS) + " " if turns - carrier_turns else ""
    intensifier = draws.pick(lexicon.INTENSIFIERS) + " " if draws.chance(0.3) else ""
    return f"{carrier}the {aspect} was {negator}{intensifier}{word}"


def _word(draws: Draws, polarity: int) -> str:
    return draws.pick(lexicon.PRAISE if polarity > 0 else lexicon.BLAME)
