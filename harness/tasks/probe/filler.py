"""Sentences that no task's gold depends on: they spread the lengths of the samples.

Their length is drawn without a look at gold or level, so length tells nothing about either. Half of them
hold a negator or an adverb in its place, so that a negator alone tells nothing.
"""

from harness.tasks.probe import lexicon
from harness.tasks.probe.draws import Draws


def filler(draws: Draws, room: int) -> list[str]:
    """Sentences of at most ``room`` words in all, each ending in a full stop; often none."""
    share = draws.pick((0.0, 0.0, 0.0, 0.0, 0.0, 0.15, 0.15, 0.3, 0.3, 1.0))
    wanted, words, sentences = draws.below(int(room * share) + 1), 0, list[str]()
    while True:
        sentence = _sentence(draws)
        words += len(sentence.split())
        if words > wanted:
            return sentences
        sentences.append(sentence)


def _sentence(draws: Draws) -> str:
    did = draws.pick((lexicon.FILLER_DID, lexicon.FILLER_DID_NOT))
    return f"{draws.pick(lexicon.FILLER_WHO)} {draws.pick(did)} {draws.pick(lexicon.FILLER_WHEN)} ."
