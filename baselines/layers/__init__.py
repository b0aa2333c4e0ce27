"""Small modules whose cost shows in their shapes; a submission folder gets copies of those that it needs.

A file here imports torch, transformers, tokenizers, the standard library, and other files here as
``from baselines.layers.<file> import ...``: the copy says ``from <file> import ...``.
"""
