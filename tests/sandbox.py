"""A payment sandbox process and a webhook receiver for tests, neither of which needs a database."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode, urlsplit

from stripe import StripeClient

from marketplace.launcher.processes import bound_to_us

ROOT = Path(__file__).resolve().parent.parent
WEBHOOK_SECRET = "whsec_for_tests_only"
API_KEY = "sk_test_for_tests_only"
PATIENCE_SECONDS = 10.0
LATER_SECONDS = 3600  # what comes later comes when the test moves the sandbox's clock

Json = dict[str, Any]
T = TypeVar("T")


def until(probe: Callable[[], T], what: str) -> T:
    """Poll until the probe returns something true; fail with `what` after a short while."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = probe()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"waited in vain for {what}")


@dataclass(frozen=True)
class Page:
    """What a browser gets: `location` is set when the payer is led elsewhere, as after a payment."""

    status: int
    location: str
    html: str


class SandboxProcess:
    """A real sandbox process on a free port, as a context; `kill()` and `start()` again keep state and port."""

    def __init__(self, folder: Path, *, webhook: str = "", **options: object) -> None:
        self.state = folder / "sandbox.sqlite3"
        self.webhook = webhook
        self.options = {
            "dispute-after": 0,
            "payout-after": 0,
            "settle-after": LATER_SECONDS,
            "refund-after": LATER_SECONDS,
            "retry-base": 0.02,
            **options,
        }
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address of API and pages, to be given to the SDK as its `api` base address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process and wait until it listens."""
        self.process = subprocess.Popen(
            bound_to_us([sys.executable, "-m", "finance.sandbox", "--quiet", *self._arguments()]),
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Payment sandbox on http://127.0.0.1:"), line
        self.port = int(line.split(":")[2].split()[0])

    def _arguments(self) -> list[str]:
        arguments = ["--port", str(self.port), "--state", str(self.state)]
        if self.webhook:
            arguments += ["--webhook", self.webhook, "--webhook-secret", WEBHOOK_SECRET]
        for name, value in self.options.items():
            arguments += [f"--{name.replace('_', '-')}", str(value)]
        return arguments

    def stop(self) -> int:
        """End the process with SIGTERM and return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process with SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def client(self, *, key: str = API_KEY, retries: int = 0) -> StripeClient:
        """Return the unmodified Stripe SDK, talking to this process."""
        return StripeClient(key, base_addresses={"api": self.url}, max_network_retries=retries)

    def pay(self, session_url: str, card: str = "4242 4242 4242 4242", **typed: str) -> Page:
        """Send the hosted page as a browser would; `typed` replaces single fields (expiry, cvc, name, email)."""
        fields = {
            "number": card,
            "expiry": "12 / 40",
            "cvc": "1234" if card.startswith("37") else "123",
            "name": "Bea Buyer",
            "email": "bea@example.com",
            **typed,
        }
        return visit(session_url, fields)

    def pay_by(self, session_url: str, method: str, **typed: str) -> Page:
        """Pay with PayPal (`account`) or Alipay (`choice`)."""
        return visit(session_url, {"method": method, **typed})

    def later(self) -> Json:
        """Move the clock on until everything that takes its time has happened."""
        return self.control("clock", {"advance": LATER_SECONDS})

    def control(self, path: str, body: Json | None = None) -> Json:
        """POST to the control API: `control("faults", {"fail_next": 1})`, `control(f"dispute/{charge}")`."""
        return self._json("POST", f"/_control/{path}", json.dumps(body or {}))

    def state_now(self) -> Json:
        """Return the faults, the clock and every webhook with its fate."""
        return self._json("GET", "/_control/state", "")

    def pending(self) -> list[Json]:
        """Return the webhooks that are still to be delivered."""
        return [item for item in self.state_now()["deliveries"] if item["state"] == "pending"]

    def _json(self, method: str, path: str, body: str) -> Json:
        headers = {"Content-Type": "application/json"}
        status, _, text = send(method, f"{self.url}{path}", body, headers)
        answer: Json = json.loads(text)
        assert status == 200, answer
        return answer


def clean_environment() -> dict[str, str]:
    """Return the environment without what would configure a sandbox."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "STRIPE_"))}


def visit(url: str, typed: Json | None = None) -> Page:
    """Open a page, or post a form to it, without following redirects."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    method, body = ("GET", "") if typed is None else ("POST", urlencode(typed))
    status, location, text = send(method, url, body, headers)
    return Page(status, location, text)


def send(method: str, url: str, body: str, headers: dict[str, str]) -> tuple[int, str, str]:
    """Send one request and return status, Location and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_SECONDS)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()
    finally:
        connection.close()


@dataclass(frozen=True)
class Received:
    """One webhook as it arrived."""

    payload: bytes
    signature: str

    @property
    def event(self) -> Json:
        """The event, unverified."""
        event: Json = json.loads(self.payload)
        return event


class WebhookReceiver:
    """A server that takes webhooks and remembers them, as a context; it answers `status`, 200 unless changed."""

    def __init__(self) -> None:
        self.status = 200
        self.received: list[Received] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(Received(payload, self.headers.get("Stripe-Signature", "")))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The address to start a sandbox with."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhooks/stripe/"

    def of(self, kind: str) -> list[Received]:
        """Return what arrived of one type of event."""
        return [item for item in list(self.received) if item.event["type"] == kind]

    def wait_for(self, kind: str, times: int = 1) -> list[Received]:
        """Wait until an event of this type arrived so many times."""
        return until(lambda: found if len(found := self.of(kind)) >= times else [], f"{times} × {kind}")
