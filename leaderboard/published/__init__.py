"""Rows from papers: what they report, and what the architectures that they name cost by our own counter."""
