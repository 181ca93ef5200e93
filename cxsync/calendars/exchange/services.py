"""EWS operations: exchangelib's services, with strict answers, and with items as the XML that came."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from exchangelib.errors import (
    ErrorInternalServerError,
    ErrorInvalidIdMalformed,
    ErrorInvalidRequest,
    ErrorItemNotFound,
    MalformedResponseError,
)
from exchangelib.properties import DistinguishedFolderId, ExtendedFieldURI, ItemId
from exchangelib.services import (
    CreateItem,
    DeleteItem,
    FindItem,
    GetFolder,
    GetItem,
    MoveItem,
    SyncFolderItems,
    UpdateItem,
)
from exchangelib.services.common import EWSAccountService
from exchangelib.util import SOAPNS, create_element
from lxml import etree
from msgspec import Struct

from cxsync.calendars.exchange.shape import MEETING_SET, PLACE, PROPERTY_SET, WHOLE, GlobalId, Marker
from cxsync.calendars.exchange.soap import M, T, parse


class OwnFolder(DistinguishedFolderId):  # type: ignore[misc]  # exchangelib ships no types
    """A folder of whoever signs in: without a mailbox, which exchangelib would insist on."""

    ELEMENT_NAME = DistinguishedFolderId.ELEMENT_NAME

    def clean(self, version: Any = None) -> None:
        """Nothing to check."""


CALENDAR = OwnFolder(id="calendar")
DELETED = OwnFolder(id="deleteditems")
_PAGE = 100
_NEVER = 9999
_FOUND = 20
NOT_THERE = (ErrorItemNotFound, ErrorInvalidIdMalformed)
_OLD = ("Exchange2010_SP2", "Exchange2010_SP1", "Exchange2010")


class Key(Struct, frozen=True):
    """An ItemId."""

    id: str
    change_key: str | None = None


class Changed(Struct, frozen=True):
    """An entry of SyncFolderItems; ``tag`` names the kind of item, empty for a deletion."""

    key: Key
    tag: str = ""


def key_of(element: etree._Element, tag: str = "ItemId") -> Key:
    """The id inside an item. Raises MalformedResponseError."""
    found = element.find(f"{T}{tag}")
    if found is None or not found.get("Id"):
        raise MalformedResponseError(f"no {tag}")
    return Key(found.get("Id", ""), found.get("ChangeKey"))


def raised(answers: Iterable[Any]) -> list[Any]:
    """All answers; exchangelib hands some errors over as values, which are raised here."""
    given = list(answers)
    for each in given:
        if isinstance(each, Exception):
            raise each
    return given


class _Strict:
    """Mixed into each service: its answers are whole, and a request waits for its turn."""

    NO_VALID_SERVER_VERSIONS = ErrorInvalidRequest

    def _api_versions_to_try(self) -> tuple[str, ...]:
        # A refused request is repeated in other versions, since a mailbox may sit on an older server than the one that
        # answers; old versions are understood by all, so three more are enough.
        return tuple(dict.fromkeys((self._version_hint.api_version, *_OLD)))  # type: ignore[attr-defined]  # as below

    @classmethod
    def _get_soap_parts(cls, response: Any) -> tuple[etree._Element | None, etree._Element]:
        root = parse(response.content, getattr(cls, "SERVICE_NAME", ""))
        body = root.find(f"{{{SOAPNS}}}Body")
        if body is None:
            raise MalformedResponseError("no Body")
        return root.find(f"{{{SOAPNS}}}Header"), body

    def _get_response_xml(self, payload: Any) -> Any:
        with self.account.unless_refused():  # type: ignore[attr-defined]  # of exchangelib's EWSAccountService
            return super()._get_response_xml(payload=payload)  # type: ignore[misc]  # as above

    def _get_response(self, payload: Any, api_version: str) -> Any:
        self.account.wait(1)  # type: ignore[attr-defined]  # of exchangelib's EWSAccountService
        answer = super()._get_response(payload=payload, api_version=api_version)  # type: ignore[misc]  # as above
        self.account.answered = True  # type: ignore[attr-defined]  # as above
        return answer


class Items(_Strict, GetItem):  # type: ignore[misc]  # exchangelib ships no types
    """Items by id, each as XML, or the exception that says why not."""

    ERRORS_TO_CATCH_IN_RESPONSE = (*GetItem.ERRORS_TO_CATCH_IN_RESPONSE, ErrorInternalServerError)

    def whole(self, ids: Sequence[Any]) -> list[etree._Element | Exception]:
        """With everything that an appointment is made of."""
        return self._ask(ids, WHOLE)

    def places(self, ids: Sequence[Any]) -> list[etree._Element | Exception]:
        """With the folder alone."""
        return self._ask(ids, PLACE)

    def _ask(self, ids: Sequence[Any], fields: Any) -> list[etree._Element | Exception]:
        if not ids:
            return []
        version = self.account.version
        supported = [path for path in fields if path.field.supports_version(version)]
        found = list(self.call(items=ids, additional_fields=supported, shape="IdOnly"))
        if len(found) != len(ids):
            raise MalformedResponseError(f"{len(found)} items for {len(ids)} ids")
        return found

    def _elem_to_obj(self, elem: etree._Element) -> etree._Element:
        return elem


class Sync(_Strict, SyncFolderItems):  # type: ignore[misc]  # exchangelib ships no types
    """What changed in the calendar."""

    def since(self, state: str | None) -> tuple[list[Changed], str, bool]:
        """One page: the changes, the state behind them, and whether it was the last page."""
        changes = raised(
            self.call(
                folder=CALENDAR,
                shape="IdOnly",
                additional_fields=None,
                sync_state=state,
                ignore=None,
                max_changes_returned=_PAGE,
                sync_scope=None,
            )
        )
        if not self.sync_state:
            raise MalformedResponseError("no SyncState")
        return changes, self.sync_state, bool(self.includes_last_item_in_range)

    def _elem_to_obj(self, elem: etree._Element) -> Changed:
        name = etree.QName(elem).localname
        if name in ("Delete", "ReadFlagChange"):
            return Changed(key_of(elem), "" if name == "Delete" else name)
        return Changed(key_of(elem[0]), etree.QName(elem[0]).localname)


class _Equals:
    """A restriction to items whose extended property has one value."""

    def __init__(self, path: Any, value: str) -> None:
        self._path = path
        self._value = value

    def to_xml(self, version: Any) -> Any:
        restriction = create_element("m:Restriction")
        test = create_element("t:IsEqualTo")
        test.append(self._path.to_xml(version=version))
        constant = create_element("t:FieldURIOrConstant")
        constant.append(create_element("t:Constant", attrs={"Value": self._value}))
        test.append(constant)
        restriction.append(test)
        return restriction


class Search(_Strict, FindItem):  # type: ignore[misc]  # exchangelib ships no types
    """Ids of masters and singles in a folder."""

    def marked(self, folder: Any, marker: UUID) -> list[Key]:
        """That carry a creation key."""
        path = ExtendedFieldURI(
            property_set_id=PROPERTY_SET, property_name=Marker.property_name, property_type="String"
        )
        return self._equal(folder, _Equals(path, str(marker)))

    def known_as(self, folder: Any, global_id: str) -> list[Key]:
        """That have a global object id, in base64."""
        path = ExtendedFieldURI(
            distinguished_property_set_id=MEETING_SET, property_id=str(GlobalId.property_id), property_type="Binary"
        )
        return self._equal(folder, _Equals(path, global_id))

    def _equal(self, folder: Any, restriction: _Equals) -> list[Key]:
        return raised(
            self.call(
                folders=[folder],
                additional_fields=None,
                restriction=restriction,
                order_fields=None,
                shape="IdOnly",
                query_string=None,
                depth="Shallow",
                calendar_view=None,
                max_items=_FOUND,
                offset=0,
            )
        )

    def _elem_to_obj(self, elem: etree._Element) -> Key:
        return key_of(elem)


class Create(_Strict, CreateItem):  # type: ignore[misc]  # exchangelib ships no types
    """A new item in the calendar; nobody is told."""

    def one(self, item: Any) -> Key:
        """The id of what was created."""
        answers = self._chunked_get_elements(
            self.get_payload,
            items=[item],
            folder=CALENDAR,
            message_disposition="SaveOnly",
            send_meeting_invitations="SendToNone",
        )
        key: Key = raised(self._elems_to_objs(answers))[0]
        return key

    def _elem_to_obj(self, elem: etree._Element) -> Key:
        return key_of(elem)


class Update(_Strict, UpdateItem):  # type: ignore[misc]  # exchangelib ships no types
    """Fields of an item, if it is still what its change key says; nobody is told."""

    def one(self, item: Any, names: Sequence[str]) -> Key:
        """The id and new change key."""
        key: Key = raised(
            self.call(
                items=[(item, names)],
                conflict_resolution="NeverOverwrite",
                message_disposition="SaveOnly",
                send_meeting_invitations_or_cancellations="SendToNone",
                suppress_read_receipts=True,
            )
        )[0]
        return key

    def _get_value(self, target: Any, field: Any) -> Any:
        # As it is given: exchangelib would put times into the item's zone, losing one of two equal hours.
        return field.clean(getattr(target, field.name), version=self.account.version)

    def _elem_to_obj(self, elem: etree._Element) -> Key:
        return key_of(elem)


class Delete(_Strict, DeleteItem):  # type: ignore[misc]  # exchangelib ships no types
    """To Deleted Items; nobody is told."""

    def one(self, key: Key) -> None:
        """Raises what exchangelib raises."""
        raised(
            self.call(
                items=[ItemId(id=key.id, changekey=key.change_key)],
                delete_type="MoveToDeletedItems",
                send_meeting_cancellations="SendToNone",
                affected_task_occurrences="AllOccurrences",
                suppress_read_receipts=True,
            )
        )


class Move(_Strict, MoveItem):  # type: ignore[misc]  # exchangelib ships no types
    """Back into the calendar."""

    def one(self, key: Key) -> Key:
        """The id that it has there."""
        moved: Key = raised(self.call(items=[ItemId(id=key.id, changekey=key.change_key)], to_folder=CALENDAR))[0]
        return moved

    def _elem_to_obj(self, elem: etree._Element) -> Key:
        return key_of(elem)


class Folders(_Strict, GetFolder):  # type: ignore[misc]  # exchangelib ships no types
    """The ids of the folders that are known by name."""

    def ids(self) -> tuple[str, str]:
        """Of the calendar and of Deleted Items."""
        calendar, deleted = raised(self.call(folders=[CALENDAR, DELETED], additional_fields=None, shape="IdOnly"))
        return calendar, deleted

    def _elems_to_objs(self, elems: Iterable[Any]) -> Iterator[Any]:
        for each in elems:
            yield each if isinstance(each, Exception) else key_of(each, "FolderId").id


class PasswordExpiry(_Strict, EWSAccountService):  # type: ignore[misc]  # exchangelib ships no types
    """GetPasswordExpirationDate (2010 SP2 and later), which exchangelib lacks."""

    SERVICE_NAME = "GetPasswordExpirationDate"

    def of(self, address: str) -> datetime | None:
        """When the password of a mailbox runs out; None: never."""
        payload = create_element(f"m:{self.SERVICE_NAME}")
        mailbox = create_element("m:MailboxSmtpAddress")
        mailbox.text = address
        payload.append(mailbox)
        (answer,) = raised(self._get_elements(payload=payload))
        found = answer.findtext(f"{M}PasswordExpirationDate")
        if not found:
            return None
        at = datetime.fromisoformat(found)
        # "Never" is the last moment that .NET knows.
        return None if at.year >= _NEVER else at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)

    def _get_elements_in_response(self, response: Iterable[Any]) -> Iterator[Any]:
        for message in response:
            yield self._get_element_container(message=message)
