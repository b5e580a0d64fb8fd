"""Rooms and topics of a gateway, wired from adapters."""

import asyncio
from dataclasses import dataclass
from secrets import token_bytes

from notifications.adapters.http.authentication import Verify
from notifications.adapters.http.topics import TopicsApi
from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.sessions import NatsSessionStore
from notifications.adapters.nats.topic_bus import NatsTopicBus
from notifications.adapters.nats.topic_log import NatsTopicLog
from notifications.adapters.socketio.topic_events import TopicEvents
from notifications.app.access import Access
from notifications.app.board import Board
from notifications.app.history import History
from notifications.app.recovery import Recovery
from notifications.app.speaker import Speaker
from notifications.app.sync_budget import SyncBudget
from notifications.clock import make_id, now
from notifications.config import GatewayConfig
from notifications.domain.private_id import NONCE
from notifications.lifecycle import Life
from notifications.permission import open_access
from notifications.ports.rooms import RoomStore


@dataclass(frozen=True, slots=True)
class Topics:
    """Who may, who follows what, and what clients and producers may ask."""

    access: Access
    board: Board
    events: TopicEvents
    api: TopicsApi
    recovery: Recovery


async def open_topics(life: Life, config: GatewayConfig, nats: Connection, rooms: RoomStore, verify: Verify) -> Topics:
    """Return them; they serve until the process ends."""
    log = NatsTopicLog(nats, config.nats.replicas)
    families = [topic.read() for topic in config.topics]
    access = await open_access(life, config.auth.authorizer, families, rooms, asyncio.get_running_loop().time)
    board = Board(log, NatsTopicBus(nats), now, life.tasks, {family.name: family for family in families})
    nats.on_loss = board.suspect
    life.keep(board.run(), "topic probe")
    ages = {family.name: family.max_age for family in families if family.max_age}
    speaker = Speaker(log, access, now, make_id, ages)
    recovery = Recovery(NatsSessionStore(nats, config.nats.replicas), board, access, lambda: token_bytes(NONCE))
    life.keep(recovery.run(), "saved sessions")
    events = TopicEvents(board, access, speaker, recovery)
    events.spend_sync = SyncBudget(config.limits.connections_per_user, asyncio.get_running_loop().time).spend
    recovery.on_follow = lambda session, topic: events.on_follow(session, topic)
    return Topics(access, board, events, TopicsApi(verify, speaker, History(log, access, now), now), recovery)
