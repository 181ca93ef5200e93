"""Signing in over HTTP: Basic with every request, NTLM once a connection (MS-NTHT)."""

import asyncio
import base64
import binascii
from collections.abc import Callable
from weakref import WeakKeyDictionary

from aiohttp import web

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.exchange import ntlm
from cxsync.sandbox.exchange.accounts import Account, Directory, Verdict
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.soap import CONTENT_TYPE, SoapFault, fault

REALM = "exchange.agency.example"


class Login:
    """Keeps the state of NTLM by connection, and what Basic headers are known to be right."""

    def __init__(self, directory: Directory, clock: Clock, options: Callable[[], Options]) -> None:
        self._directory = directory
        self._clock = clock
        self._options = options
        self._offers: WeakKeyDictionary[asyncio.BaseTransport, ntlm.Offer] = WeakKeyDictionary()
        self._signed_in: WeakKeyDictionary[asyncio.BaseTransport, Account] = WeakKeyDictionary()
        self._known: dict[str, tuple[Account, str]] = {}

    def clear(self) -> None:
        """Forget who is signed in."""
        self._offers.clear()
        self._signed_in.clear()
        self._known.clear()

    def sign_out(self, account: Account) -> None:
        """Connections on which ``account`` signed in by NTLM have to sign in again."""
        for transport, bound in list(self._signed_in.items()):
            if bound is account:
                del self._signed_in[transport]

    def account(self, request: web.Request) -> Account | web.Response:
        """Who sends ``request``, or the answer that asks for credentials or refuses them."""
        header = request.headers.get("Authorization")
        transport = request.transport
        options = self._options()
        if header is None:
            bound = self._signed_in.get(transport) if transport is not None else None
            return bound if bound is not None else self._unauthorized(options)
        kind, _, token = header.partition(" ")
        match kind.lower():
            case "basic" if "Basic" in options.auth:
                return self._basic(header, token.strip(), options)
            case "ntlm" if "NTLM" in options.auth and transport is not None:
                return self._ntlm(transport, token.strip(), options)
            case _:
                return self._unauthorized(options)

    def _basic(self, header: str, token: str, options: Options) -> Account | web.Response:
        known = self._known.get(header)
        if known is None:
            try:
                name, _, password = base64.b64decode(token, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return self._unauthorized(options)
            account = self._directory.by_name(name, options)
            if account is None:
                self._directory.unknown(name, "basic")
                return self._unauthorized(options)
            known = self._known[header] = (account, password)
        account, password = known
        return self._judged(account, account.password == password, "basic", options)

    def _ntlm(self, transport: asyncio.Transport, token: str, options: Options) -> Account | web.Response:
        self._signed_in.pop(transport, None)
        offer = self._offers.pop(transport, None)
        kind = ntlm.message_type(token)
        try:
            if kind == 1:
                opened, answer = ntlm.challenge(token, options.domain, self._clock.now())
                self._offers[transport] = opened
                return web.Response(status=401, headers={"WWW-Authenticate": f"NTLM {answer}"})
            if kind != 3 or offer is None:
                return self._unauthorized(options)
            claim = ntlm.claim(token)
        except ValueError:
            return self._unauthorized(options)
        name = f"{claim.domain}\\{claim.user}" if claim.domain else claim.user
        account = self._directory.by_name(name, options)
        if account is None:
            self._directory.unknown(name, "ntlm")
            return self._unauthorized(options)
        judged = self._judged(account, ntlm.proves(claim, offer, account.password), "ntlm", options)
        if isinstance(judged, Account):
            self._signed_in[transport] = account
        return judged

    def _judged(self, account: Account, right: bool, how: str, options: Options) -> Account | web.Response:
        verdict: Verdict = self._directory.judge(account, right, how, options)
        if verdict == "ok":
            return account
        if verdict == "expired" and options.after_expiry == "fault":
            error = SoapFault("ErrorPasswordExpired", "The password for the account has expired.")
            return web.Response(status=500, body=fault(error), headers={"Content-Type": CONTENT_TYPE})
        return self._unauthorized(options)

    def unauthorized(self) -> web.Response:
        """The answer that asks for credentials."""
        return self._unauthorized(self._options())

    def _unauthorized(self, options: Options) -> web.Response:
        response = web.Response(status=401, text="")
        for kind in options.auth:
            response.headers.add("WWW-Authenticate", f'Basic realm="{REALM}"' if kind == "Basic" else kind)
        return response
