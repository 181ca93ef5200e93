"""The supervisor of ``cxsync up``: every role a process of its own, kept alive, stopped cleanly, seen on one port."""
