"""What ELUE's form does not say: the questions, and the answers to them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from harness.findings import Finding, ParetoNLPError, did_you_mean
from harness.submission.elue_source import EluePredictions, ElueSource, slug
from harness.submission.manifest import NAME, DeclaredCost
from harness.submission.text import quoted
from harness.tasks import task as find_task
from harness.tasks.types import Task

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """Something that ELUE's form does not say."""

    key: str
    """What the answer is filed under."""
    text: str
    suggestion: str | None = None
    """What is taken where no answer is given; None: an answer is needed."""


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A prediction file with all that is to be known of it."""

    file: EluePredictions
    task: Task
    point: str
    model: str | None
    declared: DeclaredCost | None


def questions_of(found: ElueSource, source: Path) -> Iterator[Question]:
    """Everything that is asked of a folder."""
    name = slug([source.resolve().name]) or None
    yield Question("name", "Name of the submission (lower case)", name)
    yield Question("method", "Name of the method (lower case)", name)
    yield Question("backbone", "Which pretrained model is it built on?")
    yield Question("licence", "Licence of the submission", "")
    for file in found.predictions:
        task = None if file.task is None else f"elue/{file.task}"
        yield Question(f"{file.path}:task", f"Which task does {file.path} answer?", task)
        yield Question(f"{file.path}:point", f"Operating point of {file.path}", file.point)
        if file.has_modules and len(found.models) > 1:
            near = [model for model in found.models if _folder(model) == _folder(file.path)]
            only = near[0] if len(near) == 1 else None
            text = f"Which Python file holds the modules of {file.path}?"
            yield Question(f"{file.path}:model", text, only)
        if not (file.has_modules and found.models):
            yield Question(f"{file.path}:flops", f"FLOPs per sample, mean, of {file.path}")
            yield Question(f"{file.path}:parameters", f"Parameters of the model of {file.path}")


class Answers:
    """Answers by key, read with the findings collected."""

    def __init__(self, questions: tuple[Question, ...], answers: Mapping[str, str]) -> None:
        self.questions = {question.key: question for question in questions}
        self.answers = answers
        self.findings = [
            Finding(
                "import-answer",
                f"Nothing was asked under {quoted(key)}.",
                remedy=did_you_mean(key, self.questions),
            )
            for key in answers
            if key not in self.questions
        ]

    def text(self, key: str) -> str | None:
        """The answer, else the suggestion, else a finding and None; None where nothing is asked."""
        if (question := self.questions.get(key)) is None:
            return None
        answer = self.answers.get(key, question.suggestion)
        if answer is None:
            self.wrong(key, "There is no answer", question.text)
        return answer

    def read(self, key: str, read: Callable[[str], T], expected: str) -> T | None:
        """The answer as ``read`` makes it, which raises ValueError or ParetoNLPError if it cannot."""
        text = self.text(key)
        if text is None:
            return None
        try:
            return read(text)
        except ParetoNLPError as error:
            remedy = error.findings[0].remedy
        except ValueError:
            remedy = None
        self.wrong(key, f"{quoted(text)} is no answer", expected, remedy)
        return None

    def wrong(self, key: str, problem: str, expected: str, remedy: str | None = None) -> None:
        """Keep a finding."""
        message = f"{problem} to {quoted(key)}."
        self.findings.append(Finding("import-answer", message, expected=expected, remedy=remedy))

    def finish(self) -> None:
        """Raise if anything was unanswered."""
        if self.findings:
            raise ParetoNLPError(*self.findings)


def read_head(answers: Answers) -> dict[str, str | None]:
    """The keys of the manifest that are asked for, with their answers."""
    name = "lower-case letters, digits, '.', '_' and '-', 64 at most"
    line = "one line of text"
    return {
        "name": answers.read("name", _name, name),
        "method": answers.read("method", _name, name),
        "backbone": answers.read("backbone", _line, line),
        "licence": answers.read("licence", _line, line),
    }


def place(file: EluePredictions, found: ElueSource, answers: Answers) -> PlacedFile | None:
    """A file with its answers, or None with the findings kept."""

    def of_models(text: str) -> str:
        if text not in found.models:
            raise ValueError(text)
        return text

    task = answers.read(f"{file.path}:task", find_task, "suite/task, such as elue/sst2")
    point = answers.read(f"{file.path}:point", _name, "a name such as patience-4")
    model = answers.read(f"{file.path}:model", of_models, f"one of {', '.join(found.models)}")
    if file.has_modules and len(found.models) == 1:
        model = found.models[0]
    flops = answers.read(f"{file.path}:flops", _amount, "a number, such as 1.2e9")
    parameters = answers.read(f"{file.path}:parameters", _amount, "a number, such as 110e6")
    if task is None or point is None:
        return None
    declared = None
    if flops is not None and parameters is not None:
        declared = DeclaredCost(flops=flops, parameters=int(parameters))
    return PlacedFile(file, task, point, model, declared)


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(text)
    return text


def _line(text: str) -> str:
    if not text.isprintable() or len(text) > 4000:
        raise ValueError(text)
    return text


def _amount(text: str) -> float:
    amount = float(text.replace(",", ""))
    if not 0 <= amount <= 1e18:
        raise ValueError(text)
    return amount


def _folder(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()
