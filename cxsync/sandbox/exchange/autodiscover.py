"""Plain-old-XML autodiscover (MS-OXDSCLI): from an address to the EWS URL."""

from lxml import etree

from cxsync.sandbox.exchange.accounts import Account
from cxsync.sandbox.exchange.organisation import Organisation
from cxsync.sandbox.exchange.soap import SoapFault, escape, parse

REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_ROOT = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"


def answer(organisation: Organisation, caller: Account, body: bytes, base: str) -> bytes:
    """The answer to a request of ``caller``; ``base`` is the server's own address."""
    now = organisation.store.now.strftime("%H:%M:%S.0000000")
    try:
        root = parse(body)
    except SoapFault:
        return _error(now, 600, "Invalid Request")
    address = _find(root, "EMailAddress")
    schema = _find(root, "AcceptableResponseSchema")
    if not address:
        return _error(now, 600, "Invalid Request")
    if schema != RESPONSE:
        return _error(now, 601, "Provider is not available")
    account = organisation.directory.by_address(address)
    if account is None:
        return _error(now, 500, "The email address can't be found.")
    release = organisation.options.release
    url = f"{base}/EWS/Exchange.asmx"
    protocols = "".join(
        f"<Protocol><Type>{kind}</Type><Server>{escape(base.partition('//')[2])}</Server><ASUrl>{url}</ASUrl>"
        f"<EwsUrl>{url}</EwsUrl><AuthPackage>{auth}</AuthPackage></Protocol>"
        for kind, auth in (("EXCH", "Ntlm"), ("EXPR", "Basic" if "NTLM" not in organisation.options.auth else "Ntlm"))
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{_ROOT}"><Response xmlns="{RESPONSE}">'
        f"<User><DisplayName>{escape(account.name)}</DisplayName><LegacyDN>/o=Agency/ou=Exchange Administrative Group"
        f"/cn=Recipients/cn={escape(account.alias)}</LegacyDN>"
        f"<AutoDiscoverSMTPAddress>{escape(account.owner)}</AutoDiscoverSMTPAddress>"
        f"<DeploymentId>{release}</DeploymentId></User>"
        f"<Account><AccountType>email</AccountType><Action>settings</Action><MicrosoftOnline>False</MicrosoftOnline>"
        f"{protocols}</Account></Response></Autodiscover>"
    ).encode()


def _find(root: etree._Element, name: str) -> str:
    found = root.find(f".//{{{REQUEST}}}{name}")
    return (found.text or "").strip() if found is not None else ""


def _error(now: str, code: int, text: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{_ROOT}"><Response>'
        f'<Error Time="{now}" Id="1"><ErrorCode>{code}</ErrorCode><Message>{escape(text)}</Message><DebugData/></Error>'
        "</Response></Autodiscover>"
    ).encode()
