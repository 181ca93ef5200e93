"""Several requests in one (guide "Sending batch requests"): multipart in, multipart out, no order, no atomicity."""

from email.parser import BytesParser
from email.policy import HTTP

from cxsync.sandbox.google.api import Answer, Call
from cxsync.sandbox.google.refusals import ApiError

BOUNDARY = "batch_sandbox"
PREFIX = "/calendar/v3/"


def parts_of(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Content-ID and the embedded request of each part; 400 for what is no multipart/mixed."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    if not message.is_multipart():
        raise ApiError(400, "badRequest", "Failed to parse batch request, error: no multipart/mixed body")
    found = []
    for part in message.iter_parts():
        payload = part.get_payload(decode=True)
        found.append((part.get("Content-ID", ""), payload if isinstance(payload, bytes) else b""))
    return found


def call_of(part: bytes, outer: dict[str, str]) -> Call:
    """The request embedded in a part; the outer Authorization serves those that have none."""
    head, _, body = part.replace(b"\r\n", b"\n").partition(b"\n\n")
    first, _, rest = head.partition(b"\n")
    pieces = first.decode("latin-1").split(" ")
    if len(pieces) < 2:
        raise ApiError(400, "badRequest", "Failed to parse the request line of a part.")
    target, _, query = pieces[1].partition("?")
    if not target.startswith(PREFIX):
        raise ApiError(404, "notFound", "Not Found")
    headers = {}
    for line in rest.decode("latin-1").split("\n"):
        name, mark, value = line.partition(":")
        if mark:
            headers[name.strip().lower()] = value.strip()
    if "authorization" not in headers and "authorization" in outer:
        headers["authorization"] = outer["authorization"]
    return Call(pieces[0], target.removeprefix(PREFIX), query, headers, body)


def joined(answers: list[tuple[str, Answer]]) -> tuple[bytes, str]:
    """The multipart body and its content type."""
    chunks = []
    for name, answer in answers:
        marked = f"<response-{name.strip('<>')}>" if name else ""
        head = [f"--{BOUNDARY}", "Content-Type: application/http"]
        if marked:
            head.append(f"Content-ID: {marked}")
        head += ["", f"HTTP/1.1 {answer.status} {'OK' if answer.status < 400 else 'Error'}"]
        head += [f"{key}: {value}" for key, value in answer.headers.items()]
        head += [f"Content-Length: {len(answer.body)}", "", ""]
        chunks.append("\r\n".join(head).encode() + answer.body + b"\r\n")
    return b"".join(chunks) + f"--{BOUNDARY}--\r\n".encode(), f"multipart/mixed; boundary={BOUNDARY}"
