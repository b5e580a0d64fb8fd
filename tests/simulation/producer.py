"""A producer: says a thing until it is accepted, always with the same key and the same words."""

import asyncio

from tests.simulation.device import Outside
from tests.simulation.gateway import Post, Reply
from tests.simulation.history import Answered, Asked

PATIENCE = 6.0
ATTEMPTS = 60


async def say(post: Post, outside: Outside) -> None:
    """Ask until the answer is final. Without a key it asks once, for it could not know what it did."""
    for _ in range(ATTEMPTS if post.key else 1):
        reply = await _ask(post, outside)
        if reply.status in {201, 422}:
            return
        await asyncio.sleep(outside.random.uniform(0.1, 1.5))


async def _ask(post: Post, outside: Outside) -> Reply:
    loop = outside.loop
    due = loop.time() + (post.send_in or 0.0)
    expires = post.expires_in is not None
    outside.record(Asked(loop.time(), post.content, post.tenant, post.users, post.key, expires, due, post.room))
    reply = Reply(0)
    gateway = outside.choose_gateway()
    if gateway is not None:
        answer: asyncio.Future[Reply] = loop.create_future()
        gateway.life.run(lambda: gateway.post(post, answer.set_result))
        _, late = await asyncio.wait([answer], timeout=PATIENCE)
        if not late:
            reply = answer.result()
    outside.record(Answered(loop.time(), post.content, reply.status, reply.copies))
    return reply
