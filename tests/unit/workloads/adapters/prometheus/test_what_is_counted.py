"""What a scrape shows, after what the application reported."""

from uuid import UUID

import pytest

from notifications.adapters.prometheus.metrics import Metrics
from notifications.domain.jobs import Channel, Failure, Job, Outcome, Queue, Status
from notifications.domain.notification import UserKey
from notifications.domain.submission import Placed

ONE = (Placed(UUID(int=1), "alice", 1),)
LANE = {"queue": "normal", "channel": "email"}


def read(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def settle(state: Status, cause: Failure = Failure.EXHAUSTED, channel: Channel = Channel.EMAIL) -> Metrics:
    metrics = Metrics()
    job = Job(UUID(int=1), UserKey("default", "alice"), channel, Queue.NORMAL)
    metrics.settled(Outcome(job, state, cause=cause), 0.2)
    return metrics


def test_types_and_tenants_beyond_the_first_hundred_are_counted_as_other() -> None:
    metrics = Metrics()
    for number in range(103):
        metrics.created(f"tenant-{number}", f"type-{number}", ONE)
    metrics.created("tenant-5", "type-5", ONE * 2)
    assert read(metrics, "notifications_created_total", type="type-5") == 3
    assert read(metrics, "notifications_created_total", type="other") == 3
    assert read(metrics, "notifications_created_by_tenant_total", tenant="tenant-5") == 3
    assert read(metrics, "notifications_created_by_tenant_total", tenant="other") == 3


def test_a_job_that_was_sent_is_completed_and_its_notification_delivered() -> None:
    metrics = settle(Status.SENT)
    assert read(metrics, "queue_jobs_completed_total", **LANE) == 1
    assert read(metrics, "queue_job_duration_seconds_sum", **LANE) == pytest.approx(0.2)
    assert read(metrics, "notifications_delivered_total", channel="email") == 1


def test_what_was_offered_to_a_socket_is_delivered_by_its_gateway_not_by_the_worker() -> None:
    metrics = settle(Status.SENT, channel=Channel.WEBSOCKET)
    assert read(metrics, "queue_jobs_completed_total", queue="normal", channel="websocket") == 1
    assert read(metrics, "notifications_delivered_total", channel="websocket") is None


@pytest.mark.parametrize("state", [Status.SKIPPED, Status.HELD, Status.DIGESTED, Status.GONE])
def test_what_nobody_wants_now_is_completed(state: Status) -> None:
    metrics = settle(state)
    assert read(metrics, "queue_jobs_completed_total", **LANE) == 1
    assert read(metrics, "notifications_delivered_total", channel="email") is None


def test_an_attempt_that_failed_is_neither_completed_nor_failed() -> None:
    metrics = settle(Status.RETRYING)
    assert read(metrics, "queue_jobs_retried_total", **LANE) == 1
    assert read(metrics, "queue_jobs_completed_total", **LANE) is None
    assert read(metrics, "queue_jobs_failed_total", **LANE) is None


@pytest.mark.parametrize("cause", [Failure.EXHAUSTED, Failure.REJECTED, Failure.POISON, Failure.UNREACHED])
def test_a_job_that_was_given_up_says_why(cause: Failure) -> None:
    metrics = settle(Status.DEAD, cause)
    assert read(metrics, "queue_jobs_failed_total", **LANE) == 1
    assert read(metrics, "notifications_failed_total", reason=cause) == 1


def test_a_channel_without_a_provider_fails() -> None:
    metrics = settle(Status.NOT_CONFIGURED)
    assert read(metrics, "notifications_failed_total", reason="not_configured") == 1
    assert read(metrics, "queue_jobs_failed_total", **LANE) == 1


def test_connections_have_a_lifetime_and_the_silent_ones_are_stale() -> None:
    metrics = Metrics()
    metrics.closed(5, stale=False)
    metrics.closed(50, stale=True)
    assert read(metrics, "websocket_connection_duration_seconds_count") == 2
    assert read(metrics, "websocket_stale_connections_total") == 1


def test_events_for_sockets_are_counted_by_name_and_by_size() -> None:
    metrics = Metrics()
    for event, size in [("notification", 128), ("notification", 129), ("position", 70_000)]:
        metrics.sent(event, size)
    assert read(metrics, "websocket_messages_sent_total", event_type="notification") == 2
    assert read(metrics, "websocket_messages_sent_total", event_type="position") == 1
    buckets = {"128.0": 1, "256.0": 2, "65536.0": 2, "+Inf": 3}
    assert {le: read(metrics, "websocket_message_size_bytes_bucket", le=le) for le in buckets} == buckets
    assert read(metrics, "websocket_message_size_bytes_sum") == 70_257
    assert read(metrics, "websocket_message_size_bytes_count") == 3


def test_events_beyond_the_first_two_hundred_are_counted_as_other() -> None:
    metrics = Metrics()
    for number in range(300):
        for _ in range(2):
            metrics.sent(f"event-{number}", 10)
    metrics.sent("event-0", 10)
    text = metrics.render().decode()
    assert 'websocket_messages_sent_total{event_type="event-0"} 3.0' in text
    assert 'websocket_messages_sent_total{event_type="other"} 200.0' in text
    assert text.count("websocket_messages_sent_total{") == 201


def test_a_gauge_may_be_watched_for_several_values_of_its_labels() -> None:
    metrics = Metrics()
    metrics.watch("queue_jobs_active", "Jobs.", lambda: 1.0, queue="high", channel="email")
    metrics.watch("queue_jobs_active", "Jobs.", lambda: 2.0, queue="low", channel="email")
    assert read(metrics, "queue_jobs_active", queue="high", channel="email") == 1
    assert read(metrics, "queue_jobs_active", queue="low", channel="email") == 2
