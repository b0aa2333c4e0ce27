"""Many reports become boards: frontier, hypervolume, ELUE score, probabilities, size tracks."""

from harness.board.axes import AXES, Axis, axis
from harness.board.boards import Board, Incomplete, suite_board, task_board
from harness.board.front import band
from harness.board.rows import Marks, Row, compare
from harness.board.standings import Elue, Standing
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
    "axis",
    "band",
    "compare",
    "size_track",
    "suite_board",
    "task_board",
]
