"""Refusals in the shape and with the HTTP codes of the Stripe API."""

from typing import Any


class ApiError(Exception):
    """A refused request; `status` is the HTTP code, `body()` what Stripe's clients turn into an exception."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.message = message

    def body(self) -> dict[str, Any]:
        """Return `{"error": {...}}` without the members that have no value."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.code is not None:
            error["code"] = self.code
        if self.param is not None:
            error["param"] = self.param
        return {"error": error}


def not_found(kind: str, object_id: str, param: str = "id") -> ApiError:
    """The refusal for an object that does not exist or belongs to another account."""
    return ApiError(f"No such {kind}: '{object_id}'", status=404, code="resource_missing", param=param)


def unauthorized(message: str) -> ApiError:
    """The refusal for a missing or unacceptable key."""
    return ApiError(message, status=401)
