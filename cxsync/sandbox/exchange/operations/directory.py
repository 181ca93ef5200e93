"""ResolveNames, GetPasswordExpirationDate, GetServerTimeZones, ConvertId (MS-OXWSRSLNM, MS-OXWSUSRCFG's kin)."""

import base64
import binascii

from cxsync.sandbox.exchange import ids
from cxsync.sandbox.exchange.call import Call
from cxsync.sandbox.exchange.soap import M, ResponseError, T, children, error_parts, escape, failure, response, success
from cxsync.sandbox.exchange.style import utc_text
from cxsync.sandbox.exchange.zone_xml import definition
from cxsync.sandbox.exchange.zones import windows_zone, windows_zones

_MOST = 100
_NEVER = "9999-12-31T23:59:59Z"


def get_server_time_zones(call: Call) -> str:
    """GetServerTimeZones: all zones or those named; unknown ids are left out."""
    full = call.element.get("ReturnFullTimeZoneData", "true").strip() in ("true", "1")
    wanted = [(element.text or "").strip() for element in children(call.element, f"{M}Ids")]
    found = [zone for zone in map(windows_zone, wanted) if zone is not None] if wanted else windows_zones()
    if wanted and not found:
        error = ResponseError("ErrorTimeZone", "None of the time zones is known to this server.")
        return response("GetServerTimeZones", [failure("GetServerTimeZones", error)])
    year = call.organisation.store.now.year
    drawn = "".join(definition(zone, "t:TimeZoneDefinition", year, full=full) for zone in found)
    content = f"<m:TimeZoneDefinitions>{drawn}</m:TimeZoneDefinitions>"
    return response("GetServerTimeZones", [success("GetServerTimeZones", content)])


def get_password_expiration_date(call: Call) -> str:
    """GetPasswordExpirationDate: of the caller, or of the mailbox named. The end of time if it never expires."""
    name = "GetPasswordExpirationDate"
    address = call.element.findtext(f"{M}MailboxSmtpAddress")
    directory = call.organisation.directory
    account = call.account if not address else directory.by_address(address)
    if account is None or account is not call.account:
        error = ResponseError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
        return f'<m:{name}Response ResponseClass="Error">{error_parts(error)}</m:{name}Response>'
    at = directory.expires(account, call.organisation.options)
    text = utc_text(at) if at is not None else _NEVER
    return (
        f'<m:{name}Response ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>'
        f"<m:PasswordExpirationDate>{text}</m:PasswordExpirationDate></m:{name}Response>"
    )


def resolve_names(call: Call) -> str:
    """ResolveNames: people whose name, alias or address begins with the entry."""
    name = "ResolveNames"
    entry = (call.element.findtext(f"{M}UnresolvedEntry") or "").strip().lower().removeprefix("smtp:")
    accounts = sorted(call.organisation.directory.accounts.values(), key=lambda each: each.name)
    found = [
        each
        for each in accounts
        if any(part.lower().startswith(entry) for part in (each.name, each.alias, each.owner, *each.name.split()))
    ]
    if not found:
        error = ResponseError("ErrorNameResolutionNoResults", "No results were found.")
        return response(name, [failure(name, error)])
    shown = found[:_MOST]
    drawn = "".join(
        f"<t:Resolution><t:Mailbox><t:Name>{escape(each.name)}</t:Name>"
        f"<t:EmailAddress>{escape(each.owner)}</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType>"
        "<t:MailboxType>Mailbox</t:MailboxType></t:Mailbox></t:Resolution>"
        for each in shown
    )
    last = "true" if len(found) <= _MOST else "false"
    content = (
        f'<m:ResolutionSet TotalItemsInView="{len(shown)}" IncludesLastItemInRange="{last}">{drawn}</m:ResolutionSet>'
    )
    if len(found) == 1:
        return response(name, [success(name, content)])
    warning = ResponseError("ErrorNameResolutionMultipleResults", "Multiple results were found.")
    tag = f"m:{name}ResponseMessage"
    return response(name, [f'<{tag} ResponseClass="Warning">{error_parts(warning)}{content}</{tag}>'])


def convert_id(call: Call) -> str:
    """ConvertId between the EWS, entry and hexadecimal forms of this server's own identifiers."""
    name = "ConvertId"
    wanted = str(call.element.get("DestinationFormat"))
    messages = []
    for element in children(call.element, f"{M}SourceIds"):
        try:
            messages.append(success(name, _converted(call, element.attrib, element.tag == f"{T}AlternateId", wanted)))
        except ResponseError as error:
            messages.append(failure(name, error))
    return response(name, messages)


def _converted(call: Call, attributes: object, plain: bool, wanted: str) -> str:
    given = {str(key): str(value) for key, value in dict(attributes).items()}  # type: ignore[call-overload] # an _Attrib
    if not plain:
        raise ResponseError("ErrorUnsupportedTypeForConversion", "There are no public folders here.")
    if call.organisation.directory.by_address(given["Mailbox"]) is None:
        raise ResponseError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
    text = given["Id"]
    try:
        if given["Format"] == "HexEntryId":
            text = base64.b64encode(binascii.unhexlify(text)).decode()
    except binascii.Error:
        raise ids.malformed() from None
    ids.decode(call.organisation.secret, text)
    if wanted == "HexEntryId":
        text = base64.b64decode(text).hex().upper()
    return (
        f'<m:AlternateId xsi:type="t:AlternateIdType" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'Format="{wanted}" Id="{escape(text)}" Mailbox="{escape(given["Mailbox"])}"/>'
    )
