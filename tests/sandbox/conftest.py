"""Attacks are submissions, not tests."""

collect_ignore = ["attacks"]
