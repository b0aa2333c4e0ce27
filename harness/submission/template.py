"""The folder that ``paretonlp init`` writes: a submission that validates, to be replaced bit by bit."""

from importlib.resources import files
from pathlib import Path

from harness.atomic import new_folder, new_text_file
from harness.findings import fail
from harness.submission.manifest import NAME
from harness.submission.text import quoted

_FILES = {
    "submission.yaml": "submission.yaml",
    "model.py": "model.py.txt",
    "README.md": "README.md.txt",
}
"""Name in the folder to name in the package, where a ``.py`` would be taken for code of ours."""


def write_template(target: Path, name: str) -> None:
    """Write a commented submission whole or not at all.

    Args:
        target: The folder to write; it must not be there.
        name: The submission's name.

    Raises:
        ParetoNLPError: ``submission-name``, or ``folder-exists``.

    """
    if not NAME.fullmatch(name):
        raise fail(
            "submission-name",
            f"{quoted(name)} cannot be the name of a submission.",
            expected="lower-case letters, digits, '.', '_' and '-', 64 at most",
        )
    source = files("harness.submission") / "template_files"
    with new_folder(target) as folder:
        for file, template in _FILES.items():
            text = (source / template).read_text(encoding="utf-8")
            with new_text_file(folder / file) as stream:
                stream.write(text.replace("NAME", name))
