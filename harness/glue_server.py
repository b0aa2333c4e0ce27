"""Predictions as the zip that the GLUE server (gluebenchmark.com) takes."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.findings import Finding, did_you_mean, fail


class GlueFile(NamedTuple):
    """A file that the GLUE server asks for."""

    name: str
    task: str
    """The task of the suite ``glue-test``; ``ax`` is answered by MNLI's model."""
    rows: int
    """Rows of the test set, which nobody but the server can score."""
    labels: tuple[str, ...] = ()
    """The names that stand for class numbers; empty where the server wants the numbers."""


_MNLI = ("entailment", "neutral", "contradiction")
_ENTAILMENT = ("entailment", "not_entailment")
GLUE_FILES = (
    GlueFile("CoLA.tsv", "cola", 1_063),
    GlueFile("SST-2.tsv", "sst2", 1_821),
    GlueFile("MRPC.tsv", "mrpc", 1_725),
    GlueFile("STS-B.tsv", "stsb", 1_379),
    GlueFile("MNLI-m.tsv", "mnli", 9_796, _MNLI),
    GlueFile("MNLI-mm.tsv", "mnli-mm", 9_847, _MNLI),
    GlueFile("QNLI.tsv", "qnli", 5_463, _ENTAILMENT),
    GlueFile("QQP.tsv", "qqp", 390_965),
    GlueFile("RTE.tsv", "rte", 3_000, _ENTAILMENT),
    GlueFile("WNLI.tsv", "wnli", 146),
    GlueFile("AX.tsv", "ax", 1_104, _MNLI),
)


def glue_zip(
    answers: Mapping[str, NDArray[np.float64] | NDArray[np.int64]],
) -> tuple[bytes, tuple[Finding, ...]]:
    """The zip that the GLUE server takes, and notes on what it will refuse.

    ``answers`` go by task (``mnli-mm``; ``ax`` for the diagnostic set), one per row of the server's
    test set. A file without answers is left out and noted, as are answers of another number.

    Raises:
        ParetoNLPError: GLUE has no such task.
    """
    known = [file.task for file in GLUE_FILES]
    for task in answers:
        if task not in known:
            raise fail("no-such-task", f"GLUE has no task {task!r}.", remedy=did_you_mean(task, known))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in GLUE_FILES:
            if file.task in answers:
                content = _glue_tsv(file, answers[file.task])
                archive.writestr(zipfile.ZipInfo(file.name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue(), tuple(_glue_notes(answers))


def _glue_tsv(file: GlueFile, answers: NDArray[np.float64] | NDArray[np.int64]) -> str:
    if file.task == "stsb":
        shown = [f"{score:.3f}" for score in np.clip(answers, 0, 5)]
    elif file.labels:
        shown = [file.labels[number] for number in answers.astype(np.int64).tolist()]
    else:
        shown = [str(number) for number in answers.astype(np.int64).tolist()]
    lines = [f"{index}\t{answer}\n" for index, answer in enumerate(shown)]
    return "index\tprediction\n" + "".join(lines)


def _glue_notes(
    answers: Mapping[str, NDArray[np.float64] | NDArray[np.int64]],
) -> Iterable[Finding]:
    for file in GLUE_FILES:
        if file.task not in answers:
            yield Finding(
                "glue-file-missing",
                f"The server asks for {file.name}, and there are no predictions for {file.task}.",
                file=file.name,
                severity="note",
            )
        elif len(answers[file.task]) != file.rows:
            yield Finding(
                "glue-rows",
                f"These are {len(answers[file.task]):,} predictions, and the server's test set has {file.rows:,} rows.",
                file=file.name,
                expected="predictions on the whole test set, as `paretonlp predict --suite glue-test` makes them",
                severity="note",
            )
