"""Connecting a Carerix user with an external calendar: checks of both sides, baseline, pairing (rules 8, 12, 13)."""
