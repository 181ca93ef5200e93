"""Extended properties: how requests name them, which ones the server computes itself (MS-OXWSXPROP, MS-OXPROPS)."""

import base64

from lxml import etree

from cxsync.sandbox.exchange.item import PropertyKey, Value
from cxsync.sandbox.exchange.series import View
from cxsync.sandbox.exchange.soap import ResponseError, T, escape

# Distinguished property sets and their GUIDs (MS-OXPROPS 1.3.2): both spellings name the same property.
SETS = {
    "Meeting": "6ed8da90-450b-101b-98da-00aa003f1305",
    "Appointment": "00062002-0000-0000-c000-000000000046",
    "Common": "00062008-0000-0000-c000-000000000046",
    "PublicStrings": "00020329-0000-0000-c000-000000000046",
    "Address": "00062004-0000-0000-c000-000000000046",
    "InternetHeaders": "00020386-0000-0000-c000-000000000046",
    "CalendarAssistant": "11000e07-b51b-40d6-af21-caa85edab1d0",
    "UnifiedMessaging": "4442858e-a9e3-4e80-b900-317a210cc15b",
    "Task": "00062003-0000-0000-c000-000000000046",
    "Sharing": "00062040-0000-0000-c000-000000000046",
}
_UNSUPPORTED = frozenset(("Object", "ObjectArray", "Error", "Null"))
_GLOBAL_IDS = {(SETS["Meeting"], "#3"), (SETS["Meeting"], "#35")}
_PREFIX = bytes.fromhex("040000008200e00074c5b7101a82e008")


def read_path(element: etree._Element) -> PropertyKey:
    """The property that an ExtendedFieldURI names; raises ResponseError for combinations that make no sense."""
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    kind = attributes["PropertyType"]
    tag = attributes.get("PropertyTag")
    name, number = attributes.get("PropertyName"), attributes.get("PropertyId")
    known, given = attributes.get("DistinguishedPropertySetId"), attributes.get("PropertySetId")
    if kind in _UNSUPPORTED:
        raise ResponseError("ErrorUnsupportedMapiPropertyType", f"Properties of type {kind} are not supported.")
    if tag is not None:
        if any(value is not None for value in (name, number, known, given)):
            raise _wrong("PropertyTag excludes all other attributes but PropertyType.")
        try:
            number_of_tag = int(tag, 0)
        except ValueError:
            raise _wrong(f"'{tag}' is not a property tag.") from None
        if number_of_tag >= 0x8000:
            raise ResponseError(
                "ErrorNoPropertyTagForCustomProperties", "Properties from 0x8000 on are named by set and name or id."
            )
        return PropertyKey("", f"0x{number_of_tag:x}", kind)
    if (known is None) == (given is None) or (name is None) == (number is None):
        raise _wrong("A property needs one property set and either PropertyName or PropertyId.")
    space = SETS[known] if known is not None else (given or "").strip("{}").lower()
    return PropertyKey(space, name if name is not None else f"#{int(number or 0)}", kind)


def _wrong(text: str) -> ResponseError:
    return ResponseError("ErrorInvalidExtendedProperty", f"The extended property attributes are invalid. {text}")


def read_property(element: etree._Element) -> tuple[PropertyKey, Value]:
    """An ExtendedProperty element with its value."""
    key = read_path(element[0])
    array = key.type.endswith("Array")
    content = element[1]
    if array != (content.tag == f"{T}Values"):
        wanted = "Values" if array else "Value"
        raise ResponseError("ErrorInvalidExtendedPropertyValue", f"A property of type {key.type} needs {wanted}.")
    if array:
        return key, tuple(_checked(key.type.removesuffix("Array"), child.text or "") for child in content)
    return key, _checked(key.type, content.text or "")


def _checked(kind: str, text: str) -> str:
    try:
        match kind:
            case "Integer" | "Short" | "Long":
                return str(int(text))
            case "Boolean":
                return {"true": "true", "1": "true", "false": "false", "0": "false"}[text.strip().lower()]
            case "Binary":
                return base64.b64encode(base64.b64decode(text, validate=True)).decode()
            case "Double" | "Float":
                float(text)
                return text
            case _:
                return text
    except (ValueError, KeyError):
        message = f"'{text[:50]}' is not a value of type {kind}."
        raise ResponseError("ErrorInvalidExtendedPropertyValue", message) from None


def global_object_id(uid: str) -> bytes:
    """PidLidGlobalObjectId of a UID; foreign ones are wrapped as MS-OXCICAL 2.1.3.1.1.20.26 has it."""
    try:
        raw = bytes.fromhex(uid)
        if raw.startswith(_PREFIX):
            return raw
    except ValueError:
        pass
    data = b"vCal-Uid\x01\x00\x00\x00" + uid.encode() + b"\x00"
    return _PREFIX + bytes(20) + len(data).to_bytes(4, "little") + data


def value_of(view: View, key: PropertyKey) -> Value | None:
    """What ``view`` has under ``key``; None if nothing."""
    found = view.content.extended.get(key)
    if found is not None:
        return found
    if (key.space, key.name) in _GLOBAL_IDS and key.type == "Binary":
        return base64.b64encode(global_object_id(view.item.uid)).decode()
    if not key.space and key.name == "0x3008" and key.type == "SystemTime":
        return view.modified.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not key.space and key.name == "0x3007" and key.type == "SystemTime":
        return view.item.created.strftime("%Y-%m-%dT%H:%M:%SZ")
    return None


def path_xml(key: PropertyKey) -> str:
    """The ExtendedFieldURI that names ``key``."""
    if not key.space:
        return f'<t:ExtendedFieldURI PropertyTag="{key.name}" PropertyType="{key.type}"/>'
    known = next((name for name, guid in SETS.items() if guid == key.space), None)
    where = f'DistinguishedPropertySetId="{known}"' if known else f'PropertySetId="{escape(key.space)}"'
    what = f'PropertyId="{key.name[1:]}"' if key.name.startswith("#") else f'PropertyName="{escape(key.name)}"'
    return f'<t:ExtendedFieldURI {where} {what} PropertyType="{key.type}"/>'


def property_xml(key: PropertyKey, value: Value) -> str:
    """An ExtendedProperty element."""
    if isinstance(value, tuple):
        inner = "".join(f"<t:Value>{escape(each)}</t:Value>" for each in value)
        return f"<t:ExtendedProperty>{path_xml(key)}<t:Values>{inner}</t:Values></t:ExtendedProperty>"
    return f"<t:ExtendedProperty>{path_xml(key)}<t:Value>{escape(value)}</t:Value></t:ExtendedProperty>"
