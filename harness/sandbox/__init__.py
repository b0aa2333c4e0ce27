"""A stranger's code runs in a process of its own: it never sees gold labels, secrets or the harness's memory.

``policy`` says what the child may have (pure), ``runner`` starts it and reads what comes back (parent), ``worker``
is the child.
"""
