"""What reaches the terminal, and in what form."""

import io
import sys

import pytest
from rich.tree import Tree

from harness.board import Marks
from harness.cli import console
from harness.cli.console import out, plain, progress, proof, show_findings, table
from harness.findings import Finding
from harness.numbers import human
from tests.cli.strangers import EVIL, harmless


def test_strings_are_shown_and_not_obeyed(capsys):
    rows = table(EVIL, "number", numbers=("number",))
    rows.add_row(EVIL, EVIL)
    tree = Tree(EVIL)
    tree.add(EVIL)
    for what in (EVIL, plain(EVIL), rows, tree):
        out.print(what, style="bold", soft_wrap=True)
        assert harmless(capsys.readouterr().out)
    out.print(":smile: [b]x[/b] [/] \x07\x9b31m tab\t")
    assert capsys.readouterr().out == ":smile: [b]x[/b] [/] \\x07\\x9b31m tab\\t\n"


def test_every_part_of_a_finding_is_harmless(capsys):
    show_findings([Finding("code", EVIL, file=EVIL, row=3, column=EVIL, expected=EVIL, remedy=EVIL)])
    shown = capsys.readouterr().err
    assert harmless(shown)
    assert shown.count("evil") == 5


def test_progress_goes_to_standard_error_and_leaves_a_redirected_output_alone(capsys, monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(console, "err", console.PlainConsole(file=terminal, force_terminal=True, width=120))
    with progress() as report:
        report(EVIL, 1, 2)
        out.print("a result")
        print("another", file=sys.stdout)
        report(EVIL, 2, 2)
    assert capsys.readouterr().out == "a result\nanother\n"
    assert "result" not in terminal.getvalue()
    assert harmless(terminal.getvalue())


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (1, "1"),
        (12.3456, "12.3"),
        (950, "950"),
        (999, "999"),
        (999.4, "999"),
        (999.6, "1k"),
        (1000, "1k"),
        (1234, "1.23k"),
        (999_499, "999k"),
        (999_600, "1M"),
        (109_482_240, "109M"),
        (11_169_792_000, "11.2G"),
        (3.5e13, "35T"),
        (-1500, "-1.5k"),
    ],
)
def test_numbers_have_three_digits_and_a_prefix(number, shown):
    assert human(number) == shown


def test_units_follow_the_prefix():
    assert (human(440_000_000, "B"), human(12, "B")) == ("440MB", "12B")


def test_proof_is_a_tick_where_the_harness_saw_it():
    assert proof(Marks("measured", "confirmed", "reproduced", "measured")) == ("✓", "✓", "✓")
    assert proof(Marks("measured", "declared", "declared", "measured")) == ("✓", "·", "·")
    assert proof(Marks("declared", "declared", "reproduced", "measured")) == ("·", "·", "✓")
