"""The data file of published rows: whole, cited, and mapped to a task only where the words agree."""

import json
from collections import Counter

import pandas as pd
import pytest

from harness.quality.metrics import METRICS
from harness.tasks import SUITES, task
from leaderboard.published.reading import HERE, citations, costs, lengths_of, results

DATASETS = {
    "CoLA": "cola", "SST-2": "sst2", "MRPC": "mrpc", "STS-B": "stsb", "QQP": "qqp", "MNLI": "mnli", "MNLI-m": "mnli",
    "MNLI-mm": "mnli", "QNLI": "qnli", "RTE": "rte", "WNLI": "wnli", "IMDb": "imdb", "SNLI": "snli",
    "SciTail": "scitail", "BoolQ": "boolq", "COPA": "copa", "WiC": "wic", "WSC": "wsc",
}  # fmt: skip
METRIC_WORDS = {
    "accuracy": {"accuracy", "accuracy m", "accuracy mm", "accuracy (CoLA: as reported)"},
    "matthews": {"matthews"},
    "accuracy_f1": {"mean_acc_f1"},
    "pearson_spearman": {"mean_pearson_spearman"},
}
ONLY_METRIC = "GLUE dev metric as published"
"""Says which metric it is where GLUE defines one for the task."""
SPLIT_WORDS = {"elue": {"test"}, "glue": {"dev", "validation"}, "superglue": {"dev", "validation"}}
ELUE = ("liu2022elue", "sun2021slides", "elue-site", "sun2022hashee")


def mapped() -> pd.DataFrame:
    return results()[results()["task"] != ""]


def test_no_row_is_lost() -> None:
    rows = results()
    assert len(rows) == 1138
    assert not rows.duplicated().any()


def test_a_row_has_a_task_or_a_reason_why_not() -> None:
    rows = results()
    assert ((rows["task"] == "") != (rows["unmapped"] == "")).all()


def test_task_split_and_metric_of_a_mapped_row_agree_with_its_words() -> None:
    for row in mapped().itertuples():
        found = task(row.task)
        assert DATASETS[row.task_words] == found.dataset.name, row
        assert row.split_words in SPLIT_WORDS[found.suite], row
        if row.metric_words == ONLY_METRIC:
            assert len(METRICS[found.metric].parts) == 1, row
        else:
            assert row.metric_words in METRIC_WORDS[found.metric], row


def test_matched_and_mismatched_are_told_apart() -> None:
    words = mapped()[["task_words", "metric_words", "task"]]
    for row in words[words["task"].str.startswith("glue/mnli")].itertuples():
        mismatched = row.task_words == "MNLI-mm" or row.metric_words == "accuracy mm"
        assert row.task == ("glue/mnli-mm" if mismatched else "glue/mnli")


def test_sst2_of_elue_is_no_task_of_ours() -> None:
    rows = results()
    own = rows[rows["citation"].isin(ELUE) & (rows["split_words"] == "test") & (rows["task_words"] == "SST-2")]
    own = own[(own["citation"] != "liu2022elue") | (own["place"] != "Table 2")]  # that one is GLUE's test set
    assert len(own) == 18 + 9 + 9 + 8 + 30 + 15  # table 3, table 5, slides, leaderboard, chart, HashEE
    assert (own["task"] == "").all()


def test_scores_that_are_drawn_are_fractions() -> None:
    rows = mapped()
    assert set(rows["unit"]) == {"fraction"}
    assert rows["score"].between(0.3, 1).all()


@pytest.mark.parametrize(
    ("citation", "method", "variant", "drawn_on", "score"),
    [
        ("liu2022elue", "BERT-base", "full", "glue/cola", 0.565),
        ("liu2022elue", "BERT-base", "full", "elue/snli", 0.904),
        ("liu2022elue", "RoBERTa-base", "first 6 layers", "elue/stsb", 0.845),
        ("sun2022hashee", "ElasticBERT-base", "3L", "elue/mrpc", 0.831),
        ("sun2022hashee", "DeeBERT", "one operating point", "elue/snli", 0.481),
        ("zhou2020pabee", "PABEE", "ALBERT-base", "glue/rte", 0.801),
        ("fnet-card", "FNet", "base PyTorch", "glue/qqp", 0.865),
        ("tahaei2022kronecker", "KroneckerBERT", "KroneckerBERT21", "glue/cola", 0.34),
        ("drone-tinybert", "TinyBERT-4L-312", "baseline rank 312", "glue/wnli", 0.5634),
        ("modular-training", "t5-small", "baseline", "superglue/rte", 0.5884),
    ],
)
def test_known_results(citation: str, method: str, variant: str, drawn_on: str, score: float) -> None:
    rows = mapped()
    own = rows[(rows["citation"] == citation) & (rows["method"] == method) & (rows["variant"] == variant)]
    assert score in own.loc[own["task"] == drawn_on, "score"].tolist()


def test_means_that_elue_prints_are_those_of_its_rows() -> None:
    table = results().query("citation == 'liu2022elue' and place == 'Table 3'")
    means = 0
    for _, own in table.groupby(["method", "variant"]):
        scores = own.set_index("task_words")["score"]
        assert scores.drop("ELUE-avg").mean() == pytest.approx(scores["ELUE-avg"], abs=0.00051)
        means += 1
    assert means == 18


def test_every_row_is_cited_and_every_citation_is_used() -> None:
    assert set(results()["citation"]) == set(citations())
    labels = [citation["label"] for citation in citations().values()]
    assert max(Counter(labels).values()) == 1
    for citation in citations().values():
        assert citation["title"]
        assert citation["venue"]
        assert citation["read"]
        assert citation["url"] == "" or citation["url"].startswith("https://")


def test_costs_are_drawn_only_with_what_they_need() -> None:
    rows = results()
    assert set(rows["cost"]) == {"", "priced", "priced with zeros", "flops", "speedup"}
    assert (rows["cost"].str.startswith("priced") == (rows["architecture"] != "")).all()
    assert set(rows["architecture"]) - {""} <= set(costs())
    assert rows.loc[rows["cost"] == "flops", "flops_of"].unique().tolist() == ["this task, 2 x MACs"]
    assert rows.loc[rows["cost"] == "speedup", "speedup_of"].unique().tolist() == ["FLOPs of BERT-base over its own"]
    assert (rows["flops"].notna() == (rows["flops_of"] != "")).all()
    assert (rows["speedup"].notna() == (rows["speedup_of"] != "")).all()


def test_parameters_of_an_architecture_are_about_those_that_papers_print() -> None:
    rows = results()[(results()["architecture"] != "") & results()["params"].notna()]
    assert len(rows) > 200
    ours = [next(iter(costs()[name]["splits"].values()))["parameters"] for name in rows["architecture"]]
    assert ((pd.Series(ours, rows.index) / rows["params"] - 1).abs() < 0.05).all()


def test_every_drawn_task_has_lengths() -> None:
    for name in set(mapped()["task"]):
        assert lengths_of(task(name)).startswith("the lengths of ")
    assert lengths_of(task("glue/mrpc")) == "the lengths of all 408 samples"
    assert "7,600 of 40,430" in lengths_of(task("glue/qqp"))
    assert "for those of mnli/validation_mismatched are not known" in lengths_of(task("glue/mnli-mm"))
    assert lengths_of(SUITES["probe"].tasks[0]) == ""


def test_the_files_hold_numbers_and_no_text_of_a_data_set() -> None:
    for counts in json.loads((HERE / "lengths.json").read_text()).values():
        assert all(tokens.isdigit() and isinstance(samples, int) for tokens, samples in counts.items())
