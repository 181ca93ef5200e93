"""What can be wrong with a record, a header or a key: one class a reason, with a stable ``code``.

This package is the lowest layer, so its errors derive from ``Exception`` and not from the program's own root. No
message holds a person's values: they end in dead letters and logs.
"""

from typing import ClassVar
from uuid import UUID


class ContractError(Exception):
    """The root of every error of the contracts."""

    code: ClassVar[str] = "contract"


class Unencodable(ContractError):
    """A value does not fit its schema: a programming error of who made it."""

    code = "unencodable"

    def __init__(self, record: str, why: str) -> None:
        """``why`` names the field by its path."""
        self.record = record
        self.why = why
        super().__init__(f"{record} cannot be written: {why}")


class TooLarge(ContractError):
    """A record is larger than a topic takes."""

    code = "too-large"

    def __init__(self, record: str, size: int, limit: int) -> None:
        """Sizes in bytes."""
        self.record = record
        self.size = size
        self.limit = limit
        super().__init__(f"{record} has {size} bytes; at most {limit} fit")


class Undecodable(ContractError):
    """Bytes that no released version of the expected record gives: to be kept as a dead letter."""

    code = "undecodable"

    def __init__(self, why: str) -> None:
        """``why`` names what is wrong, without values."""
        self.why = why
        super().__init__(f"the record cannot be read: {why}")


class NewerSchema(ContractError):
    """A record of a program newer than this one: the worker stops, its offset stays."""

    code = "newer-schema"

    def __init__(self, version: int, known: int) -> None:
        """``version`` as the record's header says; ``known`` is the newest release of this program."""
        self.version = version
        self.known = known
        super().__init__(
            f"the record was written with release {version} of the contracts, this program knows {known}: "
            "upgrade consumers first"
        )


class BadHeader(ContractError):
    """A header of ours is missing, malformed, or contradicts the record."""

    code = "bad-header"

    def __init__(self, name: str, why: str) -> None:
        """``name`` as on the wire."""
        self.name = name
        self.why = why
        super().__init__(f"header {name} {why}")


class SealBroken(ContractError):
    """A seal does not fit: damaged, moved to another topic or record, or sealed under another key."""

    code = "seal-broken"

    def __init__(self, why: str) -> None:
        """``why`` names what does not fit."""
        self.why = why
        super().__init__(f"the sealed part cannot be opened: {why}")


class Erased(ContractError):
    """The connection's key was destroyed: its content can never be read again. No fault, never a dead letter."""

    code = "erased"

    def __init__(self, connection_id: UUID) -> None:
        """The connection that was erased."""
        self.connection_id = connection_id
        super().__init__(f"the key of connection {connection_id} was destroyed; its content cannot be read again")


class BadMasterKey(ContractError):
    """A setting holds something that is no master key. The value is a secret and never shown."""

    code = "bad-master-key"

    def __init__(self, setting: str, place: int, why: str) -> None:
        """``place`` counts from 1 in the comma list of ``setting``; 0: the list as a whole."""
        self.setting = setting
        self.place = place
        self.why = why
        where = f"key {place} of {setting}" if place else setting
        super().__init__(f"{where} {why}; expected URL-safe base64 of 32 bytes (cxsync keys new prints one)")


class UnknownMasterKey(ContractError):
    """Something is wrapped under a master key that the setting does not hold."""

    code = "unknown-master-key"

    def __init__(self, key_id: str, setting: str, known: tuple[str, ...]) -> None:
        """``key_id`` of the missing key and of those that are ``known``: 8 hex digits each, no secrets."""
        self.key_id = key_id
        self.setting = setting
        self.known = known
        super().__init__(
            f"wrapped under master key {key_id}, but {setting} holds only {', '.join(known)}: "
            f"add the missing key to {setting}, after the first one"
        )


class WrapBroken(ContractError):
    """A wrapped key or credential does not open: damaged, or wrapped for another owner or purpose."""

    code = "wrap-broken"

    def __init__(self, owner: UUID, purpose: str) -> None:
        """Whose secret, and what it was to be used for."""
        self.owner = owner
        self.purpose = purpose
        super().__init__(
            f"the wrapped {purpose} of {owner} does not open: it is damaged or was wrapped for another owner or purpose"
        )
