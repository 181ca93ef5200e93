"""The pages a person sees: sign-in, My Account, messages; English and Dutch."""

from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import jinja2
from aiohttp import web

from cxsync.sandbox.carerix.tenant import Tenant

Language: TypeAlias = Literal["nl", "en"]
HERE: Final = Path(__file__).parent

_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
)

TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "sign_in": "Sign in",
        "user_name": "User name",
        "password": "Password",
        "wrong": "Invalid user name or password.",
        "client": "The program that sent you here is not registered.",
        "redirect": "The program that sent you here gave an address that is not registered.",
        "expired": "This page is no longer valid. Please start again.",
        "signed_out": "You are signed out.",
        "my_account": "My Account",
        "documents": "Documents",
        "select": "Select document",
        "open": "Open",
        "signed_in_as": "Signed in as",
        "sign_out": "Sign out",
        "blocked": "Your browser has blocked the pop-up. Allow pop-ups for this site "
        "(the icon at the end of the address bar) and select the document again, or open it here:",
        "opened": "The document is open in a window of its own. Close that window when you are done.",
    },
    "nl": {
        "sign_in": "Inloggen",
        "user_name": "Gebruikersnaam",
        "password": "Wachtwoord",
        "wrong": "Ongeldige gebruikersnaam of ongeldig wachtwoord.",
        "client": "Het programma dat u hierheen stuurde is niet geregistreerd.",
        "redirect": "Het programma dat u hierheen stuurde gaf een adres op dat niet geregistreerd is.",
        "expired": "Deze pagina is niet meer geldig. Begin opnieuw.",
        "signed_out": "U bent uitgelogd.",
        "my_account": "My Account",
        "documents": "Documenten",
        "select": "Selecteer document",
        "open": "Openen",
        "signed_in_as": "Ingelogd als",
        "sign_out": "Uitloggen",
        "blocked": "Uw browser heeft de pop-up geblokkeerd. Sta pop-ups voor deze site toe "
        "(het pictogram aan het eind van de adresbalk) en kies het document opnieuw, of open het hier:",
        "opened": "Het document staat open in een eigen venster. Sluit dat venster als u klaar bent.",
    },
}


def language_of(wanted: str | None, tenant: Tenant) -> Language:
    """The first language of ``wanted`` (a list as in ``ui_locales``) that there is, else the tenant's."""
    for each in (wanted or "").split():
        match each.partition("-")[0]:
            case "nl":
                return "nl"
            case "en":
                return "en"
    return tenant.settings.language


def rendered(name: str, language: Language, *, status: int = 200, **values: Any) -> web.Response:
    """A page in a language."""
    text = _pages.get_template(name).render(language=language, text=TEXTS[language], **values)
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'"}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
