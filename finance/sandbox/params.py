"""Stripe's form encoding (`a[b][0]=c`) and the checks that refuse what an endpoint does not know."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from finance.sandbox.errors import ApiError
from finance.sandbox.store import Json

Reader = Callable[[Any, str], Any]

METADATA_KEYS = 50
METADATA_KEY_LENGTH = 40
METADATA_VALUE_LENGTH = 500
TEXT_LENGTH = 5000


@dataclass(frozen=True)
class Field:
    """How one parameter is read, and whether it must be there."""

    reader: Reader
    required: bool = False


Shape = Mapping[str, Field]


def decoded(form: str) -> Json:
    """Turn a query string or form body into nested dicts; list members become dicts keyed by their index."""
    root: Json = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        parts = re.findall(r"[^\[\]]+|\[\]", name)
        if not parts:
            continue
        node = root
        for part in parts[:-1]:
            child = node.setdefault(_key(node, part), {})
            if not isinstance(child, dict):
                raise ApiError(f"Invalid parameter: {name}", param=name)
            node = child
        node[_key(node, parts[-1])] = value
    return root


def _key(node: Json, part: str) -> str:
    return str(len(node)) if part == "[]" else part


def checked(shape: Shape, raw: Any, prefix: str = "") -> Json:
    """Read every parameter by its shape; unknown, missing and malformed ones are refused."""
    if not isinstance(raw, dict):
        raise ApiError("Invalid object", param=prefix or None)
    for name in raw:
        if name not in shape:
            full = _full(prefix, name)
            raise ApiError(f"Received unknown parameter: {full}", code="parameter_unknown", param=full)
    result: Json = {}
    for name, item in shape.items():
        full = _full(prefix, name)
        if name in raw:
            result[name] = item.reader(raw[name], full)
        elif item.required:
            raise ApiError(f"Missing required param: {full}.", code="parameter_missing", param=full)
    return result


def _full(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def text(longest: int = TEXT_LENGTH) -> Reader:
    """A string that is not empty."""

    def read(value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise ApiError(f"Invalid string: {name}", param=name)
        if value == "":
            message = f"You passed an empty string for '{name}'. Leave the parameter out or give it a value."
            raise ApiError(message, code="parameter_invalid_empty", param=name)
        if len(value) > longest:
            raise ApiError(f"Invalid string: {name} must be at most {longest} characters", param=name)
        return value

    return read


def integer(low: int, high: int) -> Reader:
    """A whole number within bounds, such as an amount in cents or a unix time."""

    def read(value: Any, name: str) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,15}", value):
            raise ApiError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
        number = int(value)
        if number < low:
            message = f"This value must be greater than or equal to {low}."
            raise ApiError(message, code="parameter_invalid_integer", param=name)
        if number > high:
            message = f"This value must be less than or equal to {high}."
            raise ApiError(message, code="parameter_invalid_integer", param=name)
        return number

    return read


def boolean(value: Any, name: str) -> bool:
    """`true` or `false`."""
    if value not in ("true", "false"):
        raise ApiError(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def choice(*options: str) -> Reader:
    """One of the given words."""

    def read(value: Any, name: str) -> str:
        if value not in options:
            raise ApiError(f"Invalid {name}: must be one of {', '.join(options)}", param=name)
        return str(value)

    return read


def address(value: Any, name: str) -> str:
    """An absolute http or https address."""
    parts = urlsplit(value if isinstance(value, str) else "")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ApiError("Not a valid URL", code="url_invalid", param=name)
    return str(value)


def metadata(value: Any, name: str) -> dict[str, str]:
    """Up to 50 short keys with short values; the empty string means none."""
    if value == "":
        return {}
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ApiError("Invalid object: metadata values must be strings", param=name)
    if len(value) > METADATA_KEYS:
        raise ApiError(f"Metadata can have at most {METADATA_KEYS} keys", param=name)
    for key, item in value.items():
        if len(key) > METADATA_KEY_LENGTH or len(item) > METADATA_VALUE_LENGTH:
            message = f"Metadata keys have at most {METADATA_KEY_LENGTH}, values {METADATA_VALUE_LENGTH} characters"
            raise ApiError(message, param=_full(name, key))
    return value


def record(shape: Shape) -> Reader:
    """A nested object with a shape of its own."""
    return lambda value, name: checked(shape, value, name)


def listing(item: Reader, most: int) -> Reader:
    """A list of at most so many members."""

    def read(value: Any, name: str) -> list[Any]:
        if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
            raise ApiError("Invalid array", param=name)
        if len(value) > most:
            raise ApiError(f"Array {name} can have at most {most} members", param=name)
        return [item(value[key], _full(name, key)) for key in sorted(value, key=int)]

    return read


def mapping(value: Any, name: str) -> Json:
    """A nested object of which the sandbox does not know the members."""
    if not isinstance(value, dict):
        raise ApiError("Invalid object", param=name)
    return value


def anything(value: Any, _: str) -> Any:
    """A member that the verb checks itself."""
    return value
