"""My Account: where a Carerix user finds the document CxCalendarSync, which opens the pop-up."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from cxsync.sandbox.carerix.identity.realm import ACCOUNT, PROTOCOL, tenant_of
from cxsync.sandbox.carerix.identity.sessions import Pending
from cxsync.sandbox.carerix.identity.sign_in import SignIn
from cxsync.sandbox.carerix.installation import Installation
from cxsync.sandbox.carerix.pages import HERE, Language, language_of, rendered
from cxsync.sandbox.core.faults import enter

FILES: Final = {"account.js": "text/javascript", "carerix.css": "text/css"}
DOCUMENT: Final = "CxCalendarSync"


class Account:
    """The page of who is signed in; the sign-in page for everyone else."""

    def __init__(self, installation: Installation, sign_in: SignIn) -> None:
        self._installation = installation
        self._sign_in = sign_in

    async def page(self, request: web.Request) -> web.StreamResponse:
        """My Account with the list of documents."""
        installation = self._installation
        tenant = tenant_of(installation, request)
        await enter(installation.world, installation.system, request, "my-account", tenant.name)
        session = self._sign_in.session(request, tenant)
        here = ACCOUNT.format(tenant=tenant.name)
        if session is None:
            return self._sign_in.page(request, tenant, Pending(tenant.name, return_to=here))
        user = tenant.user(str(session.user.number))
        language: Language = language_of(user.text("language"), tenant)
        connect = installation.options.connect_url
        address = f"{connect}{'&' if '?' in connect else '?'}{urlencode({'tenant': tenant.name})}"
        return rendered(
            "account.html",
            language,
            tenant=tenant.name,
            full_name=f"{user.text('firstName')} {user.text('lastName')}",
            user_name=user.text("userName"),
            sign_out=f"{PROTOCOL.format(tenant=tenant.name)}/logout",
            documents=[{"name": DOCUMENT, "address": address}],
        )

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Style and script of the pages."""
        name = request.match_info["name"]
        if name not in FILES:
            raise web.HTTPNotFound
        text = (HERE / name).read_text("utf-8")
        return web.Response(text=text, content_type=FILES[name], charset="utf-8")
