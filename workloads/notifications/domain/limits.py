"""Every limit and default that is not configurable, in one place. Times in seconds, sizes in bytes."""

from typing import Final

# What may come in
MAX_BODY: Final = 256 * 1024
# What aiohttp takes for a request's head, so that what reads requests beside it never differs in what is too much
MAX_HEAD: Final = 8190
BODY_TIMEOUT: Final = 10.0
IDLE_TIMEOUT: Final = 30.0
MAX_DEPTH: Final = 8
MAX_RECIPIENTS: Final = 1_000
MAX_CONTENT: Final = 16 * 1024
MAX_METADATA: Final = 16 * 1024
MAX_NAME: Final = 128
MAX_IDEMPOTENCY_KEY: Final = 128
MAX_BULK: Final = 100
MAX_AHEAD: Final = 90 * 86_400
MAX_PREFERENCES: Final = 500
MAX_PACKET: Final = 16 * 1024
MAX_PROTOCOL_ERRORS: Final = 3
MAX_TOKEN: Final = 8 * 1024

# Tokens
# So that a revocation can be forgotten some day: a token whose exp is further from its iat, or from now, is refused
MAX_TOKEN_LIFE: Final = 366 * 86_400
# So long before a token runs out, its connection is told
EXPIRY_TOLD: Final = 60.0
MAX_REVOCATIONS: Final = 100_000
MAX_JWKS_KEYS: Final = 100
# How often files of keys are looked at; the issuer's set is asked for, again after a failure, and for an unknown key
KEY_CHECK: Final = 2.0
JWKS_EVERY: Final = 300.0
JWKS_RETRY: Final = 5.0
JWKS_ASK_AGAIN: Final = 10.0
REVOCATION_POLL: Final = 2.0
REVOCATION_PACE: Final = 0.2
REVOCATION_PAGE: Final = 1_000
LIFTED_KEPT: Final = 7200.0

# Producers
MAX_LIMITED_TENANTS: Final = 10_000
MAX_QUEUED_JOBS: Final = 100_000
DEPTH_CHECK: Final = 1.0

# One group commit
GROUP_REQUESTS: Final = 256
GROUP_RECIPIENTS: Final = 2_000
GROUPS_IN_FLIGHT: Final = 2
# So many are not worth two groups
GROUP_WHOLE: Final = 16
# A group that is not done by then is slow: nobody waits for a third of the crowd beside it
GROUP_SLOW: Final = 0.05
# Above this many waiting requests a gateway answers 503 rather than let latency grow without bound
MAX_WAITING_REQUESTS: Final = 10_000
MAX_WAITING_RECIPIENTS: Final = 20_000
IDEMPOTENCY_KEPT: Final = 24 * 3600

# Inbox
PENDING_SHOWN: Final = 50
PAGE: Final = 200
PAGE_LIMIT_DEFAULT: Final = 20
PAGE_LIMIT_MAX: Final = 100
POSITION_CHECK: Final = 30.0
POSITION_CHECK_AFTER_JOIN: Final = 1.0
# Ends of inboxes that are read in one statement as sockets come
HEADS_AT_ONCE: Final = 256
POSITION_FRAME: Final = 10.0
DELIVERED_FLUSH: Final = 1.0
HELD_EVENTS: Final = 256
# Of a device that has acknowledged, and then falls silent: older ones count as never delivered
MAX_UNACKNOWLEDGED: Final = 1_000

# Outbox and queues
SWEEP_EVERY: Final = 1.0
SWEEP_AFTER: Final = 1.0
SWEEP_BATCH: Final = 500
STREAM_CHECK_EVERY: Final = 5.0
DEDUPLICATION_WINDOW: Final = 600.0
# A published job without an outcome by then was lost, if the stream holds none of its lane that is so old; within the
# deduplication window its repeat would be dropped
REDRIVE_AFTER: Final = 900.0
# By so much clocks may differ, and a job may be stored later than it was marked as published
REDRIVE_SLACK: Final = 60.0
# What came of jobs of a lost stream may still be written down this long after another was adopted: acknowledgements,
# and attempts that have failed and are to be made again by a stream that is not there
ADOPTION_GRACE: Final = 15.0
MAX_RELAYS: Final = 8_000
# Well below SWEEP_AFTER, or the sweep would publish again what only waits to be marked
MARK_AFTER: Final = 0.2
MAX_MARKS: Final = 2_000
JOB_LOCK: Final = 30.0
JOB_HEARTBEAT: Final = 10.0
JOB_TAKEOVERS: Final = 2
# A worker that is told to stop has so long to finish what it has in hand, and then to write down what it leaves
JOBS_GRACE: Final = 5.0
LAST_WORDS: Final = 2.0
# What a worker has in hand at most in one lane: being served, or waiting for its outcome to be written down
MAX_IN_HAND: Final = 500
# Jobs whose events are read, or whose outcomes are written, in one statement
EVENTS_AT_ONCE: Final = 200
# How long the outcomes of offers to sockets are gathered: nobody waits for them, and a statement for five jobs costs
# four times as much a job as one for fifty
SETTLE_AFTER: Final = 0.02
# One attempt to bring a message, by queue; the database may take its time
ATTEMPT_HIGH: Final = 5.0
ATTEMPT_NORMAL: Final = 10.0
ATTEMPT_LOW: Final = 30.0
# Longer waits are not spent in the queue, whose places are counted
LONGEST_RETRY: Final = 60.0
# Between two looks at a provider that is left alone; below REDRIVE_AFTER
LONGEST_PUT_OFF: Final = 300.0
# What no provider could be asked for this long is given up
GIVE_UP_AFTER: Final = 86_400.0
# A push message follows when nobody has seen the event by then
PUSH_UNLESS_SEEN: Final = 10.0
MAX_REASON: Final = 500
FETCH_WAIT: Final = 5.0
# Short: an offer that nobody answers holds up the batch it is in, and the position check finds the event anyway
OFFER_TIMEOUT: Final = 0.5
INTEREST_TIMEOUT: Final = 2.0
# What a gateway offers itself of what it accepted, at once and until the outcomes are written: the rest goes to workers
OFFERS_AT_ONCE: Final = 256
MAX_OFFERS: Final = 4_000

# What is held until its time
RELEASE_EVERY: Final = 1.0
RELEASE_BATCH: Final = 500

# The log of topics: older is forgotten, and the oldest of more. What NATS may store has to be more by what jobs take
TOPICS_AGE: Final = 7 * 86_400
TOPICS_SIZE: Final = 512 * 1024 * 1024

# Rooms as recipients
MAX_ROOM_PARTS: Final = 8
MAX_ROOM_SUBJECT: Final = 200
MAX_ROOM_MEMBERS: Final = 10_000
MAX_MUTES: Final = 1_000
# Members of one room, by its kind
USER_MEMBERS: Final = 1
DM_MEMBERS: Final = 10
GROUP_MEMBERS: Final = 1_000
POST_MEMBERS: Final = 10_000
ROOM_CHUNK: Final = 1_000
CHUNK_PAUSE: Final = 0.1
EXPAND_EVERY: Final = 0.2
EXPAND_AFTER_FAILURE: Final = 60.0
EXPAND_BATCH: Final = 100

# What a subscription may ask of payloads
MAX_FILTER_PATHS: Final = 8
MAX_FILTER_VALUES: Final = 50

# Access to rooms and topics: how long what was learnt counts, unless the authorizer says otherwise
MEMBERSHIP_KEPT: Final = 3.0
MAX_MEMBERSHIPS: Final = 50_000
MEMBERSHIPS_AT_ONCE: Final = 1_000
VERDICT_KEPT: Final = 30.0
AUTHORIZER_TIMEOUT: Final = 2.0
MAX_AUTHORIZER_TIMEOUT: Final = 30.0
MAX_VERDICT: Final = 4096
MAX_VERDICT_TTL: Final = 3600.0
MAX_VERDICTS: Final = 20_000
# How often it is asked again whether those who listen still may, of how many topics at once, and the pause in between
PERMITS_EVERY: Final = 30.0
PERMITS_AT_ONCE: Final = 200
PERMITS_PAUSE: Final = 0.05
# Questions under way to the authorizer; who comes beyond them is told to come again
MAX_QUESTIONS: Final = 1_000

# Topics
MAX_TOPIC_MESSAGE: Final = 32 * 1024
# What the log keeps beside it
MAX_TOPIC_HEAD: Final = 128
TOPIC_PAGE: Final = 200
# When a server that answers reads lags behind the one that told of a message
TOPIC_PAGE_AGAIN: Final = 0.05
TOPIC_READS: Final = 16
# For all sockets together: pages that are read at once, and seconds between two questions for the log's end
TOPIC_PAGES_AT_ONCE: Final = 32
TOPIC_END_EVERY: Final = 0.02
TOPIC_PROBE: Final = 5.0
TOPIC_PROBE_AFTER_JOIN: Final = 1.0
# What is told within this time after it was stored was on its way and is not lost
TOPIC_SETTLED: Final = 0.5
# What waits behind what is missing; beyond it is read again. And what is missing, as far as it is read ahead
MAX_HELD_ENTRIES: Final = 10_000
MAX_HELD: Final = 16 * 1024 * 1024
TOPIC_STRETCH: Final = 4 * 1024 * 1024
TOPIC_STRETCH_ENTRIES: Final = 8_000
# What is released at once, before others may go on
TOPIC_RELEASED: Final = 200
MAX_SUBJECTS: Final = 100_000
MAX_FOLLOWED: Final = 100
# Topics of which a slow reader is shown the newest; of more, those where something was said last
MAX_LATEST: Final = 200

# Windows in which messages to a client are gathered: so many, so many milliseconds; what gathers is one write
MIN_WINDOW_MESSAGES: Final = 10
MAX_WINDOW_MESSAGES: Final = 50
MIN_WINDOW: Final = 1
MAX_WINDOW: Final = 100
# Milliseconds in which a client is busy after it was written to: what many are shown waits as long for more of it
BUSY_WINDOW: Final = 5

# What sockets follow, saved for stock clients that come back. It outlives a gateway by RECOVERY_WINDOW at least: it is
# saved anew SAVED_AGAIN after the last time, by whoever is due at a SAVED_TURN
MAX_SAVED: Final = 64 * 1024
RECOVERY_WINDOW: Final = 120.0
SAVED_AGAIN: Final = 120.0
SAVED_TURN: Final = 5.0
SAVED_AT_ONCE: Final = 500
SAVED_KEPT: Final = RECOVERY_WINDOW + SAVED_AGAIN + 4 * SAVED_TURN
SAVED_SIZE: Final = 64 * 1024 * 1024

# Emits: what one may hold, and how long gateways have to answer; to how many sockets each writes it, and at which pace
MAX_EMIT: Final = 32 * 1024
EMIT_TIMEOUT: Final = 5.0
MAX_EMIT_SOCKETS: Final = 10_000
EMIT_BATCH: Final = 1_000
EMIT_PAUSE: Final = 0.1

# What users may do only so often within this time, counted in PostgreSQL
QUOTA_WINDOW: Final = 60.0
MAX_QUOTA: Final = 1_000

# Presence: how often what has changed is told; how long somebody who left is shown, who may only be moving
PRESENCE_TURN: Final = 0.1
PRESENCE_GRACE: Final = 3.0
# With more in a room, nobody is told of the others: each change would be as many messages
PRESENCE_TOLD: Final = 200
# Rooms of a user in which others see them; what a gateway sends of its users at once
MAX_PRESENCE_ROOMS: Final = 500
PRESENCE_PART: Final = 128 * 1024

# Housekeeping
HOUSEKEEPING_EVERY: Final = 3600.0
HOUSEKEEPING_AFTER_FAILURE: Final = 60.0
DEAD_LETTERS_KEPT: Final = 7 * 86_400

# The read replica
REPLICA_CHECK: Final = 1.0
REPLICA_LAG: Final = 5.0
REPLICA_TIMEOUT: Final = 1.0

# Sockets
PING_INTERVAL: Final = 25.0
PING_TIMEOUT: Final = 60.0
# As long as the websocket of a polling client may take to take over
UPGRADE_TIMEOUT: Final = 10.0
# As long as a stock client waits for its handshake: a gateway that is late must not punish the client for it
CONNECT_TIMEOUT: Final = 20.0
OUTBOUND_CAP: Final = 1024 * 1024
# What a transport holds before it says that the client does not read
TRANSPORT_ROOM: Final = 64 * 1024
SLOW_CONSUMER_GRACE: Final = 30.0

# Addresses whose handshakes are counted, when that is configured
MAX_ADDRESSES: Final = 100_000
# A gateway whose event loop has been so late for so long takes no more clients
OVERLOAD_LAG: Final = 1.0
OVERLOAD_AFTER: Final = 5.0

MAX_CONNECTIONS_PER_USER: Final = 100
MAX_DEVICE_FIELDS: Final = 8
MAX_DEVICE_KEY: Final = 32
MAX_DEVICE_VALUE: Final = 128
# So long after a connect the other gateways are asked what they hold of the user: by then they all know of the interest
ROLL_AFTER: Final = 0.5
# What was said to a call is old by then
ROLL_KEPT: Final = 2.0
# So long after a connect it is known who else holds the user
ROLL_SETTLED: Final = 2.0

# Events of a user over sockets, at all gateways together, in any SPEND_WINDOW. Every SPEND_EVERY a gateway tells what
# it let through, and is heard within as long again; for twice that time it holds to its share of what is left
SPEND_WINDOW: Final = 60.0
SPEND_EVERY: Final = 1.0
SPEND_UNHEARD: Final = 4.0
MAX_EVENTS_PER_MINUTE: Final = 1_000_000
# How often in a minute all connections of a user may follow all topics anew by one event each
SYNCS_OF_ALL: Final = 4
# Whom a gateway counts, and whom it tells of in one message
MAX_SPENDERS: Final = 50_000
SPENDS_AT_ONCE: Final = 500

# Providers of mail and push, and webhooks
# Below the time that an urgent job has, so that a provider which hangs is known for it
PROVIDER_TIMEOUT: Final = 4.0
SMTP_TIMEOUT: Final = 10.0
SMTP_CONNECTIONS: Final = 10
SMTP_IDLE: Final = 10.0
SMTP_MAILS: Final = 100
MAX_ANSWER: Final = 64 * 1024
MAX_RETRY_AFTER: Final = 3600.0
MAX_ENDPOINT: Final = 2048
# Push messages of which a worker remembers which devices took them while others are tried again
MAX_HALF_PUSHED: Final = 10_000
MAX_DEVICE_TOKEN: Final = 4096
MAX_DEVICES: Final = 20
MAX_PUSH: Final = 4096
MAX_PUSH_TTL: Final = 28 * 24 * 3600
MAX_COLLAPSE_KEY: Final = 64
MAX_SUBJECT: Final = 256
MAX_MAIL: Final = 1024 * 1024
MAX_UNSUBSCRIBE: Final = 900

# Templates, which run in processes of their own
MAX_TEMPLATE: Final = 64 * 1024
MAX_TEMPLATES: Final = 500
MAX_PUSH_TITLE: Final = 100
MAX_PUSH_BODY: Final = 500
MAX_DIGEST_SHOWN: Final = 50
RENDER_PROCESSES: Final = 2
RENDER_CPU: Final = 0.5
# Beside what the process takes by itself; all of them have to fit into a pod
RENDER_MEMORY: Final = 128 * 1024 * 1024
# With the wait for a free process and its start: shorter than the time that an urgent job has
RENDER_WAIT: Final = 3.0

# Circuit breakers: of the last BREAKER_CALLS within BREAKER_WINDOW, this share may not fail
BREAKER_WINDOW: Final = 60.0
BREAKER_CALLS: Final = 100
BREAKER_MINIMUM: Final = 10
BREAKER_FAILURES: Final = 0.5
BREAKER_OPEN: Final = 30.0
BREAKER_TRIALS: Final = 10
MAX_BREAKERS: Final = 10_000

# Logs: how often what happens all the time is told, with so many ids; how many lines a second of what strangers cause
JOURNAL_EVERY: Final = 1.0
JOURNAL_IDS: Final = 3
MAX_REPEATED_LINES: Final = 5

# Traces: spans that wait, are sent at once, and seconds between two times, for one, and for the last
MAX_SPANS: Final = 8192
SPANS_AT_ONCE: Final = 512
SPANS_EVERY: Final = 2.0
SPANS_TIMEOUT: Final = 5.0
SPANS_CLOSE: Final = 3.0

# Fleet
BEAT: Final = 2.0
LEASE: Final = 10.0
# So long a gateway that fell silent without a farewell is taken for one that may be there and cannot be heard
MISSED_FOR: Final = 300.0
SETTLE_BEFORE_DRAIN: Final = 10.0
DRAIN_BEAT: Final = 1.0
# Unless configured: clients a second of all gateways together, and seconds that each has for its own
DRAIN_PACE: Final = 200
DRAIN_WITHIN: Final = 270
MAX_DRAIN_WITHIN: Final = 3570
# Who was held up for longer does not catch up, unless it would not be done in time: it would move more than its share
DRAIN_LAG: Final = 0.01
# Seconds after which a moved client comes back: one by one at once, all together spread over some
MOVED_AFTER: Final = 0.1
MOVED_WITHIN: Final = 2.0
