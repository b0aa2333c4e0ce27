"""What an older version of a submission folder has beside a new one: points, datasets, predictions."""

import json
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.findings import ParetoNLPError
from harness.submission import Manifest, Point, read_manifest
from harness.submission.digests import STATED_FILE, file_digests, read_stated_digests
from harness.tasks import task as find_task

WRITTEN_BY_THE_HARNESS = ("report.json", "replicates.npz")

Place = tuple[str, ...]
"""Where a fact is: the parts of a file's path under ``assets/``, then the keys in it."""


def join(old: Path, new: Path, points: Iterable[Point], digests: dict[str, str]) -> tuple[Point, ...]:
    """Bring into ``new`` what ``old`` has beside it; the points of both.

    Args:
        old: a submission folder of the same code; its weights may be absent, as in a fresh clone.
        new: one to be, without manifest.
        points: those of ``new``, with weights.
        digests: file of weights to sha256 in ``new``; those of ``old`` that stay are added.

    Raises:
        ParetoNLPError: the manifest or the digests of ``old`` cannot be read.

    """
    manifest, _, findings = read_manifest(old / "submission.yaml")
    if manifest is None:
        raise ParetoNLPError(*findings)
    joined = {point.name: point for point in points}
    stated = _stated(old, manifest)
    changed = _join_assets(old, new, _names((*manifest.points, *joined.values())))
    for before in manifest.points:
        now = joined.get(before.name, before.model_copy(update={"weights": {}}))
        if now.options != before.options:
            continue
        valid = {
            dataset: file
            for dataset, file in before.weights.items()
            if not any(place <= {before.name, dataset} for place in changed)
        }
        kept = {
            dataset: file
            for dataset, file in valid.items()
            if dataset not in now.weights and digests.get(file, stated.get(file)) == stated.get(file)
        }
        for file in kept.values():
            if file in stated:
                digests[file] = stated[file]
            if (old / file).is_file() and not (new / file).exists():
                _link(old / file, new / file)
        made_again = {
            dataset
            for dataset in valid.keys() & now.weights.keys()
            if digests[now.weights[dataset]] == stated.get(valid[dataset])
        }
        _keep_predictions(old, new, before.name, {*kept, *made_again})
        joined[before.name] = now.model_copy(update={"weights": {**kept, **now.weights}})
    _keep_files(old, new)
    return tuple(point for point in joined.values() if point.weights)


def _names(points: Iterable[Point]) -> set[str]:
    """Points and datasets: the keys that say whom a fact in the assets concerns."""
    return {name for point in points for name in (point.name, *point.weights)}


def _stated(folder: Path, manifest: Manifest) -> dict[str, str]:
    """File of weights to sha256: as ``weights.sha256`` says, for the files may be absent, else by content."""
    path = folder / STATED_FILE
    stated = read_stated_digests(path) if path.exists() else {}
    files = {file for point in manifest.points for file in point.weights.values()}
    return stated | file_digests(folder, (file for file in files - stated.keys() if (folder / file).is_file()))


def _join_assets(old: Path, new: Path, names: Collection[str]) -> set[frozenset[str]]:
    """Write the facts of both into ``new``; the names over each fact that is another now."""
    changed = set()
    for file in (new / "assets").rglob("*.json"):
        other = old / file.relative_to(new)
        if other.is_file() and other.read_bytes() != file.read_bytes():
            before, now = json.loads(other.read_text()), json.loads(file.read_text())
            root = file.relative_to(new / "assets").with_suffix("").parts
            changed |= {frozenset(place) & {*names} for place in _changes(before, now, names, root)}
            file.write_text(json.dumps(_merged(before, now, names), indent=2, sort_keys=True) + "\n")
    return changed


def _changes(before: Any, now: Any, names: Collection[str], place: Place) -> Iterator[Place]:
    """Where facts are in both and differ; what is under no name of a point or dataset is one fact."""
    if _is_by_name(before, names) and _is_by_name(now, names):
        for key in before.keys() & now.keys():
            yield from _changes(before[key], now[key], names, (*place, key))
    elif before != now:
        yield place


def _merged(before: Any, now: Any, names: Collection[str]) -> Any:
    """The facts of both, by name; where they differ, those of now."""
    if not (_is_by_name(before, names) and _is_by_name(now, names)):
        return now
    return {**before, **{key: _merged(before.get(key, fact), fact, names) for key, fact in now.items()}}


def _is_by_name(facts: Any, names: Collection[str]) -> bool:
    return isinstance(facts, dict) and (not facts or any(key in names for key in facts))


def _keep_predictions(old: Path, new: Path, point: str, datasets: set[str]) -> None:
    for file in sorted((old / "predictions" / point).glob("*/*.tsv")):
        if find_task(f"{file.parent.name}/{file.stem}").dataset.name in datasets:
            _link(file, new / file.relative_to(old))


def _keep_files(old: Path, new: Path) -> None:
    """What the harness wrote, and assets that are not made this time."""
    files = [file for file in (old / "assets").rglob("*") if file.is_file()]
    for file in [*files, *(old / name for name in WRITTEN_BY_THE_HARNESS if (old / name).exists())]:
        if not (new / file.relative_to(old)).exists():
            _link(file, new / file.relative_to(old))


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)
