"""The lanes of the inbox, in which most tests that need some job put it."""

from notifications.domain.jobs import Channel, Lane, Queue

HIGH, NORMAL, LOW = (Lane(queue, Channel.WEBSOCKET) for queue in (Queue.HIGH, Queue.NORMAL, Queue.LOW))
