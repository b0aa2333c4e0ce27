"""What a stranger may write into names and messages, and how it must look on a terminal."""

EVIL = "[red]\x1b[31mevil\u202e"
"""Markup, a terminal's colour, and a mark that turns text around."""


def harmless(text: str) -> bool:
    """Whether no part of ``EVIL`` got through, and all of it can still be read."""
    return "\x1b[31m" not in text and "\u202e" not in text and "[red]\\x1b[31mevil\\u202e" in text.replace("\n", "")
