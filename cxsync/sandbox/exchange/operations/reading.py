"""GetItem and FindItem (MS-OXWSCORE, MS-OXWSSRCH)."""

from datetime import timedelta

from lxml import etree

from cxsync.sandbox.exchange.call import Call
from cxsync.sandbox.exchange.mailbox import Folder, Mailbox
from cxsync.sandbox.exchange.restriction import Test, read_restriction, sort
from cxsync.sandbox.exchange.series import View, between, whole
from cxsync.sandbox.exchange.shape import Shape, read_shape
from cxsync.sandbox.exchange.soap import M, ResponseError, batch, children, failure, response, success
from cxsync.sandbox.exchange.style import Style
from cxsync.sandbox.exchange.writers import read_moment

_LONGEST_VIEW = timedelta(days=2 * 366)
_LARGEST_RESTRICTION = 4 * 255
"""Elements that 255 comparisons take."""


def get_item(call: Call) -> str:
    """GetItem: one message for each id, in their order."""
    shape = read_shape(call.element[0], find=False)

    def serve(element: etree._Element) -> str:
        box, view = call.view(element)
        return f"<m:Items>{shape.draw(view, call.style(box, shape.body))}</m:Items>"

    return batch("GetItem", list(call.element[1]), serve, "<m:Items/>")


def find_item(call: Call) -> str:
    """FindItem: one message for each folder."""
    element = call.element
    options = call.organisation.options
    messages = []
    for parent in children(element, f"{M}ParentFolderIds"):
        try:
            shape = read_shape(element[0], find=True, refuse=options.find_refuses_body)
            box, folder = call.folder(parent)
            style = call.style(box, shape.body, brief=True)
            messages.append(success("FindItem", _found(call, box, folder, shape, style)))
        except ResponseError as error:
            messages.append(failure("FindItem", error))
    return response("FindItem", messages)


def _found(call: Call, box: Mailbox, folder: Folder, shape: Shape, style: Style) -> str:
    element = call.element
    if element.find(f"{M}QueryString") is not None:
        raise ResponseError("ErrorContentIndexingNotEnabled", "This mailbox has no content index.")
    restriction, order = element.find(f"{M}Restriction"), element.find(f"{M}SortOrder")
    if element.find(f"{M}SeekToConditionPageItemView") is not None:
        raise ResponseError(
            "ErrorCalendarSeekToConditionNotSupported", "Seeking to a condition is not supported for calendar items."
        )
    calendar = element.find(f"{M}CalendarView")
    if calendar is not None:
        if folder.folder_class != "IPF.Appointment":
            raise ResponseError(
                "ErrorCalendarFolderIsInvalidForCalendarView", "The folder is not a calendar: it has no calendar view."
            )
        if restriction is not None or order is not None:
            raise ResponseError(
                call.organisation.options.view_with_restriction,
                "A restriction or sort order cannot be combined with a calendar view.",
            )
        views = _calendar_view(call, folder, calendar)
        limit = _number(calendar, "MaxEntriesReturned", len(views))
        return _root(views[:limit], len(views), limit >= len(views), None, shape, style)
    if element.get("Traversal") == "Associated":
        return _root([], 0, True, 0, shape, style)
    if element.get("Traversal") == "SoftDeleted":
        folder = box.distinguished["recoverableitemsdeletions"]
    if restriction is not None and sum(1 for _ in restriction.iter()) > _LARGEST_RESTRICTION:
        raise ResponseError("ErrorRestrictionTooLong", "The restriction has more than 255 nodes.")
    test: Test = (lambda view: True) if restriction is None else read_restriction(restriction[0], style, call.pen)
    views = [view for view in map(whole, folder.items.values()) if test(view)]
    if order is not None:
        views = sort(views, order, style)
    return _page(call, views, shape, style)


def _number(element: etree._Element, name: str, default: int) -> int:
    value = int(element.get(name, default))
    if value < 0 or (name == "MaxEntriesReturned" and value == 0 and default):
        raise ResponseError(
            "ErrorInvalidPagingMaxRows" if name == "MaxEntriesReturned" else "ErrorInvalidIndexedPagingParameters",
            f"{name} is out of range.",
        )
    return value


def _page(call: Call, views: list[View], shape: Shape, style: Style) -> str:
    element = call.element
    most = call.organisation.options.find_count_limit or max(len(views), 1)
    page = element.find(f"{M}IndexedPageItemView")
    fraction = element.find(f"{M}FractionalPageItemView")
    if page is not None:
        offset, size = _number(page, "Offset", 0), min(_number(page, "MaxEntriesReturned", most), most)
        if page.get("BasePoint") == "End":
            start = max(0, len(views) - offset - size)
            shown = views[start : max(0, len(views) - offset)]
            following = offset + len(shown)
            return _root(shown, len(views), start == 0, following, shape, style)
    elif fraction is not None:
        low, high = _number(fraction, "Numerator", 0), int(fraction.get("Denominator", "1"))
        if high < 1 or low > high:
            raise ResponseError("ErrorInvalidFractionalPagingParameters", "The fraction is invalid.")
        offset, size = len(views) * low // high, min(_number(fraction, "MaxEntriesReturned", most), most)
    else:
        offset, size = 0, most
    shown = views[offset : offset + size]
    return _root(shown, len(views), offset + size >= len(views), offset + len(shown), shape, style)


def _calendar_view(call: Call, folder: Folder, element: etree._Element) -> list[View]:
    if any(str(element.get(name)).startswith(("0001-", "9999-")) for name in ("StartDate", "EndDate")):
        raise ResponseError("ErrorValueOutOfRange", "The start or end date of a calendar view is out of range.")
    start = read_moment(str(element.get("StartDate")), call.pen)
    end = read_moment(str(element.get("EndDate")), call.pen)
    if end < start:
        raise ResponseError(
            "ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate for this calendar view."
        )
    if end - start > _LONGEST_VIEW:
        raise ResponseError(
            "ErrorCalendarViewRangeTooBig", "The specified view range exceeds the maximum range of two years."
        )
    overlap = call.organisation.options.overlap
    found = [view for item in folder.items.values() for view in between(item, start, end, overlap)]
    found.sort(key=lambda view: (view.start, view.item.number))
    return found


def _root(views: list[View], total: int, last: bool, following: int | None, shape: Shape, style: Style) -> str:
    drawn = "".join(shape.draw(view, style) for view in views)
    paging = f'IndexedPagingOffset="{following}" ' if following is not None else ""
    return (
        f'<m:RootFolder {paging}TotalItemsInView="{total}" IncludesLastItemInRange="{"true" if last else "false"}">'
        f"<t:Items>{drawn}</t:Items></m:RootFolder>"
    )
