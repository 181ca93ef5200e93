"""The Carerix server as the sandbox's core knows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from cxsync.sandbox.carerix import answers
from cxsync.sandbox.carerix.account import Account
from cxsync.sandbox.carerix.graphql_endpoint import PATH, GraphQLEndpoint
from cxsync.sandbox.carerix.identity.realm import ACCOUNT, PROTOCOL, REALM, Realm
from cxsync.sandbox.carerix.identity.sessions import Sessions
from cxsync.sandbox.carerix.identity.sign_in import SignIn
from cxsync.sandbox.carerix.identity.token_endpoint import TokenEndpoint
from cxsync.sandbox.carerix.installation import Installation
from cxsync.sandbox.carerix.newcomers import add
from cxsync.sandbox.carerix.options import MAX_BODY_BYTES, Options
from cxsync.sandbox.carerix.person import Person
from cxsync.sandbox.carerix.plain import plain_values
from cxsync.sandbox.carerix.population import settle_all
from cxsync.sandbox.carerix.rows import Row
from cxsync.sandbox.carerix.tenant import API_CLIENT, API_USER, CONNECT_CLIENT, Tenant
from cxsync.sandbox.carerix.view import agenda
from cxsync.sandbox.core.action import parse_action
from cxsync.sandbox.core.canonical import digest
from cxsync.sandbox.core.faults import OPERATION, Fault, fault_middleware
from cxsync.sandbox.core.seed import TENANT
from cxsync.sandbox.core.world import World


class CarerixServer:
    """All tenants behind one address. Users are called ``tenant/userID``; ``userName`` and, at demo, no tenant do."""

    name = "carerix"

    def __init__(self, world: World) -> None:
        self._installation = Installation(world, self)
        self._sessions = Sessions()
        settle_all(self._installation, world.people, world.seed)

    @property
    def options(self) -> Options:
        """The switches in force; setting them raises BadInput if two exclude each other."""
        return self._installation.options

    @options.setter
    def options(self, options: Options) -> None:
        self._installation.options = options

    def app(self) -> web.Application:
        """GraphQL, identity provider and My Account."""
        installation = self._installation
        app = web.Application(middlewares=[fault_middleware(installation.world, self)], client_max_size=MAX_BODY_BYTES)
        realm, sign_in = Realm(installation), SignIn(installation, self._sessions)
        account = Account(installation, sign_in)
        app.router.add_post(PATH, GraphQLEndpoint(installation).post)
        app.router.add_get(f"{REALM}/.well-known/openid-configuration", realm.discovery)
        app.router.add_get(f"{PROTOCOL}/certs", realm.keys)
        app.router.add_get(f"{PROTOCOL}/userinfo", realm.user_info)
        app.router.add_get(f"{PROTOCOL}/auth", sign_in.authorise)
        app.router.add_get(f"{PROTOCOL}/logout", sign_in.sign_out)
        app.router.add_post(f"{PROTOCOL}/token", TokenEndpoint(installation, self._sessions).post)
        app.router.add_post(f"{REALM}/login-actions/authenticate", sign_in.submit)
        app.router.add_get(ACCOUNT, account.page)
        app.router.add_get("/app/{name}", account.file)
        return app

    def locate(self, base: str) -> dict[str, str]:
        """Addresses and program credentials of the tenant ``demo``; other tenants' differ in the name alone."""
        client = self._installation.tenant(TENANT).clients
        return {
            "graphql": f"{base}{PATH}",
            "token": f"{base}{PROTOCOL.format(tenant=TENANT)}/token",
            "issuer": f"{base}{REALM.format(tenant=TENANT)}",
            "my_account": f"{base}{ACCOUNT.format(tenant=TENANT)}",
            "client_id": API_CLIENT,
            "client_secret": str(client[API_CLIENT].secret),
            "oidc_client_id": CONNECT_CLIENT,
            "oidc_client_secret": str(client[CONNECT_CLIENT].secret),
        }

    def refuse(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """The answer for a fault of kind ``reason``."""
        return answers.of_fault(fault, request.get(OPERATION, "graphql"), self._installation.options)

    def _user(self, owner: str) -> tuple[Tenant, Row]:
        tenant, _, name = owner.rpartition("/")
        found = self._installation.tenant(tenant or TENANT)
        return found, found.user(name)

    def act(self, owner: str, action: Mapping[str, Any]) -> dict[str, Any]:
        """What a Carerix user does in Carerix."""
        tenant, user = self._user(owner)
        return Person(self._installation, tenant, user).act(parse_action(action))

    def items(self, owner: str, start: datetime | None = None, end: datetime | None = None) -> list[dict[str, Any]]:
        """The agenda of a user, deleted appointments marked as such."""
        tenant, user = self._user(owner)
        return agenda(tenant, user, start, end)

    def users(self) -> list[dict[str, Any]]:
        """The people of all tenants; the users of API clients are none."""
        return [
            self._described(tenant, row)
            for tenant in self._installation.tenants
            for row in tenant.database.table("CRUser").rows.values()
            if row.number != API_USER
        ]

    def _described(self, tenant: Tenant, row: Row) -> dict[str, Any]:
        return {
            "owner": tenant.owner_name(row.ref),
            "name": f"{row.text('firstName')} {row.text('lastName')}",
            "person": row.text("userName"),
            "password": tenant.passwords.get(row.number, ""),
            "tenant": tenant.name,
            "user_id": row.number,
            "user_name": row.text("userName"),
            "email": row.text("emailAddress"),
            "zone": row.text("timeZoneName") or tenant.settings.system_timezone,
            "language": row.text("language"),
            "is_active": bool(row.integer("isActive")),
        }

    def add_user(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A user ``{tenant?, user: {…}}``, a tenant ``{settings: {…}}``, or a client ``{tenant?, client: {…}}``."""
        added = add(self._installation, given)
        return {"tenant": added} if isinstance(added, str) else self._described(*added)

    def set_password(self, owner: str, password: str) -> None:
        """The user may sign in with ``password`` only, and is signed out everywhere."""
        tenant, user = self._user(owner)
        tenant.passwords[user.number] = password
        self._installation.tokens.expire(tenant.name, user.ref)

    def state(self) -> dict[str, Any]:
        """All tenants with all rows, by name and ``_id``."""
        return {tenant.name: _state(tenant) for tenant in self._installation.tenants}

    def digest(self) -> str:
        """The fingerprint of ``state``."""
        return digest(self.state())

    def reset(self, seed: int) -> None:
        """The people of the world and their first day again; nobody is signed in, no token is valid."""
        self._installation.clear(seed)
        self._sessions.clear()
        settle_all(self._installation, self._installation.world.people, seed)


def _state(tenant: Tenant) -> dict[str, Any]:
    tables = tenant.database.tables
    return {
        "settings": msgspec.to_builtins(tenant.settings),
        "clients": [msgspec.to_builtins(client) for client in tenant.clients.values()],
        "passwords": {str(number): password for number, password in sorted(tenant.passwords.items())},
        "rows": {
            name: {row.id: {"version": row.version, **plain_values(row)} for row in _sorted(table.rows)}
            for name, table in tables.items()
        },
    }


def _sorted(rows: Mapping[int, Row]) -> list[Row]:
    return [rows[number] for number in sorted(rows)]


def create(world: World) -> CarerixServer:
    """The Carerix server of ``world``, with its people and their first day."""
    return CarerixServer(world)
