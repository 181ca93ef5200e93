"""Access and refresh tokens: issued, looked up, expired."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final, Literal
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from cxsync.sandbox.carerix.rows import Ref

KEY_ID: Final = "sandbox-1"
ALGORITHM: Final = "RS256"


class Grant(msgspec.Struct, frozen=True):
    """What a token allows; ``user`` is the person signed in, None for a program on its own behalf."""

    kind: Literal["access", "refresh"]
    tenant: str
    client: str
    scopes: frozenset[str]
    expires: datetime
    user: Ref | None = None


class Keys:
    """The signing key of the identity provider, made when first needed."""

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        """2,048 bits, new with every start."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwks(self) -> dict[str, Any]:
        """The public half as a JSON Web Key Set (RFC 7517)."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": KEY_ID, "use": "sig", "alg": ALGORITHM}]}

    def signed(self, claims: Mapping[str, Any]) -> str:
        """A signed token (RFC 7519) with these claims."""
        return jwt.encode(dict(claims), self.private, algorithm=ALGORITHM, headers={"kid": KEY_ID})


class Tokens:
    """All tokens of all tenants that have not been forgotten; a token that is not here is not valid."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self._grants: dict[str, Grant] = {}

    def issue(self, grant: Grant, issuer: str, now: datetime, identifier: UUID) -> str:
        """A new token for ``grant``; those long expired are forgotten on the way."""
        if len(self._grants) > 10_000:
            self._grants = {text: each for text, each in self._grants.items() if each.expires > now}
        claims = {
            "iss": issuer,
            "sub": grant.client if grant.user is None else grant.user.id,
            "azp": grant.client,
            "typ": "Bearer" if grant.kind == "access" else "Refresh",
            "iat": int(now.timestamp()),
            "exp": int(grant.expires.timestamp()),
            "jti": str(identifier),
            "scope": " ".join(sorted(grant.scopes)),
        }
        text = self.keys.signed(claims)
        self._grants[text] = grant
        return text

    def find(self, text: str, kind: Literal["access", "refresh"], now: datetime) -> Grant | None:
        """What the token allows now; None if it is unknown, expired or of the other kind."""
        grant = self._grants.get(text)
        return grant if grant is not None and grant.kind == kind and grant.expires > now else None

    def expire(self, tenant: str | None = None, user: Ref | None = None) -> None:
        """Let every token expire, or those of a tenant, or of one user of it."""
        self._grants = {
            text: each
            for text, each in self._grants.items()
            if (tenant is not None and each.tenant != tenant) or (user is not None and each.user != user)
        }


def until(now: datetime, seconds: int) -> datetime:
    """The moment in whole seconds at which something given now ends."""
    return now.replace(microsecond=0).astimezone(UTC) + timedelta(seconds=seconds)
