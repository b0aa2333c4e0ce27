"""The declarations: they hang together, and say what the papers say."""

import pytest

from harness import tasks
from harness.findings import ParetoNLPError

METRICS = {
    "accuracy",
    "f1",
    "matthews",
    "pearson",
    "spearman",
    "accuracy_f1",
    "pearson_spearman",
    "macro_f1",
    "accuracy_macro_f1",
}
REGRESSION_METRICS = {"pearson", "spearman", "pearson_spearman"}

# Table 1 of ELUE (arXiv 2110.07038): train, development, test; its SST-2 is the sentence-level one.
ELUE_TABLE_1 = {
    "sst2-elue": (8544, 1101, 2208),
    "imdb": (20000, 5000, 25000),
    "snli": (549367, 9842, 9824),
    "scitail": (23596, 1304, 2126),
    "mrpc": (3668, 408, 1725),
    "stsb": (5749, 1500, 1379),
}
# The split sizes that the GLUE and SuperGLUE releases publish: train, development.
RELEASES = {
    "cola": (8551, 1043),
    "sst2": (67349, 872),
    "qqp": (363846, 40430),
    "qnli": (104743, 5463),
    "rte": (2490, 277),
    "wnli": (635, 71),
    "boolq": (9427, 3270),
    "cb": (250, 56),
    "copa": (400, 100),
    "wic": (5428, 638),
    "wsc": (554, 104),
}

# Text columns and label names, by number, of the ``datasets`` builders (IMDb's neg and pos, spelt out).
NLI = ("entailment", "neutral", "contradiction")
BUILDERS = {
    "cola": ("sentence", ("unacceptable", "acceptable")),
    "sst2": ("sentence", ("negative", "positive")),
    "mrpc": ("sentence1 sentence2", ("not_equivalent", "equivalent")),
    "stsb": ("sentence1 sentence2", ()),
    "qqp": ("question1 question2", ("not_duplicate", "duplicate")),
    "mnli": ("premise hypothesis", NLI),
    "qnli": ("question sentence", ("entailment", "not_entailment")),
    "rte": ("sentence1 sentence2", ("entailment", "not_entailment")),
    "wnli": ("sentence1 sentence2", ("not_entailment", "entailment")),
    "boolq": ("question passage", ("False", "True")),
    "cb": ("premise hypothesis", ("entailment", "contradiction", "neutral")),
    "copa": ("premise choice1 choice2 question", ("choice1", "choice2")),
    "wic": ("word sentence1 sentence2 start1 end1 start2 end2", ("False", "True")),
    "wsc": ("text span1_text span2_text span1_index span2_index", ("False", "True")),
    "imdb": ("text", ("negative", "positive")),
    "snli": ("premise hypothesis", NLI),
    "scitail": ("premise hypothesis", ("entails", "neutral")),
    "sst2-elue": ("sentence", ("negative", "positive")),
}

# The rows of GLUE's test sets, as table 1 of the paper (arXiv 1804.07461) rounds them, and of AX (1,104).
GLUE_TABLE_1 = {
    "cola": 1_000,
    "sst2": 1_800,
    "mrpc": 1_700,
    "stsb": 1_400,
    "qqp": 391_000,
    "mnli+mnli-mm": 20_000,
    "qnli": 5_400,
    "rte": 3_000,
    "wnli": 146,
    "ax": 1_100,
}

ALL_TASKS = [task for suite in tasks.SUITES.values() for task in suite.tasks]
REAL = [dataset for dataset in tasks.DATASETS.values() if not dataset.generated]


def test_suites_hold_the_tasks_that_they_promise():
    names = {suite.name: [task.name for task in suite.tasks] for suite in tasks.SUITES.values()}
    assert names == {
        "elue": ["sst2", "imdb", "snli", "scitail", "mrpc", "stsb"],
        "glue": ["cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "mnli-mm", "qnli", "rte", "wnli"],
        "superglue": ["boolq", "cb", "copa", "rte", "wic", "wsc"],
        "probe": ["sentiment", "inference", "paraphrase", "similarity"],
        "glue-test": ["cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "mnli-mm", "qnli", "rte", "wnli", "ax"],
    }


def test_keys_are_names():
    assert all(name == suite.name for name, suite in tasks.SUITES.items())
    assert all(name == dataset.name for name, dataset in tasks.DATASETS.items())
    assert len({task.id for task in ALL_TASKS}) == len(ALL_TASKS)


@pytest.mark.parametrize("task", ALL_TASKS, ids=lambda task: task.id)
def test_task_is_sound(task):
    assert tasks.DATASETS[task.dataset.name] is task.dataset
    if task.hidden:
        assert task.split in {split for source in task.dataset.unlabelled for split in source.splits}
    else:
        assert task.rows == task.dataset.official_rows[task.split]
    assert task.metric in METRICS
    assert (task.metric in REGRESSION_METRICS) == task.dataset.is_regression
    assert tasks.task(task.id) is task
    assert tasks.SUITES[task.suite].task(task.name) is task


@pytest.mark.parametrize("dataset", tasks.DATASETS.values(), ids=lambda dataset: dataset.name)
def test_dataset_is_sound(dataset):
    assert dataset.text_columns
    assert not {"label", "idx", "index", "file", "id"} & set(dataset.text_columns)
    assert set(dataset.offset_columns) < set(dataset.text_columns)
    assert len(set(dataset.labels)) == len(dataset.labels) != 1
    assert dataset.is_regression == (dataset.score_range is not None)
    assert dataset.num_outputs == max(1, len(dataset.labels))
    for text in (dataset.description, dataset.licence, dataset.citation):
        assert text.strip()
    assert dataset.url.startswith("https://")
    assert isinstance(hash(dataset), int)


@pytest.mark.parametrize("dataset", REAL, ids=lambda dataset: dataset.name)
def test_every_split_has_one_place_on_the_hub_at_a_commit(dataset):
    if dataset.name == "sst2-elue":
        assert dataset.sources == ()
        return
    served = [split for source in dataset.sources for split in source.splits]
    assert sorted(served) == sorted(dataset.official_rows)
    for source in (*dataset.sources, *dataset.unlabelled):
        for place in (source, source.gold) if source.gold else (source,):
            assert place.id.count("/") == 1
            assert len(place.revision) == 40
            int(place.revision, 16)
            assert place.splits.keys() >= source.splits.keys()


def test_hidden_test_sets_are_those_of_glue_and_keep_no_gold():
    hidden = [task for task in ALL_TASKS if task.hidden]
    assert {task.suite for task in hidden} == {"glue-test"}
    rows = {task.name: task.rows for task in tasks.SUITES["glue-test"].tasks}
    rows["mnli+mnli-mm"] = rows.pop("mnli") + rows.pop("mnli-mm")
    assert rows == pytest.approx(GLUE_TABLE_1, rel=0.07)
    assert {task.name: task.split for task in hidden if task.split != "test"} == {
        "mnli": "test_matched",
        "mnli-mm": "test_mismatched",
        "ax": "ax",
    }
    assert all(source.gold is None for task in hidden for source in task.dataset.unlabelled)
    assert not {"test_matched", "test_mismatched", "ax"} & set(tasks.DATASETS["mnli"].official_rows)
    # where the gold is public elsewhere, the server's test set is the same one
    for name in ("sst2", "mrpc", "stsb"):
        assert rows[name] == tasks.DATASETS[name].official_rows["test"]


def test_groups_are_tasks_of_their_suite():
    assert tasks.SUITES["glue"].groups == (("mnli", "mnli-mm"),)
    for suite in tasks.SUITES.values():
        assert all(suite.task(name) for group in suite.groups for name in group)


@pytest.mark.parametrize("name", ELUE_TABLE_1)
def test_rows_are_those_of_the_elue_paper(name):
    splits = ("train", "validation", "test")
    assert tasks.DATASETS[name].official_rows == dict(zip(splits, ELUE_TABLE_1[name], strict=True))


@pytest.mark.parametrize("name", RELEASES)
def test_rows_are_those_of_the_release(name):
    rows = tasks.DATASETS[name].official_rows
    assert (rows["train"], rows["validation"]) == RELEASES[name]


def test_columns_and_labels_are_those_of_the_builders():
    declared = {dataset.name: (" ".join(dataset.text_columns), dataset.labels) for dataset in REAL}
    assert declared == BUILDERS


def test_mnli_has_two_validation_splits():
    assert tasks.DATASETS["mnli"].official_rows == {
        "train": 392702,
        "validation_matched": 9815,
        "validation_mismatched": 9832,
    }


def test_imdb_slices_cover_the_release_once():
    (source,) = tasks.DATASETS["imdb"].sources
    taken = {"train": [], "validation": []}
    for split, rows in taken.items():
        for part in source.splits[split].split("+"):
            first, last = part.removeprefix("train[").removesuffix("]").split(":")
            rows.extend(range(int(first or 0), int(last or 25000)))
    assert sorted(taken["train"] + taken["validation"]) == list(range(25000))
    assert [sum(row < 12500 for row in rows) for rows in taken.values()] == [10000, 2500]


@pytest.mark.parametrize(
    ("look_up", "name", "hint"),
    [
        (tasks.dataset, "mprc", "Did you mean 'mrpc'?"),
        (tasks.suite, "gleu", "Did you mean 'glue'?"),
        (tasks.task, "elue/mprc", "Did you mean 'elue/mrpc'?"),
        (tasks.task, "gluee/mrpc", "Did you mean 'glue'?"),
        (tasks.task, "mrpc", "elue/mrpc or glue/mrpc"),
        (tasks.task, "nothing-like-it", "elue/mrpc"),
        (tasks.dataset, "zzz", "Known: cola, sst2"),
    ],
)
def test_unknown_name_gets_a_hint(look_up, name, hint):
    with pytest.raises(ParetoNLPError) as caught:
        look_up(name)
    (finding,) = caught.value.findings
    assert hint in str(finding)
