-- What users did that they may do only so often: the times of the last deeds of a kind that were granted, oldest first.
-- `granted` says what became of the last try.

CREATE TABLE quotas (
    tenant  text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    deed    text COLLATE "C" NOT NULL,
    spent   timestamptz[] NOT NULL,
    granted boolean NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, user_id, deed)
);

CREATE INDEX quotas_last ON quotas (last_at);
