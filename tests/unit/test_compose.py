"""The containers run what the program really has, under settings that it really reads."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cxsync.cli.run import ROLES
from cxsync.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ROLE_SERVICES = {name: service for name, service in SERVICES.items() if service.get("command", [""])[0] == "run"}
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "cxcalendarsync"}

KNOWN = {PREFIX + field.upper() for field in Settings.model_fields}


def test_there_is_one_service_for_each_role_and_it_is_named_after_it() -> None:
    assert {name: " ".join(service["command"][1:]) for name, service in ROLE_SERVICES.items()} == {
        role.replace(" ", "-"): role for role in ROLES
    }


@pytest.mark.parametrize("name", OURS)
def test_every_setting_of_a_service_is_one_that_the_program_reads(name: str) -> None:
    assert set(OURS[name]["environment"]) <= KNOWN


@pytest.mark.parametrize("name", OURS)
def test_every_variable_that_is_filled_in_is_of_the_settings_or_of_the_postgresql_image(name: str) -> None:
    assert set(re.findall(r"\$\{(\w+)", str(OURS[name]))) <= KNOWN | {"POSTGRES_PASSWORD"}


@pytest.mark.parametrize("name", OURS)
def test_no_secret_stands_in_the_file(name: str) -> None:
    environment: dict[str, str] = OURS[name]["environment"]
    for setting in ("CXSYNC_ENCRYPTION_KEYS", "CXSYNC_CREDENTIAL_KEYS"):
        assert re.fullmatch(rf"\$\{{{setting}:\?[^}}]+\}}", environment[setting])
    assert "cxsync:${POSTGRES_PASSWORD:?" in environment["CXSYNC_DATABASE_URL"]


@pytest.mark.parametrize("name", OURS)
def test_the_settings_make_a_valid_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "A" * 43 + "="
    for setting, text in OURS[name]["environment"].items():
        filled = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
        filled = re.sub(r"\$\{\w+_KEYS:\?[^}]*\}", key, filled)
        monkeypatch.setenv(setting, re.sub(r"\$\{\w+:\?[^}]*\}", "secret1", filled))
    settings = Settings.load(env_file=None)
    assert settings.kafka_bootstrap_servers == "kafka:9092"
    assert settings.database_url == "postgresql://cxsync:secret1@postgres:5432/cxsync"
    assert settings.smtp_url == "smtp://mailpit:1025"


@pytest.mark.parametrize("name", ROLE_SERVICES)
def test_a_role_can_be_scaled(name: str) -> None:
    service = ROLE_SERVICES[name]
    assert "container_name" not in service
    assert "ports" not in service, "a port of the host can be taken only once"
    assert "volumes" not in service


@pytest.mark.parametrize("name", ROLE_SERVICES)
def test_a_role_waits_for_what_it_needs_and_is_healthy_when_it_works(name: str) -> None:
    service = ROLE_SERVICES[name]
    assert {needed: how["condition"] for needed, how in service["depends_on"].items()} == {
        "kafka": "service_healthy",
        "postgres": "service_healthy",
        "migrate": "service_completed_successfully",
    }
    port = service["environment"]["CXSYNC_METRICS_PORT"]
    assert f"http://127.0.0.1:{port}/readyz" in service["healthcheck"]["test"][-1]
    assert service["expose"] == [port]


def test_what_roles_wait_for_has_a_health_check() -> None:
    for name in ("kafka", "postgres", "mailpit"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_the_database_and_the_topics_are_made_before_any_role_starts() -> None:
    migrate = SERVICES["migrate"]
    assert migrate["command"] == ["cxsync migrate && cxsync topics"]
    assert migrate["restart"] == "no"
    assert "migrate" not in migrate["depends_on"]


def test_every_named_volume_is_used_and_declared() -> None:
    used = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_the_broker_takes_records_as_large_as_ours_and_makes_no_topic_by_itself() -> None:
    environment = SERVICES["kafka"]["environment"]
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert environment["KAFKA_MESSAGE_MAX_BYTES"] >= 4 * 1024 * 1024 + 64 * 1024


def test_the_image_runs_the_program_as_an_ordinary_user_from_hashed_packages() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes --requirement requirements.lock" in text
    assert text.index("USER cxsync") < text.index('ENTRYPOINT ["cxsync"]')
    assert re.findall(r"^FROM (\S+)", text, re.M) == ["python:3.11-slim"] * 2


def test_the_image_holds_every_package_of_the_program_and_no_secrets() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.M))
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert copied == packages
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} >= packages
    assert not any(".env" in line for line in ignored if line.startswith("!"))
