"""Tenants, users and clients that are added while the server runs."""

from collections.abc import Mapping
from typing import Any

import msgspec

from cxsync.sandbox.carerix.installation import Installation
from cxsync.sandbox.carerix.population import add_person, new_tenant
from cxsync.sandbox.carerix.rows import Row
from cxsync.sandbox.carerix.tenant import Client, Tenant, TenantSettings, checked_settings, require_zone
from cxsync.sandbox.core.refusal import BadInput, NotThere
from cxsync.sandbox.core.seed import TENANT, Person


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user to be added; an existing ``user_id`` is changed instead: activity, zone, language, password."""

    user_name: str
    user_id: int
    name: str = ""
    email: str = ""
    password: str = ""
    zone: str = ""
    language: str = ""
    is_active: bool = True
    deleted: bool = False


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of ``user``, ``client`` and ``settings``; ``tenant`` says where the first two belong."""

    tenant: str = TENANT
    user: NewUser | None = None
    client: Client | None = None
    settings: TenantSettings | None = None


def add(installation: Installation, given: Mapping[str, Any]) -> str | tuple[Tenant, Row]:
    """Add what ``given`` describes; the tenant's name, or its tenant and the user. Raises BadInput, NotThere."""
    try:
        wanted = msgspec.convert(given, Given)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        field = path.strip("`.") or "body"
        raise BadInput(field, given.get(field.partition(".")[0]), text) from None
    if wanted.settings is not None:
        return _tenant(installation, wanted.settings)
    tenant = installation.tenant(wanted.tenant)
    if wanted.client is not None:
        tenant.clients[wanted.client.id] = wanted.client
        return tenant.name
    if wanted.user is not None:
        return tenant, _user(installation, tenant, wanted.user)
    raise BadInput("user", None, "one of user, client and settings")


def _tenant(installation: Installation, settings: TenantSettings) -> str:
    checked_settings(settings)
    try:
        tenant = installation.tenant(settings.name)
    except NotThere:
        return new_tenant(installation, settings).name
    installation.change(tenant, settings)
    return tenant.name


def _user(installation: Installation, tenant: Tenant, wanted: NewUser) -> Row:
    if wanted.zone:
        require_zone("user.zone", wanted.zone)
    users = tenant.database.table("CRUser")
    namesakes = users.holding("userName", wanted.user_name) - {wanted.user_id}
    if namesakes:
        raise BadInput("user.user_name", wanted.user_name, f"a name that user {min(namesakes)} does not have")
    language = wanted.language or tenant.settings.language
    person = Person(
        wanted.user_name,
        wanted.user_id,
        wanted.name or wanted.user_name,
        wanted.email or f"{wanted.user_name}@{tenant.name}.example",
        wanted.password or f"{wanted.user_name}-secret",
        "exchange",
        tenant.name,
        wanted.zone,
        language,
    )
    known = users.get(wanted.user_id)
    now = installation.world.clock.now().replace(microsecond=0)
    row = add_person(tenant, person, now)
    values = {**row.values, "isActive": int(wanted.is_active), "deleted": int(wanted.deleted)}
    if known is not None:
        values |= {"creationDate": known.values["creationDate"], "modificationDate": now}
    changed = Row(row.entity, row.number, values, 1 if known is None else known.version + 1)
    users.put(changed)
    return changed
