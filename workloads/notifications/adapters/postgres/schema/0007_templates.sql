-- How notifications of a type read on a channel, for readers of a language: a tenant's own words. `parts` is an object
-- of texts; type `*` is for those without a template of their own, locale '' for every language.

CREATE TABLE templates (
    tenant     text COLLATE "C" NOT NULL,
    type       text COLLATE "C" NOT NULL,
    channel    text COLLATE "C" NOT NULL,
    locale     text COLLATE "C" NOT NULL,
    parts      jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, type, channel, locale)
);
