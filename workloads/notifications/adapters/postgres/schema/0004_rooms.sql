-- Rooms as recipients: who is in them, who does not want to hear of them, and requests that reach their members.

CREATE TABLE room_members (
    tenant    text COLLATE "C" NOT NULL,
    room      text COLLATE "C" NOT NULL,
    user_id   text COLLATE "C" NOT NULL,
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, room, user_id),
    CONSTRAINT tenant_is_a_name CHECK (tenant ~ '^[a-z0-9-]{1,63}$'),
    CONSTRAINT room_has_a_length CHECK (char_length(room) BETWEEN 1 AND 128),
    CONSTRAINT user_has_a_length CHECK (char_length(user_id) BETWEEN 1 AND 128)
);

-- The user before the room: how many somebody has muted is counted before one more is.
CREATE TABLE room_mutes (
    tenant   text COLLATE "C" NOT NULL,
    user_id  text COLLATE "C" NOT NULL,
    room     text COLLATE "C" NOT NULL,
    muted_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, user_id, room),
    CONSTRAINT tenant_is_a_name CHECK (tenant ~ '^[a-z0-9-]{1,63}$'),
    CONSTRAINT room_has_a_length CHECK (char_length(room) BETWEEN 1 AND 128),
    CONSTRAINT user_has_a_length CHECK (char_length(user_id) BETWEEN 1 AND 128)
);

-- What was submitted to a room, without copies, and how far its expansion is: last_member is the last that was reached,
-- members how many were. accepted_at is this server's time, as joined_at is: by the two it is known who was there.
CREATE TABLE room_requests (
    id          uuid PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    room        text COLLATE "C" NOT NULL,
    submission  jsonb NOT NULL,
    accepted_at timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'accepted',
    last_member text COLLATE "C" NOT NULL DEFAULT '',
    members     integer NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL,
    CONSTRAINT tenant_is_a_name CHECK (tenant ~ '^[a-z0-9-]{1,63}$'),
    CONSTRAINT room_has_a_length CHECK (char_length(room) BETWEEN 1 AND 128),
    CONSTRAINT state_is_known CHECK (state IN ('accepted', 'expanded', 'truncated', 'cancelled'))
);

CREATE INDEX room_requests_due ON room_requests (next_at) WHERE state = 'accepted';
CREATE INDEX room_requests_accepted ON room_requests USING brin (accepted_at);
