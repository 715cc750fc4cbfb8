"""docker-compose.yml is valid and hardened, and the image gets every app it needs."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from jsonschema import Draft202012Validator

from tests.plugins.fingerprint import ROOT

Service = dict[str, Any]
FILE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
SERVICES: dict[str, Service] = FILE["services"]
OURS = ("web", "worker", "slow", "beat", "migrate")


def faults(document: object) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)]


def test_the_file_follows_the_published_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert faults(FILE) == []


def test_the_schema_would_notice_a_mistake() -> None:
    assert faults({**FILE, "services": {"web": {"imag": "workhall"}}})
    assert faults({**FILE, "services": {"web": {"depends_on": {"postgres": {"condition": "up"}}}}})


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_as_few_rights_as_it_can(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add"} & service.keys()
    assert name in OURS or service["user"] in ("postgres", "valkey")


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_every_lasting_container_is_started_again_and_its_health_is_known(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    image = (ROOT / "Dockerfile").read_text()
    assert "test" in service.get("healthcheck", {}) or (name == "web" and "HEALTHCHECK" in image)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_run_in_production_mode_without_a_password_in_the_file(name: str) -> None:
    service = SERVICES[name]
    assert service["environment"]["PRODUCTION"] == "1"
    assert service["env_file"] == [".env"]
    for variable in ("DATABASE_URL", "REDIS_URL"):
        assert "_PASSWORD:?set " in service["environment"][variable]


@pytest.mark.parametrize("name", ["web", "worker", "slow", "beat"])
def test_nothing_starts_before_the_migrations_have_run(name: str) -> None:
    waits = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
    assert waits == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "valkey": "service_healthy",
    }


def test_the_image_runs_as_nobody_special_and_installs_by_hash() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER workhall" in lines
    assert any("--require-hashes" in line for line in lines)


def test_the_image_holds_every_app_and_nothing_local() -> None:
    listed = (ROOT / ".dockerignore").read_text().splitlines()
    ours = {app.name for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    assert listed[0] == "*"
    assert {f"!{name}" for name in ours} <= set(listed)
    assert not {"!.env", "!.local", "!.venv", "!tests"} & set(listed)
