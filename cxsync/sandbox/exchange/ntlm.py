"""The server's side of NTLM (MS-NLMP 3.2), on pyspnego's messages and cryptography.

pyspnego's own acceptor reads its passwords from a file named in the environment; here they belong to mailboxes and
change while the server runs, so only its message and hash routines are used.
"""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from spnego._ntlm_raw.crypto import compute_response_v1, compute_response_v2, hmac_md5, lmowfv1, ntowfv1, ntowfv2, rc4k
from spnego._ntlm_raw.messages import (
    Authenticate,
    AvFlags,
    AvId,
    Challenge,
    FileTime,
    Negotiate,
    NegotiateFlags,
    NTClientChallengeV2,
    TargetInfo,
    Version,
)

HOST = "EX01"
_TYPES = {1: "negotiate", 3: "authenticate"}


class Offer(NamedTuple):
    """A handshake under way on one connection: what the client opened with and what it was asked."""

    negotiate: bytes
    challenge: bytes


def message_type(token: str) -> int:
    """1 or 3, the type of an NTLM message in an Authorization header; 0 if it is none."""
    try:
        raw = base64.b64decode(token, validate=True)
    except ValueError:
        return 0
    number = raw[8] if len(raw) >= 12 and raw.startswith(b"NTLMSSP\x00") else 0
    return number if number in _TYPES else 0


def challenge(token: str, domain: str, now: datetime) -> tuple[Offer, str]:
    """The answer to a NEGOTIATE message. Raises ValueError for a message that cannot be read."""
    raw = base64.b64decode(token, validate=True)
    try:
        opened = Negotiate.unpack(raw)
    except Exception as error:
        raise ValueError("not a NEGOTIATE message") from error
    flags = (
        (opened.flags & ~(NegotiateFlags.oem | NegotiateFlags.lm_key))
        | NegotiateFlags.unicode
        | NegotiateFlags.request_target
        | NegotiateFlags.ntlm
        | NegotiateFlags.always_sign
        | NegotiateFlags.target_info
        | NegotiateFlags.target_type_domain
    )
    info = TargetInfo()
    info[AvId.nb_domain_name] = domain
    info[AvId.nb_computer_name] = HOST
    info[AvId.dns_domain_name] = f"{domain.lower()}.example"
    info[AvId.dns_computer_name] = f"{HOST.lower()}.{domain.lower()}.example"
    info[AvId.timestamp] = FileTime.from_datetime(now)
    more: dict[str, Any] = {"version": Version(10, 0, 17763)} if flags & NegotiateFlags.version else {}
    packed = Challenge(flags, secrets.token_bytes(8), target_name=domain, target_info=info, **more).pack()
    return Offer(raw, packed), base64.b64encode(packed).decode()


class Claim(NamedTuple):
    """Who an AUTHENTICATE message says it comes from; ``raw`` is the message."""

    domain: str
    user: str
    raw: bytes


def claim(token: str) -> Claim:
    """The name in an AUTHENTICATE message. Raises ValueError for one that cannot be read or names nobody."""
    raw = base64.b64decode(token, validate=True)
    try:
        message = Authenticate.unpack(raw)
    except Exception as error:
        raise ValueError("not an AUTHENTICATE message") from error
    if not message.user_name or not message.nt_challenge_response:
        raise ValueError("anonymous")
    return Claim(message.domain_name or "", message.user_name, raw)


def proves(given: Claim, offer: Offer, password: str) -> bool:
    """Whether the message proves knowledge of ``password``: NTLMv2 or NTLMv1, with its integrity code if it has one."""
    message = Authenticate.unpack(given.raw)
    asked = Challenge.unpack(offer.challenge)
    response, user = message.nt_challenge_response or b"", message.user_name or ""
    mic: bytes | None = None
    if len(response) > 24:
        client = NTClientChallengeV2.unpack(response[16:])
        key = ntowfv2(user, ntowfv1(password), message.domain_name)
        expected, _, session = compute_response_v2(
            key, asked.server_challenge, client.challenge_from_client, client.time_stamp, client.av_pairs
        )
        if client.av_pairs.get(AvId.flags, 0) & AvFlags.mic:
            mic = message.mic
    else:
        nonce = (message.lm_challenge_response or bytes(8))[:8]
        extended = message.flags & NegotiateFlags.extended_session_security
        expected, _, session = compute_response_v1(
            message.flags,
            ntowfv1(password),
            lmowfv1(password),
            asked.server_challenge,
            nonce if extended else bytes(8),
            no_lm_response=True,
        )
    if not hmac.compare_digest(response, expected):
        return False
    if not mic:
        return True
    signed = message.flags & (NegotiateFlags.sign | NegotiateFlags.seal)
    if message.flags & NegotiateFlags.key_exch and signed:
        session = rc4k(session, message.encrypted_random_session_key or b"")
    message.mic = bytes(16)
    return hmac.compare_digest(mic, hmac_md5(session, offer.negotiate + offer.challenge + message.pack()))
