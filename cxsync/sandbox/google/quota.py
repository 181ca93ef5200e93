"""Requests a minute, in a sliding window (guide "Manage quotas")."""

from collections import deque

WINDOW = 60


class Window:
    """How many requests the last sixty seconds saw, to the second."""

    def __init__(self) -> None:
        self._seconds: deque[list[int]] = deque()
        self._total = 0

    def admit(self, second: int, limit: int) -> bool:
        """Count a request at ``second``; False, and not counted, if ``limit`` is reached."""
        while self._seconds and self._seconds[0][0] <= second - WINDOW:
            self._total -= self._seconds.popleft()[1]
        if self._total >= limit:
            return False
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1][1] += 1
        else:
            self._seconds.append([second, 1])
        self._total += 1
        return True


class Quota:
    """A window for the project and one for each user."""

    def __init__(self) -> None:
        self._project = Window()
        self._users: dict[str, Window] = {}

    def admit(self, user: str, second: int, user_limit: int, project_limit: int) -> str | None:
        """The reason for refusing a request, None if it may pass; a limit of 0 does not count."""
        if user_limit:
            window = self._users.get(user)
            if window is None:
                window = self._users[user] = Window()
            if not window.admit(second, user_limit):
                return "userRateLimitExceeded"
        if project_limit and not self._project.admit(second, project_limit):
            return "rateLimitExceeded"
        return None
