"""The browser's side of the identity provider: authorisation request, sign-in page, way back."""

import re
from typing import Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from cxsync.errors import CxSyncError
from cxsync.sandbox.carerix.identity.realm import REALM, issuer, tenant_of
from cxsync.sandbox.carerix.identity.sessions import AuthorisationRequest, Code, Pending, Session, Sessions
from cxsync.sandbox.carerix.identity.tokens import until
from cxsync.sandbox.carerix.installation import Installation
from cxsync.sandbox.carerix.pages import language_of, rendered
from cxsync.sandbox.carerix.tenant import Client, Tenant
from cxsync.sandbox.core.faults import enter

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class SentBack(CxSyncError):
    """The program is told of ``error`` through the browser."""

    code = "sent-back"

    def __init__(self, error: str, description: str) -> None:
        self.error = error
        super().__init__(description)


class SignIn:
    """Answers ``…/auth`` and the form of its page."""

    def __init__(self, installation: Installation, sessions: Sessions) -> None:
        self._installation = installation
        self._sessions = sessions

    async def authorise(self, request: web.Request) -> web.StreamResponse:
        """An authorisation request: back with a code at once for who is signed in, else the sign-in page."""
        installation = self._installation
        tenant = tenant_of(installation, request)
        await enter(installation.world, installation.system, request, "authorize", tenant.name)
        query = request.query
        client = tenant.clients.get(query.get("client_id", ""))
        redirect_uri = query.get("redirect_uri", "")
        if client is None:
            return _broken(tenant, request, "client")
        if not _allowed(client, redirect_uri):
            return _broken(tenant, request, "redirect")
        try:
            asked = self._asked(tenant, client, request)
            session = self.session(request, tenant)
            if session is not None and query.get("prompt") != "login":
                return self._with_code(request, asked, session)
            if query.get("prompt") == "none":
                raise SentBack("login_required", "nobody is signed in")
        except SentBack as error:
            back = {"error": error.error, "error_description": str(error)}
            return _back(request, tenant.name, redirect_uri, query.get("state"), back)
        return self.page(request, tenant, Pending(tenant.name, request=asked))

    def _asked(self, tenant: Tenant, client: Client, request: web.Request) -> AuthorisationRequest:
        query = request.query
        if query.get("response_type") != "code":
            raise SentBack("unsupported_response_type", "response_type has to be code")
        challenge = query.get("code_challenge")
        if challenge is None and self._installation.options.pkce == "required":
            raise SentBack("invalid_request", "Missing parameter: code_challenge")
        if challenge is not None and query.get("code_challenge_method") != "S256":
            raise SentBack("invalid_request", "Invalid parameter: code_challenge_method has to be S256")
        if challenge is not None and _CHALLENGE.fullmatch(challenge) is None:
            raise SentBack("invalid_request", "Invalid parameter: code_challenge")
        scopes = frozenset(query.get("scope", "").split())
        if unknown := sorted(scopes - set(client.scopes)):
            raise SentBack("invalid_scope", f"Invalid scopes: {' '.join(unknown)}")
        return AuthorisationRequest(
            tenant.name,
            client.id,
            query["redirect_uri"],
            scopes,
            query.get("state"),
            query.get("nonce"),
            challenge,
        )

    def session(self, request: web.Request, tenant: Tenant) -> Session | None:
        """Who is signed in with this browser."""
        return self._sessions.find(
            request.cookies.get(_cookie(tenant.name)), tenant.name, self._installation.world.clock.now()
        )

    def page(self, request: web.Request, tenant: Tenant, pending: Pending, *, wrong: bool = False) -> web.Response:
        """The sign-in page."""
        name = self._installation.identifier().hex
        self._sessions.wait(name, pending)
        action = f"{REALM.format(tenant=tenant.name)}/login-actions/authenticate?{urlencode({'session_code': name})}"
        language = language_of(request.query.get("ui_locales"), tenant)
        user_name = request.query.get("login_hint", "")
        return rendered("sign_in.html", language, tenant=tenant.name, action=action, wrong=wrong, user_name=user_name)

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """The form of the sign-in page."""
        installation = self._installation
        tenant = tenant_of(installation, request)
        form = await request.post()
        await enter(installation.world, installation.system, request, "sign-in", tenant.name)
        name = request.query.get("session_code", "")
        pending = self._sessions.waiting(name, tenant.name)
        if pending is None:
            return _broken(tenant, request, "expired")
        user_name, password = str(form.get("username", "")), str(form.get("password", ""))
        user = tenant.sign_in(user_name, password)
        self._sessions.done(name)
        if user is None:
            installation.world.witness.refused_login("carerix", user_name, "sign-in page: wrong name or password")
            return self.page(request, tenant, pending, wrong=True)
        now = installation.world.clock.now()
        expires = until(now, installation.options.sign_in_lifetime)
        session = Session(installation.identifier().hex, tenant.name, user.ref, now, expires)
        self._sessions.open(session)
        if pending.request is not None:
            answer = self._with_code(request, pending.request, session)
        else:
            answer = _sent_to(pending.return_to or "/")
        answer.set_cookie(_cookie(tenant.name), session.id, httponly=True, samesite="Lax", path="/")
        return answer

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """The end of a session; back to the program if its address is one of those registered."""
        installation = self._installation
        tenant = tenant_of(installation, request)
        await enter(installation.world, installation.system, request, "logout", tenant.name)
        self._sessions.close(request.cookies.get(_cookie(tenant.name), ""))
        client = tenant.clients.get(request.query.get("client_id", ""))
        address = request.query.get("post_logout_redirect_uri", "")
        if client is not None and _allowed(client, address):
            answer = _sent_to(address)
        else:
            answer = rendered("message.html", language_of(None, tenant), tenant=tenant.name, message="signed_out")
        answer.del_cookie(_cookie(tenant.name), path="/")
        return answer

    def _with_code(self, request: web.Request, asked: AuthorisationRequest, session: Session) -> web.Response:
        installation = self._installation
        name = installation.identifier().hex
        expires = until(installation.world.clock.now(), installation.options.code_lifetime)
        self._sessions.hand_out(name, Code(asked, session, expires))
        found = {"session_state": session.id, "code": name}
        return _back(request, asked.tenant, asked.redirect_uri, asked.state, found)


def _cookie(tenant: str) -> str:
    return f"cx-identity-{tenant}"


def _allowed(client: Client, address: str) -> bool:
    if not address or "@" in urlsplit(address).netloc or urlsplit(address).fragment:
        return False
    return any(
        address.startswith(known.removesuffix("*")) if known.endswith("*") else address == known
        for known in client.redirects
    )


def _back(request: web.Request, tenant: str, address: str, state: str | None, found: dict[str, str]) -> web.Response:
    stated = {} if state is None else {"state": state}
    query = urlencode({**stated, "iss": issuer(request, tenant), **found})
    return _sent_to(f"{address}{'&' if '?' in address else '?'}{query}")


def _sent_to(address: str) -> web.Response:
    return web.Response(status=302, headers={"Location": address, "Cache-Control": "no-store"})


def _broken(tenant: Tenant, request: web.Request, message: str) -> web.Response:
    """Never back to an address that is not registered (RFC 6749, 4.1.2.1)."""
    language = language_of(request.query.get("ui_locales"), tenant)
    return rendered("message.html", language, status=400, tenant=tenant.name, message=message)
