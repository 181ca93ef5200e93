"""Sinks, mailer and history: what drains the topics."""
