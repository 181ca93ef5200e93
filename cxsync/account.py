"""What a connection needs to reach its mailbox: details under its own key, credentials under the credential keys."""

from typing import Final
from uuid import UUID

import msgspec

from cxsync.sealed import open_value, seal_value
from cxsync.store.connections import Connection
from schemas.keys import MasterKeys

DETAILS: Final = "details"


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """``endpoint``: the EWS address; empty for Google. ``email``: where the user's mails go. ``zone``: the user's."""

    endpoint: str = ""
    username: str = ""
    email: str = ""
    name: str = ""
    zone: str = "Europe/Amsterdam"


def seal_details(key: bytes, connection_id: UUID, details: Details) -> bytes:
    """Sealed under the connection's key, for its row."""
    return seal_value(key, connection_id, DETAILS, msgspec.json.encode(details))


def details_of(key: bytes, connection: Connection) -> Details:
    """The details of a connection; nothing known, if they were erased.

    Raises:
        SealBroken: they do not open under this key.
    """
    if connection.details is None:
        return Details()
    return msgspec.json.decode(open_value(key, connection.id, DETAILS, connection.details), type=Details)


def secret_of(masters: MasterKeys, connection: Connection) -> str:
    """The password or refresh token in clear; empty if there is none any more.

    Raises:
        UnknownMasterKey, WrapBroken: it does not open under the keys that are configured.
    """
    return "" if connection.credentials is None else masters.unwrap(connection.id, connection.credentials).decode()
