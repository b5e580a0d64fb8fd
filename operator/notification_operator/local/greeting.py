"""The block that is shown when everything is ready: where the inbox is, tokens to try it with, a line to paste."""

import asyncio
import json
from collections.abc import Mapping

from ..machine import HOST, Machine
from ..spec import ClusterSpec
from .log_tail import read_last_words
from .one_shot import run_captured
from .progress import Progress

DEMO_TENANT = "demo"
DEMO_USERS = ("alice", "bob")
_SCOPE = "notifications:write"


async def mint_tokens(cluster: ClusterSpec, machine: Machine) -> dict[str, str]:
    """Return a token for each demo user; none for a cluster that is no demo, or that has no key to sign with."""
    if not cluster.demo:
        return {}
    tokens = await asyncio.gather(*(_mint(user, machine) for user in DEMO_USERS))
    return {user: token for user, token in zip(DEMO_USERS, tokens, strict=True) if token}


def greet(cluster: ClusterSpec, machine: Machine, tokens: Mapping[str, str], progress: Progress) -> None:
    """Show the block."""
    url = f"http://{HOST}:{machine.ports.public}"
    progress.say("")
    progress.title(f"Inbox: {url}/" if cluster.demo else f"REST and Socket.IO: {url}/")
    for user, token in tokens.items():
        progress.say(f"Token of {user}: {token}")
    if cluster.demo and not tokens:
        progress.warn(f"No tokens for the demo users: {read_last_words(machine.places.log('token'))}")
    if tokens:
        sender, recipient = DEMO_USERS
        progress.say("")
        progress.title(f"Send a notification from {sender} to {recipient}:")
        progress.say(render_curl(url, tokens[sender], recipient))
    progress.say("")
    progress.title("Ctrl-C drains and stops.")


def render_curl(url: str, token: str, recipient: str) -> str:
    """Return the command line that sends a notification. Pure."""
    body = json.dumps({"recipients": [recipient], "type": "message", "content": "Hello"}, separators=(",", ":"))
    headers = f"-H 'Authorization: Bearer {token}' -H 'Content-Type: application/json'"
    return f"curl -X POST {url}/api/notifications {headers} -d '{body}'"


async def _mint(user: str, machine: Machine) -> str:
    places = machine.places
    command = (str(machine.programs.notifications), "token", "--sub", user, "--tenant", DEMO_TENANT)
    flags = ("--scope", _SCOPE, "--config", str(places.config("gateway")))
    outcome = await run_captured((*command, *flags), places.log("token"))
    return "" if outcome.code else outcome.output
