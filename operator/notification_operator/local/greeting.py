"""The block that is shown when everything is ready: where the inbox is, tokens to try it with, a line to paste."""

import asyncio
import json

from ..machine import HOST, Machine
from ..spec import ClusterSpec
from .one_shot import run_captured
from .progress import Progress

DEMO_TENANT = "demo"
DEMO_USERS = ("alice", "bob")
_SCOPE = "notifications:write"


async def greet(cluster: ClusterSpec, machine: Machine, progress: Progress) -> None:
    """Show the block; a demo without a key that can sign tokens is shown without tokens."""
    url = f"http://{HOST}:{machine.ports.public}"
    progress.say("")
    if cluster.demo:
        await _greet_demo_users(url, machine, progress)
    else:
        progress.title(f"REST and Socket.IO: {url}")
    progress.say("")
    progress.title("Ctrl-C drains and stops.")


async def _greet_demo_users(url: str, machine: Machine, progress: Progress) -> None:
    tokens = dict(zip(DEMO_USERS, await asyncio.gather(*(_mint(user, machine) for user in DEMO_USERS)), strict=True))
    progress.title(f"Inbox: {url}/")
    for user, token in tokens.items():
        if token:
            progress.say(f"Token of {user}: {token}")
    if tokens["alice"]:
        progress.say("")
        progress.title("Send a notification from alice to bob:")
        progress.say(render_curl(url, tokens["alice"], "bob"))


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
