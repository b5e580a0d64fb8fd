-- Tokens that count no more although they verify. What was taken back stays for a while, so that gateways learn of it.

CREATE TABLE revocations (
    tenant    text COLLATE "C" NOT NULL,
    claim     text COLLATE "C" NOT NULL,
    value     text COLLATE "C" NOT NULL,
    id        uuid NOT NULL,
    at        timestamptz NOT NULL,
    lifted_at timestamptz,
    version   bigint NOT NULL,
    PRIMARY KEY (tenant, claim, value),
    CONSTRAINT tenant_is_a_name CHECK (tenant ~ '^[a-z0-9-]{1,63}$'),
    CONSTRAINT claim_is_known CHECK (claim IN ('sub', 'jti')),
    CONSTRAINT value_has_a_length CHECK (char_length(value) BETWEEN 1 AND 128),
    CONSTRAINT version_counts_from_one CHECK (version >= 1)
);

CREATE UNIQUE INDEX revocations_id ON revocations (tenant, id);
CREATE UNIQUE INDEX revocations_version ON revocations (version);
CREATE INDEX revocations_at ON revocations (at);
CREATE INDEX revocations_lifted ON revocations (lifted_at) WHERE lifted_at IS NOT NULL;

-- The last version. Nobody changes a revocation without the lock of this row, so versions commit in order.
CREATE TABLE revocation_head (
    is_the_only boolean PRIMARY KEY DEFAULT true,
    version     bigint NOT NULL,
    CONSTRAINT there_is_one CHECK (is_the_only)
);

INSERT INTO revocation_head (version) VALUES (0);
