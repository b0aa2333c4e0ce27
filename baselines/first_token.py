"""What an exit can read: how far the first token differs from text to text, layer by layer.

``python -m baselines.first_token BACKBONE [DATA]`` prints, for 200 texts of SST-2 (else of the probe), the deviation
of the hidden state between texts as a share of its mean's length: of the first token, and of the mean over tokens.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModel

from baselines.backbone import load_backbone
from harness.tasks import task
from harness.tasks.loading import load_split

TEXTS = 200


def variation(states: Sequence[Tensor]) -> float:
    """Of vectors [features], one a text: root of the summed variances over the length of the mean vector."""
    stacked = torch.stack(list(states))
    return (stacked.var(dim=0).sum().sqrt() / stacked.mean(dim=0).norm()).item()


@torch.no_grad()
def layers(source: str, texts: Sequence[str]) -> list[tuple[float, float]]:
    """Behind the embeddings and behind each layer: the variation of the first token, and of the mean of tokens."""
    tokenizer = load_backbone(source).tokenizer
    model = AutoModel.from_pretrained(source).eval()
    hidden = [
        model(input_ids=torch.tensor([tokenizer.encode(text).ids]), output_hidden_states=True).hidden_states
        for text in texts
    ]
    return [
        (variation([state[0, 0] for state in at_depth]), variation([state[0].mean(dim=0) for state in at_depth]))
        for at_depth in zip(*hidden, strict=True)
    ]


def main() -> None:
    """The command."""
    source, *data_dir = sys.argv[1:]
    dataset = task("elue/sst2" if data_dir else "probe/sentiment").dataset
    split = load_split(dataset, "validation", Path(data_dir[0]) if data_dir else None)
    texts = split.texts[dataset.text_columns[0]][:TEXTS]
    print("| layer | first token | mean of tokens |\n| ---: | ---: | ---: |")
    for depth, (first, mean) in enumerate(layers(source, texts)):
        print(f"| {depth} | {first:.4f} | {mean:.3f} |")


if __name__ == "__main__":
    main()
