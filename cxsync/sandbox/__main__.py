"""``python -m cxsync.sandbox``: the sandbox alone."""

from cxsync.sandbox.core.command import sandbox

if __name__ == "__main__":
    sandbox()
