"""The opaque state of SyncFolderItems and SyncFolderHierarchy."""

import base64
import binascii
import hashlib
import struct

from cxsync.sandbox.exchange.mailbox import Mailbox
from cxsync.sandbox.exchange.soap import ResponseError

_FORM = struct.Struct(">4sQQQ16s")
_PREFIX = b"H4s\x01"


def _mark(box: Mailbox, folder: int, seq: int) -> bytes:
    data = f"sync {folder} {seq} {box.sync_epoch}".encode()
    return hashlib.blake2s(box.guid + data, key=box.secret, digest_size=16).digest()


def encode(box: Mailbox, folder: int, seq: int) -> str:
    """The state after everything up to ``seq`` was told."""
    return base64.b64encode(_FORM.pack(_PREFIX, folder, seq, box.sync_epoch, _mark(box, folder, seq))).decode()


def decode(box: Mailbox, folder: int, text: str) -> int:
    """The ``seq`` of a state given out for this folder; raises ResponseError for any other text."""
    try:
        prefix, number, seq, _, mark = _FORM.unpack(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, struct.error):
        raise invalid() from None
    if prefix != _PREFIX or number != folder or mark != _mark(box, folder, seq):
        raise invalid()
    found: int = seq
    return found


def invalid() -> ResponseError:
    """ErrorInvalidSyncStateData."""
    return ResponseError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid.")
