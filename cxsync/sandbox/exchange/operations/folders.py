"""GetFolder, FindFolder, SyncFolderHierarchy (MS-OXWSFOLD, MS-OXWSSRCH, MS-OXWSSYNC)."""

from collections.abc import Callable
from typing import NamedTuple

from lxml import etree

from cxsync.sandbox.exchange import sync_state
from cxsync.sandbox.exchange.call import Call
from cxsync.sandbox.exchange.mailbox import Folder, Mailbox
from cxsync.sandbox.exchange.restriction import matches_folder
from cxsync.sandbox.exchange.soap import M, ResponseError, T, children, escape, failure, response, success

_RIGHTS = "".join(
    f"<t:{name}>true</t:{name}>"
    for name in ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read")
)
_TAGS = {
    "IPF.Appointment": "CalendarFolder",
    "IPF.Contact": "ContactsFolder",
    "IPF.Task": "TasksFolder",
}


class _Shape(NamedTuple):
    base: str
    uris: frozenset[str]


def _read_shape(element: etree._Element | None) -> _Shape:
    if element is None:
        return _Shape("IdOnly", frozenset())
    uris = frozenset(str(path.get("FieldURI")) for path in element.iterfind(f"{T}AdditionalProperties/{T}FieldURI"))
    return _Shape((element.findtext(f"{T}BaseShape") or "").strip(), uris)


def _children(box: Mailbox, folder: Folder) -> int:
    return sum(1 for each in box.folders.values() if each.parent == folder.number)


# In the order of types.xsd, BaseFolderType.
_FIELDS: tuple[tuple[str, bool, Callable[[Mailbox, Folder], str]], ...] = (
    ("FolderClass", True, lambda b, f: f.folder_class),
    ("DisplayName", True, lambda b, f: f.name),
    ("TotalCount", True, lambda b, f: str(len(f.items))),
    ("ChildFolderCount", True, lambda b, f: str(_children(b, f))),
)


def folder_xml(box: Mailbox, folder: Folder, shape: _Shape, *, modern: bool) -> str:
    """A folder element with what ``shape`` asks for."""
    everything = shape.base == "AllProperties"
    tag = _TAGS.get(folder.folder_class, "Folder")
    parts = [f'<t:FolderId Id="{box.folder_id(folder)}" ChangeKey="{box.folder_key(folder)}"/>']
    parent = box.folders.get(folder.parent)
    if parent is not None and (everything or "folder:ParentFolderId" in shape.uris):
        parts.append(f'<t:ParentFolderId Id="{box.folder_id(parent)}" ChangeKey="{box.folder_key(parent)}"/>')
    for name, default, value in _FIELDS:
        if everything or f"folder:{name}" in shape.uris or (default and shape.base == "Default"):
            text = value(box, folder)
            if text or name == "DisplayName":
                parts.append(f"<t:{name}>{escape(text)}</t:{name}>")
    if everything or "folder:EffectiveRights" in shape.uris:
        parts.append(f"<t:EffectiveRights>{_RIGHTS}<t:ViewPrivateItems>true</t:ViewPrivateItems></t:EffectiveRights>")
    if modern and folder.distinguished and (everything or "folder:DistinguishedFolderId" in shape.uris):
        parts.append(f"<t:DistinguishedFolderId>{folder.distinguished}</t:DistinguishedFolderId>")
    if tag == "Folder" and (everything or shape.base == "Default" or "folder:UnreadCount" in shape.uris):
        parts.append("<t:UnreadCount>0</t:UnreadCount>")
    return f"<t:{tag}>{''.join(parts)}</t:{tag}>"


def _modern(call: Call) -> bool:
    return call.build.major >= 15


def get_folder(call: Call) -> str:
    """GetFolder."""
    shape = _read_shape(call.element.find(f"{M}FolderShape"))
    messages = []
    for element in children(call.element, f"{M}FolderIds"):
        try:
            box, folder = call.folder(element)
            drawn = folder_xml(box, folder, shape, modern=_modern(call))
            messages.append(success("GetFolder", f"<m:Folders>{drawn}</m:Folders>"))
        except ResponseError as error:
            messages.append(failure("GetFolder", error, "<m:Folders/>"))
    return response("GetFolder", messages)


def find_folder(call: Call) -> str:
    """FindFolder: one message for each parent."""
    element = call.element
    shape = _read_shape(element.find(f"{M}FolderShape"))
    deep = element.get("Traversal") == "Deep"
    page = element.find(f"{M}IndexedPageFolderView")
    restriction = element.find(f"{M}Restriction")
    messages = []
    for parent in children(element, f"{M}ParentFolderIds"):
        try:
            box, top = call.folder(parent)
            below = box.below(top) if deep else (f for f in box.folders.values() if f.parent == top.number)
            found = [f for f in below if restriction is None or matches_folder(restriction[0], f)]
            offset = int(page.get("Offset", "0")) if page is not None else 0
            size = int(page.get("MaxEntriesReturned", "1000")) if page is not None else len(found) or 1
            shown = found[offset : offset + size]
            last = offset + size >= len(found)
            paging = f'IndexedPagingOffset="{offset + len(shown)}" ' if page is not None else ""
            drawn = "".join(folder_xml(box, f, shape, modern=_modern(call)) for f in shown)
            messages.append(
                success(
                    "FindFolder",
                    f'<m:RootFolder {paging}TotalItemsInView="{len(found)}" IncludesLastItemInRange='
                    f'"{"true" if last else "false"}"><t:Folders>{drawn}</t:Folders></m:RootFolder>',
                )
            )
        except ResponseError as error:
            messages.append(failure("FindFolder", error))
    return response("FindFolder", messages)


def sync_folder_hierarchy(call: Call) -> str:
    """SyncFolderHierarchy: all changes in one answer; folders are few."""
    name = "SyncFolderHierarchy"
    element = call.element
    shape = _read_shape(element.find(f"{M}FolderShape"))
    try:
        target = element.find(f"{M}SyncFolderId")
        box, top = call.folder(target[0]) if target is not None else (call.box, call.box.distinguished["msgfolderroot"])
        given = element.findtext(f"{M}SyncState")
        since = sync_state.decode(box, top.number, given) if given else 0
        if call.fault is not None:
            raise sync_state.invalid()
    except ResponseError as error:
        return response(name, [failure(name, error, _hierarchy_state("", None))])
    changes = ""
    inside = {folder.number for folder in box.below(top)}
    for number, (seq, born, _) in sorted(box.folder_changes.items(), key=lambda pair: pair[1][0]):
        if seq > since and number in inside:
            kind = "Create" if born > since else "Update"
            changes += f"<t:{kind}>{folder_xml(box, box.folders[number], shape, modern=_modern(call))}</t:{kind}>"
    return response(name, [success(name, _hierarchy_state(sync_state.encode(box, top.number, box.seq), changes))])


def _hierarchy_state(state: str, changes: str | None) -> str:
    shown = f"<m:SyncState>{state}</m:SyncState>" if state else "<m:SyncState/>"
    told = "" if changes is None else f"<m:Changes>{changes}</m:Changes>"
    return f"{shown}<m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange>{told}"
