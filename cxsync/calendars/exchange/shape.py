"""What is asked of each item, and the marker that this program puts on those it created."""

from typing import Any

from exchangelib import CalendarItem
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import FieldPath

PROPERTY_SET = "6f1b6a0c-9d0e-4c55-9e0f-5b7c3d1a2e84"
MARKER_NAME = "CxCalendarSync"
MEETING_SET = "Meeting"
GLOBAL_ID = 0x23  # PidLidCleanGlobalObjectId (MS-OXPROPS 2.48): what finds an item without a marker again


class Marker(ExtendedProperty):  # type: ignore[misc]  # exchangelib ships no types
    """The creation key, as text. A named property of our own set: no other program writes it."""

    property_set_id = PROPERTY_SET
    property_name = MARKER_NAME
    property_type = "String"


class GlobalId(ExtendedProperty):  # type: ignore[misc]  # exchangelib ships no types
    """What stays the same when an item is moved to Deleted Items, where its id changes."""

    distinguished_property_set_id = MEETING_SET
    property_id = GLOBAL_ID
    property_type = "Binary"


CalendarItem.register("cx_marker", Marker)
CalendarItem.register("cx_global_id", GlobalId)

_NAMES = (
    "parent_folder_id",
    "item_class",
    "subject",
    "sensitivity",
    "body",
    "categories",
    "importance",
    "has_attachments",
    "reminder_is_set",
    "reminder_minutes_before_start",
    "datetime_created",
    "last_modified_time",
    "uid",
    "recurrence_id",
    "start",
    "end",
    "original_start",
    "is_all_day",
    "legacy_free_busy_status",
    "location",
    "is_meeting",
    "is_cancelled",
    "is_recurring",
    "meeting_request_was_sent",
    "type",
    "my_response_type",
    "organizer",
    "required_attendees",
    "optional_attendees",
    "resources",
    "appointment_reply_time",
    "appointment_sequence_number",
    "appointment_state",
    "recurrence",
    "first_occurrence",
    "last_occurrence",
    "modified_occurrences",
    "deleted_occurrences",
    "_start_timezone",
    "_end_timezone",
    "cx_marker",
    "cx_global_id",
)


def _paths(names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(FieldPath(field=CalendarItem.get_field_by_fieldname(name)) for name in names)


WHOLE = _paths(_NAMES)
"""Everything that an appointment is made of. Named one by one: AllProperties would compute conflicting meetings too."""

PLACE = _paths(("parent_folder_id", "type"))
"""Where an item lies."""
