"""Paraphrase: do the two sentences tell of the same events (1) or not (0)?

They are where the second affirms the event that the first tells: same agent, action, patient, place and time. Synonyms,
the passive and a fronted adverbial do not change an event, and filler tells nothing of it.

Levels, by what makes a sentence no paraphrase: 0 the same wording is denied (``i doubt that``); 1 agent, action and
patient are others; 2 one slot is another, and both wordings take synonyms and fronted adverbials; 3 roles are
exchanged, and both wordings take the passive too. A paraphrase of a level has the wording of that level.
"""

from harness.tasks.probe import lexicon
from harness.tasks.probe.draws import Draws
from harness.tasks.probe.events import NAMES, Event, draw_event, other_family, wording
from harness.tasks.probe.filler import filler

LEVELS = 4
COLUMNS = ("sentence1", "sentence2")
GOLD = (0, 1)
ROOM = 125


def draw(draws: Draws, level: int, gold: float) -> tuple[tuple[str, str], float]:
    """Two sentences of this level and this gold."""
    event = draw_event(draws, place=draws.chance(0.5), time=draws.chance(0.3))
    other = event if gold or level == 0 else _changed(draws, event, level)
    first = _sentence(draws, event, level)
    second = _sentence(draws, other, level)
    if level == 0:
        second = f"{draws.pick(lexicon.AFFIRMING_CARRIERS if gold else lexicon.DENYING_CARRIERS)} {second}"
    after = filler(draws, ROOM - len(first.split()) - len(second.split()))
    return (first, " ".join((second, *after))), gold


def _sentence(draws: Draws, event: Event, level: int) -> str:
    passive, fronted = level > 2 and draws.chance(0.5), level > 1 and draws.chance(0.3)
    return wording(draws, event, synonyms=level > 1, passive=passive, fronted=fronted) + " ."


def _changed(draws: Draws, event: Event, level: int) -> Event:
    if level == 1:
        for name in NAMES[:3]:
            event = other_family(draws, event, name)
        return event
    if level == 2:
        return other_family(draws, event, draws.pick(NAMES[:3]))
    return event.with_roles_swapped()
