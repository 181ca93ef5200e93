from base64 import b64encode, urlsafe_b64encode
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import BadMasterKey, UnknownMasterKey, WrapBroken
from schemas.keys import MasterKeys, as_text, key_id, new_key

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
OWNER = UUID(int=3)
SECRET = bytes(range(64, 96))


def masters(*keys: bytes, setting: str = "CXSYNC_ENCRYPTION_KEYS") -> MasterKeys:
    return MasterKeys.parse(",".join(map(as_text, keys)), setting=setting, purpose="connection-key")


@settings(deadline=None)
@given(st.binary(max_size=200), st.uuids())
def test_a_secret_comes_back_for_its_owner(secret: bytes, owner: UUID) -> None:
    assert masters(OLD).unwrap(owner, masters(OLD).wrap(owner, secret)) == secret


def test_every_flipped_bit_is_noticed() -> None:
    keys = masters(OLD)
    wrapped = keys.wrap(OWNER, SECRET)
    for place in range(len(wrapped)):
        for bit in range(8):
            damaged = bytearray(wrapped)
            damaged[place] ^= 1 << bit
            with pytest.raises((WrapBroken, UnknownMasterKey)):
                keys.unwrap(OWNER, bytes(damaged))


@pytest.mark.parametrize("length", range(65))
def test_a_cut_secret_is_noticed(length: int) -> None:
    wrapped = masters(OLD).wrap(OWNER, SECRET)
    assert len(wrapped) == 65
    with pytest.raises(WrapBroken):
        masters(OLD).unwrap(OWNER, wrapped[:length])


def test_a_secret_opens_for_no_other_owner() -> None:
    with pytest.raises(WrapBroken, match="another owner or purpose"):
        masters(OLD).unwrap(UUID(int=4), masters(OLD).wrap(OWNER, SECRET))


def test_a_connection_key_does_not_open_as_a_credential() -> None:
    credentials = MasterKeys.parse(as_text(OLD), setting="CXSYNC_CREDENTIAL_KEYS", purpose="credential")
    with pytest.raises(WrapBroken, match="wrapped credential"):
        credentials.unwrap(OWNER, masters(OLD).wrap(OWNER, SECRET))


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    both = masters(NEW, OLD)
    old = masters(OLD).wrap(OWNER, SECRET)
    assert both.unwrap(OWNER, old) == SECRET
    assert key_id(both.wrap(OWNER, SECRET)) == masters(NEW).first_id == both.first_id
    assert both.ids == (masters(NEW).first_id, masters(OLD).first_id)


def test_rotation_moves_a_secret_under_the_first_key_once() -> None:
    both = masters(NEW, OLD)
    old = masters(OLD).wrap(OWNER, SECRET)
    moved = both.rewrap(OWNER, old)
    assert (key_id(old), key_id(moved)) == (masters(OLD).first_id, masters(NEW).first_id)
    assert masters(NEW).unwrap(OWNER, moved) == SECRET
    assert both.rewrap(OWNER, moved) is moved


def test_a_missing_master_key_is_named_with_the_setting_to_mend() -> None:
    with pytest.raises(UnknownMasterKey) as caught:
        masters(NEW).unwrap(OWNER, masters(OLD).wrap(OWNER, SECRET))
    old, new = masters(OLD).first_id, masters(NEW).first_id
    assert str(caught.value) == (
        f"wrapped under master key {old}, but CXSYNC_ENCRYPTION_KEYS holds only {new}: "
        "add the missing key to CXSYNC_ENCRYPTION_KEYS, after the first one"
    )


def test_a_key_id_is_eight_hex_digits_and_stays_what_it_is() -> None:
    assert masters(OLD).first_id == "f7027dd7"


def test_padded_keys_and_spaces_are_read() -> None:
    text = f" {urlsafe_b64encode(OLD).decode()} , {as_text(NEW)}"
    assert MasterKeys.parse(text, setting="S", purpose="credential").ids == masters(OLD, NEW).ids


def test_new_keys_differ_and_can_be_set() -> None:
    first, second = new_key(), new_key()
    assert first != second
    assert masters(first, second).first_id == masters(first).first_id


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "key 1 of S is empty"),
        (f"{as_text(OLD)},", "key 2 of S is empty"),
        ("secret-passphrase", "key 1 of S is no base64"),
        (as_text(OLD)[:-3], "key 1 of S has 30 bytes"),
        (as_text(OLD) + as_text(NEW), "key 1 of S"),
        (f"{as_text(OLD)},{as_text(OLD)}", "key 2 of S stands there twice"),
        (b64encode(b"\xff" * 32).decode(), "key 1 of S is no URL-safe base64"),
        (as_text(OLD)[:20] + "\n" + as_text(OLD)[20:], "key 1 of S is no base64"),
        ("schlüssel" * 5, "key 1 of S is no"),
    ],
)
def test_a_bad_setting_is_named_and_never_shown(text: str, why: str) -> None:
    with pytest.raises(BadMasterKey, match=why) as caught:
        MasterKeys.parse(text, setting="S", purpose="credential")
    assert "cxsync keys new" in str(caught.value)
    for part in filter(None, text.split(",")):
        assert part not in str(caught.value)
