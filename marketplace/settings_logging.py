"""How the site tells operators what it does: structured lines on standard output."""

LOGGING: dict[str, object] = {"version": 1, "disable_existing_loggers": False}
