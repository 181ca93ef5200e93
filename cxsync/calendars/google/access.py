"""The right to one user's calendar: our OAuth client and his refresh token, kept fresh by google-auth."""

from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp, Request
from httplib2 import Http
from msgspec import Struct

from cxsync.calendars.errors import Unavailable
from cxsync.calendars.google.refusal import SYSTEM, TRANSPORT, refusal

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
REFRESH = "token refresh"


class OAuthClient(Struct, frozen=True):
    """This program as Google knows it; ``token_url`` is where refresh tokens are exchanged."""

    client_id: str
    client_secret: str
    token_url: str = TOKEN_URL


def credentials(refresh_token: str, client: OAuthClient) -> Credentials:
    """A user's credentials. To be kept between polls, for they hold the access token, which lives for an hour."""
    return Credentials(  # type: ignore[no-untyped-call] # the library has types for other parts only
        None,
        refresh_token=refresh_token,
        token_uri=client.token_url,
        client_id=client.client_id,
        client_secret=client.client_secret,
    )


def authorized(granted: Credentials, http: Http) -> AuthorizedHttp:
    """``http`` with the access token on each request; refreshing is left to ``refresh``, which knows our errors."""
    return AuthorizedHttp(granted, http=http, refresh_status_codes=())


def refresh(granted: Credentials, http: Http) -> None:
    """Get a new access token.

    Raises:
        CredentialsRefused: consent was withdrawn or has expired.
        NotPermitted: our own OAuth client is refused.
        Busy, Unavailable, NotThatServer: no token, but nobody was refused.
    """
    try:
        granted.refresh(Request(http))  # type: ignore[no-untyped-call] # the library has types for other parts only
    except TRANSPORT as error:
        http.close()  # whatever is left in the socket belongs to a lost answer
        raise refusal(REFRESH, error) from None
    except (TypeError, ValueError):
        # google-auth takes any JSON for an object, and any bytes for UTF-8.
        raise Unavailable(SYSTEM, REFRESH, "the answer of the token endpoint makes no sense") from None
