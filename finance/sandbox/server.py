"""HTTP: the API under /v1/, the hosted pages, the control API; loopback only."""

import json
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from finance.sandbox import control, gate, hosted, pages
from finance.sandbox.config import API_VERSION, Config
from finance.sandbox.errors import ApiError
from finance.sandbox.gate import ApiAnswer, ApiRequest
from finance.sandbox.hosted import Shown
from finance.sandbox.store import Json, Store
from finance.sandbox.work import new_id

LONGEST_BODY = 1_000_000
PAGE_POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"


class Server(ThreadingHTTPServer):
    """The listening socket with what its handlers share."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, store: Store) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.store = store
        self.config = Config(public_url=f"http://127.0.0.1:{self.server_address[1]}")

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client hung up; show every other error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "PaymentSandbox"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        """Answer a GET."""
        self._route("")

    def do_HEAD(self) -> None:
        """Answer as to a GET, without the body."""
        self._route("")

    def do_POST(self) -> None:
        """Answer a POST whose body has a stated, bounded length."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            self.close_connection = True
            self._json(413, ApiError("The request body is too long or has no length.").body())
            return
        self._route(self.rfile.read(int(length)).decode("utf-8", "replace"))

    def _route(self, body: str) -> None:
        try:
            self._dispatch(urlsplit(self.path).path, body)
        except ConnectionError:
            raise
        except Exception:  # a mistake of the sandbox must reach its client as one, not as a broken connection
            sys.stderr.write(traceback.format_exc())
            self.close_connection = True
            self._json(500, ApiError("The sandbox made a mistake; see its output.", kind="api_error").body())

    def _dispatch(self, path: str, body: str) -> None:
        if path.startswith("/v1/"):
            self._api(path, body)
        elif path.startswith("/_control/"):
            self._control(path, body)
        elif path == "/healthz":
            self._json(200, {"status": "ok"})
        elif path == "/assets/pay.css":
            self._send(200, pages.style().encode(), "text/css; charset=utf-8", {"Cache-Control": "max-age=60"})
        else:
            typed = dict(parse_qsl(body, keep_blank_values=True))
            posted = typed if self.command == "POST" else None
            self._page(hosted.answer(self.server.store, self.server.config, path, posted))

    def _api(self, path: str, body: str) -> None:
        request = ApiRequest(
            method=self.command,
            path=path.rstrip("/"),
            form=body if self.command == "POST" else urlsplit(self.path).query,
            authorization=self.headers.get("Authorization", ""),
            account=self.headers.get("Stripe-Account", ""),
            idempotency_key=self.headers.get("Idempotency-Key", ""),
        )
        answer = gate.answer(self.server.store, self.server.config, request)
        if answer.status == 0:
            self.close_connection = True
            return
        self._json(answer.status, answer.body, self._api_headers(request, answer))

    def _api_headers(self, request: ApiRequest, answer: ApiAnswer) -> dict[str, str]:
        headers = {
            "Request-Id": new_id("req", 14),
            "Stripe-Version": self.headers.get("Stripe-Version", API_VERSION),
        }
        if request.idempotency_key:
            headers["Idempotency-Key"] = request.idempotency_key
        if answer.replayed:
            headers["Idempotent-Replayed"] = "true"
        return headers

    def _control(self, path: str, body: str) -> None:
        # A page in the developer's browser can post forms to us; JSON would need a consent we never give.
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        if not ip_address(self.client_address[0]).is_loopback or (self.command == "POST" and not is_json):
            refusal = ApiError("The control API takes JSON from this machine only.", status=403)
            self._json(403, refusal.body())
            return
        status, answer = control.answer(self.server.store, self.server.config, self.command, path, body)
        self._json(status, answer)

    def _json(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(body, indent=2).encode(), "application/json", headers or {})

    def _page(self, shown: Shown) -> None:
        headers = {
            "Content-Security-Policy": PAGE_POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        if shown.location:
            headers["Location"] = shown.location
        self._send(shown.status, shown.html.encode(), "text/html; charset=utf-8", headers)

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write one line for each request, with the status and without keys or bodies."""
        if not self.server.config.quiet:
            sys.stderr.write(f"{format % args}\n")
