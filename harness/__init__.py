"""ParetoNLP: what a compressed NLP model costs, how good it is, and who is on the frontier.

The public names are loaded on first use, so that ``import harness`` costs nothing and the command starts fast.
"""
