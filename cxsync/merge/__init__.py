"""Concurrent edits merged field by field (rule 4 of the architecture; ``docs/merge.md``). Pure."""
