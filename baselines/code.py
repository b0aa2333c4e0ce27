"""Python source as what it does."""

import ast


def meaning(source: str) -> str:
    """The same for sources that differ in comments, docstrings and layout alone.

    >>> meaning("x = 1  # one") == meaning("x=1")
    True
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(tree)
