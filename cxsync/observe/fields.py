"""The closed list of what a log line may carry: ids, codes, counts, durations, names of fields.

Appointments are private: a subject, a note, a name, an address or a password has no place in a log. So the list says
what is allowed instead of what is forbidden; a new field is added here, with a thought for what its values may hold.
"""

from typing import NotRequired, TypedDict


class Context(TypedDict, total=False):
    """What is bound once and then stands on every line below it, in this thread or task."""

    trace_id: str  # one appointment's way from poll to mail
    connection: str
    tenant: str
    event_id: str
    role: str


class Fields(Context, total=False):
    """What one line may carry besides its context. Durations are seconds."""

    # ids
    change_id: str
    outcome_id: str
    notification_id: str
    link_id: str
    native_id: str
    carerix_id: str
    external_id: str
    user_id: str  # Carerix userID
    key_id: str
    member_id: str
    group: str
    holder: str
    lease_no: int
    resource: str
    # places
    system: str
    side: str
    target: str
    topic: str
    partition: int
    offset: int
    position: str
    host: str
    port: int
    database: str
    path: str
    part: str  # an embedded part
    pid: int
    where: str
    # what happened
    code: str
    reason: str
    result: str
    state: str
    status: int  # of an HTTP answer
    operation: str
    method: str
    signal: str
    exit_code: int
    fields: list[str]
    roles: list[str]
    setting: str
    migration: str
    schema: str
    fingerprint: str
    version: str
    expected: str
    generation: int
    ready: bool
    changed: bool
    # how much
    count: int
    records: int
    partitions: int
    bytes: int
    attempt: int
    attempts: int
    failures: int
    lag: int
    limit: int
    # how long
    seconds: float
    due_in: float
    wait: float
    # an exception: its type, code and place are logged, its text only if it is ours
    exc_info: NotRequired[bool | BaseException]


CONTEXT = frozenset(Context.__annotations__)
ALLOWED = frozenset(Fields.__annotations__) - {"exc_info"}
