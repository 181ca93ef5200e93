"""Pollers: one a calendar system, each publishes what it observes as raw changes."""
