"""Master keys, and what is wrapped under them: connection keys, and (with another purpose) credentials."""

from typing import Literal, TypeAlias
from uuid import UUID

Purpose: TypeAlias = Literal["connection-key", "credential"]


def new_key() -> bytes:
    """32 random bytes."""
    raise NotImplementedError


def key_id(wrapped: bytes) -> str:
    """The 8 hex digits of the master key that ``wrapped`` is under."""
    raise NotImplementedError


class MasterKeys:
    """The keys of one setting: the first encrypts, all decrypt."""

    @classmethod
    def parse(cls, text: str, *, setting: str, purpose: Purpose) -> "MasterKeys":
        """``text``: the setting's value, keys separated by commas. Raises BadMasterKey, which never shows a value."""
        raise NotImplementedError

    @property
    def first_id(self) -> str:
        """The id of the key that encrypts."""
        raise NotImplementedError

    def wrap(self, owner: UUID, secret: bytes) -> bytes:
        """``secret`` under the first key, bound to its owner (a connection, a tenant) and to the purpose."""
        raise NotImplementedError

    def unwrap(self, owner: UUID, wrapped: bytes) -> bytes:
        """Raises UnknownMasterKey or WrapBroken."""
        raise NotImplementedError

    def rewrap(self, owner: UUID, wrapped: bytes) -> bytes:
        """The same secret under the first key; ``wrapped`` itself if it is already."""
        raise NotImplementedError
