"""Points in the order that people expect."""

from baselines.ordering import natural


def test_numbers_count_by_their_size() -> None:
    names = ["rank-25", "rank-8-tuned", "rank-8", "full", "entropy-0.2", "entropy-0.05", "1-rank"]
    assert sorted(names, key=natural) == [
        "1-rank",
        "entropy-0.05",
        "entropy-0.2",
        "full",
        "rank-8",
        "rank-8-tuned",
        "rank-25",
    ]
