import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cxsync.local.errors import DamagedKeysError, NotWritableError
from cxsync.local.secrets import secrets


def test_keys_are_made_once_and_differ(tmp_path: Path) -> None:
    first = secrets(tmp_path / "data")
    assert [len(base64.urlsafe_b64decode(key)) for key in first] == [32, 32]
    assert first[0] != first[1]
    assert secrets(tmp_path / "data") == first
    assert secrets(tmp_path / "other") != first


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    secrets(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert modes == {"encryption_keys": 0o600, "credential_keys": 0o600}


def test_all_who_start_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(secrets, [tmp_path] * 64))) == 1


@pytest.mark.parametrize("content", ["", "\n", "short", "aGVsbG8=", "ä" * 44])
def test_a_damaged_file_is_named_and_never_replaced(tmp_path: Path, content: str) -> None:
    secrets(tmp_path)
    path = tmp_path / "keys" / "credential_keys"
    path.write_text(content)
    with pytest.raises(DamagedKeysError, match="credential_keys"):
        secrets(tmp_path)
    assert path.read_text() == content


def test_several_keys_in_a_file_are_kept_as_they_are(tmp_path: Path) -> None:
    old, _ = secrets(tmp_path)
    new = base64.urlsafe_b64encode(bytes(32)).decode()
    (tmp_path / "keys" / "encryption_keys").write_text(f"{new},{old}\n")
    assert secrets(tmp_path)[0] == f"{new},{old}"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritableError, match="DATA_DIR"):
        secrets(tmp_path / "file")
