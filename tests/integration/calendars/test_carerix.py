"""The contract of all calendar clients, kept by Carerix."""

from cxsync.sandbox.core.run import Sandbox
from tests.integration.calendars.carerix_bench import made
from tests.integration.calendars.contract import Bench, CalendarContract


class TestCarerix(CalendarContract):
    system = "carerix"

    def make(self, sandbox: Sandbox) -> Bench:
        return made(sandbox)
