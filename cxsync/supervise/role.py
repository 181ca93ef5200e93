"""What the supervisor is told about a role."""

from collections.abc import Mapping

import msgspec


class RoleSpec(msgspec.Struct, frozen=True):
    """One process to keep alive.

    ``name`` is unique in the group and stands in logs and metrics. ``member_id`` is the static id of the process in
    its Kafka consumer group, given to it as ``CXSYNC_MEMBER_ID``: a process that comes back with it in time takes its
    partitions again and the others see no rebalance, so it must be unique in the group and the same at each start.
    """

    name: str
    argv: tuple[str, ...]
    member_id: str
    env: Mapping[str, str] = {}
