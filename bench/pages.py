"""Pages over HTTP, served by granian as the site is, next to the bare view served the same way."""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench.fill import Filled
from marketplace.launcher.ports import free_port

CLIENTS = 4
START_SECONDS = 30


def measure(filled: Filled, seconds: float) -> None:
    """Print requests per second and the median answer time of each page, and its cost in bare views."""
    print(f"{'page':<44}{'requests/s':>12}{'median ms':>12}{'× bare view':>14}")
    with served("bench.bare:application") as port:
        bare = _line("bare Django view", port, "/", seconds, None)
    category = filled.category.get_absolute_url()
    with served("marketplace.wsgi:application") as port:
        for name, path in (
            ("/healthz", "/healthz"),
            ("front page", "/"),
            (f"category of {filled.kworks:,} kworks", category),
            ("category, page 5, cheapest first", f"{category}?sort=cheapest&page=5"),
            ("search for two words", "/search/?q=logo+bakery"),
            ("kwork", filled.kwork.get_absolute_url()),
        ):
            _line(name, port, path, seconds, bare)
    print()


@contextmanager
def served(application: str) -> Iterator[int]:
    """The port on which granian serves an application, with the site's own two processes."""
    port = free_port()
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--no-ws"]
    options += ["--blocking-threads", "4", "--log-level", "error", "--no-access-log"]
    environment = {**os.environ, "SITE_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "granian", *options, application]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(15)


def _line(name: str, port: int, path: str, seconds: float, bare: float | None) -> float:
    _ask(port, path, time.perf_counter() + min(seconds, 1))  # warm up
    until = time.perf_counter() + seconds
    with ThreadPoolExecutor(CLIENTS) as pool:
        times = [t for part in pool.map(lambda _: _ask(port, path, until), range(CLIENTS)) for t in part]
    rate = len(times) / seconds
    ratio = f"{bare / rate:>14.1f}" if bare else f"{'1':>14}"
    print(f"{name:<44}{rate:>12,.0f}{statistics.median(times) * 1000:>12.1f}{ratio}")
    return rate


def _ask(port: int, path: str, until: float) -> list[float]:
    times = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while time.perf_counter() < until:
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        times.append(time.perf_counter() - began)
    connection.close()
    return times


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.perf_counter() + START_SECONDS
    while time.perf_counter() < until and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The web server did not start.")
