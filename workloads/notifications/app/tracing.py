"""Puts the steps of a notification's way into a trace, from outside: what does them knows nothing of it.

accept  a gateway serves the request     in the trace that `traceparent` names, or in a new one
publish the queue takes the job          a job that the request did not publish, such as a swept one, begins a new trace
serve   a worker has the job in hand     in the trace of the job, as often as it is handed out
offer   gateways are asked for sockets   within serve, or within accept
send    a provider is asked              within serve
show    a gateway writes to its sockets  within offer
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from notifications.app.consume import Serve
from notifications.app.courier import Carrier, Send
from notifications.app.phrasing import Bundle
from notifications.domain.errand import Errand
from notifications.domain.inbox import InboxEvent
from notifications.domain.jobs import Channel, Job, Lane, Outcome
from notifications.domain.notification import UserKey
from notifications.ports.bus import InboxBus, Subscription
from notifications.ports.queue import Delivery, WorkQueue
from notifications.ports.tracing import TRACE, Tracer


@dataclass(frozen=True, slots=True)
class TracedQueue:
    """The port WorkQueue on another one."""

    queue: WorkQueue
    tracer: Tracer

    async def publish(self, jobs: Sequence[Job]) -> list[Job]:
        """Publish each job as a step of its trace, in which it then is served."""
        with ExitStack() as spans:
            traces = [spans.enter_context(self.tracer.span("publish", job.trace, **_describe(job))) for job in jobs]
            return await self.queue.publish(
                [replace(job, trace=span.trace) for job, span in zip(jobs, traces, strict=True)]
            )

    async def fetch(self, lane: Lane, limit: int, wait: float) -> Sequence[Delivery]:
        """Fetch."""
        return await self.queue.fetch(lane, limit, wait)

    async def created(self) -> str | None:
        """Return when the stream was created."""
        return await self.queue.created()

    async def ages(self) -> dict[Lane, float]:
        """Return how old the oldest job of each lane is."""
        return await self.queue.ages()

    async def ensure(self) -> str:
        """Create what is missing."""
        return await self.queue.ensure()


def trace_serving(serve: Serve, tracer: Tracer | None) -> Serve:
    """Return what serves jobs as steps of their traces, or the same if there is no tracer."""
    if tracer is None:
        return serve

    async def serve_traced(delivery: Delivery) -> Outcome:
        job = delivery.job
        with tracer.span("serve", job.trace, **_describe(job)) as span:
            TRACE.set(span.trace)
            outcome = await serve(delivery)
            span.note("state", outcome.state)
            return outcome

    return serve_traced


@dataclass(frozen=True, slots=True)
class TracedBus:
    """The port InboxBus on another one."""

    bus: InboxBus
    tracer: Tracer

    async def subscribe(self, owner: UserKey, on_event: Callable[[InboxEvent], None]) -> Subscription:
        """Show what comes in a trace as a step of it."""

        def on_traced(event: InboxEvent) -> None:
            if event.trace is None:
                on_event(event)
                return
            with self.tracer.span("show", event.trace):
                on_event(event)

        return await self.bus.subscribe(owner, on_traced)

    async def offer(self, owner: UserKey, event: InboxEvent) -> bool:
        """Offer an event in the trace of the job that brings it."""
        with self.tracer.span("offer", TRACE.get()) as span:
            return await self.bus.offer(owner, replace(event, trace=span.trace))

    async def offer_each(self, offers: Sequence[tuple[UserKey, InboxEvent]]) -> list[bool | None]:
        """Offer each event as a step of its trace."""
        with ExitStack() as spans:
            steps = [
                spans.enter_context(self.tracer.span("offer", event.trace, **_describe_event(owner, event)))
                for owner, event in offers
            ]
            traced = [
                (owner, replace(event, trace=step.trace)) for (owner, event), step in zip(offers, steps, strict=True)
            ]
            return await self.bus.offer_each(traced)

    async def tell(self, owner: UserKey, event: InboxEvent) -> None:
        """Tell of a change, which has no trace."""
        await self.bus.tell(owner, event)


@dataclass(frozen=True, slots=True)
class TracedCarrier:
    """The Carrier on another one."""

    carrier: Carrier
    tracer: Tracer

    @property
    def channel(self) -> Channel:
        """Return which one."""
        return self.carrier.channel

    def find_reason_to_skip(self, errand: Errand) -> str | None:
        """Return why it need not be brought any more."""
        return self.carrier.find_reason_to_skip(errand)

    async def prepare(self, errand: Errand) -> Send:
        """Return what brings a notification, as a step of its trace."""
        return partial(self._send, await self.carrier.prepare(errand))

    async def prepare_digest(self, bundle: Bundle) -> Send:
        """Return what brings a digest, likewise."""
        return partial(self._send, await self.carrier.prepare_digest(bundle))

    async def _send(self, send: Send, within: float) -> None:
        with self.tracer.span("send", TRACE.get(), channel=self.channel):
            await send(within)


def trace_ports(queue: WorkQueue, bus: InboxBus, tracer: Tracer | None) -> tuple[WorkQueue, InboxBus]:
    """Return both with their steps traced, or the same if there is no tracer."""
    return (TracedQueue(queue, tracer), TracedBus(bus, tracer)) if tracer else (queue, bus)


def _describe_event(owner: UserKey, event: InboxEvent) -> dict[str, str]:
    return {"notification.id": str(event.shows), "tenant": owner.tenant}


def _describe(job: Job) -> dict[str, str]:
    return {
        "notification.id": str(job.notification),
        "tenant": job.owner.tenant,
        "channel": job.channel,
        "queue": job.queue,
    }
