"""SyncFolderItems (MS-OXWSSYNC)."""

from cxsync.sandbox.exchange import ids, sync_state
from cxsync.sandbox.exchange.call import Call
from cxsync.sandbox.exchange.mailbox import Folder, Mailbox
from cxsync.sandbox.exchange.series import whole
from cxsync.sandbox.exchange.shape import Shape, read_shape
from cxsync.sandbox.exchange.soap import M, ResponseError, children, failure, response, success
from cxsync.sandbox.exchange.style import Style

_NAME = "SyncFolderItems"


def sync_folder_items(call: Call) -> str:
    """What changed in a folder since a state: items whole or in part, masters for their occurrences, never a time
    window. An item that changes while pages are fetched comes on a later page."""
    element = call.element
    try:
        box, folder = call.folder(element[1][0], "ErrorSyncFolderNotFound")
        given = element.findtext(f"{M}SyncState")
        since = sync_state.decode(box, folder.number, given) if given else 0
        if call.fault is not None:
            raise sync_state.invalid()
        shape = read_shape(element[0], find=True)
    except ResponseError as error:
        return response(_NAME, [failure(_NAME, error, _state("", last=True, changes=None))])
    if folder.last <= since and given:
        return response(_NAME, [success(_NAME, _state(given, last=True, changes=""))])
    most = int(element.findtext(f"{M}MaxChangesReturned") or 0)
    ignored = _ignored(call, box)
    style = call.style(box, shape.body, brief=True)
    changes: list[str] = []
    reached, last = since, True
    for number, change in box.since(folder, since):
        if len(changes) == most:
            last = False
            break
        reached = change.seq
        drawn = _change(box, folder, number, since, shape, style)
        if drawn and number not in ignored:
            changes.append(drawn)
    state = sync_state.encode(box, folder.number, reached)
    return response(_NAME, [success(_NAME, _state(state, last=last, changes="".join(changes)))])


def _change(box: Mailbox, folder: Folder, number: int, since: int, shape: Shape, style: Style) -> str:
    change = folder.changes[number]
    if change.item is not None:
        kind = "Create" if change.born > since else "Update"
        return f"<t:{kind}>{shape.draw(whole(change.item), style)}</t:{kind}>"
    if change.born > since:
        return ""
    gone = ids.encode(box.secret, box.guid, ids.ITEM, number)
    return f'<t:Delete><t:ItemId Id="{gone}" ChangeKey="{ids.change_key(box.guid, change.seq)}"/></t:Delete>'


def _ignored(call: Call, box: Mailbox) -> set[int]:
    found: set[int] = set()
    for element in children(call.element, f"{M}Ignore"):
        try:
            named = ids.decode(box.secret, str(element.get("Id")))
        except ResponseError:
            continue
        found.add(named.number)
    return found


def _state(state: str, *, last: bool, changes: str | None) -> str:
    """``changes`` None: an error, which shows no changes at all."""
    shown = f"<m:SyncState>{state}</m:SyncState>" if state else "<m:SyncState/>"
    return (
        f"{shown}<m:IncludesLastItemInRange>{'true' if last else 'false'}</m:IncludesLastItemInRange>"
        f"{'' if changes is None else f'<m:Changes>{changes}</m:Changes>'}"
    )
