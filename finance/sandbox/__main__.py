"""`python -m finance.sandbox`: starts the payment sandbox."""

import argparse
import errno
import fcntl
import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from finance.sandbox import openings
from finance.sandbox.config import Config
from finance.sandbox.gate import LIVE_KEY
from finance.sandbox.jobs import Runner
from finance.sandbox.server import Server
from finance.sandbox.store import Store
from finance.sandbox.webhooks import Deliverer
from finance.sandbox.work import working

ENVIRONMENT = os.environ
DEFAULT_PORT = 12111


def arguments(argv: list[str]) -> argparse.Namespace:
    """Read the command line; every option has an environment variable as its default."""
    parser = argparse.ArgumentParser(prog="python -m finance.sandbox", description=__doc__)
    option = parser.add_argument
    option(
        "--port",
        type=int,
        default=int(ENVIRONMENT.get("SANDBOX_PORT", DEFAULT_PORT)),
        help="0 takes a free one",
    )
    option("--state", type=Path, default=Path(ENVIRONMENT.get("SANDBOX_STATE", ".local/sandbox.sqlite3")))
    option("--webhook", default=ENVIRONMENT.get("SANDBOX_WEBHOOK", ""), help="address that receives the events")
    option("--webhook-secret", default=ENVIRONMENT.get("STRIPE_WEBHOOK_SECRET", ""), help="whsec_...")
    option(
        "--api-key",
        default=ENVIRONMENT.get("STRIPE_SECRET_KEY", ""),
        help="checked only: live keys are refused",
    )
    option("--public-url", default=ENVIRONMENT.get("SANDBOX_PUBLIC_URL", ""), help="address of the hosted pages")
    option("--merchant", default=ENVIRONMENT.get("SITE_NAME", "Test merchant"), help="name on the hosted pages")
    option("--dispute-after", type=int, default=5, help="seconds until the disputing card disputes")
    option("--payout-after", type=int, default=1, help="seconds until a payout arrives or fails")
    option("--settle-after", type=int, default=5, help="seconds until a payment that takes its time arrives or fails")
    option("--refund-after", type=int, default=5, help="seconds until a refund that will fail does")
    option("--retry-base", type=float, default=1.0, help="first pause between webhook attempts, in seconds")
    option("--openings", type=Path, help="file that tells what had happened before the sandbox ran")
    option("--quiet", action="store_true", help="write no line for each request")
    return parser.parse_args(argv)


def refusal(options: argparse.Namespace) -> str:
    """Return why the sandbox must not start with these settings, '' if it may."""
    if LIVE_KEY.match(options.api_key):
        return "The payment sandbox refuses to start with a live key. Use a key that starts with sk_test_."
    if options.webhook and urlsplit(options.webhook).scheme not in ("http", "https"):
        return f"--webhook must be an http or https address, not {options.webhook}."
    if options.webhook and not options.webhook_secret.startswith("whsec_"):
        return "Webhooks need --webhook-secret (or STRIPE_WEBHOOK_SECRET), a word that starts with whsec_."
    if not 0 <= options.port <= 65535:
        return "--port must be between 0 and 65535."
    return ""


class CannotStartError(Exception):
    """A reason not to start, as one sentence for the terminal."""


def locked(state: Path) -> IO[str]:
    """Take the state file for this process alone; the lock ends with the process, however it ends."""
    state.parent.mkdir(parents=True, exist_ok=True)
    lock = Path(f"{state}.lock").open("w")  # noqa: SIM115 - held until the process ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CannotStartError(
            f"Another payment sandbox is using {state}. Stop it or choose another --state."
        ) from None
    return lock


def opened(state: Path) -> Store:
    """Open the state file, or say that it is not one."""
    try:
        return Store(state)
    except sqlite3.DatabaseError as error:
        message = f"{state} is not a state file of the payment sandbox ({error}). Move it away and start again."
        raise CannotStartError(message) from error


def listening(port: int, store: Store) -> Server:
    """Bind the port, or say why that is not possible."""
    try:
        return Server(port, store)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            message = f"Port {port} is already in use. Stop what is listening there or choose another --port."
            raise CannotStartError(message) from error
        raise CannotStartError(f"Port {port} cannot be used: {error.strerror}.") from error


def begin(store: Store, config: Config) -> None:
    """Take in what had happened before, or say that the file does not tell it."""
    try:
        with working(store, config) as work:
            openings.begin(work)
    except openings.UnreadableError as error:
        raise CannotStartError(str(error)) from error


def serve(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT, then finish what is under way and close the state file."""
    lock = locked(options.state)
    store = opened(options.state)
    server = listening(options.port, store)
    server.config = Config(
        public_url=options.public_url.rstrip("/") or server.config.public_url,
        webhook_url=options.webhook or None,
        webhook_secret=options.webhook_secret,
        merchant=options.merchant,
        dispute_after=options.dispute_after,
        payout_after=options.payout_after,
        settle_after=options.settle_after,
        refund_after=options.refund_after,
        retry_base=options.retry_base,
        quiet=options.quiet,
        openings=options.openings,
    )
    begin(store, server.config)
    threads: list[Runner | Deliverer] = [Runner(store, server.config)]
    if options.webhook:
        threads.append(Deliverer(store, server.config, options.webhook))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    for thread in threads:
        thread.start()
    sys.stdout.write(f"Payment sandbox on http://127.0.0.1:{server.server_address[1]} (test payments only)\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    for thread in threads:
        thread.stop()
    store.close()
    lock.close()


def main(argv: list[str]) -> int:
    """Return the exit code: 0 after a graceful end, 2 with a sentence when it cannot start."""
    options = arguments(argv)
    try:
        why = refusal(options)
        if why:
            raise CannotStartError(why)
        serve(options)
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
