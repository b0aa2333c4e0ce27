"""A deep averaging network: the mean of the vectors of a text's n-grams, a hidden layer, a linear answer."""

from torch import nn

from ngram import SingleText, TextPair
from ngram_reader import FIRST, build_inputs, encode, num_known
from reader import card

__all__ = ["build_inputs", "build_model", "encode"]


def build_model(dataset: str, ngrams: int, width: int) -> nn.Module:
    """The model of a dataset with its ``ngrams`` commonest n-grams, or all of fewer; weights not loaded."""
    facts = card(dataset)
    network = TextPair if len(facts["columns"]) > 1 else SingleText
    return network(FIRST + num_known(dataset, ngrams), width, facts["outputs"])
