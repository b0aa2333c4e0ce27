"""Claims and the table of results, on reports whose figures are made up, so every verdict is known beforehand."""

from collections.abc import Iterable

import numpy as np
import pytest

from baselines.claims import outcomes
from baselines.results import lines, table
from harness.report import (
    Cost,
    Distribution,
    Interval,
    Parameters,
    Report,
    Result,
    Score,
    SubmissionInfo,
    Versions,
)
from harness.store import Stored

RNG = np.random.default_rng(0)
NOISE = RNG.normal(0, 0.01, 1000)


def result(point: str, score: float, flops: float, parameters: int = 100) -> Result:
    return Result(
        suite="elue",
        task="sst2",
        point=point,
        dataset="sst2",
        split="test",
        rows=10,
        official_rows=10,
        fingerprint="f",
        key="k",
        versions=Versions(paretonlp="0", python="3", torch="2"),
        sandbox="process",
        score=Score(metric="accuracy", value=score, interval=Interval(low=score, high=score)),
        cost=Cost(
            provenance="measured",
            macs=Distribution(mean=flops / 2),
            flops=Distribution(mean=flops),
            effective_flops=flops / 2,
            tracing="template",
        ),
        parameters=Parameters(provenance="measured", total=parameters, nonzero=parameters // 4),
    )


def stored(method: str, results: Iterable[Result]) -> Stored:
    report = Report(
        submission=SubmissionInfo(name=f"{method}-tiny", method=method, backbone="tiny"),
        folder_sha256="0",
        results=tuple(results),
    )
    noise = RNG.normal(0, 0.01, 1000) if method == "deebert" else NOISE  # but for one, all vary alike
    return Stored(report, {each.replicates_key: each.score.value + noise for each in report.results})


STORE = [
    stored("dense", [result("layers-1", 0.6, 100), result("layers-2", 0.8, 200)]),
    stored("svd", [result("rank-30", 0.5, 120), result("rank-10", 0.4, 60), result("rank-30-tuned", 0.7, 120)]),
    stored("drone", [result("rank-30", 0.7, 120), result("rank-10", 0.3, 60), result("rank-30-tuned", 0.8, 120)]),
    stored("dan", [result("ngrams-1k-width-32", 0.5, 1.0)]),
    stored("pabee", [result("patience-1", 0.75, 150), result("full", 0.8, 200), result("confidence-0.9", 0.9, 50)]),
    stored("deebert", [result("entropy-0.2", 0.705, 150), result("entropy-0.4", 0.6, 120), result("full", 0.8, 200)]),
    stored("pruned", [result("omp-70-tuned", 0.6, 200), result("tamt-70", 0.55, 200), result("tamt-80", 0.5, 200)]),
]


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], str]:
    return {(each.claim, each.figures): each.verdict for each in outcomes(STORE)}


def test_each_claim_is_held_against_the_pair_that_it_is_about(found: dict[tuple[str, str], str]) -> None:
    assert {(claim, figures.split()[0]): verdict for (claim, figures), verdict in found.items()} == {
        ("DRONE >= SVD before fine-tuning", "rank-30"): "holds",
        ("DRONE >= SVD before fine-tuning", "rank-10"): "fails",
        ("DRONE >= SVD after fine-tuning", "rank-30-tuned"): "holds",
        ("TAMT >= OMP", "tamt-70"): "fails",  # tamt-80 has no partner
        ("DAN costs at most 1% of dense", "ngrams-1k-width-32:"): "holds",  # 1 of 200
        ("DAN costs at most 1% of the next", "ngrams-1k-width-32:"): "fails",  # 1 of 50
        ("PABEE passes the static depths", "patience-1:"): "holds",
        ("DeeBERT passes the static depths", "entropy-0.2:"): "open",  # by 0.5 points, give or take 2.8
    }


def test_figures_are_those_of_hand_arithmetic(found: dict[tuple[str, str], str]) -> None:
    figures = {claim: text for claim, text in found if "SVD" not in claim}
    assert figures["DAN costs at most 1% of dense"] == "ngrams-1k-width-32: 0.005 of the FLOPs of layers-2"
    assert figures["DAN costs at most 1% of the next"] == "ngrams-1k-width-32: 0.02 of the FLOPs of confidence-0.9"
    # the line from (100, 60) to (200, 80) is at 70 for 150 FLOPs; the cheaper exits are left of it and do not count
    assert figures["PABEE passes the static depths"] == "patience-1: +5.0, +5.0 to +5.0 at 150 FLOPs"
    assert figures["TAMT >= OMP"] == "tamt-70 55.0 against 60.0 (-5.0, -5.0 to -5.0)"


def test_results_are_shares_of_the_deepest_dense_model() -> None:
    rows = list(lines([entry.report for entry in STORE], "elue", "tiny"))
    assert [row.submission for row in rows][:2] == ["dense-tiny", "dense-tiny"]
    text = table([row for row in rows if row.submission in ("dense-tiny", "dan-tiny")], "elue")
    assert text.splitlines()[2:] == [
        "| dense-tiny | layers-1 | 1 | 25% | 50% | 60.0 (0.5) |",
        "| dense-tiny | layers-2 | 1 | 25% | 50% | 80.0 (1) |",
        "| dan-tiny | ngrams-1k-width-32 | 1 | 25% | 50% | 50.0 (0.005) |",
    ]
