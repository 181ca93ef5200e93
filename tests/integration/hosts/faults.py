"""Faults of the ground below the hosts: a database that lets nobody in, a topic that takes next to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import psycopg
from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import CoordinatorNotAvailableError
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cxsync.broker import connection, topics
from cxsync.broker.connection import BrokerUnreachable
from cxsync.settings import Settings
from schemas.records import Position


@contextmanager
def database_away(settings: Settings) -> Iterator[None]:
    """Inside the block every connection to the test's database is cut, and none is let in."""
    name = str(conninfo_to_dict(settings.database_url)["dbname"])
    with psycopg.connect(make_conninfo(settings.database_url, dbname="postgres"), autocommit=True) as conn:
        allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        conn.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        cut(conn, name)
        try:
            yield
        finally:
            conn.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


def cut_connections(settings: Settings) -> None:
    """End every session in the test's database, as a restart of PostgreSQL does; new ones are let in at once."""
    name = str(conninfo_to_dict(settings.database_url)["dbname"])
    with psycopg.connect(make_conninfo(settings.database_url, dbname="postgres"), autocommit=True) as conn:
        cut(conn, name)


def cut(conn: "psycopg.Connection[tuple[object, ...]]", name: str) -> None:
    """End every session in the database ``name``."""
    conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


@contextmanager
def topic_refuses(settings: Settings, topic: str) -> Iterator[None]:
    """Inside the block the broker refuses every record for ``topic`` as too large."""
    _limit(settings, topic, 10)
    try:
        yield
    finally:
        _limit(settings, topic, connection.MAX_REQUEST_BYTES)


def drop_records(settings: Settings, place: Position) -> None:
    """Take everything up to ``place`` off its partition."""
    admin = connection.admin(settings)
    try:
        admin.delete_records({TopicPartition(place.topic, place.partition): place.offset + 1})
    finally:
        admin.close()


def kill_broker(settings: Settings) -> None:
    """Kill -9 the embedded broker; its keeper starts it again."""
    _broker(settings).kill()


@contextmanager
def broker_hangs(settings: Settings) -> Iterator[None]:
    """Inside the block the broker takes connections and answers nothing."""
    broker = _broker(settings)
    broker.suspend()
    try:
        yield
    finally:
        broker.resume()


def _broker(settings: Settings) -> psutil.Process:
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "kafka.Kafka" in line and any(str(settings.data_dir) in word for word in line):
            return process
    raise AssertionError("no broker runs")


def answers(settings: Settings) -> bool:
    """Whether the broker serves."""
    try:
        connection.admin(settings, patience=2.0).close()
    except BrokerUnreachable:
        return False
    return True


def members(settings: Settings, group: str) -> list[str]:
    """The static ids of the group's members, as the broker knows them."""
    admin = connection.admin(settings)
    full = settings.topic_prefix + group
    try:
        found = admin.describe_groups([full])[full]
        return sorted(member["group_instance_id"] or "" for member in found["members"])
    except CoordinatorNotAvailableError:  # nobody has used a group on this broker yet
        return []
    finally:
        admin.close()


def _limit(settings: Settings, topic: str, size: int) -> None:
    admin = connection.admin(settings)
    try:
        wanted = {"max.message.bytes": str(size)}
        name = topics.name(settings, topic)
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=wanted)])
    finally:
        admin.close()
