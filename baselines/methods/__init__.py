"""The recipes: each turns a pretrained encoder into a submission folder.

A recipe is one file of this folder, and one line of ``METHODS``.
"""

METHODS = {
    "dense": "Fine-tune a whole encoder; fewer layers make the cheaper points.",
}
"""Name of the recipe's module to what it does; the modules import torch, so they are loaded late."""
