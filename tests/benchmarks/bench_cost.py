"""Pricing all samples of a task with BERT-base, against the two counters in use."""

import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from fvcore.nn import FlopCountAnalysis
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig, BertForSequenceClassification

from harness.cost.counting import count_flops
from harness.cost.paths import distinct_paths
from harness.cost.template import fit, trace_sizes
from harness.cost.tracing import build_on_meta, record
from harness.tasks import task as find_task
from harness.tasks.loading import load_split

FVCORE_SAMPLES = 30
TOKENISER = Path("submissions/dense-minilm/assets/tokenizer.json")
"""Of the BERT vocabulary: the lengths are those that BERT-base would see."""


def bert_base(attention: str = "sdpa") -> nn.Module:
    return BertForSequenceClassification(BertConfig(num_labels=2, attn_implementation=attention)).eval()


def ids(tokens: int, device: str = "cpu") -> dict[str, Tensor]:
    return {"input_ids": torch.zeros(1, int(tokens), dtype=torch.long, device=device)}


def lengths_of(name: str, split: str, rows: int, mean: float, data_dir: Path | None) -> tuple[np.ndarray, str]:
    """Token counts of a real split where the data are given, else so many made-up ones around its mean."""
    if data_dir is None:
        made_up = np.random.default_rng(0).gamma(4.0, mean / 4.0, rows).astype(np.int64)
        return np.clip(made_up, 4, 512), "made-up lengths"
    from tokenizers import Tokenizer

    tokeniser = Tokenizer.from_file(str(TOKENISER))
    tokeniser.no_padding()
    loaded = load_split(find_task(f"{name}").dataset, split, data_dir)
    columns = list(loaded.texts.values())
    texts = list(columns[0]) if len(columns) == 1 else list(zip(*columns, strict=True))
    return np.array([len(encoded.ids) for encoded in tokeniser.encode_batch(texts)]), "its own lengths"


def median_seconds(function: Callable[[], object], times: int) -> float:
    function()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def ours(lengths: np.ndarray) -> np.ndarray:
    """MACs of every sample: build, trace a few lengths, make a template, price all."""
    paths = distinct_paths({"num_tokens": lengths}, None, len(lengths))
    model, recorder = build_on_meta(bert_base)
    sizes = trace_sizes(paths.distinct_sizes(), seed=0)
    template = fit([(each, record(model, ids(each["num_tokens"]), recorder)) for each in sizes])
    assert template is not None
    macs = template.price(paths).macs
    return macs[np.searchsorted(paths.sizes["num_tokens"], lengths)]


def bench_task(name: str, split: str, rows: int, mean: float, data_dir: Path | None) -> None:
    lengths, kind = lengths_of(name, split, rows, mean, data_dir)
    distinct = sorted(Counter(lengths.tolist()))
    print(f"\n{name} {split}: {len(lengths):,} samples, {len(distinct)} distinct lengths ({kind}), BERT-base")
    own = median_seconds(lambda: ours(lengths), 5)
    print(f"  paretonlp, all samples                    {own:9.3f} s")
    model = bert_base()
    chosen = np.random.default_rng(1).choice(lengths, FVCORE_SAMPLES)
    began = time.perf_counter()
    for tokens in chosen:
        analysis = FlopCountAnalysis(_Logits(model), (ids(tokens)["input_ids"],))
        analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()
    per_sample = (time.perf_counter() - began) / FVCORE_SAMPLES
    whole = per_sample * len(lengths)
    print(f"  fvcore, each sample (from {FVCORE_SAMPLES}, extrapolated) {whole:9.1f} s   {whole / own:8.0f}x")
    began = time.perf_counter()
    counted = {}
    eager = bert_base("eager")
    for tokens in distinct:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            eager(**ids(tokens))
        counted[tokens] = counter.get_total_flops() // 2
    once = time.perf_counter() - began
    print(f"  torch.utils.flop_counter, each length once{once:9.1f} s   {once / own:8.0f}x")
    equal = all(counted[int(tokens)] == macs for tokens, macs in zip(lengths, ours(lengths), strict=True))
    print(f"  MACs of every sample equal to torch's counter (attention written out): {equal}")


class _Logits(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor) -> Tensor:
        return self.model(input_ids=input_ids).logits


def bench_trace() -> None:
    with torch.device("meta"):
        model = bert_base()
    on_meta, recorder = build_on_meta(bert_base)

    def by_torch() -> None:
        with FlopCounterMode(display=False), torch.no_grad():
            model(**ids(64, "meta"))

    theirs = median_seconds(by_torch, 15)
    tracing = median_seconds(lambda: record(on_meta, ids(64), recorder), 30)
    counting = median_seconds(lambda: count_flops(model, ids(64)), 30)
    print("\none forward of BERT-base at 64 tokens on meta")
    print(f"  FlopCounterMode            {1e3 * theirs:7.1f} ms")
    print(f"  our trace                  {1e3 * tracing:7.1f} ms   {theirs / tracing:6.1f}x")
    print(f"  our trace and price, fresh {1e3 * counting:7.1f} ms   {theirs / counting:6.1f}x")


def main(data_dir: Path | None) -> None:
    torch.manual_seed(0)
    bench_trace()
    bench_task("glue/sst2", "validation", 872, 25, data_dir)
    bench_task("elue/snli", "test", 9824, 27, data_dir)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
