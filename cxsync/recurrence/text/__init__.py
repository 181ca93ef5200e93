"""One paragraph for people: what the series is, whether Carerix can hold it, why not, and what to do."""

from cxsync.recurrence.text.paragraph import Outcome, paragraph

__all__ = ["Outcome", "paragraph"]
