"""The generated datasets are what their declarations say."""

import numpy as np
import pytest

from harness.findings import ParetoNLPError
from harness.tasks import DATASETS
from harness.tasks.loading import load_split

GENERATED = [dataset for dataset in DATASETS.values() if dataset.generated]


@pytest.mark.parametrize("dataset", GENERATED, ids=lambda dataset: dataset.name)
@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_generator_makes_what_is_declared(dataset, name):
    split = load_split(dataset, name)
    assert (split.source, split.partial) == ("generated", None)
    assert set(split.texts) == set(dataset.text_columns)
    assert {len(column) for column in split.texts.values()} == {split.rows}
    assert split.rows == dataset.official_rows[name]
    if dataset.is_regression:
        low, high = dataset.score_range
        assert split.gold.dtype == np.float64
        assert low <= split.gold.min() < split.gold.max() <= high
    else:
        assert split.gold.dtype == np.int64
        assert np.unique(split.gold).tolist() == list(range(len(dataset.labels)))


def test_unknown_split_gets_a_hint():
    with pytest.raises(ParetoNLPError, match="Did you mean 'test'"):
        load_split(DATASETS["probe-sentiment"], "tets")
