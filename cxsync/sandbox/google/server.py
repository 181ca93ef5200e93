"""The Google server as one of the sandbox's systems."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from cxsync.sandbox.core import canonical
from cxsync.sandbox.core.faults import Fault, carry_out, enter, fault_middleware
from cxsync.sandbox.core.refusal import BadInput, NotThere
from cxsync.sandbox.core.seed import ZONE
from cxsync.sandbox.core.world import World
from cxsync.sandbox.google.api import Answer, Api, Call, Prepared, answer_of
from cxsync.sandbox.google.authorization import Authorization
from cxsync.sandbox.google.batch import call_of, joined, parts_of
from cxsync.sandbox.google.calendars import Account
from cxsync.sandbox.google.channels import Channels
from cxsync.sandbox.google.consent import AUTHORIZE, CERTIFICATES, REVOKE, TOKEN, USER_INFO, Consent
from cxsync.sandbox.google.moments import zone_named
from cxsync.sandbox.google.options import Options
from cxsync.sandbox.google.person import Person
from cxsync.sandbox.google.realm import NAME, Realm
from cxsync.sandbox.google.refusals import ApiError, by_reason
from cxsync.sandbox.google.seeding import fill
from cxsync.sandbox.google.view import neutral

PREFIX = "/calendar/v3/"
BATCH = "/batch/calendar/v3"
LARGEST_BODY = 8 * 2**20
ZIPPED_FROM = 1400


class GoogleSystem:
    """Calendar v3, its batch endpoint and OAuth on one address."""

    name = NAME

    def __init__(self, world: World) -> None:
        self._world = world
        self.options = Options()
        self.reset(world.seed)

    def reset(self, seed: int) -> None:
        """See ``System.reset``."""
        self._realm = Realm(self._world, seed, lambda: self.options)
        self._authorization = Authorization(self._world, lambda: self.options, self._realm.new_id, self._account)
        started = getattr(self, "_channels", None)
        self._channels = Channels(self._realm) if started is None else started.moved_to(self._realm)
        self._api = Api(self._realm, self._authorization, self._channels)
        self._person = Person(self._realm, self._api.writing, self._authorization)
        self._refresh_tokens: dict[str, str] = {}
        for person in self._world.people:
            if person.provider == NAME:
                account = Account(person.mailbox, person.name, person.password, person.zone, person.key)
                self._add(account)
                fill(self._realm, self._api.writing, person, account)

    def _add(self, account: Account) -> None:
        self._realm.directory.add_account(account, self._world.clock.now())
        self._refresh_tokens[account.email] = self._authorization.standing(account.email)

    def app(self) -> web.Application:
        """See ``System.app``."""
        app = web.Application(middlewares=[fault_middleware(self._world, self)], client_max_size=LARGEST_BODY)
        app.router.add_route("*", PREFIX + "{path:.*}", self._serve)
        app.router.add_post(BATCH, self._serve_batch)
        Consent(self, lambda: self._realm, lambda: self._authorization).add_routes(app)
        app.on_startup.append(self._start)
        app.on_cleanup.append(self._stop)
        return app

    async def _start(self, app: web.Application) -> None:
        await self._channels.start()

    async def _stop(self, app: web.Application) -> None:
        await self._channels.stop()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        url = request.rel_url
        body = await request.read() if request.can_read_body else b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        prepared = self._api.prepare(
            Call(request.method, url.raw_path.removeprefix(PREFIX), url.raw_query_string, headers, body)
        )
        fault = await enter(self._world, self, request, prepared.operation, prepared.owner)
        answer = self._api.perform(prepared, fault)
        response = web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        if len(answer.body) > ZIPPED_FROM and "gzip" in headers.get("accept-encoding", ""):
            response.enable_compression()
        return response

    async def _serve_batch(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        await enter(self._world, self, request, "batch", "")
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            parts = parts_of(headers.get("content-type", ""), body)
            if len(parts) > self.options.batch_limit:
                raise ApiError(
                    400, "batchSizeTooLarge", f"The batch request has more than {self.options.batch_limit} parts."
                )
        except ApiError as error:
            refused = answer_of(error)
            return web.Response(status=refused.status, body=refused.body, headers=refused.headers)
        answers = [(name, await self._part(part, headers)) for name, part in parts]
        joint, kind = joined(answers)
        return web.Response(body=joint, headers={"Content-Type": kind})

    async def _part(self, part: bytes, outer: dict[str, str]) -> Answer:
        """One request of a batch; faults that cut connections hit the operation ``batch`` only."""
        try:
            prepared = self._api.prepare(call_of(part, outer))
        except ApiError as error:
            return answer_of(error)
        fault = self._world.faults.take(NAME, prepared.operation, "before", prepared.owner)
        refused = await self._faulted(fault)
        answer = refused if refused is not None else self._api.perform(prepared, fault)
        later = await self._faulted(self._world.faults.take(NAME, prepared.operation, "after", prepared.owner))
        answer = answer if later is None else later
        self._witnessed(prepared, answer)
        return answer

    def _witnessed(self, prepared: Prepared, answer: Answer) -> None:
        self._world.witness.request(NAME, prepared.operation, prepared.owner, answer.status, 0.0)

    async def _faulted(self, fault: Fault | None) -> Answer | None:
        if fault is None:
            return None
        if fault.kind == "reason":
            return answer_of(_error(fault))
        if fault.kind == "status":
            return Answer(int(fault.params.get("status", 503)))
        await carry_out(self._world, fault)
        return None

    def locate(self, base: str) -> dict[str, str]:
        """See ``System.locate``."""
        return {
            "url": base,
            "api": base + PREFIX,
            "batch": base + BATCH,
            "auth": base + AUTHORIZE,
            "token": base + TOKEN,
            "revoke": base + REVOKE,
            "user_info": base + USER_INFO,
            "certificates": base + CERTIFICATES,
            "client_id": self.options.client_id,
            "client_secret": self.options.client_secret,
        }

    def refuse(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """See ``System.refuse``: params are reason, status and retry_after."""
        answer = answer_of(_error(fault))
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    def act(self, owner: str, action: Mapping[str, Any]) -> dict[str, Any]:
        """See ``System.act``."""
        return self._person.act(owner, action)

    def items(self, owner: str, start: datetime | None = None, end: datetime | None = None) -> list[dict[str, Any]]:
        """See ``System.items``."""
        return neutral(self._realm, self._account(owner), start, end)

    def users(self) -> list[dict[str, Any]]:
        """See ``System.users``; ``refresh_token`` works without consent."""
        return [self._user(account) for account in self._realm.directory.accounts.values()]

    def _user(self, account: Account) -> dict[str, Any]:
        return {
            "owner": account.email,
            "name": account.name,
            "person": account.person,
            "password": account.password,
            "refresh_token": self._refresh_tokens[account.email],
        }

    def add_user(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """See ``System.add_user``: email, and if wanted name, password, zone, person."""
        email = given.get("email")
        if not isinstance(email, str) or "@" not in email:
            raise BadInput("email", email, "an e-mail address")
        email = email.lower()
        if email in self._realm.directory.accounts:
            raise BadInput("email", email, "an address that no account here has yet")
        zone = given.get("zone", ZONE)
        if zone_named(str(zone)) is None:
            raise BadInput("zone", zone, "an IANA time zone")
        key = str(given.get("person", email.partition("@")[0]))
        name, password = str(given.get("name", key)), str(given.get("password", f"{key}-secret"))
        account = Account(email, name, password, str(zone), key)
        self._add(account)
        return self._user(account)

    def set_password(self, owner: str, password: str) -> None:
        """See ``System.set_password``; a grant for calendars alone outlives it."""
        self._account(owner).password = password
        if self.options.password_change_revokes:
            self._authorization.revoke_account(owner)

    def _account(self, owner: str) -> Account:
        account = self._realm.directory.accounts.get(owner)
        if account is None:
            raise NotThere("owner", owner)
        return account

    def state(self) -> dict[str, Any]:
        """See ``System.state``."""
        calendars = self._realm.directory.calendars
        return {
            "accounts": {
                email: {"name": account.name, "calendars": sorted(account.entries)}
                for email, account in sorted(self._realm.directory.accounts.items())
            },
            "calendars": {
                name: {
                    "owner": calendars[name].owner,
                    "summary": calendars[name].summary,
                    "zone": calendars[name].zone,
                    "counter": calendars[name].counter,
                    "events": {event.id: {"etag": event.etag, **event.data} for event in calendars[name].after(None)},
                }
                for name in sorted(calendars)
            },
        }

    def digest(self) -> str:
        """See ``System.digest``."""
        return canonical.digest(self.state())


def _error(fault: Fault) -> ApiError:
    params = fault.params
    return by_reason(str(params.get("reason", "backendError")), params.get("status"), params.get("retry_after"))


def create(world: World) -> GoogleSystem:
    """The system for ``world``, with everybody who has a Google calendar."""
    return GoogleSystem(world)
