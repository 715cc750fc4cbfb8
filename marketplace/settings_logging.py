"""How the site tells operators what it does: lines on standard output (JSON in production), errors to Sentry if it is set."""

import logging
import os
import sys
from collections.abc import MutableMapping
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

import environ
import sentry_sdk
import structlog
from sentry_sdk.integrations.logging import LoggingIntegration
from structlog.dev import plain_traceback
from structlog.typing import ExcInfo, Processor

_env = environ.Env()
_json = _env.bool("LOG_JSON", _env.bool("PRODUCTION", False))

METRICS_TOKEN = _env.str("METRICS_TOKEN", "")
SENTRY_DSN = _env.str("SENTRY_DSN", "")
if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # read by prometheus_client itself, which wants it to be there
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)


_LONG = ("event", "exception", "stack")  # may have lines
_DIRECTIONS = (
    0x061C,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
)  # they turn the words around them
_CONTROLS = {
    code: ascii(chr(code))[1:-1] for code in (*range(32), *range(127, 160), *_DIRECTIONS) if chr(code) not in "\t\n"
}


def _to_sentry(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Our own errors reach Sentry whole, with the ids of the line; Django's and Celery's do by themselves."""
    failed = bool(line.get("exc_info"))
    if failed or line["level"] in ("error", "critical"):
        with sentry_sdk.new_scope() as scope:
            scope.set_context("line", {name: value for name, value in line.items() if name != "exc_info"})
            if failed:
                scope.capture_exception()
            else:
                scope.capture_message(str(line["event"]), level="error")
    return line


class _Coded:
    """A text that is shown in quotes, with codes in place of what cannot be printed."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return repr(self.text)


def _for_terminals(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What somebody has sent must not command the terminal that shows it: control characters become their codes."""
    for name, value in line.items():
        if isinstance(value, str) and name not in _LONG and not value.isprintable():
            line[name] = _Coded(value)
    for name in _LONG:
        if name in line:
            line[name] = str(line[name]).translate(_CONTROLS)
    return line


def _traceback(out: TextIO, exc_info: ExcInfo) -> None:
    """A traceback ends with words that may be somebody's, too."""
    text = StringIO()
    plain_traceback(text, exc_info)
    out.write(text.getvalue().translate(_CONTROLS))


def _formatter() -> dict[str, object]:
    """In production one JSON object a line; in development for people to read."""
    if _json:
        last: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    else:
        last = [
            _for_terminals,
            structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), pad_event_to=0, exception_formatter=_traceback),
        ]
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        "foreign_pre_chain": _CHAIN,
    }


_CHAIN: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso" if _json else "%H:%M:%S", utc=_json),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_CHAIN,
        *([_to_sentry] if SENTRY_DSN else []),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)

LOGGING: dict[str, object] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": _formatter()},
    "handlers": {"lines": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "lines"}},
    "root": {"handlers": ["lines"], "level": "INFO"},
    "loggers": {
        # Django's own handlers write other formats to other places; everything goes through the root.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        # A refused request is told by its access line; only what broke gets a line of its own.
        "django.request": {"level": "ERROR"},
        # A line for each task of the minute's routine would drown the others; failures are errors.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}

if SENTRY_DSN:
    sentry_sdk.init(
        dsn=SENTRY_DSN,
        environment=_env.str("SENTRY_ENVIRONMENT", "production"),
        send_default_pii=False,
        # What people typed stays here: tax forms and bank details stand in requests and in the variables of the code.
        max_request_body_size="never",
        include_local_variables=False,
        integrations=[LoggingIntegration(level=logging.INFO, event_level=None)],
    )
