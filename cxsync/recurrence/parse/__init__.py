"""Lenient readers: what a system says, as values of this package."""
