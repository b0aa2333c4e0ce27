"""Similarity: how much of what the two sentences tell is the same, from 0 to 5?

Both tell one event of five slots: agent, action, patient, place, time. The score is 5, less 1 for a slot whose two
fillers are of different families or that one sentence leaves open, and less 0.5 for siblings (``doctor``,
``nurse``). Synonyms and wording cost nothing.

Levels, by what differs: 0 slots left open; 1 other fillers too; 2 siblings, synonyms and fronted adverbials too; 3 the
passive and exchanged roles too.
"""

from harness.tasks.probe.draws import Draws
from harness.tasks.probe.events import NAMES, Event, draw_event, other_family, sibling, wording
from harness.tasks.probe.filler import filler

LEVELS = 4
COLUMNS = ("sentence1", "sentence2")
GOLD = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
ROOM = 125


def score(one: Event, other: Event) -> float:
    """5 less what differs."""
    total = 5.0
    for name in NAMES:
        ours, theirs = one.slot(name), other.slot(name)
        if ours is None or theirs is None:
            total -= ours != theirs
        else:
            total -= 1.0 if ours[0] != theirs[0] else 0.5 * (ours[1] != theirs[1])
    return total


def draw(draws: Draws, level: int, gold: float) -> tuple[tuple[str, str], float]:
    """Two sentences of this level whose score is about ``gold``."""
    event = draw_event(draws, place=True, time=True)
    other = event
    changed = 5 - int(gold)
    if level == 3 and changed >= 2 and draws.chance(0.4):
        other = other.with_roles_swapped()
        slots = draws.some(NAMES[1:2] + NAMES[3:], min(changed - 2, 3))
    else:
        slots = draws.some(NAMES, changed)
    for name in slots:
        if level == 0 or draws.chance(0.4):
            other = other.filled(name, None)
        elif level > 1 and draws.chance(0.3):
            other = sibling(draws, other, name)
        else:
            other = other_family(draws, other, name)
    first, second = _sentence(draws, event, level), _sentence(draws, other, level)
    after = filler(draws, ROOM - len(first.split()) - len(second.split()))
    return (first, " ".join((second, *after))), score(event, other)


def _sentence(draws: Draws, event: Event, level: int) -> str:
    passive, fronted = level > 2 and draws.chance(0.5), level > 1 and draws.chance(0.3)
    clause = wording(draws, event, synonyms=level > 1, passive=passive, fronted=fronted, spell_open=True)
    return f"{clause} ."
