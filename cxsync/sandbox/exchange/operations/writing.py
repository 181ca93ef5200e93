"""CreateItem, UpdateItem, DeleteItem, MoveItem (MS-OXWSCORE, MS-OXWSMTGS)."""

from lxml import etree

from cxsync.sandbox.exchange import ids
from cxsync.sandbox.exchange.call import Call
from cxsync.sandbox.exchange.draft import Draft, draft_of
from cxsync.sandbox.exchange.fields import item_id_xml
from cxsync.sandbox.exchange.item import Content, Item, Response
from cxsync.sandbox.exchange.mailbox import Folder, Mailbox
from cxsync.sandbox.exchange.series import View, occurrence, whole
from cxsync.sandbox.exchange.soap import M, ResponseError, T, children, failure, response, success
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
    element = call.element
    messages = []
    for new in children(element, f"{M}Items"):
        try:
            if etree.QName(new).localname == "CalendarItem":
                box, folder = _saved_in(call)
                item = _create(call, box, folder, new)
            else:
                box, item = _answer(call, new)
            messages.append(success("CreateItem", _items_xml(call, box, [whole(item)])))
        except ResponseError as error:
            messages.append(failure("CreateItem", error, "<m:Items/>"))
    return response("CreateItem", messages)


def _saved_in(call: Call) -> tuple[Mailbox, Folder]:
    target = call.element.find(f"{M}SavedItemFolderId")
    if target is None:
        return call.box, call.box.calendar
    box, folder = call.folder(target[0])
    if folder.folder_class not in ("IPF.Appointment", "IPF.Note", ""):
        raise ResponseError("ErrorInvalidFolderTypeForOperation", "The folder cannot hold calendar items.")
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
    response_ = _ANSWERS[name]
    send = call.element.get("MessageDisposition", "SendAndSaveCopy") != "SaveOnly"
    return box, meetings.respond(box, item, response_, send, call.cause(response_.lower()))


def update_item(call: Call) -> str:
    """UpdateItem: each change on its own, by its change key."""
    messages = []
    for change in children(call.element, f"{M}ItemChanges"):
        try:
            box, view = _update(call, change)
            conflicts = "<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>"
            messages.append(success("UpdateItem", _items_xml(call, box, [view]) + conflicts))
        except ResponseError as error:
            messages.append(failure("UpdateItem", error, "<m:Items/>"))
    return response("UpdateItem", messages)


def _update(call: Call, change: etree._Element) -> tuple[Mailbox, View]:
    send = call.element.get("SendMeetingInvitationsOrCancellations")
    if send is None:
        raise ResponseError(
            "ErrorSendMeetingInvitationsOrCancellationsRequired",
            "SendMeetingInvitationsOrCancellations attribute is required for calendar items.",
        )
    box, view = call.view(change[0])
    item, before = view.item, view.content
    _check_version(call, box, item, change[0].get("ChangeKey"))
    draft = draft_of(view)
    write_updates(draft, change[1], call.pen)
    if draft.uid != item.uid:
        raise ResponseError("ErrorInvalidPropertySet", "Set action is invalid for property calendar:UID.")
    store, cause = call.organisation.store, call.cause("update")
    if view.original is None:
        moved = store.write(box, item, draft, call.zone, cause)
    else:
        moved = store.write_occurrence(box, item, view.original, draft, cause)
    call.organisation.meetings.updated(box, item, before, moved, send, cause)
    if view.original is None:
        return box, whole(item)
    return box, occurrence(item, view.original, call.organisation.options.overlap)


def _check_version(call: Call, box: Mailbox, item: Item, key: str | None) -> None:
    resolution = call.element.get("ConflictResolution")
    if resolution == "AlwaysOverwrite":
        return
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


def delete_item(call: Call) -> str:
    """DeleteItem, of items and of single occurrences."""
    messages = []
    for element in children(call.element, f"{M}ItemIds"):
        try:
            _delete(call, element)
            messages.append(success("DeleteItem"))
        except ResponseError as error:
            messages.append(failure("DeleteItem", error))
    return response("DeleteItem", messages)


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
    messages = []
    target = call.element.find(f"{M}ToFolderId")
    wanted = (call.element.findtext(f"{M}ReturnNewItemIds") or "true").strip() in ("true", "1")
    for element in children(call.element, f"{M}ItemIds"):
        try:
            if target is None:
                raise ResponseError("ErrorFolderNotFound", "The target folder is missing.")
            box, folder = call.folder(target[0])
            _, view = call.view(element)
            if view.original is not None:
                raise ResponseError(
                    "ErrorCalendarCannotMoveOrCopyOccurrence", "An occurrence cannot be moved or copied."
                )
            item = call.organisation.store.move(box, view.item, folder, call.cause("move"))
            messages.append(success("MoveItem", _items_xml(call, box, [whole(item)]) if wanted else "<m:Items/>"))
        except ResponseError as error:
            messages.append(failure("MoveItem", error, "<m:Items/>"))
    return response("MoveItem", messages)
