"""``POST …/token``: client credentials, authorisation code with PKCE, refresh (RFC 6749, RFC 7636)."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from aiohttp import web

from cxsync.errors import CxSyncError
from cxsync.sandbox.carerix.identity.realm import claims, issuer, tenant_of
from cxsync.sandbox.carerix.identity.sessions import Code, Sessions
from cxsync.sandbox.carerix.identity.tokens import Grant, until
from cxsync.sandbox.carerix.installation import Installation
from cxsync.sandbox.carerix.rows import Ref
from cxsync.sandbox.carerix.tenant import Client, Tenant
from cxsync.sandbox.core.faults import enter

REFRESH_LIFETIME: Final = 1800
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Refused(CxSyncError):
    """The token request is refused with this ``error``."""

    code = "token-refused"

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        self.error = error
        self.status = status
        super().__init__(description)


def s256(verifier: str) -> str:
    """The challenge that belongs to a verifier (RFC 7636, 4.2)."""
    return _half(hashlib.sha256(verifier.encode()).digest())


def _half(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenEndpoint:
    """Hands out tokens for the tenant whose realm is asked."""

    def __init__(self, installation: Installation, sessions: Sessions) -> None:
        self._installation = installation
        self._sessions = sessions

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        installation = self._installation
        tenant = tenant_of(installation, request)
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        await enter(installation.world, installation.system, request, "token", tenant.name)
        base = issuer(request, tenant.name)
        try:
            client = _client(tenant, request, form)
            answer = self._granted(tenant, client, form, base)
        except Refused as error:
            if error.status == 401 or error.error == "invalid_grant":
                installation.world.witness.refused_login("carerix", form.get("client_id", ""), f"token: {error}")
            body = {"error": error.error, "error_description": str(error)}
            return web.json_response(body, status=error.status, headers={"Cache-Control": "no-store"})
        return web.json_response(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    def _granted(self, tenant: Tenant, client: Client, form: Mapping[str, str], base: str) -> dict[str, Any]:
        match form.get("grant_type"):
            case None:
                raise Refused("invalid_request", "Missing form parameter: grant_type")
            case "client_credentials":
                if client.secret is None or client.user is None:
                    raise Refused("unauthorized_client", "Client not enabled to retrieve service account", 401)
                return self._tokens(tenant, client, _scopes(client, form.get("scope")), None, base)
            case "authorization_code":
                return self._for_code(tenant, client, form, base)
            case "refresh_token":
                return self._for_refresh(tenant, client, form, base)
            case _:
                raise Refused("unsupported_grant_type", "Unsupported grant_type")

    def _for_code(self, tenant: Tenant, client: Client, form: Mapping[str, str], base: str) -> dict[str, Any]:
        code = self._sessions.redeem(form.get("code", ""), self._installation.world.clock.now())
        if code is None or code.request.tenant != tenant.name or code.request.client != client.id:
            raise Refused("invalid_grant", "Code not valid")
        if form.get("redirect_uri") != code.request.redirect_uri:
            raise Refused("invalid_grant", "Incorrect redirect_uri")
        _check_verifier(code.request.challenge, form.get("code_verifier"))
        answer = self._tokens(tenant, client, code.request.scopes, code.session.user, base)
        if "openid" in code.request.scopes:
            answer["id_token"] = self._id_token(tenant, code, base, answer["access_token"])
        return answer

    def _for_refresh(self, tenant: Tenant, client: Client, form: Mapping[str, str], base: str) -> dict[str, Any]:
        grant = self._installation.tokens.find(
            form.get("refresh_token", ""), "refresh", self._installation.world.clock.now()
        )
        if grant is None or grant.tenant != tenant.name or grant.client != client.id:
            raise Refused("invalid_grant", "Invalid refresh token")
        return self._tokens(tenant, client, grant.scopes, grant.user, base)

    def _tokens(
        self, tenant: Tenant, client: Client, scopes: frozenset[str], user: Ref | None, base: str
    ) -> dict[str, Any]:
        installation = self._installation
        now = installation.world.clock.now()
        lifetime = installation.options.token_lifetime
        access = Grant("access", tenant.name, client.id, scopes, until(now, lifetime), user)
        answer: dict[str, Any] = {
            "access_token": installation.tokens.issue(access, base, now, installation.identifier()),
            "expires_in": lifetime,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": " ".join(sorted(scopes)),
            "refresh_expires_in": 0,
        }
        if user is not None:
            refresh = Grant("refresh", tenant.name, client.id, scopes, until(now, REFRESH_LIFETIME), user)
            answer["refresh_token"] = installation.tokens.issue(refresh, base, now, installation.identifier())
            answer["refresh_expires_in"] = REFRESH_LIFETIME
        return answer

    def _id_token(self, tenant: Tenant, code: Code, base: str, access: str) -> str:
        """OpenID Connect Core 1.0, 2 and 3.1.3.6."""
        installation = self._installation
        now = installation.world.clock.now()
        asked = code.request
        about = claims(tenant, code.session.user.number, asked.scopes, installation.options.user_name_claim)
        stated = {
            "iss": base,
            "aud": asked.client,
            "azp": asked.client,
            "typ": "ID",
            "iat": int(now.timestamp()),
            "exp": int(until(now, installation.options.token_lifetime).timestamp()),
            "auth_time": int(code.session.since.timestamp()),
            "sid": code.session.id,
            "at_hash": _half(hashlib.sha256(access.encode()).digest()[:16]),
        }
        if asked.nonce is not None:
            stated["nonce"] = asked.nonce
        return installation.keys.signed(about | stated)


def _client(tenant: Tenant, request: web.Request, form: Mapping[str, str]) -> Client:
    name, secret = form.get("client_id", ""), form.get("client_secret")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused("invalid_client", "Invalid client or Invalid client credentials", 401) from None
        if form.get("client_id", unquote_plus(name)) != unquote_plus(name):
            raise Refused("invalid_client", "Invalid client or Invalid client credentials", 401)
        name, secret = unquote_plus(name), unquote_plus(secret)
    client = tenant.clients.get(name)
    if client is None or (client.secret is not None and not hmac.compare_digest(client.secret, secret or "")):
        raise Refused("invalid_client", "Invalid client or Invalid client credentials", 401)
    return client


def _scopes(client: Client, asked: str | None) -> frozenset[str]:
    if not asked:
        return frozenset(client.scopes)
    wanted = asked.split()
    if unknown := [scope for scope in wanted if scope not in client.scopes and scope != "openid"]:
        raise Refused("invalid_scope", f"Invalid scopes: {' '.join(unknown)}")
    return frozenset(wanted)


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    if challenge is None:
        return
    if verifier is None:
        raise Refused("invalid_grant", "PKCE code verifier not specified")
    if _VERIFIER.fullmatch(verifier) is None or not hmac.compare_digest(s256(verifier), challenge):
        raise Refused("invalid_grant", "PKCE verification failed")
