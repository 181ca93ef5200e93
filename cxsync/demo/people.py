"""The people of the sandbox: what they do in their own programs, and what they see there."""

from collections.abc import Mapping
from typing import Any

import requests

TIMEOUT = 20.0


class People:
    """Acts and looks through the sandbox's control interface at ``url``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def act(self, system: str, owner: str, action: str, **fields: Any) -> str:
        """What ``owner`` does in ``system``; the item's id."""
        answer = self._post(f"/{system}/act", {"owner": owner, "action": action, **fields})
        return str(answer.get("item", fields.get("item", "")))

    def items(self, system: str, owner: str) -> list[dict[str, Any]]:
        """What ``owner`` sees in his calendar; deleted items are not there."""
        return [item for item in self._get(f"/{system}/items", {"owner": owner}) if not item.get("deleted")]

    def named(self, system: str, owner: str, subject: str) -> list[dict[str, Any]]:
        """What of it is called ``subject``."""
        return [item for item in self.items(system, owner) if item["subject"] == subject]

    def mails(self) -> list[dict[str, Any]]:
        """Invitations, updates and cancellations that a program, not a person, would have had sent."""
        return [mail for mail in self._get("/mails", {}) if mail.get("channel") == "api"]

    def journal(self, **query: Any) -> list[dict[str, Any]]:
        """Every version of every item."""
        return list(self._get("/journal", query))

    def password(self, system: str, owner: str, password: str) -> None:
        """The user changed it."""
        self._post(f"/{system}/password", {"owner": owner, "password": password})

    def users(self, system: str) -> list[dict[str, Any]]:
        """Who is there."""
        return list(self._get("/systems", {})[system]["users"])

    def _get(self, path: str, query: Mapping[str, Any]) -> Any:
        answer = self._session.get(self._url + path, params=query, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self._session.post(self._url + path, json=body, timeout=TIMEOUT)
        if answer.status_code >= 400:
            raise ValueError(f"{path}: {answer.text}")
        return answer.json()
