"""One request to EWS: who asks for what, and the items and folders that its identifiers mean."""

from dataclasses import dataclass

from lxml import etree

from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.exchange import ids
from cxsync.sandbox.exchange.accounts import Account
from cxsync.sandbox.exchange.mailbox import Folder, Mailbox
from cxsync.sandbox.exchange.organisation import Organisation
from cxsync.sandbox.exchange.series import View, day_at, occurrence, require_live, whole
from cxsync.sandbox.exchange.soap import Build, ResponseError, T
from cxsync.sandbox.exchange.store import Cause
from cxsync.sandbox.exchange.style import Style
from cxsync.sandbox.exchange.writers import Pen
from cxsync.sandbox.exchange.zones import Zone


@dataclass(frozen=True)
class Call:
    """``account`` acts; ``element`` is the operation; ``zone`` comes from TimeZoneContext; ``fault`` is one that only
    the operation itself can carry out (``invalid-state``)."""

    organisation: Organisation
    account: Account
    element: etree._Element
    operation: str
    build: Build
    zone: Zone | None = None
    fault: Fault | None = None

    @property
    def box(self) -> Mailbox:
        """The mailbox of the one who acts."""
        return self.organisation.mailbox(self.account)

    @property
    def pen(self) -> Pen:
        """For reading values."""
        return Pen(self.zone, self.organisation.options)

    def style(self, box: Mailbox, body: str = "Best", *, brief: bool = False) -> Style:
        """For writing values."""
        return Style(box, self.organisation.options, self.organisation.store.now, self.zone, body, brief)

    def cause(self, action: str) -> Cause:
        """For the journal."""
        return Cause("api", self.account.owner, action)

    def own(self, box: Mailbox | None) -> Mailbox:
        """``box`` if the caller may use it; raises ResponseError: nobody shares a calendar here."""
        if box is None:
            raise ResponseError("ErrorItemNotFound", "The specified object was not found in the store.")
        if box is not self.box:
            raise ResponseError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return box

    def folder(self, element: etree._Element, missing: str = "ErrorFolderNotFound") -> tuple[Mailbox, Folder]:
        """What a FolderId or DistinguishedFolderId means. Raises ResponseError, ``missing`` if there is none."""
        name = str(element.get("Id"))
        if element.tag == f"{T}DistinguishedFolderId":
            box = self.box
            address = element.findtext(f"{T}Mailbox/{T}EmailAddress")
            if address is not None and address.lower() != box.owner.lower():
                other = self.organisation.mailbox_of(address)
                if other is None:
                    raise ResponseError(
                        "ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it."
                    )
                box = self.own(other)
            folder = box.distinguished.get(name)
            if folder is None:
                raise ResponseError(missing, "The specified folder could not be found in the store.")
            return box, folder
        found = ids.decode(self.organisation.secret, name)
        if found.kind != ids.FOLDER:
            raise ResponseError("ErrorCannotUseItemIdForFolderId", "The Id is not a folder Id.")
        box = self.own(self.organisation.by_guid(found.mailbox))
        folder = box.folders.get(found.number)
        if folder is None:
            raise ResponseError(missing, "The specified folder could not be found in the store.")
        return box, folder

    def view(self, element: etree._Element) -> tuple[Mailbox, View]:
        """What an ItemId, OccurrenceItemId or RecurringMasterItemId means. Raises ResponseError."""
        overlap = self.organisation.options.overlap
        if element.tag == f"{T}OccurrenceItemId":
            box, found = self._item_id(str(element.get("RecurringMasterId")))
            item = box.item(found.number)
            if found.day is not None:
                raise ResponseError(
                    "ErrorCalendarCannotUseIdForRecurringMasterId", "The Id is that of an occurrence, not of a master."
                )
            day = day_at(item, int(element.get("InstanceIndex", "0")))
            require_live(item, day)
            return box, occurrence(item, day, overlap)
        if element.tag == f"{T}RecurringMasterItemId":
            box, found = self._item_id(str(element.get("OccurrenceId")))
            item = box.item(found.number)
            if found.day is None:
                raise ResponseError("ErrorCalendarCannotUseIdForOccurrenceId", "The Id is not that of an occurrence.")
            return box, whole(item)
        box, found = self._item_id(str(element.get("Id")))
        item = box.item(found.number)
        if found.day is None:
            return box, whole(item)
        require_live(item, found.day)
        return box, occurrence(item, found.day, overlap)

    def _item_id(self, text: str) -> tuple[Mailbox, ids.Id]:
        found = ids.decode(self.organisation.secret, text)
        if found.kind == ids.FOLDER:
            raise ResponseError("ErrorCannotUseFolderIdForItemId", "Id is not an item Id.")
        return self.own(self.organisation.by_guid(found.mailbox)), found
