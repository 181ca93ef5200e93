"""Recurrence: one canonical series, read from and written to three systems, each translation proved by expansion.

Pure: no I/O, no clock, no framework. Days are proleptic ordinals (``date.toordinal``), times of day are seconds since
midnight on the wall clock of the series' own zone.

The way of a series: ``parse`` reads a system's words → ``understand.from_rules`` or ``from_pattern`` makes the
canonical ``series.Series`` → ``exceptions.with_exceptions`` lays over it what differs from the rule →
``google.to_google``, ``translate.to_exchange`` and ``translate.to_carerix`` answer with a ``verdict.Verdict`` →
``write`` spells it → ``text.paragraph`` tells people. ``pattern.plain`` is what is compared before a pattern is written
to a server. ``check`` is all of it for one line of JSON.
"""
