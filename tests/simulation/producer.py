"""A producer: says a thing until it is accepted, always with the same key and the same words, and may take it back."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from notifications.domain.notification import Priority
from tests.simulation.device import Outside
from tests.simulation.gateway import Gateway, Post, Reply
from tests.simulation.history import Answered, Asked, TakenBack

T = TypeVar("T")

PATIENCE = 6.0
ATTEMPTS = 60


async def say(post: Post, outside: Outside) -> None:
    """Ask until the answer is final. Without a key it asks once, for it could not know what it did."""
    for _ in range(ATTEMPTS if post.key else 1):
        reply = await _ask(post, outside)
        if reply.request is not None and post.cancel_after is not None:
            await asyncio.sleep(post.cancel_after)
            await _take_back(post, reply.request, outside)
        if reply.status in {201, 422}:
            return
        await asyncio.sleep(outside.random.uniform(0.1, 1.5))


async def request(serve: Callable[[Gateway, Callable[[T], None]], None], outside: Outside) -> T | None:
    """Have a gateway serve something; None if it did not answer in time."""
    gateway = outside.choose_gateway()
    if gateway is None:
        return None
    answer: asyncio.Future[T] = outside.loop.create_future()
    gateway.life.run(lambda: serve(gateway, answer.set_result))
    _, late = await asyncio.wait([answer], timeout=PATIENCE)
    return None if late else answer.result()


async def _ask(post: Post, outside: Outside) -> Reply:
    now = outside.loop.time()
    asked = Asked(
        at=now,
        marker=post.content,
        tenant=post.tenant,
        users=post.users,
        key=post.key,
        expires=post.expires_in is not None,
        due=now + (post.send_in or 0.0),
        room=post.room,
        channels=post.channels,
        bypasses=post.priority is Priority.CRITICAL,
    )
    outside.record(asked)
    answered: Reply | None = await request(lambda gateway, answer: gateway.post(post, answer), outside)
    reply = answered or Reply(0)
    outside.record(Answered(outside.loop.time(), post.content, reply.status, reply.copies))
    return reply


async def _take_back(post: Post, id: UUID, outside: Outside) -> None:
    for _ in range(ATTEMPTS):
        outside.record(TakenBack(outside.loop.time(), post.content))
        reply: Reply | None = await request(lambda gateway, answer: gateway.cancel(post.tenant, id, answer), outside)
        if reply is not None and reply.status == 200:
            outside.record(TakenBack(outside.loop.time(), post.content, is_done=True))
        if reply is not None and reply.status in {200, 404}:
            return
        await asyncio.sleep(outside.random.uniform(0.1, 1.5))
