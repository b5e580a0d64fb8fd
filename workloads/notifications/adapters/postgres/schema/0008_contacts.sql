-- Where users are reached who are not connected. What is personal here is bounded by the domain, not by constraints:
-- a failed constraint would quote the row in its error.

CREATE TABLE contacts (
    tenant     text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL,
    email      text,
    name       text,
    locale     text,
    webhook    text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, user_id)
);

-- `target` is a token, or the endpoint of a browser's subscription, whose keys stand beside it. A token is longer than
-- an index takes, so it is found by `digest`.
CREATE TABLE devices (
    id         uuid PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL,
    kind       text NOT NULL,
    digest     bytea NOT NULL,
    target     text NOT NULL,
    p256dh     bytea,
    auth       bytea,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL
);

CREATE UNIQUE INDEX devices_target ON devices (tenant, digest);
CREATE INDEX devices_owner ON devices (tenant, user_id, seen_at DESC, id DESC);
