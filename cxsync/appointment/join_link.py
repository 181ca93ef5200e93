"""Addresses of online meetings: a body that holds one is never rewritten."""

import re

_JOIN = re.compile(
    r"(?:teams\.microsoft\.com/(?:l/meetup-join|meet)|teams\.live\.com/meet|meet\.google\.com/[a-z]"
    r"|[\w.-]*zoom(?:gov)?\.(?:us|com)/[jw]/|[\w-]+\.webex\.com/|meet\.lync\.com/|join\.skype\.com/"
    r"|gotomeet\.me/|(?:meet|global)\.goto(?:meeting)?\.com/|whereby\.com/|meet\.jit\.si/)",
    re.IGNORECASE,
)


def has_join_link(text: str) -> bool:
    """Whether ``text`` (or HTML) names the address of an online meeting."""
    return _JOIN.search(text) is not None
