"""OAuth 2.0 grants and tokens (Google guides "Using OAuth 2.0 for Web Server Applications" and "… Mobile & Desktop
Apps", RFC 6749, RFC 7636)."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cxsync.errors import CxSyncError
from cxsync.sandbox.core.world import World
from cxsync.sandbox.google.calendars import Account
from cxsync.sandbox.google.identity import id_token
from cxsync.sandbox.google.options import Options

CODE_LIFE = timedelta(minutes=10)
TEST_LIFE = timedelta(days=7)
UNUSED_LIFE = timedelta(days=183)
NAME = "google"


class TokenError(CxSyncError):
    """An answer of the token endpoint other than tokens (RFC 6749 section 5.2)."""

    code = "google-token-error"

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


class Grant:
    """What one account allowed one client; all its tokens end with it."""

    def __init__(self, email: str, client: str, scopes: frozenset[str], made: datetime) -> None:
        self.email = email
        self.client = client
        self.scopes = scopes
        self.made = made
        self.used = made
        self.nonce: str | None = None
        """What the client wants to find in the ID token."""
        self.refresh_token: str | None = None
        self.revoked = False


class Code:
    """A code between consent and exchange."""

    def __init__(
        self, grant: Grant, redirect_uri: str, challenge: str | None, made: datetime, *, offline: bool
    ) -> None:
        self.grant = grant
        self.redirect_uri = redirect_uri
        self.challenge = challenge
        self.made = made
        self.offline = offline
        self.spent = False


class Authorization:
    """Issues codes and tokens, exchanges, refreshes and revokes them."""

    def __init__(
        self,
        world: World,
        options: Callable[[], Options],
        random_text: Callable[[int], str],
        account: Callable[[str], Account],
    ) -> None:
        self._world = world
        self._options = options
        self._random = random_text
        self._account = account
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, Grant] = {}
        self._access: dict[str, tuple[Grant, datetime]] = {}
        self._by_account: dict[str, list[Grant]] = {}

    def standing(self, email: str) -> str:
        """A refresh token without consent, as each user has one from the start."""
        grant = Grant(
            email, self._options().client_id, frozenset(self._options().granted_scopes), self._world.clock.now()
        )
        return self._issue_refresh(grant)

    def has_granted(self, email: str) -> bool:
        """Whether this account has a living grant with a refresh token."""
        return any(not grant.revoked and grant.refresh_token for grant in self._by_account.get(email, ()))

    def new_code(
        self,
        email: str,
        scopes: frozenset[str],
        redirect_uri: str,
        challenge: str | None,
        *,
        offline: bool,
        nonce: str | None = None,
    ) -> str:
        """A code for what the user has just allowed."""
        now = self._world.clock.now()
        grant = Grant(email, self._options().client_id, scopes, now)
        grant.nonce = nonce
        code = f"4/0A{self._random(40)}"
        self._codes[code] = Code(grant, redirect_uri, challenge, now, offline=offline)
        return code

    def answer(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> dict[str, Any]:
        """The token endpoint; raises TokenError."""
        self._check_client(form, basic)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._refreshed(form)
            case None | "":
                raise TokenError("invalid_request", "Required parameter is missing: grant_type")
            case other:
                raise TokenError("unsupported_grant_type", f"Invalid grant_type: {other}")

    def _check_client(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> None:
        client, secret = basic if basic is not None else (form.get("client_id", ""), form.get("client_secret", ""))
        options = self._options()
        if client != options.client_id:
            self._world.witness.refused_login(NAME, client, "token endpoint: unknown client")
            raise TokenError("invalid_client", "The OAuth client was not found.", 401)
        if not hmac.compare_digest(secret.encode(), options.client_secret.encode()):
            self._world.witness.refused_login(NAME, client, "token endpoint: wrong client secret")
            raise TokenError("invalid_client", "Unauthorized", 401)

    def _exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        code = self._codes.get(form.get("code", ""))
        if code is None:
            raise TokenError("invalid_grant", "Malformed auth code.")
        if code.spent:
            self.revoke_grant(code.grant)
            raise TokenError("invalid_grant", "Bad Request")
        if self._world.clock.now() - code.made > CODE_LIFE:
            raise TokenError("invalid_grant", "Bad Request")
        if form.get("redirect_uri") != code.redirect_uri:
            raise TokenError("redirect_uri_mismatch", "Bad Request")
        if code.challenge is not None:
            verifier = form.get("code_verifier", "")
            if not verifier:
                raise TokenError("invalid_grant", "Missing code verifier.")
            if challenge_of(verifier) != code.challenge:
                raise TokenError("invalid_grant", "Invalid code verifier.")
        code.spent = True
        answer = self._issue_access(code.grant)
        if code.offline:
            answer["refresh_token"] = self._issue_refresh(code.grant)
        if self._options().publishing == "testing":
            answer["refresh_token_expires_in"] = int(TEST_LIFE.total_seconds())
        return answer

    def _refreshed(self, form: Mapping[str, str]) -> dict[str, Any]:
        grant = self._refresh.get(form.get("refresh_token", ""))
        now = self._world.clock.now()
        if grant is None or grant.revoked or self._expired(grant, now):
            self._world.witness.refused_login(NAME, "" if grant is None else grant.email, "refresh token refused")
            raise TokenError("invalid_grant", "Token has been expired or revoked.")
        grant.used = now
        return self._issue_access(grant)

    def _expired(self, grant: Grant, now: datetime) -> bool:
        testing = self._options().publishing == "testing"
        return (testing and now - grant.made > TEST_LIFE) or now - grant.used > UNUSED_LIFE

    def _issue_access(self, grant: Grant) -> dict[str, Any]:
        seconds = self._options().access_token_seconds
        token = f"ya29.a0{self._random(60)}"
        self._access[token] = (grant, self._world.clock.now() + timedelta(seconds=seconds))
        scope = " ".join(sorted(grant.scopes))
        answer = {"access_token": token, "expires_in": seconds, "scope": scope, "token_type": "Bearer"}
        if "openid" in grant.scopes:
            now = int(self._world.clock.now().timestamp())
            answer["id_token"] = id_token(self._account(grant.email), grant.scopes, grant.client, grant.nonce, now)
        return answer

    def _issue_refresh(self, grant: Grant) -> str:
        token = grant.refresh_token = f"1//0{self._random(50)}"
        self._refresh[token] = grant
        grants = self._by_account.setdefault(grant.email, [])
        grants.append(grant)
        living = [each for each in grants if not each.revoked]
        for oldest in living[: max(len(living) - self._options().refresh_tokens_an_account, 0)]:
            self.revoke_grant(oldest)
        return token

    def access(self, token: str) -> Grant | None:
        """The grant behind a living access token."""
        found = self._access.get(token)
        if found is None:
            return None
        grant, ends = found
        return None if grant.revoked or self._world.clock.now() >= ends else grant

    def holder(self, token: str) -> str:
        """Whose access token this is or was; empty for one that was never issued."""
        found = self._access.get(token)
        return "" if found is None else found[0].email

    def drop_access(self, token: str) -> None:
        """Let an access token end before its time."""
        self._access.pop(token, None)

    def revoke(self, token: str) -> bool:
        """Revoke the grant of an access or refresh token; False if there is none."""
        grant = self._refresh.get(token) or self._access.get(token, (None, None))[0]
        if grant is None or grant.revoked:
            return False
        self.revoke_grant(grant)
        return True

    def revoke_grant(self, grant: Grant) -> None:
        """End a grant with all its tokens."""
        grant.revoked = True
        self._by_account[grant.email] = [each for each in self._by_account.get(grant.email, ()) if each is not grant]

    def revoke_account(self, email: str) -> int:
        """The user withdraws what he allowed in his account's settings; answers how many grants there were."""
        grants = {id(each): each for each in (*self._by_account.get(email, ()), *self._with_access(email))}
        for grant in grants.values():
            self.revoke_grant(grant)
        return len(grants)

    def _with_access(self, email: str) -> list[Grant]:
        return [grant for grant, _ in self._access.values() if grant.email == email and not grant.revoked]


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
