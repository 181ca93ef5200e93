"""The server's half of NTLM, by messages as MS-NLMP lays them out: both versions, with and without integrity code."""

import base64
import secrets
from datetime import UTC, datetime

import pytest
from spnego._ntlm_raw.crypto import compute_response_v1, compute_response_v2, lmowfv1, ntowfv1, ntowfv2
from spnego._ntlm_raw.messages import Authenticate, Challenge, FileTime, Negotiate, NegotiateFlags

from cxsync.sandbox.exchange.ntlm import Offer, challenge, claim, message_type, proves

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FLAGS = NegotiateFlags.unicode | NegotiateFlags.ntlm | NegotiateFlags.request_target
SECURE = FLAGS | NegotiateFlags.extended_session_security


def offered() -> Offer:
    token = base64.b64encode(Negotiate(SECURE).pack()).decode()
    offer, answer = challenge(token, "AGENCY", NOW)
    assert message_type(token) == 1 and base64.b64decode(answer) == offer.challenge
    return offer


def second(offer: Offer, password: str) -> str:
    """An AUTHENTICATE message by NTLMv2, without integrity code."""
    asked = Challenge.unpack(offer.challenge)
    assert asked.target_info is not None
    key = ntowfv2("anna", ntowfv1(password), "AGENCY")
    nt, lm, _ = compute_response_v2(
        key, asked.server_challenge, secrets.token_bytes(8), FileTime.from_datetime(NOW), asked.target_info
    )
    return base64.b64encode(Authenticate(SECURE, lm, nt, domain_name="AGENCY", username="anna").pack()).decode()


def first(offer: Offer, password: str) -> str:
    """An AUTHENTICATE message by NTLMv1."""
    asked = Challenge.unpack(offer.challenge)
    nt, lm, _ = compute_response_v1(
        FLAGS, ntowfv1(password), lmowfv1(password), asked.server_challenge, bytes(8), no_lm_response=True
    )
    return base64.b64encode(Authenticate(FLAGS, lm, nt, domain_name="AGENCY", username="anna").pack()).decode()


@pytest.mark.parametrize("message", [first, second])
def test_only_the_right_password_proves_itself(message: object) -> None:
    offer = offered()
    token = message(offer, "right")  # type: ignore[operator] # one of the two functions above
    given = claim(token)
    assert (message_type(token), given.domain, given.user) == (3, "AGENCY", "anna")
    assert proves(given, offer, "right")
    assert not proves(given, offer, "wrong")
    assert not proves(given, offered(), "right")


@pytest.mark.parametrize("token", ["", "x", base64.b64encode(b"NTLMSSP\x00").decode(), "TlRMTVNTUAADAAAA"])
def test_what_is_no_message_is_refused(token: str) -> None:
    with pytest.raises(ValueError):
        claim(token)
    with pytest.raises(ValueError):
        challenge(token, "AGENCY", NOW)
