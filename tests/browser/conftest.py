"""Chromium against the whole site: web server, worker, beat and payment sandbox, as `make run` starts them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect

from accounts.models import User
from marketplace.launcher.ports import free_port
from tests.plugins.servers import ROOT

# Playwright's event loop runs in this thread, which Django takes for an asynchronous one.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

START_SECONDS = 120
# Only what fails waits for so long: on a busy machine a page takes seconds, and that is nothing a test should tell.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
QUIET_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What Chromium reports on its console for an answer that is meant: a form shown again, a refusal.
MEANT = re.compile(r"the server responded with a status of (402|403|404|422|429)")
# Of what is right nothing is told: half of the time would go into describing elements.
AXE_WISHES = {"preload": False, "resultTypes": ["violations"]}
Scheme = Literal["light", "dark"]
Device = Literal["phone", "desk"]
Look = tuple[Scheme, Device]
SIZES: dict[Device, ViewportSize] = {"phone": {"width": 360, "height": 800}, "desk": {"width": 1440, "height": 900}}
OTHER_LOOK: dict[Look, Look] = {
    ("light", "phone"): ("dark", "desk"),
    ("dark", "phone"): ("light", "desk"),
    ("light", "desk"): ("dark", "phone"),
    ("dark", "desk"): ("light", "phone"),
}

FAILED = pytest.StashKey[bool]()
MakeVisit = Callable[..., "Visit"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests run in one process, so that the site starts once. First: xdist reads the groups in a hook like this."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, object, object]:
    """Lets `visit` tell what the browsers show where a test has failed."""
    if call.excinfo is not None:
        item.stash[FAILED] = True
    return (yield)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": shutil.which("chromium"), "args": QUIET_FLAGS}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {
        "locale": "en-US",
        "timezone_id": "Europe/Berlin",
        "viewport": {"width": 1280, "height": 900},
        "reduced_motion": "reduce",  # no color is looked at halfway to another one
    }


@pytest.fixture(scope="package")
def running_site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of the site and of its payment sandbox, started on this test session's own database and queue.

    It ends with the last browser test: its worker and beat would act on the data of the tests that come after.
    """
    folder = tmp_path_factory.mktemp("site")
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "LOCAL_DIR": str(folder), "STATIC_MAX_AGE": "3600"}
    with (folder / "output.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "marketplace.launcher", "run", "--no-demo"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            said = _wait_until_ready(process, folder / "output.txt")
            sandbox = re.search(r"Payment sandbox on (http://[\w.:]+)", said)
            assert sandbox
            yield address, sandbox[1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> str:
    """All of its parts answer, the payment sandbox among them; gives back what it said until then."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        said = log.read_text(errors="replace")
        if "Ready after" in said:
            return said
        time.sleep(0.1)
    pytest.fail(f"The site did not start:\n{log.read_text(errors='replace')}", pytrace=False)


@pytest.fixture
def site(running_site: tuple[str, str], transactional_db: None) -> Iterator[str]:
    """The running site on an empty database; what cache and payment sandbox knew of an earlier test is forgotten.

    Top-ups are numbered from 1 again, and the sandbox refuses another payment under a number that it knows.
    """
    address, sandbox = running_site
    cache.clear()
    forget = urllib.request.Request(f"{sandbox}/_control/reset", b"{}", {"Content-Type": "application/json"})
    urllib.request.urlopen(forget, timeout=10).close()
    yield address
    cache.clear()


@dataclass
class Visit:
    """One person's browser on the running site; whatever the console complains about fails the test."""

    page: Page
    address: str
    complaints: list[str]

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(self.address + path)

    def check(self) -> None:
        """Assert that axe finds nothing wrong, that nothing sticks out to the side, and that the console has not complained."""
        self.page.wait_for_load_state()
        expect(self.page.locator("main")).to_be_visible()
        expect(self.page.locator(".slot")).to_have_count(0)  # the whole page is there
        self.fits()
        if self.page.evaluate("!window.axe"):
            self.page.evaluate(AXE_SCRIPT)
        found = AxeResults(self.page.evaluate("wishes => axe.run(wishes)", AXE_WISHES))
        assert found.violations_count == 0, f"{self.page.url} {self._look()}\n{found.generate_report()}"
        assert self.complaints == []

    def check_both_ways(self) -> None:
        """Assert what `check` does as the page is shown, then as others see it: in the other color scheme, and on a desk
        instead of a phone or the other way round. For that it is loaded anew; what was opened or typed is gone then."""
        self.check()
        seen = self._look()
        self._look_as(*OTHER_LOOK[seen])
        self.page.reload()  # Chromium leaves some colors of an open page as they were
        self.check()
        self._look_as(*seen)

    def _look(self) -> Look:
        scheme, device = self.page.evaluate(
            "[matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light', innerWidth < 600 ? 'phone' : 'desk']"
        )
        return scheme, device

    def _look_as(self, scheme: Scheme, device: Device) -> None:
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size(SIZES[device])

    def fits(self) -> None:
        """Assert that nothing sticks out to the side."""
        wide = self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{self.page.url} is wider than the window"


class Contexts:
    """Chromium's separate profiles, used again by later tests: the style sheets and scripts are in their caches."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[str, list[BrowserContext]] = {}

    def take(self, options: dict[str, Any]) -> BrowserContext:
        """One that has been made with these options, and which nobody uses."""
        idle = self._idle.setdefault(repr(options), [])
        return idle.pop() if idle else self._browser.new_context(**options)

    def give_back(self, context: BrowserContext, options: dict[str, Any], site: str) -> None:
        """Without the pages, cookies and stored texts of its user."""
        context.set_offline(False)
        what = {"origin": site, "storageTypes": "cookies,local_storage,indexeddb"}
        context.new_cdp_session(context.pages[0]).send("Storage.clearDataForOrigin", what)
        context.clear_cookies()
        for page in context.pages:
            page.close()
        self._idle[repr(options)].append(context)


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Contexts:
    """Shared by all tests."""
    return Contexts(browser)


@pytest.fixture
def visit(
    request: pytest.FixtureRequest, contexts: Contexts, site: str, browser_context_args: dict[str, Any]
) -> Iterator[MakeVisit]:
    """Open the site as somebody who is signed in already, or as nobody."""
    visits: list[tuple[Visit, dict[str, Any]]] = []

    def make(user: User | None = None, **wishes: Any) -> Visit:
        options = {**browser_context_args, **wishes}
        context = contexts.take(options)
        if user:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": _session(user), "url": site}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        made = Visit(page, site, [])
        _listen(page, made.complaints)
        visits.append((made, options))
        return made

    yield make
    if request.node.stash.get(FAILED, False):
        for each, _options in visits:
            print(f"Shown at the end: {each.page.url}\n{each.page.locator('body').inner_text()[:1500]}\n")
    for each, options in visits:
        contexts.give_back(each.page.context, options, site)
    assert [complaint for each, _options in visits for complaint in each.complaints] == []


def _session(user: User) -> str:
    """The key of a session in which the user is signed in."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _listen(page: Page, complaints: list[str]) -> None:
    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not MEANT.search(message.text):
            complaints.append(f"{message.text} ({page.url})")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
