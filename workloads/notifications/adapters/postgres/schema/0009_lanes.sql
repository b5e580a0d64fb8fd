-- The sweep goes through the lanes in the order of their urgency, and finds what is overdue in each by an index.

CREATE INDEX outbox_due_in_lane ON outbox (queue, channel, queued_at) WHERE published_at IS NULL;
CREATE INDEX outbox_published_in_lane ON outbox (queue, channel, published_at) WHERE published_at IS NOT NULL;
DROP INDEX outbox_due;
DROP INDEX outbox_published;
