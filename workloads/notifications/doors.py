"""Where a gateway listens: for clients, and for its peers."""

import argparse
import asyncio

from notifications.adapters.http.application import build_application
from notifications.adapters.http.demo import demo_routes
from notifications.adapters.http.front import Shortcuts
from notifications.adapters.http.listener import Listener
from notifications.adapters.http.reference import Reference
from notifications.adapters.http.tracing import trace_accepting
from notifications.adapters.jwt.keys import load_keys
from notifications.adapters.jwt.minter import TokenMinter
from notifications.clock import now
from notifications.config import GatewayConfig
from notifications.lifecycle import Life, open_listener
from notifications.parts import Gateway
from notifications.ports.tracing import Tracer
from notifications.protection import watch_overload


async def open_doors(
    life: Life, arguments: argparse.Namespace, config: GatewayConfig, gateway: Gateway, tracer: Tracer | None
) -> Listener:
    """Listen where peers reach this gateway, then where clients do; return the latter."""

    overload = watch_overload(life)

    def may_open() -> bool:
        has_room = gateway.server.connections < config.connection_limit and not overload.is_on
        return has_room and not gateway.server.closing

    if arguments.internal_port:
        internal = build_application([], gateway.entrance.handle, may_open)
        await open_listener(life, Listener(internal), arguments.host, arguments.internal_port)
    routes = [*gateway.routes, *Reference(gateway.routes).routes()]
    if config.demo:
        auth = config.auth
        mint = TokenMinter(load_keys(auth.keys), auth.issuer, auth.audience).mint
        routes += demo_routes(lambda claims, ttl: mint(claims, now(), ttl))
    life.on_exit(gateway.forwarder.close)
    public = build_application(routes, gateway.forwarder.handle, may_open, config.cors.origins)
    if tracer:
        public.middlewares.insert(0, trace_accepting(tracer))

    def take(data: bytes, transport: asyncio.Transport) -> bool:
        return may_open() and gateway.entrance.take(data, transport)

    # Only aiohttp's requests are traced
    listener = Listener(public, Shortcuts(None if tracer else gateway.intake.serve, take))
    await open_listener(life, listener, arguments.host, arguments.port, reuse_port=arguments.reuse_port)
    life.on_exit(gateway.server.close)  # before the listeners do, which would wait for polls
    return listener
