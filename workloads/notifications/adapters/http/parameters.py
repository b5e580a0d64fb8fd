"""Parameters of paths and queries, read strictly."""

from uuid import UUID

from aiohttp import web

from notifications.domain.errors import Invalid, NotFound


def read_id(request: web.Request, missing: str) -> UUID:
    """Return the id in the path. Raises NotFound with these words: what is no id names nothing."""
    try:
        return UUID(request.match_info["id"])
    except ValueError as error:
        raise NotFound(missing) from error


def read_number(request: web.Request, name: str, default: int, most: int) -> int:
    """Return a number from 1 to `most` of the query. Raises Invalid."""
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise Invalid(f"{name} must be 1 to {most}")
    return int(text)


def read_flag(request: web.Request, name: str) -> bool:
    """Return a flag of the query, false if it is absent. Raises Invalid."""
    text = request.query.get(name, "false").lower()
    if text not in {"true", "false", "1", "0"}:
        raise Invalid(f"{name} must be true or false")
    return text in {"true", "1"}


def read_after(request: web.Request) -> UUID | None:
    """Return the id after which a page begins, None for the first page. Raises Invalid."""
    text = request.query.get("after")
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise Invalid("after must be the last id of the page before") from error
