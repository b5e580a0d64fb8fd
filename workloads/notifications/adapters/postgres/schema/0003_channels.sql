-- Jobs for every channel: they may wait for a time, be tried again, and be put together in digests.

-- The channels that carry a notification beside the inbox from the start, null for none; and whether a push message
-- may follow when nobody has seen it there.
ALTER TABLE notifications
    ADD COLUMN channels text[] COLLATE "C",
    ADD COLUMN follow_up boolean NOT NULL DEFAULT true;

-- A row that waits for a time comes back in its next turn: what the queue still has of a former one is void.
-- since: when it could be brought for the first time, if that was before queued_at because it was put off.
ALTER TABLE outbox
    ADD COLUMN turn integer NOT NULL DEFAULT 0,
    ADD COLUMN since timestamptz,
    ADD COLUMN digest boolean NOT NULL DEFAULT false,
    ADD COLUMN follow_up boolean NOT NULL DEFAULT true;

CREATE INDEX outbox_due ON outbox (queued_at) WHERE published_at IS NULL;
DROP INDEX outbox_unpublished;

-- failures: [{"at", "reason"}], oldest first; hand_outs: how often the queue had handed the job out at the last one.
ALTER TABLE deliveries
    ADD COLUMN failures jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN hand_outs integer NOT NULL DEFAULT 0;

ALTER TABLE dead_letters
    ADD COLUMN attempts integer NOT NULL DEFAULT 1,
    ADD COLUMN failures jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN turn integer NOT NULL DEFAULT 0,
    ADD COLUMN digest boolean NOT NULL DEFAULT false;

-- One record for a user, channel and hour, whoever makes it; closed when its message is put together.
CREATE TABLE digests (
    id         uuid PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    recipient  text COLLATE "C" NOT NULL,
    channel    text COLLATE "C" NOT NULL,
    period     text NOT NULL,
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    closed_at  timestamptz,
    UNIQUE (tenant, recipient, channel, due_at),
    CONSTRAINT period_is_known CHECK (period IN ('daily', 'weekly'))
);

CREATE TABLE digest_items (
    digest_id       uuid NOT NULL REFERENCES digests ON DELETE CASCADE,
    notification_id uuid NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (digest_id, notification_id)
);

CREATE INDEX digests_created ON digests (created_at);
