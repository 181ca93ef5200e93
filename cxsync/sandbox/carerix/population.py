"""Who works at which tenant, and what stands in their agendas on the first day."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from cxsync.sandbox.carerix.installation import Installation
from cxsync.sandbox.carerix.options import APPOINTMENT
from cxsync.sandbox.carerix.rows import Ref, Row, Value
from cxsync.sandbox.carerix.rule_fields import rule_fields
from cxsync.sandbox.carerix.tenant import API_USER, Tenant, TenantSettings
from cxsync.sandbox.carerix.writing import Author, Fields, Writer
from cxsync.sandbox.core.action import Rule
from cxsync.sandbox.core.seed import LANGUAGE, TENANT, ZONE, Person, SeedAppointment, appointments

SECOND_TENANT: Final = "harbour"
SYSTEM: Final = "carerix"
_COMPANIES: Final = ("Bakkerij Zonneveld", "Van Dijk Logistiek", "Gemeente Utrecht", "Noordzee Energie")
_CANDIDATES: Final = (("Noor", "Visser"), ("Daan", "Smit"), ("Emma", "Mulder"), ("Sem", "de Boer"))
_VACANCIES: Final = ("Teamleider bakkerij", "Planner", "Jurist", "Monteur windturbines")
_NODES: Final = (("Intake", "meeting-intake"), ("Klantbezoek", "meeting-visit"), ("Doorgegaan", "result-done"))
_ROOMS: Final = ("Kamer 1", "Kamer 2")


def settle_all(installation: Installation, people: Iterable[Person], seed: int) -> None:
    """The tenants of ``people``, ``demo`` in any case, and a second one with other ways: London, Sunday weeks."""
    by_tenant: dict[str, list[Person]] = {TENANT: []}
    for person in people:
        by_tenant.setdefault(person.tenant, []).append(person)
    by_tenant.setdefault(SECOND_TENANT, [])
    for name, staff in by_tenant.items():
        tenant = new_tenant(installation, _settings(name, staff))
        for person in [*staff, *_own_staff(name)]:
            add_person(tenant, person, installation.world.clock.now())
            plant(
                installation, tenant, person, appointments(person, SYSTEM, seed, installation.world.clock.now().date())
            )


def _settings(name: str, staff: list[Person]) -> TenantSettings:
    if name == SECOND_TENANT:
        return TenantSettings(
            name=name, system_timezone="Europe/London", week_start="sunday", short_month="clamp", language="en"
        )
    zone = staff[0].zone if staff else ZONE
    language = staff[0].language if staff else LANGUAGE
    return TenantSettings(name=name, system_timezone=zone, language="nl" if language == "nl" else "en")


def _own_staff(tenant: str) -> list[Person]:
    if tenant != SECOND_TENANT:
        return []
    return [
        Person("olivia", 201, "Olivia Hart", "olivia@harbour.example", "olivia-secret", "exchange", tenant, "", "en"),
        Person("pieter", 202, "Pieter Post", "pieter@harbour.example", "pieter-secret", "google", tenant, ZONE, "nl"),
    ]


def new_tenant(installation: Installation, settings: TenantSettings) -> Tenant:
    """A tenant with its API user and the records that appointments can be related to."""
    tenant = Tenant(settings)
    installation.settle(tenant)
    now = _whole(installation.world.clock.now())
    api: dict[str, Value] = {"userName": "api-cxsync", "firstName": "API", "lastName": "CxCalendarSync"}
    _put(tenant, "CRUser", API_USER, {**api, "isActive": 1, "deleted": 0, "creationDate": now})
    for index, (company, vacancy, names) in enumerate(zip(_COMPANIES, _VACANCIES, _CANDIDATES, strict=True), start=1):
        _put(tenant, "CRCompany", index, {"name": company, "deleted": 0})
        to_company = Ref("CRCompany", index)
        _put(tenant, "CRVacancy", index, {"jobTitle": vacancy, "toCompany": to_company, "deleted": 0})
        _put(tenant, "CREmployee", index, {"firstName": names[0], "lastName": names[1], "deleted": 0})
        pair: dict[str, Value] = {"toEmployee": Ref("CREmployee", index), "toVacancy": Ref("CRVacancy", index)}
        _put(tenant, "CRMatch", index, {**pair, "deleted": 0})
    for index, (value, tag) in enumerate(_NODES, start=1):
        _put(tenant, "CRDataNode", index, {"value": value, "tag": tag, "deleted": 0})
    for index, room in enumerate(_ROOMS, start=1):
        _put(tenant, "CRResource", index, {"name": room, "location": "Utrecht", "deleted": 0})
    return tenant


def _put(tenant: Tenant, entity: str, number: int, values: Mapping[str, Value]) -> None:
    tenant.database.table(entity).put(Row(entity, number, values))


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def add_person(tenant: Tenant, person: Person, now: datetime) -> Row:
    """A user for ``person``; one without a zone follows the tenant's."""
    first, _, last = person.name.partition(" ")
    values: dict[str, Value] = {
        "userName": person.key,
        "firstName": first,
        "lastName": last,
        "emailAddress": person.mailbox,
        "timeZoneName": person.zone or None,
        "language": person.language,
        "isActive": 1,
        "deleted": 0,
        "creationDate": _whole(now),
    }
    row = Row("CRUser", person.user_id, values)
    tenant.database.table("CRUser").put(row)
    tenant.passwords[person.user_id] = person.password
    return row


def plant(installation: Installation, tenant: Tenant, person: Person, found: list[SeedAppointment]) -> None:
    """Appointments as the user has made them, beside a task and a note, which no calendar shows."""
    writer = installation.writer(tenant)
    author = Author(Ref("CRUser", person.user_id), "server")
    for index, each in enumerate(found):
        writer.create(Fields(_appointment(tenant, each, index)), author, "seed")
    _plant_others(writer, author)


def _plant_others(writer: Writer, author: Author) -> None:
    task: dict[str, Value] = {"toDoTypeKey": 0, "subject": "Cv opvragen", "owner": author.user, "priority": 1}
    note: dict[str, Value] = {"toDoTypeKey": 4, "subject": "Telefoonnotitie", "owner": author.user}
    for values in (task, note):
        writer.create(Fields(values), author, "seed")


def _appointment(tenant: Tenant, planned: SeedAppointment, index: int) -> dict[str, Value]:
    home = tenant.settings.home
    start = _on_rule(planned.rule, planned.start, tenant)
    related = 1 + index % len(_COMPANIES)
    values: dict[str, Value] = {
        "toDoTypeKey": APPOINTMENT,
        "subject": planned.subject,
        "location": planned.location,
        "notes": planned.notes or None,
        "isConfidential": int(planned.private),
        "isAllDay": int(planned.all_day),
        "startDate": start.replace(tzinfo=home).astimezone(UTC),
        "endDate": (start + timedelta(minutes=planned.minutes)).replace(tzinfo=home).astimezone(UTC),
    }
    if planned.rule is None and not planned.all_day:
        values |= {"toCompany": Ref("CRCompany", related), "toVacancy": Ref("CRVacancy", related)}
        values |= {"toEmployee": Ref("CREmployee", related), "toMatch": Ref("CRMatch", related)}
        values["toActivityTypeNode"] = Ref("CRDataNode", 1)
        values["additionalInfo"] = {"bron": "website"}
    if planned.rule is not None:
        values |= rule_fields(planned.rule, tenant.settings)
    return values


def _on_rule(rule: Rule | None, start: datetime, tenant: Tenant) -> datetime:
    """The start, moved on to the first day of its weekly rule (a start off the rule would be refused, A19)."""
    if rule is None or rule.frequency != "weekly":
        return start
    days = rule_fields(rule, tenant.settings)["recurrenceDays"]
    wanted = set(days) if isinstance(days, tuple) else set()
    return next(day for day in (start + timedelta(days=ahead) for ahead in range(7)) if _weekday(day.date()) in wanted)


def _weekday(day: date) -> int:
    return day.isoweekday() % 7
