"""CreateItem, UpdateItem, DeleteItem, MoveItem (MS-OXWSCORE, MS-OXWSMTGS)."""

from lxml import etree

from cxsync.sandbox.exchange import ids
from cxsync.sandbox.exchange.call import Call
from cxsync.sandbox.exchange.draft import Draft, draft_of
from cxsync.sandbox.exchange.fields import item_id_xml
from cxsync.sandbox.exchange.item import Content, Item, Response
from cxsync.sandbox.exchange.mailbox import Folder, Mailbox
from cxsync.sandbox.exchange.series import View, occurrence, whole
from cxsync.sandbox.exchange.soap import M, ResponseError, T, batch, children
from cxsync.sandbox.exchange.writers import write_new, write_updates

_ANSWERS: dict[str, Response] = {
    "AcceptItem": "Accept",
    "TentativelyAcceptItem": "Tentative",
    "DeclineItem": "Decline",
}


def _items_xml(call: Call, box: Mailbox, views: list[View]) -> str:
    style = call.style(box)
    drawn = "".join(f"<t:CalendarItem>{item_id_xml(view, style)}</t:CalendarItem>" for view in views)
    return f"<m:Items>{drawn}</m:Items>"


def create_item(call: Call) -> str:
    """CreateItem: appointments and the answers to invitations."""

    def serve(new: etree._Element) -> str:
        if etree.QName(new).localname == "CalendarItem":
            box, folder = _saved_in(call)
            item = _create(call, box, folder, new)
        else:
            box, item = _answer(call, new)
        return _items_xml(call, box, [whole(item)])

    return batch("CreateItem", children(call.element, f"{M}Items"), serve, "<m:Items/>")


def _saved_in(call: Call) -> tuple[Mailbox, Folder]:
    target = call.element.find(f"{M}SavedItemFolderId")
    if target is None:
        return call.box, call.box.calendar
    box, folder = call.folder(target[0], "ErrorSavedItemFolderNotFound")
    if folder.folder_class != "IPF.Appointment":
        raise ResponseError(
            "ErrorCannotCreateCalendarItemInNonCalendarFolder", "Calendar items belong into calendar folders."
        )
    return box, folder


def _create(call: Call, box: Mailbox, folder: Folder, element: etree._Element) -> Item:
    send = call.element.get("SendMeetingInvitations")
    if send is None:
        raise ResponseError(
            "ErrorSendMeetingInvitationsRequired", "SendMeetingInvitations attribute is required for calendar items."
        )
    draft = Draft(Content())
    write_new(draft, element, call.pen)
    cause = call.cause("create")
    item = call.organisation.store.create(box, folder, draft, call.zone, cause)
    call.organisation.meetings.created(box, item, send, cause)
    return item


def _answer(call: Call, element: etree._Element) -> tuple[Mailbox, Item]:
    """AcceptItem and its like refer to the meeting; CancelCalendarItem is the organiser's."""
    reference = element.find(f"{T}ReferenceItemId")
    if reference is None:
        raise ResponseError("ErrorMissingInformationReferenceItemId", "ReferenceItemId is required.")
    disposition = call.element.get("MessageDisposition")
    if disposition is None:
        raise ResponseError("ErrorMessageDispositionRequired", "MessageDisposition attribute is required.")
    box, view = call.view(reference)
    item = view.item
    name = etree.QName(element).localname
    meetings = call.organisation.meetings
    if name == "CancelCalendarItem":
        if item.organizer is not None:
            raise ResponseError("ErrorCalendarIsNotOrganizer", "Only the organizer can cancel a meeting.")
        cause = call.cause("cancel")
        meetings.deleted(box, item, "SendToAllAndSaveCopy", cause)
        call.organisation.store.delete(box, item, "MoveToDeletedItems", cause)
        return box, item
    if item.organizer is None:
        codes = {
            "AcceptItem": "ErrorCalendarIsOrganizerForAccept",
            "TentativelyAcceptItem": "ErrorCalendarIsOrganizerForTentative",
            "DeclineItem": "ErrorCalendarIsOrganizerForDecline",
        }
        raise ResponseError(codes[name], "The operation is invalid for the organizer of a meeting.")
    answer = _ANSWERS[name]
    if item.cancelled:
        raise ResponseError(f"ErrorCalendarIsCancelledFor{answer}", "The meeting has been cancelled.")
    return box, meetings.respond(box, item, answer, disposition != "SaveOnly", call.cause(answer.lower()))


def update_item(call: Call) -> str:
    """UpdateItem: each change on its own, by its change key."""

    def serve(change: etree._Element) -> str:
        box, view = _update(call, change)
        return _items_xml(call, box, [view]) + "<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>"

    return batch("UpdateItem", children(call.element, f"{M}ItemChanges"), serve, "<m:Items/>")


def _update(call: Call, change: etree._Element) -> tuple[Mailbox, View]:
    send = call.element.get("SendMeetingInvitationsOrCancellations")
    if send is None:
        raise ResponseError(
            "ErrorSendMeetingInvitationsOrCancellationsRequired",
            "SendMeetingInvitationsOrCancellations attribute is required for calendar items.",
        )
    box, view = call.view(change[0])
    item, before = view.item, view.content
    since = _check_version(call, box, item, change[0].get("ChangeKey"))
    if send != "SendToNone" and box.folders[item.folder].distinguished == "deleteditems":
        raise ResponseError(
            "ErrorCalendarCannotUpdateDeletedItem", "No update can be sent for an item that lies in Deleted Items."
        )
    draft = draft_of(view)
    write_updates(draft, change[1], call.pen)
    if draft.uid != item.uid:
        raise ResponseError("ErrorInvalidPropertySet", "Set action is invalid for property calendar:UID.")
    store, cause = call.organisation.store, call.cause("update")
    if view.original is None:
        moved = store.write(box, item, draft, call.zone, cause, since)
    else:
        moved = store.write_occurrence(box, item, view.original, draft, cause)
    call.organisation.meetings.updated(box, item, before, moved, send, cause)
    if view.original is None:
        return box, whole(item)
    return box, occurrence(item, view.original, call.organisation.options.overlap)


def _check_version(call: Call, box: Mailbox, item: Item, key: str | None) -> int | None:
    """The version after which no field that is written may have changed; None if that does not matter."""
    resolution = call.element.get("ConflictResolution")
    if resolution == "AlwaysOverwrite":
        return None
    if not key:
        raise ResponseError(
            call.organisation.options.missing_change_key, "A change key is required to update the item."
        )
    version = ids.version_of(box.guid, key)
    if version != item.version and resolution == "NeverOverwrite":
        raise ResponseError(
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in the request does "
            "not match the current change key for the item.",
        )
    if version > item.version:
        raise ResponseError("ErrorStaleObject", "The change key is newer than the item.")
    return version if call.organisation.options.auto_resolve == "refuse" else None


def delete_item(call: Call) -> str:
    """DeleteItem, of items and of single occurrences."""

    def serve(element: etree._Element) -> str:
        _delete(call, element)
        return ""

    return batch("DeleteItem", children(call.element, f"{M}ItemIds"), serve, "")


def _delete(call: Call, element: etree._Element) -> None:
    send = call.element.get("SendMeetingCancellations")
    if send is None:
        raise ResponseError(
            "ErrorSendMeetingCancellationsRequired",
            "SendMeetingCancellations attribute is required for calendar items.",
        )
    box, view = call.view(element)
    store, meetings, cause = call.organisation.store, call.organisation.meetings, call.cause("delete")
    if view.original is not None:
        store.delete_occurrence(box, view.item, view.original, cause)
        meetings.occurrence_deleted(box, view.item, view.original, send, cause)
        return
    meetings.deleted(box, view.item, send, cause)
    store.delete(box, view.item, str(call.element.get("DeleteType")), cause)


def move_item(call: Call) -> str:
    """MoveItem: the answer names the new id, since a moved item gets one."""
    wanted = (call.element.findtext(f"{M}ReturnNewItemIds") or "true").strip() in ("true", "1")

    def serve(element: etree._Element) -> str:
        box, folder = call.folder(call.element[0][0], "ErrorToFolderNotFound")
        _, view = call.view(element)
        if view.original is not None:
            raise ResponseError("ErrorCalendarCannotMoveOrCopyOccurrence", "An occurrence cannot be moved or copied.")
        item = call.organisation.store.move(box, view.item, folder, call.cause("move"))
        return _items_xml(call, box, [whole(item)]) if wanted else "<m:Items/>"

    return batch("MoveItem", children(call.element, f"{M}ItemIds"), serve, "<m:Items/>")
