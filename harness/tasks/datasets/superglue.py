"""Five datasets of SuperGLUE (Wang et al. 2019, arXiv 1905.00537); RTE, the sixth, is GLUE's.

WiC and WSC ask about places in a text. A model may see those places, as the reference systems of
SuperGLUE do: ``offset_columns`` are handed over as strings beside the texts. A model that has no
use for them ignores them.
"""

from harness.tasks.types import Dataset, HubSource

SUPERGLUE_REVISION = "3de24cf8022e94f4ee4b9d55a6f539891524d646"


def _superglue(config: str) -> tuple[HubSource, ...]:
    splits = {"train": "train", "validation": "validation"}
    return (HubSource("aps/super_glue", splits, config=config, revision=SUPERGLUE_REVISION),)


BOOLQ = Dataset(
    name="boolq",
    description="Is the answer to the question yes, says the passage?",
    text_columns=("question", "passage"),
    labels=("False", "True"),
    sources=_superglue("boolq"),
    official_rows={"train": 9_427, "validation": 3_270},
    licence="CC BY-SA 3.0",
    citation="Clark et al. (2019). BoolQ: exploring the surprising difficulty of natural yes/no questions. NAACL.",
    url="https://github.com/google-research-datasets/boolean-questions",
)

CB = Dataset(
    name="cb",
    description="Is the writer committed to the embedded clause?",
    text_columns=("premise", "hypothesis"),
    labels=("entailment", "contradiction", "neutral"),
    sources=_superglue("cb"),
    official_rows={"train": 250, "validation": 56},
    licence="no explicit licence, research use",
    citation="de Marneffe, Simons, Tonhauser (2019). The CommitmentBank: investigating projection "
    "in naturally occurring discourse. Sinn und Bedeutung 23.",
    url="https://github.com/mcdm/CommitmentBank",
    note="Label 1 is contradiction here, unlike in SNLI and MNLI.",
)

COPA = Dataset(
    name="copa",
    description="Which choice is the more likely cause or effect of the premise?",
    text_columns=("premise", "choice1", "choice2", "question"),
    labels=("choice1", "choice2"),
    sources=_superglue("copa"),
    official_rows={"train": 400, "validation": 100},
    licence="BSD 2-clause",
    citation="Roemmele, Bejan, Gordon (2011). Choice of plausible alternatives: an evaluation of "
    "commonsense causal reasoning. AAAI Spring Symposium.",
    url="https://people.ict.usc.edu/~gordon/copa.html",
    note="``question`` is the word ``cause`` or ``effect``.",
)

WIC = Dataset(
    name="wic",
    description="Does the word have the same sense in both sentences?",
    text_columns=("word", "sentence1", "sentence2", "start1", "end1", "start2", "end2"),
    labels=("False", "True"),
    sources=_superglue("wic"),
    official_rows={"train": 5_428, "validation": 638},
    licence="CC BY-NC 4.0",
    citation="Pilehvar, Camacho-Collados (2019). WiC: the word-in-context dataset. NAACL.",
    url="https://pilehvar.github.io/wic/",
    offset_columns=("start1", "end1", "start2", "end2"),
    note="Offsets are in characters, the end exclusive: the word may be inflected and occur twice.",
)

WSC = Dataset(
    name="wsc",
    description="Does the pronoun (span 2) mean the noun phrase (span 1)?",
    text_columns=("text", "span1_text", "span2_text", "span1_index", "span2_index"),
    labels=("False", "True"),
    sources=_superglue("wsc"),
    official_rows={"train": 554, "validation": 104},
    licence="CC BY 4.0",
    citation="Levesque, Davis, Morgenstern (2012). The Winograd schema challenge. KR.",
    url="https://cs.nyu.edu/~davise/papers/WinogradSchemas/WS.html",
    offset_columns=("span1_index", "span2_index"),
    note="Indices count words between spaces. The release as it is: the case of a span may differ "
    "from the text's, which the Hub's ``wsc.fixed`` mends.",
)

DATASETS = (BOOLQ, CB, COPA, WIC, WSC)
