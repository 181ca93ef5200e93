"""What the mails say, in English and Dutch: a subject and paragraphs a reason.

The paragraphs of ``exception-in-series`` and ``daily-series`` begin with the words that users of the original product
know. ``{calendar}`` is Exchange or Google, ``{title}`` the appointment, ``{when}`` its date and time in the user's
zone; ``{explanation}`` and ``{proposal}`` are what was found for this appointment. A paragraph whose only value is
empty is left out.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from schemas.words import Reason

Language: TypeAlias = Literal["en", "nl"]


class Text(Struct, frozen=True):
    """A mail of one reason in one language."""

    subject: str
    paragraphs: tuple[str, ...]


_EN: Final[Mapping[Reason, Text]] = {
    "exception-in-series": Text(
        "An exception in your series “{title}”",
        (
            "The {calendar} agenda contains an exception to a recurring appointment. This is caused by a removed or "
            "replaced appointment. Carerix won't allow these exceptions. Add an additional appointment to your agenda "
            "which reminds you of this exception.",
            "It is about “{title}”, {when}.",
            "{explanation}",
            "{proposal}",
            "The series itself keeps synchronising by its rule.",
        ),
    ),
    "daily-series": Text(
        "“{title}” cannot be synchronised: it repeats every day",
        (
            "Your {calendar} agenda contains an appointment who can not be synchronized. This is because Carerix can't "
            "accept daily recurring appointments.",
            "It is about “{title}”, {when}.",
            "{explanation}",
            "{proposal}",
            "Most daily series are as well a weekly series on specific days. Once replaced by one or more weekly "
            "series, they show correctly in Carerix.",
        ),
    ),
    "unsupported-recurrence": Text(
        "“{title}” cannot be synchronised: Carerix cannot hold its pattern",
        (
            "Your {calendar} agenda contains a recurring appointment that Carerix cannot hold. Nothing in Carerix was "
            "changed.",
            "It is about “{title}”, {when}.",
            "{explanation}",
            "{proposal}",
        ),
    ),
    "credentials-refused": Text(
        "Sign in again to keep your agenda synchronised",
        (
            "Your {calendar} calendar refuses the sign-in, most likely because your password was changed. Until you "
            "sign in again nothing is synchronised; nothing gets lost.",
            "Sign in here: {connect}",
        ),
    ),
    "password-expires-soon": Text(
        "Your password expires soon",
        (
            "Your password for {calendar} expires {when}. After you have changed it, sign in again, so that the "
            "synchronisation goes on.",
            "Sign in here: {connect}",
        ),
    ),
    "write-refused": Text(
        "A change to “{title}” could not be carried over",
        (
            "A change that you made to “{title}”, {when}, could not be carried over to the other agenda.",
            "{explanation}",
            "{proposal}",
        ),
    ),
    "invitees-not-told": Text(
        "The guests of “{title}” were not told",
        (
            "You changed the meeting “{title}”, {when}, in Carerix. It was changed in your calendar too, but the "
            "guests were not told: CxCalendarSync never sends invitations.",
            "{explanation}",
            "Open it in your calendar and send the update to your guests.",
        ),
    ),
    "deletions-held": Text(
        "Many appointments were deleted: please confirm",
        (
            "So many appointments disappeared from one of your agendas within an hour that we did not delete them from "
            "the other.",
            "{explanation}",
            "If this was meant, ask your administrator to confirm the deletions. If not, nothing has happened yet.",
        ),
    ),
    "conflict": Text(
        "“{title}” was changed in both agendas",
        (
            "“{title}”, {when}, was changed in Carerix and in your calendar at the same time. One of both values had "
            "to win:",
            "{explanation}",
        ),
    ),
}

_NL: Final[Mapping[Reason, Text]] = {
    "exception-in-series": Text(
        "Een uitzondering in uw reeks “{title}”",
        (
            "De {calendar}-agenda bevat een uitzondering op een terugkerende afspraak. Dat komt door een verwijderde "
            "of vervangen afspraak. Carerix staat zulke uitzonderingen niet toe. Zet een extra afspraak in uw agenda "
            "die u aan deze uitzondering herinnert.",
            "Het gaat om “{title}”, {when}.",
            "{explanation}",
            "{proposal}",
            "De reeks zelf blijft volgens haar regel synchroniseren.",
        ),
    ),
    "daily-series": Text(
        "“{title}” kan niet worden gesynchroniseerd: elke dag",
        (
            "Uw {calendar}-agenda bevat een afspraak die niet kan worden gesynchroniseerd. Carerix kan geen dagelijks "
            "terugkerende afspraken aan.",
            "Het gaat om “{title}”, {when}.",
            "{explanation}",
            "{proposal}",
            "De meeste dagelijkse reeksen zijn ook een wekelijkse reeks op bepaalde dagen. Vervangt u hem door een of "
            "meer wekelijkse reeksen, dan staan die goed in Carerix.",
        ),
    ),
    "unsupported-recurrence": Text(
        "“{title}” kan niet worden gesynchroniseerd: Carerix kent dit patroon niet",
        (
            "Uw {calendar}-agenda bevat een terugkerende afspraak die Carerix niet kan vastleggen. In Carerix is niets "
            "gewijzigd.",
            "Het gaat om “{title}”, {when}.",
            "{explanation}",
            "{proposal}",
        ),
    ),
    "credentials-refused": Text(
        "Meld u opnieuw aan om uw agenda te blijven synchroniseren",
        (
            "Uw {calendar}-agenda weigert de aanmelding, waarschijnlijk omdat uw wachtwoord is gewijzigd. Tot u zich "
            "opnieuw aanmeldt, wordt er niets gesynchroniseerd; er gaat niets verloren.",
            "Meld u hier aan: {connect}",
        ),
    ),
    "password-expires-soon": Text(
        "Uw wachtwoord verloopt binnenkort",
        (
            "Uw wachtwoord voor {calendar} verloopt {when}. Meld u na het wijzigen opnieuw aan, zodat de "
            "synchronisatie doorgaat.",
            "Meld u hier aan: {connect}",
        ),
    ),
    "write-refused": Text(
        "Een wijziging van “{title}” kon niet worden overgenomen",
        (
            "Een wijziging die u in “{title}”, {when}, maakte, kon niet naar de andere agenda worden overgenomen.",
            "{explanation}",
            "{proposal}",
        ),
    ),
    "invitees-not-told": Text(
        "De genodigden van “{title}” weten het nog niet",
        (
            "U wijzigde de vergadering “{title}”, {when}, in Carerix. In uw agenda is zij ook gewijzigd, maar de "
            "genodigden hebben geen bericht gekregen: CxCalendarSync verstuurt nooit uitnodigingen.",
            "{explanation}",
            "Open haar in uw agenda en stuur de wijziging naar uw genodigden.",
        ),
    ),
    "deletions-held": Text(
        "Veel afspraken verwijderd: graag uw bevestiging",
        (
            "Er verdwenen binnen een uur zoveel afspraken uit een van uw agenda's dat wij ze in de andere niet hebben "
            "verwijderd.",
            "{explanation}",
            "Was dit de bedoeling, vraag dan uw beheerder de verwijderingen te bevestigen. Zo niet: er is nog niets "
            "gebeurd.",
        ),
    ),
    "conflict": Text(
        "“{title}” is in beide agenda's gewijzigd",
        (
            "“{title}”, {when}, is tegelijk in Carerix en in uw agenda gewijzigd. Een van beide waarden moest winnen:",
            "{explanation}",
        ),
    ),
}

TEXTS: Final[Mapping[Language, Mapping[Reason, Text]]] = {"en": _EN, "nl": _NL}

PRIVATE: Final[Mapping[Language, str]] = {"en": "Private appointment", "nl": "Privéafspraak"}
"""What a private appointment is called, whatever its subject."""

FOOTER: Final[Mapping[Language, str]] = {
    "en": "This mail was sent by CxCalendarSync, which keeps your Carerix agenda and your calendar the same.",
    "nl": "Deze mail komt van CxCalendarSync, dat uw Carerix-agenda en uw agenda gelijk houdt.",
}
OPEN_LINK: Final[Mapping[Language, str]] = {"en": "Open the appointment", "nl": "Open de afspraak"}
"""What the link to the appointment is called."""
