"""Every Api class of the HTTP adapter, whether or not a gateway serves it."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

from aiohttp import web

from notifications.adapters import http
from notifications.adapters.http.reference import Reference


def find_apis() -> Iterator[type[Any]]:
    """The dataclasses whose names end in `Api`."""
    for found in pkgutil.iter_modules(http.__path__):
        module = importlib.import_module(f"{http.__name__}.{found.name}")
        for value in vars(module).values():
            if not inspect.isclass(value) or not value.__name__.endswith("Api"):
                continue
            if is_dataclass(value) and value.__module__ == module.__name__:
                yield value


def routes_of(api: type[Any]) -> list[web.RouteDef]:
    """The routes of an Api that stands on nothing: they can be looked at, not asked."""
    routes: list[web.RouteDef] = api(*[None] * len(inspect.signature(api).parameters)).routes()
    return routes


def all_routes() -> list[web.RouteDef]:
    """The routes of all of them, and of what describes them."""
    routes = [route for api in find_apis() for route in routes_of(api)]
    return [*routes, *Reference(routes).routes()]
