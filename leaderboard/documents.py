"""Pages of documentation, cut at their headings."""

import re


def sections(text: str) -> list[tuple[str, str]]:
    """Markdown as (heading, body) by headings of the second level; what stands before the first has none.

    The title and comments are left out.

    >>> sections("# T\\n\\nbefore\\n\\n## A\\n\\nbody <!-- no -->\\n")
    [('', 'before'), ('A', 'body')]
    """
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    before, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    first = re.sub(r"\A# .*\n", "", before).strip()
    found = [("", first)] if first else []
    for part in parts:
        heading, _, body = part.partition("\n")
        found.append((heading.strip(), body.strip()))
    return found
