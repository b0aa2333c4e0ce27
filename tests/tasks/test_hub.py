"""The Hub's path: the real ``load_dataset`` on repositories on the disk, and its failures."""

import socket
from dataclasses import replace

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.findings import ParetoNLPError
from harness.tasks import DATASETS
from harness.tasks.hub import address, hub_table
from harness.tasks.loading import load_split, load_texts
from harness.tasks.types import HubSource

SST2, SNLI, SCITAIL = DATASETS["sst2"], DATASETS["snli"], DATASETS["scitail"]


@pytest.fixture(autouse=True)
def no_network(tmp_path, monkeypatch):
    """Nothing is asked of a network, and nothing is left in the user's cache."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def repository(folder, **splits):
    """A dataset repository as the Hub keeps it, one parquet file a split."""
    folder.mkdir(parents=True)
    for split, columns in splits.items():
        pq.write_table(pa.table(columns), folder / f"{split}-00000-of-00001.parquet")
    return str(folder)


def findings(dataset, split="test", folder=None):
    with pytest.raises(ParetoNLPError) as caught:
        load_split(dataset, split, folder)
    return caught.value.findings


def test_rows_come_from_the_source_that_serves_the_split(tmp_path):
    one = repository(tmp_path / "one", train={"sentence": ["a"], "label": [1], "idx": [0]})
    two = repository(tmp_path / "two", test={"text": ["b", "c"], "label": [0, 1]})
    dataset = replace(
        SST2,
        sources=(
            HubSource(one, {"train": "train"}),
            HubSource(two, {"test": "test"}, columns={"text": "sentence"}),
        ),
    )
    train, test = load_split(dataset, "train"), load_split(dataset, "test")
    assert (train.texts, train.gold.tolist()) == ({"sentence": ("a",)}, [1])
    assert (test.texts, test.gold.tolist()) == ({"sentence": ("b", "c")}, [0, 1])
    assert test.source == f"{two}, test"


def test_a_local_file_goes_first_and_a_missing_one_falls_back(tmp_path):
    place = repository(tmp_path / "hub", test={"sentence": ["hub"], "label": [0]})
    dataset = replace(SST2, sources=(HubSource(place, {"test": "test"}),))
    (tmp_path / "data" / "sst2").mkdir(parents=True)
    assert load_split(dataset, "test", tmp_path / "data").texts["sentence"] == ("hub",)
    local = pa.table({"sentence": ["local"], "label": [1]})
    pq.write_table(local, tmp_path / "data" / "sst2" / "test.parquet")
    assert load_split(dataset, "test", tmp_path / "data").texts["sentence"] == ("local",)


def test_hub_and_directory_give_the_same_fingerprint(tmp_path):
    columns = {"premise": ["a", "b", "c"], "hypothesis": ["d", "e", "f"], "label": [0, -1, 2]}
    place = repository(tmp_path / "hub", test=columns)
    (tmp_path / "snli").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "snli" / "test.parquet")
    hub = load_split(replace(SNLI, sources=(HubSource(place, {"test": "test"}),)), "test")
    assert hub.rows == 2
    assert hub.fingerprint == load_split(SNLI, "test", tmp_path).fingerprint


def test_labels_may_be_names(tmp_path):
    columns = {"premise": ["a", "b"], "hypothesis": ["c", "d"], "label": ["neutral", "entails"]}
    place = repository(tmp_path / "hub", test=columns)
    split = load_split(replace(SCITAIL, sources=(HubSource(place, {"test": "test"}),)), "test")
    assert split.gold.tolist() == [1, 0]


def test_a_slice_of_a_split(tmp_path):
    columns = {"text": [f"review {row}" for row in range(10)], "label": [0] * 5 + [1] * 5}
    place = repository(tmp_path / "hub", train=columns)
    slices = {"train": "train[:4]+train[5:9]", "validation": "train[4:5]+train[9:]"}
    dataset = replace(DATASETS["imdb"], sources=(HubSource(place, slices),))
    assert load_split(dataset, "validation").texts["text"] == ("review 4", "review 9")
    assert load_split(dataset, "train").gold.tolist() == [0] * 4 + [1] * 4


def test_hidden_gold_is_joined_from_the_second_source(tmp_path):
    hidden = repository(tmp_path / "glue", test={"sentence": ["good ( film )", "a bore"], "label": [-1, -1]})
    labelled = repository(
        tmp_path / "sst",
        test={"text": ["a bore", "good -lrb- film -rrb-"], "label": [0, 1], "label_text": ["", ""]},
    )
    gold = HubSource(labelled, {"test": "test"}, columns={"text": "sentence"})
    dataset = replace(SST2, sources=(HubSource(hidden, {"test": "test"}, gold=gold),))
    split = load_split(dataset, "test")
    assert split.texts["sentence"] == ("good ( film )", "a bore")
    assert split.gold.tolist() == [1, 0]
    assert split.source == f"{hidden}, test; gold of {labelled}, test"
    bare = replace(SST2, sources=(HubSource(hidden, {"test": "test"}),))
    assert [finding.code for finding in findings(bare)] == ["no-gold"]


def test_texts_whose_gold_a_server_keeps_come_from_their_own_source(tmp_path):
    pairs = {"premise": ["a", "b"], "hypothesis": ["c", "d"], "label": [-1, -1], "idx": [0, 1]}
    place = repository(tmp_path / "ax", test=pairs)
    dataset = replace(DATASETS["mnli"], sources=(), unlabelled=(HubSource(place, {"ax": "test"}),))
    split = load_texts(dataset, "ax")
    assert split.texts == {"premise": ("a", "b"), "hypothesis": ("c", "d")}
    assert (split.rows, len(split.gold), split.source) == (2, 0, f"{place}, test")
    without = repository(tmp_path / "bare", test={name: pairs[name] for name in ("premise", "hypothesis")})
    bare = replace(dataset, unlabelled=(HubSource(without, {"ax": "test"}),))
    assert load_texts(bare, "ax").fingerprint == split.fingerprint


def test_a_hidden_test_set_that_is_not_there_says_what_to_bring(tmp_path):
    with pytest.raises(ParetoNLPError) as caught:
        load_texts(DATASETS["mnli"], "ax", tmp_path)
    absent, hub = caught.value.findings
    assert absent.file == str(tmp_path / "mnli" / "ax.parquet")
    assert absent.expected == "a parquet file with the columns premise, hypothesis"
    assert "nyu-mll/glue@bcdcba7 (ax), test" in str(hub)


def test_the_commit_and_the_config_are_asked_for(monkeypatch):
    asked = {}

    def load_dataset(path, name, *, split, revision):
        asked.update(path=path, name=name, split=split, revision=revision)
        return datasets.Dataset.from_dict({"premise": ["a"], "hypothesis": ["b"], "label": ["neutral"], "more": [1]})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    split = load_split(SCITAIL, "validation")
    assert asked == {
        "path": "allenai/scitail",
        "name": "tsv_format",
        "split": "validation",
        "revision": "0cc4353235b289165dfde1c7c5d1be983f99ce44",
    }
    assert split.source == "allenai/scitail@0cc4353 (tsv_format), validation"
    assert (split.rows, split.partial) == (1, "scitail, 1 of 1,304")


def test_offline_names_both_ways(tmp_path):
    absent, hub = findings(SST2)
    assert "--data-dir DIR with DIR/sst2/test.parquet (sentence, label)" in str(absent)
    assert "nyu-mll/glue@bcdcba7 (sst2), test; gold of SetFit/sst2@00ea8cc, test" in str(hub)
    absent, hub = findings(SST2, folder=tmp_path)
    assert absent.file == str(tmp_path / "sst2" / "test.parquet")
    assert hub.code == "hub"


def test_a_dataset_that_is_nowhere_on_the_hub():
    assert [finding.code for finding in findings(DATASETS["sst2-elue"])] == [
        "no-data",
        "not-on-hub",
    ]


@pytest.mark.parametrize(("splits", "config"), [({"test": "tset"}, None), ({"test": "test"}, "other-config")])
def test_a_wrong_split_or_config_is_a_finding(tmp_path, splits, config):
    place = repository(tmp_path / "hub", test={"sentence": ["a"], "label": [1]})
    dataset = replace(SST2, sources=(HubSource(place, splits, config=config),))
    assert [finding.code for finding in findings(dataset)] == ["no-data", "hub"]


def test_missing_columns_are_findings(tmp_path):
    place = repository(tmp_path / "hub", test={"text": ["a"], "label": [1]})
    dataset = replace(SST2, sources=(HubSource(place, {"test": "test"}),))
    with pytest.raises(ParetoNLPError) as caught:
        hub_table(dataset, "test")
    (finding,) = caught.value.findings
    assert (finding.code, finding.column, finding.file) == (
        "no-such-column",
        "sentence",
        f"{place}, test",
    )


def test_the_next_source_is_tried(tmp_path):
    place = repository(tmp_path / "hub", test={"sentence": ["a"], "label": [1]})
    nowhere = HubSource(str(tmp_path / "nowhere"), {"test": "test"})
    dataset = replace(SST2, sources=(nowhere, HubSource(place, {"test": "test"})))
    assert load_split(dataset, "test").rows == 1


def test_address_of_a_pinned_source():
    assert address(SNLI.sources[0], "test") == "stanfordnlp/snli@cdb5c3d (plain_text), test"


@pytest.mark.parametrize(
    ("resolves", "proxies", "offline"),
    [(True, {}, False), (False, {}, True), (False, {"https": "http://proxy:3128"}, False)],
)
def test_offline_is_noticed_without_waiting(monkeypatch, resolves, proxies, offline):
    def getaddrinfo(host, port):
        assert host == "huggingface.co"
        if not resolves:
            raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", "https://huggingface.co")
    monkeypatch.setattr("harness.tasks.hub.getproxies", lambda: proxies)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(datasets, "load_dataset", refuse)
    with pytest.raises(ParetoNLPError, match="refused"):
        hub_table(SST2, "train")
    assert offline == datasets.config.HF_HUB_OFFLINE


def refuse(*_, **__):
    raise ConnectionError("refused")
