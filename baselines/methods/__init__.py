"""The recipes: each turns a pretrained encoder into a submission folder.

A recipe is one file of this folder, and one line of ``METHODS``; what it must define is said in ``recipe.py``.
"""

METHODS = {
    "dense": "Fine-tune a whole encoder; fewer layers make the cheaper points (layers-2).",
}
"""Name of the recipe's module to what it does and how its points are called; the modules import torch, so late."""
