"""Production refuses what would be play money, an open door or a lost letter; one sentence for each."""

import os
import re
import subprocess
import sys

import pytest

from marketplace.checks import WEAKNESSES, weaknesses
from tests.plugins.fingerprint import ROOT

SOUND = dict(
    line.split("=", 1) for line in (ROOT / "tests" / "marketplace" / "production.env").read_text().splitlines() if line
)
SETTINGS = sorted((ROOT / "marketplace").glob("settings*.py"))
READ_NAME = re.compile(r"""env\.\w+\(\s*"([A-Z0-9_]+)\"""")
DOCUMENTED = set(re.findall(r"^#([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
READ_BY_OTHERS = {
    "PORT",
    "POSTGRES_PASSWORD",
    "VALKEY_PASSWORD",
    "PROMETHEUS_MULTIPROC_DIR",
}  # launcher, compose, library
FOR_TESTS = {"ENV_FILE"}

WEAK = {
    "E001": {"SECRET_KEY": "only-for-development-never-in-production"},
    "E002": {"DEBUG": "1"},
    "E003": {"ALLOWED_HOSTS": "*"},
    "E004": {"STRIPE_API_BASE": "http://127.0.0.1:12111"},
    "E005": {"STRIPE_SECRET_KEY": "sk_test_mine"},
    "E006": {"STRIPE_WEBHOOK_SECRET": "whsec_sandbox"},
    "E007": {"DEV_TOOLS": "1"},
    "E008": {"EMAIL_URL": ""},
    "E009": {"SITE_URL": "http://workhall.example"},
    "E010": {"DATABASE_URL": ""},
    "E011": {"REDIS_URL": ""},
    "E012": {"DEFAULT_FROM_EMAIL": ""},
    "E013": {"TAX_FORM_KEYS": "too-short"},
    "E014": {"SUPPORT_EMAIL": "support"},
}


LISTS = {"ALLOWED_HOSTS", "TAX_FORM_KEYS"}


def load_settings(environment: dict[str, str]) -> str:
    """Loads the settings in a process of its own; what it said, nothing when they load."""
    here = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull}
    outcome = subprocess.run(
        [sys.executable, "-c", "import marketplace.settings"],
        cwd=ROOT,
        env={**here, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return outcome.stderr


def test_sound_settings_load_and_weak_ones_are_all_named_at_once() -> None:
    assert load_settings(SOUND) == ""
    everything = {name: value for weak in WEAK.values() for name, value in weak.items()}
    said = load_settings({**SOUND, **everything, "DATABASE_URL": "postgres://db/x"})
    sentences = [weakness.sentence for weakness in WEAKNESSES if weakness.name != "E010"]
    assert said.count("\n- ") == len(sentences)
    assert all(f"- {sentence}\n" in said for sentence in sentences)


@pytest.mark.parametrize("name", [weakness.name for weakness in WEAKNESSES])
def test_each_weakness_is_found_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in {**SOUND, **WEAK[name]}.items():
        monkeypatch.setenv(variable, value)
    assert [weakness.name for weakness in weaknesses(sound_values() | weak_values(name), os.environ)] == [name]


def sound_values() -> dict[str, object]:
    """The settings that the sound environment makes."""
    return {
        **SOUND,
        "DEV_SECRET_KEY": WEAK["E001"]["SECRET_KEY"],
        "DEBUG": False,
        "DEV_TOOLS": False,
        "ALLOWED_HOSTS": SOUND["ALLOWED_HOSTS"].split(","),
        "TAX_FORM_KEYS": SOUND["TAX_FORM_KEYS"].split(","),
        "STRIPE_API_BASE": "",
    }


def weak_values(name: str) -> dict[str, object]:
    return {variable: value.split(",") if variable in LISTS else value for variable, value in WEAK[name].items()}


def test_the_time_machine_cannot_be_had_in_production() -> None:
    said = load_settings({**SOUND, "DEV_TOOLS": "1"})
    assert "ImproperlyConfigured" in said
    assert said.count("\n- ") == 1
    assert "anyone could move the site's clock" in said


def test_development_needs_no_settings_at_all() -> None:
    assert load_settings({}) == ""


def test_every_name_that_settings_read_is_documented_and_no_other() -> None:
    read = {name for path in SETTINGS for name in READ_NAME.findall(path.read_text())}
    assert read - FOR_TESTS - DOCUMENTED == set()
    assert DOCUMENTED - READ_BY_OTHERS - read == set()
