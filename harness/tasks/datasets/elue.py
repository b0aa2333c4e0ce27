"""The datasets of ELUE (Liu et al. 2022, arXiv 2110.07038, table 1) that are not GLUE's; and ELUE's
own SST-2."""

from harness.tasks.types import Dataset, HubSource

IMDB = Dataset(
    name="imdb",
    description="Is the film review positive?",
    text_columns=("text",),
    labels=("negative", "positive"),
    sources=(
        HubSource(
            "stanfordnlp/imdb",
            {
                "train": "train[:10000]+train[12500:22500]",
                "validation": "train[10000:12500]+train[22500:]",
                "test": "test",
            },
            config="plain_text",
            revision="e6281661ce1c48d982bc483cf8a173c1bbeb5d31",
            note="train is 12,500 negative reviews, then 12,500 positive; the last 2,500 of each are held out",
        ),
    ),
    official_rows={"train": 20_000, "validation": 5_000, "test": 25_000},
    licence="no explicit licence, cite the paper",
    citation="Maas et al. (2011). Learning word vectors for sentiment analysis. ACL.",
    url="https://ai.stanford.edu/~amaas/data/sentiment/",
    note="The release has 25,000 train reviews and no validation split. ELUE holds out 5,000, half "
    "of each label, but published no list: the reviews held out here are as many, not the same. "
    "File names give the label away and are never read.",
)

SNLI = Dataset(
    name="snli",
    description="Does the premise entail, contradict or leave open the hypothesis?",
    text_columns=("premise", "hypothesis"),
    labels=("entailment", "neutral", "contradiction"),
    sources=(
        HubSource(
            "stanfordnlp/snli",
            {"train": "train", "validation": "validation", "test": "test"},
            config="plain_text",
            revision="cdb5c3d5eed6ead6e5a341c8e56e669bb666725b",
        ),
    ),
    official_rows={"train": 549_367, "validation": 9_842, "test": 9_824},
    licence="CC BY-SA 4.0",
    citation="Bowman et al. (2015). A large annotated corpus for learning natural language inference. EMNLP.",
    url="https://nlp.stanford.edu/projects/snli/",
    drops_unlabelled=True,
    note="Pairs on which the annotators did not agree have no gold (-1) and are left out, as is "
    "usual; the index counts the rows that stay.",
)

SCITAIL = Dataset(
    name="scitail",
    description="Does the sentence from the web entail the science statement?",
    text_columns=("premise", "hypothesis"),
    labels=("entails", "neutral"),
    sources=(
        HubSource(
            "allenai/scitail",
            {"train": "train", "validation": "validation", "test": "test"},
            config="tsv_format",
            revision="0cc4353235b289165dfde1c7c5d1be983f99ce44",
        ),
    ),
    official_rows={"train": 23_596, "validation": 1_304, "test": 2_126},
    licence="Apache-2.0 (release); web sentences keep their own terms",
    citation="Khot, Sabharwal, Clark (2018). SciTail: a textual entailment dataset from science "
    "question answering. AAAI.",
    url="https://allenai.org/data/scitail",
)

SST2_ELUE = Dataset(
    name="sst2-elue",
    description="Is the sentence from a film review positive?",
    text_columns=("sentence",),
    labels=("negative", "positive"),
    sources=(),
    official_rows={"train": 8_544, "validation": 1_101, "test": 2_208},
    licence="no explicit licence, research use",
    citation="Socher et al. (2013). Recursive deep models for semantic compositionality over a "
    "sentiment treebank. EMNLP; selected by Liu et al. (2022). Towards efficient NLP. NAACL.",
    url="https://nlp.stanford.edu/sentiment/",
    note="ELUE's sentence-level version, which its site handed out and no public place keeps: read "
    "from --data-dir only. Its published scores (88 to 90 for good models) are on other rows than "
    "those of sst2 (93 to 95) and are never compared with them.",
)

DATASETS = (IMDB, SNLI, SCITAIL, SST2_ELUE)
