"""A tiny backbone and tiny datasets, made on the spot."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizerFast

from baselines.backbone import load_backbone
from baselines.methods.dense import build
from baselines.recipe import Request
from harness.tasks import task

WORDS = [f"{a}{b}" for a in "bcdfgklm" for b in "aeiou"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def backbone_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of 3 layers and 16 features with random weights, as save_pretrained writes it."""
    folder = tmp_path_factory.mktemp("backbone") / "tiny-bert"
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(SPECIAL + WORDS),
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        initializer_range=0.3,  # so that every input makes a difference
    )
    BertModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(SPECIAL + WORDS) + "\n")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mrpc: whether both sentences begin alike; stsb: five times the share of positions that agree."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for split, rows in {"train": 48, "validation": 16, "test": 12}.items():
        first = [rng.choice(WORDS, rng.integers(3, 9)) for _ in range(rows)]
        second = [np.where(rng.random(len(s)) < 0.5, s, rng.choice(WORDS, len(s))) for s in first]
        texts = {
            "sentence1": [" ".join(s) for s in first],
            "sentence2": [" ".join(s) for s in second],
        }
        alike = [int(a[0] == b[0]) for a, b in zip(first, second, strict=True)]
        share = [5 * float(np.mean(a == b)) for a, b in zip(first, second, strict=True)]
        for name, gold in {"mrpc": alike, "stsb": share}.items():
            (folder / name).mkdir(exist_ok=True)
            pq.write_table(pa.table({**texts, "label": gold}), folder / name / f"{split}.parquet")
    return folder


Ask = Callable[..., Request]


def _asking_in(folder: Path, data_dir: Path) -> Ask:
    def ask(**changes: object) -> Request:
        asked = {
            "name": "dense-tiny",
            "backbone_name": "tiny-bert",
            "tasks": (task("elue/mrpc"), task("elue/stsb")),
            "out": folder / "dense-tiny",
            "cache": folder / "cache",
            "data_dir": data_dir,
            "say": lambda line: None,
        }
        return Request(**{**asked, **changes})

    return ask


@pytest.fixture
def ask(tmp_path: Path, data_dir: Path) -> Ask:
    """Requests for mrpc and stsb of ELUE, into this test's own cache and folder."""
    return _asking_in(tmp_path, data_dir)


@pytest.fixture(scope="session")
def built_request(tmp_path_factory: pytest.TempPathFactory, data_dir: Path, backbone_folder: Path) -> Request:
    """A request that has been built at depths 2 and 3, to be read only."""
    request = _asking_in(tmp_path_factory.mktemp("built"), data_dir)(points=("layers-2", "layers-3"))
    build(request, load_backbone(str(backbone_folder)))
    return request
