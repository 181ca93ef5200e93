"""Asks a role how it is, as an orchestrator would."""

import aiohttp
import msgspec


class Answer(msgspec.Struct, frozen=True):
    """What one probe found; ``reason`` says why not."""

    alive: bool
    ready: bool
    reason: str | None = None


class _Body(msgspec.Struct):
    reason: str | None = None


async def probe(session: aiohttp.ClientSession, port: int) -> Answer:
    """``/healthz``, then ``/readyz``; no answer in time counts as not alive."""
    try:
        alive, reason = await _ask(session, port, "/healthz")
        if not alive:
            return Answer(False, False, reason)
        ready, reason = await _ask(session, port, "/readyz")
        return Answer(True, ready, reason)
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        return Answer(False, False, f"its health page does not answer ({type(error).__name__})")


async def _ask(session: aiohttp.ClientSession, port: int, path: str) -> tuple[bool, str | None]:
    async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
        body = await answer.read()
        try:
            reason = msgspec.json.decode(body, type=_Body).reason
        except (msgspec.DecodeError, ValueError):
            reason = None
        return answer.status == 200, None if answer.status == 200 else reason or f"{path} answers {answer.status}"


async def metrics_of(session: aiohttp.ClientSession, port: int) -> str | None:
    """The role's ``/metrics``, None if it does not answer: the others' are shown all the same."""
    try:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            return await answer.text() if answer.status == 200 else None
    except (TimeoutError, aiohttp.ClientError, OSError, UnicodeDecodeError):
        return None
