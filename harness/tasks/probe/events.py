"""Events: who did what to whom, where and when; how one is drawn, changed and worded.

A slot holds ``(family, member)``: the members of a family are siblings (``doctor``, ``nurse``), the words of a
member are synonyms (``doctor``, ``physician``). A slot may be left open: ``a person treated the nurse``.
"""

from dataclasses import dataclass, replace
from typing import Literal

from harness.tasks.probe import lexicon
from harness.tasks.probe.draws import Draws

Slot = tuple[int, int]
Name = Literal["agent", "action", "patient", "place", "time"]
FAMILIES = {
    "agent": lexicon.PEOPLE,
    "action": lexicon.ACTIONS,
    "patient": lexicon.PEOPLE,
    "place": lexicon.PLACES,
    "time": lexicon.TIMES,
}
OPEN = {
    "agent": "a person",
    "action": "treated",
    "patient": "a person",
    "place": "in some place",
    "time": "some time",
}
"""Each as long as what it stands for, so that length does not tell how much is open."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened; two are the same event exactly where they are equal. None: left open."""

    agent: Slot | None
    action: Slot | None
    patient: Slot | None
    place: Slot | None = None
    time: Slot | None = None

    def slot(self, name: Name) -> Slot | None:
        """What fills a slot."""
        filled: Slot | None = getattr(self, name)
        return filled

    def with_roles_swapped(self) -> "Event":
        """Agent and patient exchanged."""
        return replace(self, agent=self.patient, patient=self.agent)

    def filled(self, name: Name, slot: Slot | None) -> "Event":
        """The event with one slot filled by something else, or left open."""
        slots = {each: self.slot(each) for each in NAMES} | {name: slot}
        return Event(slots["agent"], slots["action"], slots["patient"], slots["place"], slots["time"])


NAMES: tuple[Name, ...] = ("agent", "action", "patient", "place", "time")


def draw_event(draws: Draws, *, place: bool, time: bool) -> Event:
    """An event between two people of different families."""
    agent, patient = draws.some(range(len(lexicon.PEOPLE)), 2)
    return Event(
        _member(draws, "agent", agent),
        _any(draws, "action"),
        _member(draws, "patient", patient),
        _any(draws, "place") if place else None,
        _any(draws, "time") if time else None,
    )


def other_family(draws: Draws, event: Event, name: Name) -> Event:
    """The event with one slot changed to another family, which neither person has."""
    people = name in ("agent", "patient")
    taken = {slot[0] for each in (("agent", "patient") if people else (name,)) if (slot := getattr(event, each))}
    family = draws.pick([number for number in range(len(FAMILIES[name])) if number not in taken])
    return event.filled(name, _member(draws, name, family))


def sibling(draws: Draws, event: Event, name: Name) -> Event:
    """The event with one slot changed to the other member of its family; of an open slot, to anything."""
    slot = event.slot(name)
    return other_family(draws, event, name) if slot is None else event.filled(name, (slot[0], 1 - slot[1]))


def wording(
    draws: Draws, event: Event, *, synonyms: bool, passive: bool, fronted: bool, spell_open: bool = False
) -> str:
    """The event as a clause without a full stop; ``synonyms``: any word of a member, else its first.

    An open place or time is left out, or with ``spell_open`` said to be open.
    """

    def word(name: Name) -> str:
        slot = event.slot(name)
        if slot is None:
            return OPEN[name]
        words = FAMILIES[name][slot[0]][slot[1]]
        return draws.pick(words) if synonyms else words[0]

    def person(name: Name) -> str:
        return word(name) if event.slot(name) is None else f"the {word(name)}"

    agent, patient, action = person("agent"), person("patient"), word("action")
    clause = f"{patient} was {action} by {agent}" if passive else f"{agent} {action} {patient}"
    adverbials = [word(name) for name in ("place", "time") if spell_open or event.slot(name) is not None]
    if fronted and adverbials:
        return " ".join((adverbials[-1], ",", clause, *adverbials[:-1]))
    return " ".join((clause, *adverbials))


def _any(draws: Draws, name: Name) -> Slot:
    return _member(draws, name, draws.below(len(FAMILIES[name])))


def _member(draws: Draws, name: Name, family: int) -> Slot:
    return family, draws.below(len(FAMILIES[name][family]))
