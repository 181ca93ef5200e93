"""Why a connection cannot be made or taken up again: one class a reason. Nothing was left behind when one is raised."""

from typing import ClassVar
from uuid import UUID

from cxsync.errors import CxSyncError


class UserUnknown(CxSyncError):
    """Carerix has no such user, or he does not work there any more."""

    code: ClassVar[str] = "user-unknown"

    def __init__(self, tenant: str, carerix_user: str, why: str) -> None:
        self.tenant = tenant
        self.carerix_user = carerix_user
        super().__init__(
            f"Carerix user {carerix_user!r} of tenant {tenant}: {why}; give the userID of an active user, a number"
        )


class UserTaken(CxSyncError):
    """The user is connected already."""

    code: ClassVar[str] = "user-connected"

    def __init__(self, carerix_user: str, connection_id: UUID, state: str) -> None:
        self.carerix_user = carerix_user
        self.connection_id = connection_id
        super().__init__(
            f"Carerix user {carerix_user} has connection {connection_id}, which is {state}; for a new password use "
            f"`cxsync connection reactivate {connection_id}`, for another calendar remove that connection first"
        )


class MailboxTaken(CxSyncError):
    """Another user is connected with the same calendar."""

    code: ClassVar[str] = "mailbox-connected"

    def __init__(self) -> None:
        super().__init__(
            "the calendar that these credentials open is connected with another Carerix user already; "
            "sign in to another calendar, or remove the other connection first"
        )


class AnotherMailbox(CxSyncError):
    """The credentials open another calendar than the one that is connected."""

    code: ClassVar[str] = "another-mailbox"

    def __init__(self, connection_id: UUID) -> None:
        self.connection_id = connection_id
        super().__init__(
            f"connection {connection_id}: these credentials open another calendar than the connected one; sign in to "
            "that one, or remove the connection and add one for the other calendar"
        )


class ZoneDisagrees(CxSyncError):
    """The API prints its times in another zone than the tenant's settings say: every appointment would be off."""

    code: ClassVar[str] = "api-timezone-wrong"

    def __init__(self, tenant: str, configured: str, printed: str) -> None:
        self.tenant = tenant
        super().__init__(
            f"tenant {tenant}: its API prints times at {printed}, which is not what --api-timezone {configured} says; "
            "remove the tenant and add it with the right zone"
        )


class Occupied(CxSyncError):
    """Somebody else held the lease all the time that we waited."""

    code: ClassVar[str] = "occupied"

    def __init__(self, resource: str, seconds: float) -> None:
        self.resource = resource
        super().__init__(f"{resource} was in use for {seconds:.0f} s; look at `cxsync status`, then try again")


class Superseded(CxSyncError):
    """The connection was removed by somebody else while it was being made."""

    code: ClassVar[str] = "superseded"

    def __init__(self, connection_id: UUID) -> None:
        self.connection_id = connection_id
        super().__init__(f"connection {connection_id} was removed while it was being made; add it again")


class NotReactivable(CxSyncError):
    """The connection was removed, or is still being made."""

    code: ClassVar[str] = "not-reactivable"

    def __init__(self, connection_id: UUID, state: str) -> None:
        self.connection_id = connection_id
        self.state = state
        super().__init__(f"connection {connection_id} is {state}; add a new one with `cxsync connection add`")
