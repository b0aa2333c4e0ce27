"""Many reports become boards: frontier, hypervolume, ELUE score, probabilities, size tracks."""

from harness.board.axes import AXES, Axis, axis
from harness.board.boards import (
    Board,
    Incomplete,
    by_point,
    incomplete_points,
    main_data,
    suite_board,
    task_board,
    task_notes,
    task_rows,
    task_weights,
)
from harness.board.front import band
from harness.board.rows import Marks, Row, compare, joint_reasons, obstacles, suite_row
from harness.board.standings import Elue, Standing, against_reference, over_suite
from harness.board.tracks import SIZE_TRACKS, TrackRow, size_track

__all__ = [
    "AXES",
    "SIZE_TRACKS",
    "Axis",
    "Board",
    "Elue",
    "Incomplete",
    "Marks",
    "Row",
    "Standing",
    "TrackRow",
    "against_reference",
    "axis",
    "band",
    "by_point",
    "compare",
    "incomplete_points",
    "joint_reasons",
    "main_data",
    "obstacles",
    "over_suite",
    "size_track",
    "suite_board",
    "suite_row",
    "task_board",
    "task_notes",
    "task_rows",
    "task_weights",
]
