"""Strict writers: a series in the words of a system, complete and in its own spelling."""
