"""The addresses of a tenant's identity provider (its realm), as discovery names them."""

from typing import Any, Final

from aiohttp import web

from cxsync.sandbox.carerix.identity.tokens import ALGORITHM
from cxsync.sandbox.carerix.installation import Installation
from cxsync.sandbox.carerix.refusals import MissingScope
from cxsync.sandbox.carerix.tenant import Tenant
from cxsync.sandbox.core.faults import enter
from cxsync.sandbox.core.refusal import NotThere

REALM: Final = "/auth/realms/{tenant}"
PROTOCOL: Final = REALM + "/protocol/openid-connect"
ACCOUNT: Final = "/app/{tenant}/my-account"


def issuer(request: web.Request, tenant: str) -> str:
    """The realm's identifier, as this browser or program reaches it."""
    return f"{request.scheme}://{request.host}{REALM.format(tenant=tenant)}"


def tenant_of(installation: Installation, request: web.Request) -> Tenant:
    """The tenant that the address names; answers 404 as the provider does."""
    try:
        return installation.tenant(request.match_info["tenant"])
    except NotThere:
        raise web.HTTPNotFound(text='{"error":"Realm does not exist"}', content_type="application/json") from None


class Realm:
    """Discovery, keys and user information (OpenID Connect Discovery 1.0; Core 1.0, 5.3)."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    async def discovery(self, request: web.Request) -> web.StreamResponse:
        """``/.well-known/openid-configuration`` below the realm."""
        tenant = tenant_of(self._installation, request)
        await enter(self._installation.world, self._installation.system, request, "discovery", tenant.name)
        base = issuer(request, tenant.name)
        protocol = f"{base}/protocol/openid-connect"
        return web.json_response(
            {
                "issuer": base,
                "authorization_endpoint": f"{protocol}/auth",
                "token_endpoint": f"{protocol}/token",
                "userinfo_endpoint": f"{protocol}/userinfo",
                "jwks_uri": f"{protocol}/certs",
                "end_session_endpoint": f"{protocol}/logout",
                "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "scopes_supported": ["openid", "profile", "email"],
                "claims_supported": ["sub", "iss", "auth_time", "name", "preferred_username", "email"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, request: web.Request) -> web.StreamResponse:
        """``/certs``: the public signing keys."""
        tenant = tenant_of(self._installation, request)
        await enter(self._installation.world, self._installation.system, request, "certs", tenant.name)
        return web.json_response(self._installation.keys.jwks())

    async def user_info(self, request: web.Request) -> web.StreamResponse:
        """``/userinfo``: the claims about the person whom an access token stands for."""
        installation = self._installation
        tenant = tenant_of(installation, request)
        await enter(installation.world, installation.system, request, "userinfo", tenant.name)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        grant = installation.tokens.find(token, "access", installation.world.clock.now())
        if grant is None or grant.tenant != tenant.name or grant.user is None:
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        if "openid" not in grant.scopes:
            raise web.HTTPForbidden(text=str(MissingScope(("openid",))))
        return web.json_response(claims(tenant, grant.user.number, grant.scopes, installation.options.user_name_claim))


def claims(tenant: Tenant, number: int, scopes: frozenset[str], user_name_claim: str) -> dict[str, Any]:
    """What the provider says about a user (A20), as far as ``scopes`` allow."""
    user = tenant.user(str(number))
    found: dict[str, Any] = {"sub": user.id, user_name_claim: user.text("userName")}
    if "profile" in scopes:
        given, family = user.text("firstName"), user.text("lastName")
        found |= {"name": f"{given} {family}".strip(), "given_name": given, "family_name": family}
    if "email" in scopes:
        found |= {"email": user.text("emailAddress"), "email_verified": True}
    return found
