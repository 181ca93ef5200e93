"""Every setting of the program: name, default, meaning; read from ``CXSYNC_…`` variables and ``.env``.

``Settings`` is the only list. ``.env.example`` and ``docs/settings.md`` are printed from it and checked against it.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cxsync.errors import SettingError

PREFIX = "CXSYNC_"
SECRETS = frozenset(
    {"encryption_keys", "credential_keys", "database_url", "smtp_url", "kafka_sasl_password", "google_client_secret"}
)


def _keys(text: str) -> str:
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            size = len(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except ValueError as error:
            raise ValueError("each key is URL-safe base64 of 32 bytes; `cxsync keys new` prints one") from error
        if size != 32:
            raise ValueError(f"each key is URL-safe base64 of 32 bytes, one has {size}; `cxsync keys new` prints one")
    return text


def _servers(text: str) -> str:
    for part in filter(None, (part.strip() for part in text.split(","))):
        host, colon, port = part.rpartition(":")
        if not (colon and host and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError("write HOST:PORT, several separated by commas")
    return text


def _url(*schemes: str) -> AfterValidator:
    def check(text: str) -> str:
        if text:
            parts = urlsplit(text)
            if parts.scheme not in schemes or not (parts.hostname or parts.scheme.startswith("postgres")):
                raise ValueError("write a URL that starts with " + " or ".join(f"{scheme}://" for scheme in schemes))
            try:
                _ = parts.port
            except ValueError as error:
                raise ValueError("the port is a number from 1 to 65535") from error
        return text

    return AfterValidator(check)


Keys = Annotated[str, AfterValidator(_keys)]
Seconds = Annotated[int, Field(ge=1, le=300)]


class Settings(BaseSettings):
    """Validated settings. An empty value counts as unset. Durations are seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    kafka_bootstrap_servers: Annotated[str, AfterValidator(_servers)] = Field(
        "", description="Kafka brokers, HOST:PORT, separated by commas. Unset: an embedded Apache Kafka"
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to the brokers"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="Used with SASL_PLAINTEXT and SASL_SSL"
    )
    kafka_sasl_username: str = Field("", description="Used with SASL_PLAINTEXT and SASL_SSL")
    kafka_sasl_password: str = Field("", description="Used with SASL_PLAINTEXT and SASL_SSL")
    kafka_ssl_cafile: str = Field("", description="File of certificates that sign the brokers'; unset: the system's")
    kafka_ssl_certfile: str = Field("", description="Our certificate, where the brokers ask for one")
    kafka_ssl_keyfile: str = Field("", description="The key of KAFKA_SSL_CERTFILE")
    topic_prefix: str = Field(
        "cx.", pattern=r"^[A-Za-z0-9._-]{0,100}$", description="Start of every topic's and consumer group's name"
    )
    topic_partitions: int = Field(
        12, ge=1, le=1000, description="Partitions a topic is created with; never changed afterwards"
    )
    database_url: Annotated[str, _url("postgresql", "postgres")] = Field(
        "", description="PostgreSQL, postgresql://USER:PASSWORD@HOST/DATABASE. Unset: an embedded PostgreSQL"
    )
    smtp_url: Annotated[str, _url("smtp", "smtp+starttls", "smtps")] = Field(
        "",
        description="Mail server: smtp://, smtp+starttls:// or smtps://, user and password inside. "
        "Unset: with embedded parts a mail catcher on this machine",
    )
    mail_from: str = Field("CxCalendarSync <cxsync@localhost>", description="Sender of the mails to users")
    public_url: Annotated[str, _url("http", "https")] = Field(
        "http://localhost:8080", description="Where users reach the web pages; links in mails start with it"
    )
    encryption_keys: Keys = Field(
        "",
        description="Keys that wrap the connections' keys, separated by commas: the first encrypts, all decrypt. "
        "Unset with an embedded database: made once, kept below DATA_DIR",
    )
    credential_keys: Keys = Field(
        "", description="Keys that seal passwords and tokens; form and default as ENCRYPTION_KEYS"
    )
    poll_interval: Seconds = Field(300, description="Seconds between two polls of a connection; never longer")
    poll_interval_workday: Seconds = Field(60, description="The same during the user's working day")
    poll_interval_hot: Seconds = Field(15, description="The same within 15 minutes of a change")
    carerix_poll_interval: Seconds = Field(15, description="Seconds between two polls of a Carerix tenant")
    daily_series: Literal["refuse", "convert"] = Field(
        "refuse", description="A plain daily series: refuse it by mail, or carry it over as weekly on all seven days"
    )
    conflict_winner: Literal["carerix", "external"] = Field(
        "carerix", description="Whose value wins where both sides changed the same field"
    )
    deletion_limit: int = Field(
        20, ge=1, le=100000, description="Deletions within an hour above which all further ones wait for a person"
    )
    exception_quiet: int = Field(
        120, ge=0, le=86400, description="Seconds without a further exception in a series before its mail goes"
    )
    google_client_id: str = Field("", description="OAuth client that users consent to")
    google_client_secret: str = Field("", description="Its secret")
    google_api_endpoint: Annotated[str, _url("http", "https")] = Field(
        "https://www.googleapis.com/calendar/v3/", description="Base of the Calendar interface, up to and including v3/"
    )
    google_auth_url: Annotated[str, _url("http", "https")] = Field(
        "https://accounts.google.com/o/oauth2/v2/auth", description="Where users consent"
    )
    google_token_url: Annotated[str, _url("http", "https")] = Field(
        "https://oauth2.googleapis.com/token", description="Where tokens are given"
    )
    endpoint_allowlist: str = Field(
        "",
        description="Hosts and networks that a user's Endpoint may resolve to, separated by commas. "
        "Private and loopback addresses are refused unless they are listed",
    )
    endpoint_ca_file: str = Field("", description="File of certificates that sign those of users' mail servers")
    endpoint_proxy: Annotated[str, _url("http", "https")] = Field("", description="Proxy towards users' mail servers")
    retention_days: int = Field(400, ge=1, le=36500, description="Days that topics and history are kept")
    metrics_port: int = Field(
        0, ge=0, le=65535, description="Port of /healthz, /readyz and /metrics; 0: any free port, printed"
    )
    metrics_host: str = Field("127.0.0.1", description="Address that METRICS_PORT listens on; in containers 0.0.0.0")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged")
    log_format: Literal["console", "json"] = Field("console", description="Form of the log lines")
    data_dir: Path = Field(Path(".cxsync"), description="Where the embedded parts keep their data")

    @classmethod
    def load(cls, env_file: Path | None = Path(".env")) -> Self:
        """Read environment and ``env_file``; the environment wins.

        Raises:
            SettingError: a value cannot be used; names the first such setting, never the value of a secret.
        """
        try:
            return cls(_env_file=env_file)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = str(first["loc"][0]) if first["loc"] else "settings"
            expected = str(first["msg"]).removeprefix("Value error, ").replace("Input should be", "it should be")
            value = str(first.get("input", ""))
            raise SettingError(PREFIX + name.upper(), value, expected, secret=name in SECRETS) from error


def example() -> str:
    """The text of ``.env.example``: every setting, commented out, with its meaning and default."""
    lines = ["# Settings of CxCalendarSync; each is optional. Copy to .env and remove the # of what you set.", ""]
    for name, field in Settings.model_fields.items():
        lines += [f"# {field.description}", f"#{PREFIX}{name.upper()}={field.default}", ""]
    return "\n".join(lines)


def table() -> str:
    """The text of ``docs/settings.md``: every setting with what it may hold, its default and its meaning."""
    lines = [
        "# Settings",
        "",
        "<!-- printed by `python -c 'from cxsync.settings import table; print(table())'` -->",
        "",
        f"Each is read from the environment, with `{PREFIX}` before its name, and else from the file `.env` in the",
        "working directory; the environment wins, an empty value counts as unset, none has to be set. `.env.example`",
        "has them all, ready to be copied. A value that cannot be used ends the command with exit code 1 and a message",
        "that names the setting and what would be right; the value of a secret is never shown.",
        "",
        "| setting | values | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    schema = Settings.model_json_schema()["properties"]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default != "" else ""
        lines.append(f"| `{name.upper()}` | {_values(name, schema[name])} | {default} | {field.description} |")
    return "\n".join(lines)


def _values(name: str, schema: Mapping[str, Any]) -> str:
    if name in SECRETS:
        return "text, secret"
    if "enum" in schema:
        return " ".join(f"`{choice}`" for choice in schema["enum"])
    if "minimum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    return "text"
