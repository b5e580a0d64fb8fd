-- What users wish for, what tenants wish for users who said nothing, and notifications that wait for their time.

CREATE TABLE notification_preferences (
    tenant            text COLLATE "C" NOT NULL,
    user_id           text COLLATE "C" NOT NULL,
    notification_type text COLLATE "C" NOT NULL,
    channel           text COLLATE "C" NOT NULL,
    enabled           boolean NOT NULL DEFAULT true,
    frequency         text NOT NULL DEFAULT 'instant',
    quiet_hours_start time,
    quiet_hours_end   time,
    time_zone         text NOT NULL DEFAULT 'UTC',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, user_id, notification_type, channel),
    CONSTRAINT user_has_a_length CHECK (char_length(user_id) BETWEEN 1 AND 128),
    CONSTRAINT type_is_a_name_or_all CHECK (notification_type ~ '^([a-z0-9_.-]{1,50}|\*)$'),
    CONSTRAINT channel_is_known CHECK (channel IN ('websocket', 'email', 'push', 'webhook')),
    CONSTRAINT frequency_is_known CHECK (frequency IN ('instant', 'daily', 'weekly')),
    CONSTRAINT quiet_hours_are_whole CHECK (num_nonnulls(quiet_hours_start, quiet_hours_end) <> 1),
    CONSTRAINT quiet_hours_end CHECK (quiet_hours_start <> quiet_hours_end)
);

CREATE TABLE preference_defaults (
    tenant            text COLLATE "C" NOT NULL,
    notification_type text COLLATE "C" NOT NULL,
    channel           text COLLATE "C" NOT NULL,
    enabled           boolean NOT NULL DEFAULT true,
    frequency         text NOT NULL DEFAULT 'instant',
    quiet_hours_start time,
    quiet_hours_end   time,
    time_zone         text NOT NULL DEFAULT 'UTC',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, notification_type, channel),
    CONSTRAINT type_is_a_name_or_all CHECK (notification_type ~ '^([a-z0-9_.-]{1,50}|\*)$'),
    CONSTRAINT channel_is_known CHECK (channel IN ('websocket', 'email', 'push', 'webhook')),
    CONSTRAINT frequency_is_known CHECK (frequency IN ('instant', 'daily', 'weekly')),
    CONSTRAINT quiet_hours_are_whole CHECK (num_nonnulls(quiet_hours_start, quiet_hours_end) <> 1),
    CONSTRAINT quiet_hours_end CHECK (quiet_hours_start <> quiet_hours_end)
);

CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

CREATE TRIGGER notification_preferences_updated BEFORE UPDATE ON notification_preferences
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER preference_defaults_updated BEFORE UPDATE ON preference_defaults
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- A notification that was held back keeps release_at after its release: by that a repeated request knows its answer.
CREATE INDEX notifications_held ON notifications (release_at)
    WHERE seq IS NULL AND release_at IS NOT NULL AND cancelled_at IS NULL;
CREATE INDEX notifications_released ON notifications (tenant, recipient_id, release_at) WHERE release_at IS NOT NULL;

-- Since when a job could have been done: not since it was accepted, if it had to wait for its time.
ALTER TABLE outbox ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now();
