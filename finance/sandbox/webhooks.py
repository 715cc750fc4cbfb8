"""Signing and sending webhooks, at least once each, until the receiver answers 2xx."""

import hashlib
import hmac
import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

from finance.sandbox import deliveries
from finance.sandbox.config import Config
from finance.sandbox.deliveries import Delivery
from finance.sandbox.store import Store

TIMEOUT_SECONDS = 10.0


def signature(payload: bytes, secret: str, at: int) -> str:
    """Return the `Stripe-Signature` header for a body sent at `at` (unix seconds)."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Deliverer(threading.Thread):
    """The one thread that sends webhooks; a failed one is tried again later and holds up no other."""

    def __init__(self, store: Store, config: Config, url: str) -> None:
        super().__init__(name="webhooks", daemon=True)
        self.store = store
        self.config = config
        self.url = url
        self.stopping = threading.Event()

    def stop(self) -> None:
        """End after the delivery under way."""
        self.stopping.set()
        self.store.wake()
        self.join(TIMEOUT_SECONDS + 1)

    def run(self) -> None:
        """Send what is due, then sleep until something else is."""
        while not self.stopping.is_set():
            seen = self.store.generation
            with self.store.transaction() as tx:
                due = deliveries.next_due(tx, time.time())
                earliest = deliveries.earliest(tx)
                event = tx.get(due.event) if due else None
            if due is None:
                self.store.wait(seen, None if earliest is None else max(earliest - time.time(), 0.01))
                continue
            self._settle(due, self._send(json.dumps(event).encode()))

    def _settle(self, delivery: Delivery, outcome: str) -> None:
        with self.store.transaction() as tx:
            if outcome.startswith("2"):
                deliveries.delivered(tx, delivery, outcome)
            else:
                deliveries.failed(tx, delivery, outcome, time.time(), self.config.retry_base)
        if not outcome.startswith("2") and not self.config.quiet:
            sys.stderr.write(f"webhook {delivery.event}: {outcome}; will be sent again\n")

    def _send(self, payload: bytes) -> str:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (payment sandbox)",
            "Stripe-Signature": signature(payload, self.config.webhook_secret, int(time.time())),
        }
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", path, payload, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            return f"not reached: {error}"
        else:
            return f"{answer.status} {answer.reason}".strip()
        finally:
            connection.close()
