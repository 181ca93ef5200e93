"""From the settings to the options of each client: what a protected broker asks for reaches all of them."""

import ssl

import pytest

from cxsync.broker import faust
from cxsync.broker.connection import options
from cxsync.settings import Settings

SASL = {
    "kafka_sasl_mechanism": "SCRAM-SHA-256",
    "kafka_sasl_username": "cxsync",
    "kafka_sasl_password": "s3cret",
}


def settings(protocol: str, **more: str) -> Settings:
    made = {"kafka_bootstrap_servers": "a:9092,b:9093", "kafka_security_protocol": protocol} | more
    return Settings.model_validate(made)


def test_a_plain_broker_is_given_no_secret() -> None:
    chosen = options(settings("PLAINTEXT", **SASL))
    assert chosen["bootstrap_servers"] == ["a:9092", "b:9093"]
    assert chosen["security_protocol"] == "PLAINTEXT"
    assert not [name for name in chosen if name.startswith(("sasl", "ssl"))]
    assert faust.credentials(settings("PLAINTEXT", **SASL)) is None


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_user_and_password_reach_kafka_python_and_faust(protocol: str) -> None:
    chosen = options(settings(protocol, **SASL))
    assert chosen["sasl_mechanism"] == "SCRAM-SHA-256"
    assert (chosen["sasl_plain_username"], chosen["sasl_plain_password"]) == ("cxsync", "s3cret")
    credentials = faust.credentials(settings(protocol, **SASL))
    assert (credentials.username, credentials.password) == ("cxsync", "s3cret")
    assert credentials.mechanism.value == "SCRAM-SHA-256"
    assert credentials.protocol.value == protocol


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
def test_certificates_are_checked_by_both(protocol: str) -> None:
    chosen = options(settings(protocol, **SASL, kafka_ssl_cafile="/etc/ca.pem"))
    assert chosen["ssl_cafile"] == "/etc/ca.pem"
    assert chosen["ssl_certfile"] is None
    credentials = faust.credentials(settings(protocol, **SASL))
    context = credentials.ssl_context if protocol.startswith("SASL") else credentials.context
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_no_client_stays_away_long_after_an_outage() -> None:
    assert options(settings("PLAINTEXT"))["reconnect_backoff_max_ms"] <= 1000
