"""Schemathesis asks every operation for what it offers and for what it does not, one by one and in a row.

No answer is a failure of ours, has a status or a header that is not described, or a body of another shape. The seed is
new each time: OPENAPI_SEED=17 repeats what was found, OPENAPI_EXAMPLES=200 looks longer.
"""

import asyncio
import json
import os
import random
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from notifications.domain.principal import ADMIN, WRITE
from tests.integration.openapi.conftest import CLAIMS, Act, Document, name_of
from tests.support.rest import PATH
from tests.support.stack import Stack
from tests.support.workload import last_lines

SEED = os.environ.get("OPENAPI_SEED") or str(random.randrange(2**32))
EXAMPLES = os.environ.get("OPENAPI_EXAMPLES", "10")
WITHIN = 150.0
DEAD_LETTER = """
INSERT INTO dead_letters (notification_id, channel, tenant, recipient, queue, created_at, reason, died_at, failures)
SELECT id, 'email', tenant, recipient_id, 'normal', created_at, 'no such mailbox', created_at,
       jsonb_build_array(jsonb_build_object('at', created_at, 'reason', 'no such mailbox'))
FROM notifications WHERE id = '{}'
"""
# Of a list, each body is judged by itself: one that is wrong is refused in the answer to the whole
JUDGES_SINGLY = "POST /api/notifications/bulk"


@pytest.mark.slow
@pytest.mark.timeout(2 * WITHIN)
async def test_every_operation_does_as_it_says(stack: Stack, document: Document, act: Act, tmp_path: Path) -> None:
    await furnish(stack, act)
    (tmp_path / "openapi.json").write_text(json.dumps(close(document)))
    (tmp_path / "schemathesis.toml").write_text(configure(document, act))
    words = ["--max-examples", EXAMPLES, "--seed", SEED, "--url", stack.url]
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "schemathesis",
        *("run", "openapi.json", *words),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), WITHIN)
    finally:
        if process.returncode is None:
            process.kill()
    print(output.decode())
    assert process.returncode == 0, f"with OPENAPI_SEED={SEED}, of which all is printed:\n{last_lines(output.decode())}"


async def furnish(stack: Stack, act: Act) -> None:
    """Put something where the operations look for it."""
    producer, admin = act((WRITE,)), act((ADMIN,))
    for _ in range(20):
        placed = await producer.notify(*map(name_of, CLAIMS))
        stack.postgres.execute(DEAD_LETTER.format(placed[0]["id"]), urlsplit(stack.database).path[1:])
    done = [
        await producer.request("PUT", f"/api/users/{name_of(())}", json={"name": "User"}),
        await producer.request("PUT", f"/api/rooms/group:1/members/{name_of(())}"),
        await producer.request("POST", PATH, json={"room": "group:1", "type": "message", "content": "Hello"}),
        await admin.request(
            "PUT", "/api/admin/templates/message/push/-", json={"parts": {"title": "Hello", "body": "!"}}
        ),
    ]
    assert [answer.status for answer in done] == [200, 200, 201, 200]


def close(document: Any) -> Any:
    """A copy in which no object of an answer may hold more than is described."""
    match document:
        case {"type": "object", "properties": _}:
            return {"additionalProperties": False, **{name: close(value) for name, value in document.items()}}
        case dict():
            return {name: close(value) for name, value in document.items()}
        case list():
            return [close(value) for value in document]
    return document


def configure(document: Document, act: Act) -> str:
    """A configuration in which each operation is called by who may."""
    lines = [
        "[generation]",
        "allow-x00 = false",  # no text may hold it, which patterns would tell nobody better
        "with-security-parameters = false",  # each has its token from below, which it would not miss
        "[checks]",
        "negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 408, 413, 422]",
        "positive_data_acceptance.enabled = false",  # no schema can tell a cursor of ours, or a time that has passed
        "[phases.stateful.generation]",
        'mode = "positive"',  # what is wrong leads nowhere, and was tried before
        f"max-examples = {3 * int(EXAMPLES)}",
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for lock in operation["security"]:
                # What users may not do to others, producers may
                needs = tuple(lock["token"]) or (WRITE,) * ("403" in operation["responses"])
                name, token = f"{method.upper()} {path}", act(needs).token
                lines += ["[[operations]]", f'include-name = "{name}"']
                lines += [f'headers = {{ Authorization = "Bearer {token}" }}']
                if "{topic}" in path:  # of all names few are topics, and of those few are one's own
                    lines += [f'parameters = {{ topic = "user.{name_of(needs)}" }}']
                lines += [f"checks.negative_data_rejection.enabled = {str(name != JUDGES_SINGLY).lower()}"]
    return "\n".join(lines)
