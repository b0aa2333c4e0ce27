import pytest


def test_differences_on_the_same_resamples_and_ratios_of_costs(run, three, width):
    width(120)
    outcome = run("compare", "dense:full", "tiny", "--store", three)
    assert (outcome.code, outcome.err) == (0, "")
    # replicates are the score plus the same spread for all, so the difference does not vary
    cells = outcome.out.splitlines()[-1].split()
    task, score, other, difference, interval, better, flops, parameters = (
        cells[0], cells[1], cells[2:4], cells[4], cells[5:8], *cells[8:]
    )  # fmt: skip
    assert outcome.out.startswith("first: dense:full   second: tiny\n")
    assert (task, score, other) == ("elue/mrpc", "87.65", ["p", "81.00"])  # a point that was named is not named again
    assert (difference, better) == ("+6.65", "100%")
    assert [float(bound) for bound in (interval[0], interval[2])] == pytest.approx([6.65, 6.65], abs=0.051)
    assert (flops, parameters) == ("11.2", f"{109_000_000 / 12_345_678:.3g}")


@pytest.mark.parametrize("columns", [80, 120])
def test_all_points_of_both_but_none_with_itself(run, three, width, columns):
    width(columns)
    outcome = run("compare", "dense", "tiny", "--store", three)
    assert sum(line.startswith("elue/mrpc") for line in outcome.out.splitlines()) == 2
    assert max(map(len, outcome.out.splitlines())) <= columns
    itself = run("compare", "dense", "dense", "--store", three)
    assert sum(line.startswith("elue/mrpc") for line in itself.out.splitlines()) == 2
    alone = run("compare", "tiny", "tiny", "--store", three)
    assert (alone.code, alone.out) == (1, "")
    assert "nothing-to-compare" in alone.err


def test_long_names_fold_and_numbers_stay_whole(run, store, width):
    width(80)
    long = "a-rather-long-name-of-a-point-that-has-sixty-four-letters-and-so"
    path = store(*((name, [{"point": f"{long}-{name}", "task": "validation-task"}]) for name in ("one", "two")))
    lines = run("compare", "one", "two", "--store", path).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split()[-7:] == ["+0.00", "+0.0", "to", "+0.0", "50%", "1", "1"] for line in lines)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("dens", "tiny"), "Did you mean 'dense'?"),
        (("dense", "tny"), "Did you mean 'tiny'?"),
        (("dense:fulll", "tiny"), "Did you mean 'full'?"),
        (("dense", "tiny:q"), "Known: p."),
    ],
)
def test_wrong_names_get_a_hint(run, three, words, hint):
    outcome = run("compare", *words, "--store", three)
    assert (outcome.code, outcome.out) == (1, "")
    assert hint in outcome.err


def test_other_data_are_not_compared(run, store):
    path = store(("one", [{}]), ("two", [{"fingerprint": "0" * 64}]))
    outcome = run("compare", "one", "two", "--store", path)
    assert (outcome.code, outcome.out) == (1, "")
    assert "not evaluated on the same data" in outcome.err


def test_a_broken_report_is_named_and_the_rest_is_compared(run, three):
    (three / "broken").mkdir()
    (three / "broken" / "report.json").write_text("{")
    outcome = run("compare", "dense", "tiny", "--store", three)
    assert outcome.code == 0
    assert "report-broken" in outcome.err
