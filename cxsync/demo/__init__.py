"""``cxsync demo``: the whole pipeline on the sandbox, and a recruiter's working week played on it."""
