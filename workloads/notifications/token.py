"""`notifications token`: a token that this cluster, or this laptop's run, accepts."""

import argparse
import os
import re
from datetime import timedelta
from pathlib import Path

from notifications.adapters.jwt.keys import load_keys
from notifications.adapters.jwt.minter import TokenMinter
from notifications.clock import now
from notifications.config import GatewayConfig, load_config
from notifications.domain.errors import Misconfigured, Refused
from notifications.domain.limits import MAX_TOKEN_LIFE
from notifications.domain.text import check_id, check_tenant

_FOLDERS = (Path("/etc/notifications"), Path(".local/config"))
_LONGEST = timedelta(seconds=MAX_TOKEN_LIFE)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument("--sub", required=True, metavar="USER", help="the user the token speaks for")
    parser.add_argument("--tenant", help="the user's tenant (default: default)")
    parser.add_argument("--groups", help="groups, separated by commas")
    parser.add_argument("--roles", help="roles, separated by commas")
    parser.add_argument("--scope", help="scopes, separated by spaces; producers need notifications:write")
    parser.add_argument("--ttl", default="1h", help="how long it lives, such as 90s, 15m, 1h, 7d (default: 1h)")
    parser.add_argument("--config", type=Path, help="gateway.json of the cluster or of the local run")


def print_token(arguments: argparse.Namespace) -> None:
    """Print a token. Raises Misconfigured for wrong arguments or when no key can sign."""
    auth = load_config(find_config(arguments.config, "gateway.json"), GatewayConfig).auth
    minter = TokenMinter(load_keys(auth.keys), auth.issuer, auth.audience)
    print(minter.mint(_claims(arguments), now(), _ttl(arguments.ttl)))


def find_config(named: Path | None, *files: str) -> Path:
    """Return the configuration to use: the named one, the environment's, or the first of these files that exists.

    Raises Misconfigured.
    """
    chosen = named or (Path(path) if (path := os.environ.get("NOTIFICATIONS_CONFIG")) else None)
    if chosen is not None:
        return chosen
    places = [folder / file for folder in _FOLDERS for file in files]
    for place in places:
        if place.exists():
            return place
    raise Misconfigured(f"no configuration at {' or '.join(map(str, places))}: name one with --config")


def _claims(arguments: argparse.Namespace) -> dict[str, object]:
    try:
        claims: dict[str, object] = {"sub": check_id(arguments.sub, "--sub")}
        if arguments.tenant:
            claims["tenant"] = check_tenant(arguments.tenant)
        for name in ("groups", "roles"):
            if value := getattr(arguments, name):
                claims[name] = [check_id(word, f"a name in --{name}") for word in value.split(",")]
    except Refused as error:
        raise Misconfigured(str(error)) from error
    if arguments.scope:
        claims["scope"] = arguments.scope
    return claims


def _ttl(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise Misconfigured(f"--ttl {text!r} is not a time such as 90s, 15m, 1h or 7d")
    ttl = timedelta(seconds=int(match[1]) * _UNITS[match[2]])
    if ttl > _LONGEST:
        raise Misconfigured(f"--ttl {text!r} is too long: gateways refuse tokens of more than {_LONGEST.days} days")
    return ttl
