"""A mail server that delivers to nobody: what it gets it keeps, and shows on a page and as JSON."""
