"""The settings of the brokers as Faust wants them."""

import ssl
from typing import Any

import faust
from faust.types.auth import SASLMechanism

from cxsync.settings import Settings


def credentials(settings: Settings) -> Any:
    """Faust's credentials object, or None for a plaintext connection."""
    protocol = settings.kafka_security_protocol
    context = _context(settings) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password,
            mechanism=SASLMechanism(settings.kafka_sasl_mechanism),
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context else None


def _context(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.kafka_ssl_cafile or None)
    if settings.kafka_ssl_certfile:
        context.load_cert_chain(settings.kafka_ssl_certfile, settings.kafka_ssl_keyfile or None)
    return context
