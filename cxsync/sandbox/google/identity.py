"""Who signed in: ID tokens and user info for the scopes openid, email and profile (guide "OpenID Connect")."""

import hashlib
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from cxsync.sandbox.google.calendars import Account

ISSUER = "https://accounts.google.com"
KEY_ID = "sandbox"
LIFE = 3600


@cache
def _key() -> rsa.RSAPrivateKey:
    """Made when it is first needed, for it takes a moment; the same for the whole process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def user_info(account: Account, scopes: frozenset[str]) -> dict[str, Any]:
    """What the granted scopes tell about the account."""
    number = int.from_bytes(hashlib.sha256(account.email.encode()).digest()[:8], "big")
    info: dict[str, Any] = {"sub": f"1{number:020d}"}
    if "email" in scopes:
        info |= {"email": account.email, "email_verified": True}
    if "profile" in scopes:
        info["name"] = account.name
    return info


def id_token(account: Account, scopes: frozenset[str], client: str, nonce: str | None, now: int) -> str:
    """A signed ID token; ``now`` in seconds since 1970."""
    claims = {"iss": ISSUER, "azp": client, "aud": client, "iat": now, "exp": now + LIFE, **user_info(account, scopes)}
    if nonce is not None:
        claims["nonce"] = nonce
    return jwt.encode(claims, _key(), algorithm="RS256", headers={"kid": KEY_ID})


def certificates() -> dict[str, Any]:
    """The public key as a JSON Web Key Set."""
    public = RSAAlgorithm.to_jwk(_key().public_key(), as_dict=True)
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}
