from pathlib import Path
from threading import Thread

from baselines.locking import alone


def test_the_second_waits_until_the_first_is_done(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with alone(tmp_path / "folder", tmp_path / "cache", order.append):
            order.append("second")

    with alone(tmp_path / "folder", tmp_path / "cache", order.append):
        thread = Thread(target=second)
        thread.start()
        while not order:
            thread.join(0.01)
        order.append("first")
    thread.join()
    assert order[1:] == ["first", "second"]
    assert "another process is at work on it" in order[0]


def test_places_of_one_name_are_apart_and_a_place_is_the_same_by_any_path(tmp_path: Path) -> None:
    lines: list[str] = []
    with (
        alone(tmp_path / "a" / "folder", tmp_path / "cache", lines.append),
        alone(tmp_path / "b" / "folder", tmp_path / "cache", lines.append),
    ):
        assert lines == []
        assert len(list((tmp_path / "cache" / "locks").iterdir())) == 2
    with alone(tmp_path / "b" / ".." / "a" / "folder", tmp_path / "cache", lines.append):
        pass
    assert len(list((tmp_path / "cache" / "locks").iterdir())) <= 2  # the lock of before, or it alone was removed


def test_a_failure_lets_go(tmp_path: Path) -> None:
    lines: list[str] = []
    try:
        with alone(tmp_path / "folder", tmp_path / "cache", lines.append):
            raise KeyError
    except KeyError:
        with alone(tmp_path / "folder", tmp_path / "cache", lines.append):
            assert lines == []
