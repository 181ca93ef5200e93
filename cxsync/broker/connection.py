"""From the settings to clients of Apache Kafka (kafka-python), with the values that keep nothing from being lost."""

from functools import partial
from typing import Any, Final

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, SaslAuthenticationFailedError

from cxsync.errors import CxSyncError
from cxsync.settings import Settings

MAX_RECORD_BYTES: Final = 4 * 1024 * 1024
"""Largest value of one record."""
MAX_REQUEST_BYTES: Final = MAX_RECORD_BYTES + 64 * 1024
"""The same with key, headers and framing: what broker and producer have to let through."""
SESSION_TIMEOUT_MS: Final = 6_000
"""A member that is silent that long has left; one restarted sooner under its static id takes its partitions back."""


class BrokerUnreachable(CxSyncError):
    """No broker answered, or it refused us."""

    code = "broker-unreachable"

    def __init__(self, servers: str, reason: str) -> None:
        self.servers = servers
        super().__init__(
            f"Kafka at {servers} cannot be used: {reason}; check CXSYNC_KAFKA_BOOTSTRAP_SERVERS and "
            "CXSYNC_KAFKA_SECURITY_PROTOCOL, or leave the former unset for the embedded broker"
        )


def options(settings: Settings) -> dict[str, Any]:
    """Arguments that every kafka-python client takes.

    The back-off is bounded: with the library's 30 s a client stays away long after the broker has come back.
    """
    chosen: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers.split(","),
        "security_protocol": settings.kafka_security_protocol,
        "reconnect_backoff_ms": 50,
        "reconnect_backoff_max_ms": 1_000,
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        chosen |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password,
        }
    if settings.kafka_security_protocol.endswith("SSL"):
        chosen |= {
            "ssl_cafile": settings.kafka_ssl_cafile or None,
            "ssl_certfile": settings.kafka_ssl_certfile or None,
            "ssl_keyfile": settings.kafka_ssl_keyfile or None,
        }
    return chosen


def _open(factory: Any, settings: Settings, **more: Any) -> Any:
    try:
        return factory(**options(settings), **more)
    except SaslAuthenticationFailedError as error:
        raise BrokerUnreachable(settings.kafka_bootstrap_servers, "user name or password refused") from error
    except (KafkaTimeoutError, OSError) as error:
        raise BrokerUnreachable(settings.kafka_bootstrap_servers, "no answer") from error
    except KafkaError as error:
        raise BrokerUnreachable(settings.kafka_bootstrap_servers, type(error).__name__) from error


def admin(settings: Settings, *, patience: float = 10.0) -> KafkaAdminClient:
    """An admin client; ``patience`` in seconds.

    Raises:
        BrokerUnreachable: nobody answered in time.
    """
    return _open(KafkaAdminClient, settings, bootstrap_timeout_ms=int(patience * 1000))


def producer(settings: Settings, *, patience: float = 30.0) -> KafkaProducer:
    """An idempotent producer that waits for all replicas.

    Raises:
        BrokerUnreachable: nobody answered in time.
    """
    return _open(
        KafkaProducer,
        settings,
        acks="all",
        enable_idempotence=True,
        max_request_size=MAX_REQUEST_BYTES,
        max_block_ms=10_000,
        request_timeout_ms=10_000,
        delivery_timeout_ms=30_000,
        bootstrap_timeout_ms=int(patience * 1000),
    )


def consumer(
    settings: Settings, *topics: str, group: str | None, member: str | None = None, patience: float = 30.0
) -> KafkaConsumer:
    """A consumer that commits only when told to; ``member`` is its static id within the group.

    Raises:
        BrokerUnreachable: nobody answered in time.
    """
    return _open(
        partial(KafkaConsumer, *topics),
        settings,
        group_id=group,
        group_instance_id=member if group else None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=SESSION_TIMEOUT_MS // 3,
        max_partition_fetch_bytes=MAX_REQUEST_BYTES,
        bootstrap_timeout_ms=int(patience * 1000),
    )
