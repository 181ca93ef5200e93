"""``python -m cxsync`` is the command ``cxsync``."""

from cxsync.cli.main import main

if __name__ == "__main__":
    main()
