"""The four generated datasets of the probe suite; ``harness.tasks.probe`` says how their rows come
about."""

from harness.tasks.types import Dataset


def _probe(kind: str, description: str, text_columns: tuple[str, ...], labels: tuple[str, ...]) -> Dataset:
    return Dataset(
        name=f"probe-{kind}",
        description=description,
        text_columns=text_columns,
        labels=labels,
        sources=(),
        official_rows={"train": 16_000, "validation": 1_000, "test": 2_000},
        licence="Apache-2.0: generated from a seed, nobody's text",
        citation="This project.",
        url="https://github.com/paretonlp/paretonlp",
        score_range=None if labels else (0.0, 5.0),
        generated=True,
    )


SENTIMENT = _probe(
    "sentiment",
    "Is the review positive, with negations and contrasts taken into account?",
    ("text",),
    ("negative", "positive"),
)
INFERENCE = _probe(
    "inference",
    "Does the premise entail, contradict or leave open the hypothesis?",
    ("premise", "hypothesis"),
    ("entailment", "neutral", "contradiction"),
)
PARAPHRASE = _probe(
    "paraphrase",
    "Do the two sentences say the same?",
    ("sentence1", "sentence2"),
    ("not_paraphrase", "paraphrase"),
)
SIMILARITY = _probe(
    "similarity",
    "How much do the two sentences have in common, from 0 to 5?",
    ("sentence1", "sentence2"),
    (),
)

DATASETS = (SENTIMENT, INFERENCE, PARAPHRASE, SIMILARITY)
