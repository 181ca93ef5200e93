"""Values sealed in columns: AES-256-GCM, bound to their owner and to what they are.

The store holds whatever a person wrote only in this form: the base of a link and the details of a connection under the
connection's own key. (Records on topics have the seal of ``schemas.sealing``.)
"""

import os
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import SealBroken

_VERSION: Final = b"\x01"
_NONCE: Final = 12


def seal_value(key: bytes, owner: UUID, what: str, value: bytes) -> bytes:
    """``value`` under ``key`` (32 bytes); opens only for the same owner and the same ``what``."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, value, _bound(owner, what))


def open_value(key: bytes, owner: UUID, what: str, sealed: bytes) -> bytes:
    """The value.

    Raises:
        SealBroken: damaged, moved, or sealed under another key.
    """
    if sealed[:1] != _VERSION:
        raise SealBroken(f"the {what} is in a form that this program does not know")
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], _bound(owner, what))
    except (InvalidTag, ValueError):
        raise SealBroken(f"the {what} of {owner} is damaged or was sealed under another key") from None


def _bound(owner: UUID, what: str) -> bytes:
    return _VERSION + owner.bytes + what.encode()
