"""CxCalendarSync: a Carerix agenda and an Exchange or Google calendar, kept the same."""

__version__ = "0.1.0"
