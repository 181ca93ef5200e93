"""OAuth's pages and endpoints: sign-in with consent, token, revocation."""

import base64
import binascii
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

import msgspec
from aiohttp import web

from cxsync.sandbox.core.faults import enter
from cxsync.sandbox.core.system import System
from cxsync.sandbox.google.authorization import Authorization, TokenError
from cxsync.sandbox.google.calendars import Account
from cxsync.sandbox.google.discovery import discovery
from cxsync.sandbox.google.identity import certificates, user_info
from cxsync.sandbox.google.realm import NAME, Realm

AUTHORIZE, TOKEN, REVOKE = "/o/oauth2/v2/auth", "/token", "/revoke"
USER_INFO, CERTIFICATES = "/oauth2/v3/userinfo", "/oauth2/v3/certs"
IDENTITY_SCOPES = {"openid", "email", "profile"}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
CHALLENGE_LENGTH = 43


class _Refused(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        self.error = error
        self.description = description
        self.status = status


class Consent:
    """The three endpoints; a user signs in, sees what is asked and allows all, a part or nothing."""

    def __init__(self, system: System, realm: Callable[[], Realm], authorization: Callable[[], Authorization]) -> None:
        self._system = system
        self._current_realm = realm
        self._current_authorization = authorization

    @property
    def _realm(self) -> Realm:
        return self._current_realm()

    @property
    def _authorization(self) -> Authorization:
        return self._current_authorization()

    def add_routes(self, app: web.Application) -> None:
        """Add them to the server."""
        app.router.add_get(AUTHORIZE, self.show)
        app.router.add_post(AUTHORIZE, self.decide)
        app.router.add_post(TOKEN, self.token)
        app.router.add_post(REVOKE, self.revoke)
        app.router.add_get(USER_INFO, self.user_info)
        app.router.add_get(CERTIFICATES, self.certificates)

    async def show(self, request: web.Request) -> web.Response:
        """The page with sign-in and scopes."""
        await enter(self._realm.world, self._system, request, "oauth.authorize", "")
        try:
            self._check(request.query)
        except _Refused as refused:
            return _error_page(refused)
        return self._page(request.query)

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """What the user pressed; the query still holds the client's request."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        query = request.query
        await enter(self._realm.world, self._system, request, "oauth.consent", form.get("email", ""))
        try:
            self._check(query)
        except _Refused as refused:
            return _error_page(refused)
        if form.get("decision") != "allow":
            return _back(query, {"error": "access_denied"})
        account = self._realm.directory.accounts.get(form.get("email", "").strip().lower())
        if account is None or form.get("password") != account.password:
            self._realm.world.witness.refused_login(NAME, form.get("email", ""), "consent page: wrong password")
            return self._page(query, "Wrong e-mail address or password. Try again.", form.get("email", ""))
        asked = query["scope"].split()
        granted = {scope for scope in asked if form.get(f"scope:{scope}") or scope in IDENTITY_SCOPES}
        if not granted - IDENTITY_SCOPES:
            return _back(query, {"error": "access_denied"})
        return self._allowed(query, account, frozenset(granted))

    def _allowed(self, query: Mapping[str, str], account: Account, scopes: frozenset[str]) -> web.StreamResponse:
        """A refresh token is only given at the first consent, or when the client insists (prompt=consent)."""
        first = not self._authorization.has_granted(account.email)
        offline = query.get("access_type") == "offline" and (first or "consent" in query.get("prompt", ""))
        challenge = query.get("code_challenge")
        code = self._authorization.new_code(
            account.email, scopes, query["redirect_uri"], challenge, offline=offline, nonce=query.get("nonce")
        )
        return _back(query, {"code": code, "scope": " ".join(sorted(scopes))})

    def _check(self, query: Mapping[str, str]) -> None:
        options = self._realm.options
        for name in ("client_id", "redirect_uri", "response_type", "scope"):
            if not query.get(name):
                raise _Refused("invalid_request", f"Required parameter is missing: {name}")
        if query["client_id"] != options.client_id:
            raise _Refused("invalid_client", "The OAuth client was not found.", 401)
        parts = urlsplit(query["redirect_uri"])
        loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
        if parts.fragment or (
            query["redirect_uri"] not in options.redirect_uris if options.redirect_uris else not loopback
        ):
            raise _Refused("redirect_uri_mismatch", f"{query['redirect_uri']} is not registered for this client.")
        if query["response_type"] != "code":
            raise _Refused("unsupported_response_type", "Invalid response_type; the sandbox knows code only.")
        unknown = [each for each in query["scope"].split() if each not in IDENTITY_SCOPES and each not in _scopes()]
        if unknown:
            raise _Refused("invalid_scope", f"Some requested scopes were invalid: {unknown}")
        if options.pkce_required and not query.get("code_challenge"):
            raise _Refused("invalid_request", "code_challenge is required.")
        if query.get("code_challenge") and (
            query.get("code_challenge_method") != "S256" or len(query["code_challenge"]) != CHALLENGE_LENGTH
        ):
            raise _Refused("invalid_request", "code_challenge needs code_challenge_method=S256 and 43 characters.")

    def _page(self, query: Mapping[str, str], problem: str = "", email: str = "") -> web.Response:
        """Scopes can be unticked one by one; names of accounts are offered, passwords are not."""
        hint = email or query.get("login_hint", "")
        boxes = "".join(
            f'<label><input type="checkbox" name="scope:{escape(scope)}" value="1" checked> '
            f"{escape(_scopes().get(scope, scope))}</label>"
            for scope in query["scope"].split()
            if scope not in IDENTITY_SCOPES
        )
        notice = f'<p role="alert" class="problem">{escape(problem)}</p>' if problem else ""
        action = escape(f"{AUTHORIZE}?{urlencode(list(query.items()))}")
        return _html(
            "Sign in with the sandbox's Google",
            f"<p><b>{escape(query['client_id'])}</b> wants to access your account.</p>{notice}"
            f'<form method="post" action="{action}">'
            f'<label>E-mail <input name="email" type="email" autocomplete="username" value="{escape(hint)}"></label>'
            '<label>Password <input name="password" type="password" autocomplete="current-password"></label>'
            f"<fieldset><legend>Allow</legend>{boxes}</fieldset>"
            '<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Cancel</button>'
            "</form>",
        )

    async def token(self, request: web.Request) -> web.StreamResponse:
        """The token endpoint."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        operation = {"authorization_code": "oauth.token", "refresh_token": "oauth.refresh"}
        name = operation.get(form.get("grant_type", ""), "oauth.token")
        fault = await enter(self._realm.world, self._system, request, name, "")
        try:
            if fault is not None:
                raise TokenError("invalid_grant", "Token has been expired or revoked.")
            return _json(self._authorization.answer(form, _basic(request.headers.get("Authorization"))))
        except TokenError as error:
            return _json({"error": error.error, "error_description": error.description}, error.status)

    async def revoke(self, request: web.Request) -> web.StreamResponse:
        """Revocation of an access or refresh token."""
        form = await request.post()
        await enter(self._realm.world, self._system, request, "oauth.revoke", "")
        token = str(form.get("token", "")) or request.query.get("token", "")
        if self._authorization.revoke(token):
            return _json({})
        return _json({"error": "invalid_token", "error_description": "Token expired or revoked"}, 400)

    async def user_info(self, request: web.Request) -> web.StreamResponse:
        """Who the access token belongs to."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self._authorization.access(token) if scheme == "Bearer" else None
        await enter(self._realm.world, self._system, request, "oauth.userinfo", "" if grant is None else grant.email)
        if grant is None or "openid" not in grant.scopes:
            return _json({"error": "invalid_request", "error_description": "Invalid Credentials"}, 401)
        return _json(user_info(self._realm.directory.accounts[grant.email], grant.scopes))

    async def certificates(self, request: web.Request) -> web.StreamResponse:
        """The key that signs ID tokens."""
        await enter(self._realm.world, self._system, request, "oauth.certificates", "")
        return _json(certificates())


def _scopes() -> dict[str, str]:
    return discovery().scopes


def _basic(header: str | None) -> tuple[str, str] | None:
    if header is None or not header.startswith("Basic "):
        return None
    try:
        user, _, password = base64.b64decode(header[6:], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return user, password


def _json(value: object, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json", headers=headers
    )


def _back(query: Mapping[str, str], given: dict[str, str]) -> web.Response:
    if "state" in query:
        given["state"] = query["state"]
    address = query["redirect_uri"]
    joint = "&" if urlsplit(address).query else "?"
    return web.Response(status=302, headers={"Location": f"{address}{joint}{urlencode(given)}"})


def _error_page(refused: _Refused) -> web.Response:
    text = f"<p>Error {refused.status}: {escape(refused.error)}</p><p>{escape(refused.description)}</p>"
    return _html("Access blocked: this app's request is invalid", text, refused.status)


def _html(title: str, body: str, status: int = 200) -> web.Response:
    style = (
        "body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem;color:#1f1f1f}"
        "label{display:block;margin:.5rem 0}input[type=email],input[type=password]{width:100%;padding:.4rem}"
        "button{padding:.5rem 1.2rem;margin-top:1rem}.problem{color:#b3261e}"
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return web.Response(text=page, status=status, content_type="text/html", headers={"X-Frame-Options": "DENY"})
