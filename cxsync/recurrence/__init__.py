"""Recurrence: one canonical series, read from and written to three systems, each translation proved by expansion.

Pure: no I/O, no clock, no framework. Days are proleptic ordinals (``date.toordinal``), times of day are wall clock of
the series' own zone.
"""
