"""The command ``cxsync``: one file a group of commands."""
