"""The Exchange server: HTTP, sign-in, dispatch, and what the sandbox's core asks of a system."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from lxml import etree

from cxsync.sandbox.core.action import parse_action
from cxsync.sandbox.core.canonical import digest
from cxsync.sandbox.core.faults import OPERATION, OWNER, Fault, enter, fault_middleware
from cxsync.sandbox.core.refusal import BadInput, NotThere
from cxsync.sandbox.core.world import World
from cxsync.sandbox.exchange import autodiscover, envelope, refusals
from cxsync.sandbox.exchange.accounts import Account
from cxsync.sandbox.exchange.call import Call
from cxsync.sandbox.exchange.gate import Gate
from cxsync.sandbox.exchange.login import Login
from cxsync.sandbox.exchange.operations import directory, folders, reading, syncing, writing
from cxsync.sandbox.exchange.operations.subscribing import Subscribing
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.organisation import Organisation
from cxsync.sandbox.exchange.people import People
from cxsync.sandbox.exchange.seen import seen, state_of
from cxsync.sandbox.exchange.soap import BUILDS, CONTENT_TYPE, ResponseError, SoapFault, fault, response
from cxsync.sandbox.exchange.soap import envelope as wrapped
from cxsync.sandbox.exchange.store import SYSTEM
from cxsync.sandbox.exchange.streaming import Streaming
from cxsync.sandbox.exchange.subscriptions import Subscriptions

PATH = "/EWS/Exchange.asmx"
_LARGEST = 64 * 1024 * 1024
_HEADERS = {"Content-Type": CONTENT_TYPE}
_ELEMENT = web.RequestKey("element", etree._Element)  # noqa: SLF001 - lxml has no public name for this type


class Exchange:
    """One server with all mailboxes of the world's people who have an Exchange calendar."""

    def __init__(self, world: World, options: Options | None = None) -> None:
        self.name = SYSTEM
        self.options: Options = options if options is not None else Options()
        self.world = world
        self.organisation = Organisation(world, lambda: self.options)
        self._login = Login(self.organisation.directory, world.clock, lambda: self.options)
        self._gate = Gate(world.clock)
        self._people = People(self.organisation)
        self._subscriptions = Subscriptions(world.clock)
        self._streaming = Streaming(self._subscriptions)
        subscribing = Subscribing(self._subscriptions)
        self._operations: dict[str, Callable[[Call], str]] = {
            "GetFolder": folders.get_folder,
            "FindFolder": folders.find_folder,
            "SyncFolderHierarchy": folders.sync_folder_hierarchy,
            "SyncFolderItems": syncing.sync_folder_items,
            "GetItem": reading.get_item,
            "FindItem": reading.find_item,
            "CreateItem": writing.create_item,
            "UpdateItem": writing.update_item,
            "DeleteItem": writing.delete_item,
            "MoveItem": writing.move_item,
            "GetServerTimeZones": directory.get_server_time_zones,
            "GetPasswordExpirationDate": directory.get_password_expiration_date,
            "ResolveNames": directory.resolve_names,
            "ConvertId": directory.convert_id,
            "Subscribe": subscribing.subscribe,
            "Unsubscribe": subscribing.unsubscribe,
        }

    # ---- HTTP

    def app(self) -> web.Application:
        """The web services and autodiscover."""
        app = web.Application(middlewares=[fault_middleware(self.world, self)], client_max_size=_LARGEST)
        for path in (PATH, PATH.lower()):
            app.router.add_post(path, self._ews)
        for path in ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"):
            app.router.add_post(path, self._autodiscover)
        app.on_shutdown.append(self._stop)
        return app

    async def _stop(self, _: web.Application) -> None:
        self._streaming.stop()

    def locate(self, base: str) -> dict[str, str]:
        """The EWS address and that of autodiscover."""
        return {"url": base, "ews": f"{base}{PATH}", "autodiscover": f"{base}/autodiscover/autodiscover.xml"}

    async def _ews(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        account = await self._signed_in(request)
        if isinstance(account, web.Response):
            return account
        request[OWNER] = account.owner
        try:
            with self._gate.passing(account.owner, self.options):
                asked = envelope.read(body, self.options.release)
                request[_ELEMENT] = asked.element
                found = await enter(self.world, self, request, asked.operation, account.owner)
                if found is not None and found.kind == "expire-token":
                    self._login.sign_out(account)
                    return self._login.unauthorized()
                actor = self._actor(account, asked.impersonate)
                call = Call(self.organisation, actor, asked.element, asked.operation, asked.build, asked.zone, found)
                if asked.operation != "GetStreamingEvents":
                    return self._answered(call)
            return await self._streaming.serve(request, call)
        except SoapFault as error:
            return web.Response(status=500, body=fault(error), headers=_HEADERS)

    async def _signed_in(self, request: web.Request) -> Account | web.Response:
        """Who sends ``request``. Only faults that name ``sign-in`` come before it; ``*`` means the operations."""
        request[OPERATION] = "sign-in"
        if any(each.operation == "sign-in" for each in self.world.faults.all()):
            await enter(self.world, self, request, "sign-in", "")
        return self._login.account(request)

    def _answered(self, call: Call) -> web.Response:
        try:
            text = self._operations[call.operation](call)
        except ResponseError as error:
            text = response(call.operation, [refusals.message(call.operation, error)])
        return web.Response(body=wrapped(call.build, text), headers=_HEADERS)

    def _actor(self, account: Account, impersonate: str) -> Account:
        if not impersonate or impersonate.lower() == account.owner.lower():
            return account
        if account.owner not in self.options.impersonators:
            raise SoapFault(
                "ErrorImpersonateUserDenied", "The account does not have permission to impersonate the requested user."
            )
        found = self.organisation.directory.by_name(impersonate, self.options)
        if found is None:
            raise SoapFault("ErrorNonExistentMailbox", "No mailbox with such guid or address.")
        return found

    async def _autodiscover(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        account = await self._signed_in(request)
        if isinstance(account, web.Response):
            return account
        await enter(self.world, self, request, "autodiscover", account.owner)
        base = f"{request.scheme}://{request.host}"
        return web.Response(body=autodiscover.answer(self.organisation, account, body, base), headers=_HEADERS)

    def refuse(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """The answer for a fault of kind ``reason``."""
        operation, element = request.get(OPERATION, ""), request.get(_ELEMENT)
        return refusals.refusal(operation, element, fault.params, BUILDS[self.options.release])

    # ---- what the core asks

    def _account(self, owner: str) -> Account:
        found = self.organisation.directory.by_name(owner, self.options)
        if found is None:
            raise NotThere("mailbox", owner)
        return found

    def act(self, owner: str, action: Mapping[str, Any]) -> dict[str, Any]:
        """What ``owner`` does in Outlook."""
        box = self.organisation.mailbox(self._account(owner))
        return self._people.act(box, parse_action(action))

    def items(self, owner: str, start: datetime | None = None, end: datetime | None = None) -> list[dict[str, Any]]:
        """What ``owner`` sees in the calendar, and what lies in Deleted Items."""
        return seen(self.organisation.mailbox(self._account(owner)), self.options, start, end)

    def users(self) -> list[dict[str, Any]]:
        """Every account with the names under which it signs in."""
        return [self._user(account) for account in self.organisation.directory.accounts.values()]

    def _user(self, account: Account) -> dict[str, Any]:
        domain = self.options.domain
        return {
            "owner": account.owner,
            "name": account.name,
            "person": account.person,
            "password": account.password,
            "user_names": [
                f"{domain}\\{account.alias}", f"{account.alias}@{domain.lower()}.local", account.owner,
            ],
            "zone": account.zone,
            "disabled": account.disabled,
            "locked": self.organisation.directory.is_locked(account, self.options),
            "must_change_password": account.must_change,
        }  # fmt: skip

    def add_user(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A new mailbox, or with ``owner`` of an existing one its switches ``disabled``, ``must_change_password``,
        ``locked``."""
        owner = given.get("owner")
        if not isinstance(owner, str) or "@" not in owner:
            raise BadInput("owner", owner, "an e-mail address")
        account = self.organisation.directory.by_address(owner)
        if account is None:
            alias = str(given.get("alias") or owner.partition("@")[0])
            password = str(given.get("password") or f"{alias}-secret")
            zone = str(given.get("zone") or "Europe/Amsterdam")
            now = self.world.clock.now()
            account = Account(owner, alias, str(given.get("name") or alias.title()), alias, password, zone, now)
            self.organisation.add(account)
        account.disabled = bool(given.get("disabled", account.disabled))
        account.must_change = bool(given.get("must_change_password", account.must_change))
        if "locked" in given:
            account.locked_since = self.world.clock.now() if given["locked"] else None
            account.refused.clear()
        return self._user(account)

    def set_password(self, owner: str, password: str) -> None:
        """The password is new from now on."""
        account = self._account(owner)
        account.password = password
        account.password_since = self.world.clock.now()
        account.must_change = False
        if self.options.new_password_ends_connections:
            self._login.sign_out(account)

    def state(self) -> dict[str, Any]:
        """All mailboxes."""
        return {box.owner: state_of(box) for box in self.organisation.mailboxes()}

    def digest(self) -> str:
        """Of ``state()``."""
        return digest(self.state())

    def reset(self, seed: int) -> None:
        """Begin again."""
        self._login.clear()
        self._gate.clear()
        self._subscriptions.clear()
        self.organisation.reset(seed)


def create(world: World) -> Exchange:
    """The server for ``world``."""
    return Exchange(world)
