"""``paretonlp import-elue``: a submission in ELUE's own form becomes a folder of this format."""

from pathlib import Path
from typing import Annotated

import typer

from harness.findings import fail


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command("import-elue")
    def import_elue(
        source: Annotated[Path, typer.Argument(help="The folder in ELUE's form.", show_default=False)],
        target: Annotated[Path, typer.Argument(help="The folder to write.", show_default=False)],
        answer: Annotated[
            list[str] | None,
            typer.Option("--answer", help="key=answer to a question; repeat for more.", show_default=False),
        ] = None,
        yes: Annotated[bool, typer.Option("--yes", help="Take every suggestion; ask nothing.")] = False,
    ) -> None:
        """Bring over prediction files (`index pred modules`) and a Python file with `module_list` and `entire_model`.

        Asks for what ELUE's form does not say: name, method, backbone, licence, and which task each file is.

        Example: `paretonlp import-elue elue-folder submissions/mine --answer method=pabee`
        """
        from harness.cli.console import err, out
        from harness.submission.elue import import_elue as bring_over
        from harness.submission.elue import import_questions

        answers = _given(answer or [])
        for question in import_questions(source):
            if question.key not in answers and not yes:
                answers[question.key] = _ask(question.text, question.suggestion)
        submission = bring_over(source, target, {key: value for key, value in answers.items() if value})
        for note in submission.notes:
            err.print(f"note: {note}", soft_wrap=True)
        next_step = f"paretonlp evaluate {target} --suite elue --data-dir DIR"
        out.print(f"{target} is there; see what it costs: {next_step}", soft_wrap=True)


def _ask(question: str, suggestion: str | None) -> str:
    """The answer that is typed; the suggestion where none is."""
    from harness.cli.console import plain

    text = f"{question} [{suggestion}]" if suggestion else question
    answer: str = typer.prompt(plain(text).plain, default=suggestion or "", show_default=False, err=True)
    return answer


def _given(texts: list[str]) -> dict[str, str]:
    answers = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise fail("bad-answer", f"{text!r} answers nothing", expected="key=answer")
        answers[key] = value
    return answers
