-- The record of truth: inboxes as logs of changes, what was accepted, and the jobs that follow from it.
--
-- Names and ids compare byte for byte (COLLATE "C"): an upgrade of the C library must never reorder an index.

CREATE TABLE epochs (
    name  text PRIMARY KEY,
    value text NOT NULL,
    since timestamptz NOT NULL
);

-- An id is a UUIDv7 whose time is created_at, so an id finds its partition.
-- seq is null while a notification is held back (scheduled, quiet hours, digest): it is in no inbox yet.
CREATE TABLE notifications (
    id               uuid NOT NULL,
    tenant           text COLLATE "C" NOT NULL,
    recipient_id     text COLLATE "C" NOT NULL,
    request_id       uuid NOT NULL,
    ordinal          integer NOT NULL,
    seq              bigint,
    type             text NOT NULL,
    content          text NOT NULL,
    priority         smallint NOT NULL DEFAULT 1,
    actor_id         text,
    actor_name       text,
    actor_avatar_url text,
    entity_type      text COLLATE "C",
    entity_id        text COLLATE "C",
    metadata         jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL,
    release_at       timestamptz,
    expires_at       timestamptz,
    delivered_at     timestamptz,
    read_at          timestamptz,
    archived_at      timestamptz,
    cancelled_at     timestamptz,
    PRIMARY KEY (id, created_at),
    CONSTRAINT tenant_is_a_name CHECK (tenant ~ '^[a-z0-9-]{1,63}$'),
    CONSTRAINT recipient_has_a_length CHECK (char_length(recipient_id) BETWEEN 1 AND 128),
    CONSTRAINT actor_has_a_length CHECK (char_length(actor_id) BETWEEN 1 AND 128),
    CONSTRAINT actor_is_named_by_id CHECK (actor_id IS NOT NULL OR num_nonnulls(actor_name, actor_avatar_url) = 0),
    CONSTRAINT entity_type_has_a_length CHECK (char_length(entity_type) BETWEEN 1 AND 128),
    CONSTRAINT entity_id_has_a_length CHECK (char_length(entity_id) BETWEEN 1 AND 128),
    CONSTRAINT entity_is_whole CHECK (num_nonnulls(entity_type, entity_id) <> 1),
    CONSTRAINT type_is_a_name CHECK (type ~ '^[a-z0-9_.-]{1,50}$'),
    CONSTRAINT content_has_a_length CHECK (char_length(content) <= 16384),
    CONSTRAINT priority_is_known CHECK (priority BETWEEN 0 AND 3),
    CONSTRAINT seq_counts_from_one CHECK (seq >= 1),
    CONSTRAINT metadata_is_an_object CHECK (jsonb_typeof(metadata) = 'object')
) PARTITION BY RANGE (created_at);

CREATE INDEX notifications_inbox ON notifications (tenant, recipient_id, seq);
CREATE INDEX notifications_unread ON notifications (tenant, recipient_id, seq) WHERE read_at IS NULL;
CREATE INDEX notifications_recipient_created ON notifications (tenant, recipient_id, created_at DESC) INCLUDE (seq);
CREATE INDEX notifications_entity ON notifications (tenant, entity_type, entity_id) WHERE entity_id IS NOT NULL;
CREATE INDEX notifications_request ON notifications (request_id);
-- Rows arrive in the order of created_at, so ranges of blocks tell as much as a tree and cost next to nothing.
CREATE INDEX notifications_created ON notifications USING brin (created_at);

-- The end of each inbox. Nobody changes an inbox without the lock of its row here, so numbers commit in order.
-- Half of each block stays free, so that counting up never touches the index.
CREATE TABLE inbox_heads (
    tenant    text COLLATE "C" NOT NULL,
    recipient text COLLATE "C" NOT NULL,
    seq       bigint NOT NULL,
    floor     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, recipient)
) WITH (fillfactor = 50);

-- Changes of read state; their numbers and those of notifications form one sequence.
CREATE TABLE inbox_changes (
    tenant    text COLLATE "C" NOT NULL,
    recipient text COLLATE "C" NOT NULL,
    seq       bigint NOT NULL,
    kind      text NOT NULL,
    ids       uuid[],
    up_to     bigint,
    unread    bigint NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (tenant, recipient, seq),
    CONSTRAINT kind_is_known CHECK (kind IN ('read', 'readAll', 'archived', 'cancelled')),
    CONSTRAINT target_is_ids_or_a_number CHECK (num_nonnulls(ids, up_to) = 1)
);

CREATE TABLE idempotency_keys (
    tenant      text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    request_id  uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant, key)
);

CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- One row a job from acceptance to outcome. A queue in a table: almost every row that was ever written is dead,
-- so it is vacuumed by the number of dead rows, however large it once was.
CREATE TABLE outbox (
    notification_id uuid NOT NULL,
    channel         text COLLATE "C" NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    recipient       text COLLATE "C" NOT NULL,
    queue           text NOT NULL,
    created_at      timestamptz NOT NULL,
    published_at    timestamptz,
    PRIMARY KEY (notification_id, channel)
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000
);

CREATE INDEX outbox_unpublished ON outbox (created_at) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE deliveries (
    notification_id uuid NOT NULL,
    channel         text COLLATE "C" NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    state           text NOT NULL,
    reason          text,
    attempts        integer NOT NULL DEFAULT 1,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (notification_id, channel)
);

CREATE TABLE dead_letters (
    notification_id uuid NOT NULL,
    channel         text COLLATE "C" NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    recipient       text COLLATE "C" NOT NULL,
    queue           text NOT NULL,
    created_at      timestamptz NOT NULL,
    reason          text,
    died_at         timestamptz NOT NULL,
    PRIMARY KEY (notification_id, channel)
);

CREATE INDEX dead_letters_newest ON dead_letters (tenant, died_at DESC);
