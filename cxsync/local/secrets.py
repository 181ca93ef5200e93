"""The keys of an installation without ``ENCRYPTION_KEYS`` and ``CREDENTIAL_KEYS``: made once, kept below DATA_DIR."""

import base64
import binascii
import os
import secrets as random
import tempfile
from pathlib import Path

from cxsync.local.errors import DamagedKeysError, NotWritableError

_KEY_BYTES = 32


def secrets(data_dir: Path) -> tuple[str, str]:
    """ENCRYPTION_KEYS and CREDENTIAL_KEYS of ``data_dir``, each URL-safe base64 of 32 bytes in a file of mode 0600.

    Raises:
        NotWritableError: the folder cannot be made or written.
        DamagedKeysError: a file holds no key; a new one would make all that was sealed unreadable, so none is made.
    """
    folder = data_dir / "keys"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _once(folder / "encryption_keys"), _once(folder / "credential_keys")
    except OSError as error:
        raise NotWritableError("keys", f"{folder} cannot be used: {error.strerror}; set DATA_DIR elsewhere") from error


def _once(path: Path) -> str:
    if not path.exists():
        _make(path)
    keys = path.read_text(encoding="ascii", errors="replace").strip()
    parts = keys.split(",")
    if not all(_is_key(part.strip()) for part in parts):
        raise DamagedKeysError(
            "keys", f"{path} holds no key (URL-safe base64 of 32 bytes); put the file back from a backup"
        )
    return keys


def _is_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def _make(path: Path) -> None:
    """Write a new key and link it into place: the first of several processes wins, nobody sees half a file."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(random.token_bytes(_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        os.unlink(draft)
