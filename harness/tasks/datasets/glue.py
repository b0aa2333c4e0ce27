"""The nine datasets of GLUE (Wang et al. 2019, arXiv 1804.07461), and MRPC, SST-2 and STS-B with
their test gold.

The Hub's ``nyu-mll/glue`` sets the label of its hidden test splits to -1. The gold of three of them
has long been public elsewhere: MRPC's is in the same place; SST-2's and STS-B's are joined to
GLUE's own rows by text, so that a sample has the index that GLUE gives it, wherever its gold was
found. As ``unlabelled``, all test splits are there as GLUE's server wants them answered: texts alone.
"""

from harness.tasks.types import Dataset, HubSource

GLUE_REVISION = "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"
TRAINING = ("train", "validation")


def _glue(config: str, *splits: str) -> HubSource:
    return HubSource("nyu-mll/glue", {split: split for split in splits}, config=config, revision=GLUE_REVISION)


def _glue_test(config: str, gold: HubSource) -> HubSource:
    return HubSource("nyu-mll/glue", {"test": "test"}, config=config, revision=GLUE_REVISION, gold=gold)


COLA = Dataset(
    name="cola",
    description="Is the sentence grammatical English?",
    text_columns=("sentence",),
    labels=("unacceptable", "acceptable"),
    sources=(_glue("cola", *TRAINING),),
    unlabelled=(_glue("cola", "test"),),
    official_rows={"train": 8_551, "validation": 1_043},
    licence="excerpts of published linguistics, research use",
    citation="Warstadt, Singh, Bowman (2019). Neural network acceptability judgments. TACL 7.",
    url="https://nyu-mll.github.io/CoLA/",
)

SST2 = Dataset(
    name="sst2",
    description="Is the phrase from a film review positive?",
    text_columns=("sentence",),
    labels=("negative", "positive"),
    sources=(
        _glue("sst2", *TRAINING),
        _glue_test(
            "sst2",
            gold=HubSource(
                "SetFit/sst2",
                {"test": "test"},
                revision="00ea8ccb7a54b4e3780a3e51aa3f80361ff849c0",
                columns={"text": "sentence"},
                note="the same 1,821 sentences in the treebank's order, with their labels",
            ),
        ),
    ),
    unlabelled=(_glue("sst2", "test"),),
    official_rows={"train": 67_349, "validation": 872, "test": 1_821},
    licence="no explicit licence, research use",
    citation="Socher et al. (2013). Recursive deep models for semantic compositionality over a "
    "sentiment treebank. EMNLP.",
    url="https://nlp.stanford.edu/sentiment/",
    note="GLUE's version: phrases in train, sentences in validation and test. ELUE's own is sst2-elue.",
)

MRPC = Dataset(
    name="mrpc",
    description="Do the two sentences say the same?",
    text_columns=("sentence1", "sentence2"),
    labels=("not_equivalent", "equivalent"),
    sources=(_glue("mrpc", *TRAINING, "test"),),
    unlabelled=(_glue("mrpc", "test"),),
    official_rows={"train": 3_668, "validation": 408, "test": 1_725},
    licence="Microsoft Research licence, research use",
    citation="Dolan, Brockett (2005). Automatically constructing a corpus of sentential paraphrases. IWP.",
    url="https://www.microsoft.com/en-us/download/details.aspx?id=52398",
)

STSB = Dataset(
    name="stsb",
    description="How similar are the two sentences, from 0 to 5?",
    text_columns=("sentence1", "sentence2"),
    labels=(),
    sources=(
        _glue("stsb", *TRAINING),
        _glue_test(
            "stsb",
            gold=HubSource(
                "mteb/stsbenchmark-sts",
                {"test": "test"},
                revision="b0fddb56ed78048fa8b90373c8a3cfc37b684831",
                columns={"score": "label"},
                note="scores from 0 to 5, as in the original benchmark",
            ),
        ),
    ),
    unlabelled=(_glue("stsb", "test"),),
    official_rows={"train": 5_749, "validation": 1_500, "test": 1_379},
    licence="scores CC BY-SA 4.0; source texts keep their own terms",
    citation="Cer et al. (2017). SemEval-2017 task 1: semantic textual similarity. SemEval.",
    url="https://ixa2.si.ehu.eus/stswiki/index.php/STSbenchmark",
    score_range=(0.0, 5.0),
)

QQP = Dataset(
    name="qqp",
    description="Do the two questions ask the same?",
    text_columns=("question1", "question2"),
    labels=("not_duplicate", "duplicate"),
    sources=(_glue("qqp", *TRAINING),),
    unlabelled=(_glue("qqp", "test"),),
    official_rows={"train": 363_846, "validation": 40_430},
    licence="Quora terms of service, non-commercial",
    citation="Iyer, Dandekar, Csernai (2017). First Quora dataset release: question pairs.",
    url="https://quoradata.quora.com/First-Quora-Dataset-Release-Question-Pairs",
)

MNLI = Dataset(
    name="mnli",
    description="Does the premise entail, contradict or leave open the hypothesis?",
    text_columns=("premise", "hypothesis"),
    labels=("entailment", "neutral", "contradiction"),
    sources=(_glue("mnli", "train", "validation_matched", "validation_mismatched"),),
    unlabelled=(
        _glue("mnli", "test_matched", "test_mismatched"),
        HubSource(
            "nyu-mll/glue",
            {"ax": "test"},
            config="ax",
            revision=GLUE_REVISION,
            note="GLUE's diagnostic set, answered by a model of MNLI",
        ),
    ),
    official_rows={
        "train": 392_702,
        "validation_matched": 9_815,
        "validation_mismatched": 9_832,
    },
    licence="mixed by genre: OANC, CC BY 3.0, CC BY-SA 3.0, permissive, public domain",
    citation="Williams, Nangia, Bowman (2018). A broad-coverage challenge corpus for sentence "
    "understanding through inference. NAACL.",
    url="https://cims.nyu.edu/~sbowman/multinli/",
)

QNLI = Dataset(
    name="qnli",
    description="Does the sentence hold the answer to the question?",
    text_columns=("question", "sentence"),
    labels=("entailment", "not_entailment"),
    sources=(_glue("qnli", *TRAINING),),
    unlabelled=(_glue("qnli", "test"),),
    official_rows={"train": 104_743, "validation": 5_463},
    licence="CC BY-SA 4.0 (from SQuAD)",
    citation="Rajpurkar et al. (2016). SQuAD: 100,000+ questions for machine comprehension of "
    "text. EMNLP; recast by Wang et al. (2019). GLUE. ICLR.",
    url="https://rajpurkar.github.io/SQuAD-explorer/",
)

RTE = Dataset(
    name="rte",
    description="Does the first text entail the second?",
    text_columns=("sentence1", "sentence2"),
    labels=("entailment", "not_entailment"),
    sources=(_glue("rte", *TRAINING),),
    unlabelled=(_glue("rte", "test"),),
    official_rows={"train": 2_490, "validation": 277},
    licence="PASCAL RTE challenges, research use",
    citation="Dagan, Glickman, Magnini (2006); Bar-Haim et al. (2006); Giampiccolo et al. (2007); "
    "Bentivogli et al. (2009). The PASCAL recognising textual entailment challenges.",
    url="https://aclweb.org/aclwiki/Recognizing_Textual_Entailment",
    note="SuperGLUE hands out the same rows in the same order (a few quotation marks differ); "
    "both suites read this one.",
)

WNLI = Dataset(
    name="wnli",
    description="Is the sentence with the pronoun resolved entailed by the original?",
    text_columns=("sentence1", "sentence2"),
    labels=("not_entailment", "entailment"),
    sources=(_glue("wnli", *TRAINING),),
    unlabelled=(_glue("wnli", "test"),),
    official_rows={"train": 635, "validation": 71},
    licence="CC BY 4.0 (Winograd schemas)",
    citation="Levesque, Davis, Morgenstern (2012). The Winograd schema challenge. KR; recast by "
    "Wang et al. (2019). GLUE. ICLR.",
    url="https://cs.nyu.edu/~davise/papers/WinogradSchemas/WS.html",
    note="Adversarial to its train split: most models do no better than the majority label.",
)

DATASETS = (COLA, SST2, MRPC, STSB, QQP, MNLI, QNLI, RTE, WNLI)
