-- The first schema. Columns hold ids, codes and times; whatever a person wrote is sealed bytes or not here at all
-- (rule 10). Times are the database's clock only.

CREATE TABLE tenants (
    id              uuid PRIMARY KEY,
    name            text NOT NULL,
    graphql_url     text NOT NULL,
    token_url       text NOT NULL,
    client_id       text NOT NULL,
    client_secret   bytea,                -- sealed under CREDENTIAL_KEYS; gone once removed
    secret_key_id   text,                 -- the master key that sealed it, for rotation
    api_timezone    text NOT NULL,
    system_timezone text NOT NULL,
    week_start      smallint NOT NULL CHECK (week_start BETWEEN 1 AND 7),  -- ISO: Monday is 1
    short_month     text NOT NULL CHECK (short_month IN ('clamp', 'skip')),
    daily_series    text NOT NULL CHECK (daily_series IN ('refuse', 'convert')),
    oidc_issuer     text,
    oidc_client_id  text,
    oidc_secret     bytea,                -- sealed as client_secret
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at      timestamptz
);
CREATE UNIQUE INDEX tenants_name ON tenants (name) WHERE removed_at IS NULL;

CREATE TABLE connections (
    id                uuid PRIMARY KEY,
    tenant_id         uuid NOT NULL REFERENCES tenants,
    carerix_user      text NOT NULL,
    provider          text NOT NULL CHECK (provider IN ('exchange', 'google')),
    mailbox           text NOT NULL,      -- the mailbox's identity as the provider names it, or a digest of it
    server            text NOT NULL,      -- scheme://host:port that rule 8 counts refusals by
    language          text NOT NULL,
    credentials       bytea,              -- sealed under CREDENTIAL_KEYS; gone once removed
    credential_key_id text,
    credentials_worked_at timestamptz,    -- null: never worked yet (rule 8)
    details           bytea,              -- sealed under the connection's key: addresses, user name, endpoint
    state             text NOT NULL CHECK (state IN
                      ('new', 'active', 'paused', 'refused', 'suspect', 'ended', 'removed')),
    state_reason      text NOT NULL DEFAULT '',
    state_since       timestamptz NOT NULL DEFAULT clock_timestamp(),
    activated_at      timestamptz,        -- T0 of rule 12
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX connections_user ON connections (tenant_id, carerix_user) WHERE state NOT IN ('ended', 'removed');
CREATE UNIQUE INDEX connections_mailbox ON connections (provider, mailbox) WHERE state NOT IN ('ended', 'removed');
CREATE INDEX connections_server ON connections (server);

CREATE TABLE connection_keys (
    connection_id uuid PRIMARY KEY,
    wrapped       bytea,
    key_id        text,                   -- the master key that wrapped it
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at  timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
    CHECK ((wrapped IS NULL) = (key_id IS NULL))
);
CREATE INDEX connection_keys_key_id ON connection_keys (key_id, connection_id) WHERE wrapped IS NOT NULL;

-- Rule 11. lease_no only rises; a row is never deleted.
CREATE TABLE leases (
    resource   text PRIMARY KEY,
    lease_no   bigint NOT NULL,
    holder     text NOT NULL,             -- '' while nobody holds it
    expires_at timestamptz NOT NULL
);

CREATE TABLE polls (
    resource        text NOT NULL REFERENCES leases,
    system          text NOT NULL CHECK (system IN ('carerix', 'exchange', 'google')),
    tenant_id       uuid REFERENCES tenants,
    connection_id   uuid REFERENCES connections,
    due_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_success_at timestamptz,
    last_change_at  timestamptz,          -- heat: a connection that changed lately is polled sooner
    failures        integer NOT NULL DEFAULT 0,
    last_error_code text,
    PRIMARY KEY (resource, system),
    CHECK ((tenant_id IS NULL) <> (connection_id IS NULL))
);
CREATE INDEX polls_due ON polls (system, due_at);

CREATE TABLE cursors (
    resource    text NOT NULL,
    system      text NOT NULL,
    value       bytea,                    -- sync state or token, opaque
    observed_at timestamptz NOT NULL,     -- the newest observation time handed out
    moved_at    timestamptz,
    PRIMARY KEY (resource, system)
);

-- What a source item looked like when a sink (or the baseline) last dealt with it. observed_at is the observation
-- that was dealt with: inbox.put drops what is not newer. Pollers never write here.
CREATE TABLE seen (
    connection_id uuid NOT NULL,
    system        text NOT NULL,
    native_id     text NOT NULL,
    fingerprint   bytea,
    version       text,
    observed_at   timestamptz NOT NULL,
    PRIMARY KEY (connection_id, system, native_id)
);

-- No foreign key to connections: a record of a connection that this database does not know (restored from an old
-- backup) must not stop a partition (rule 9).
CREATE TABLE inbox (
    connection_id uuid NOT NULL,
    target        text NOT NULL,
    native_id     text NOT NULL,          -- the source's id
    source        text NOT NULL,          -- the source's system, as seen.system
    change_id     uuid NOT NULL,
    observed_at   timestamptz NOT NULL,
    value         bytea NOT NULL,         -- the record as it came from the topic, its content sealed
    headers       bytea NOT NULL,         -- MessagePack list of [name, value]
    topic         text NOT NULL,
    partition     integer NOT NULL,
    "offset"      bigint NOT NULL,
    attempts      integer NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL,
    last_code     text,
    held          text,                   -- why it waits for a person; null: it does not
    PRIMARY KEY (connection_id, target, native_id)
);
CREATE INDEX inbox_due ON inbox (connection_id, target, due_at) WHERE held IS NULL;
CREATE INDEX inbox_held ON inbox (connection_id, target, held) WHERE held IS NOT NULL;

-- One row a connection and target that has inbox rows to come due, so that finding who is due costs the number of
-- connections taken, not the number of rows that wait. Its lock comes before those of inbox rows, everywhere.
CREATE TABLE work (
    target        text NOT NULL,
    connection_id uuid NOT NULL,
    resource      text NOT NULL REFERENCES leases,
    due_at        timestamptz NOT NULL,   -- since when, or from when on, it waits for a worker
    PRIMARY KEY (target, connection_id)
);
CREATE INDEX work_due ON work (target, due_at);

CREATE TABLE outbox (
    seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            uuid NOT NULL UNIQUE,
    connection_id uuid NOT NULL,
    topic         text NOT NULL,
    key           bytea NOT NULL,
    value         bytea NOT NULL,
    headers       bytea NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_connection ON outbox (connection_id, seq);
CREATE INDEX outbox_created ON outbox (created_at);

CREATE TABLE links (
    id                   uuid PRIMARY KEY,
    connection_id        uuid NOT NULL,
    state                text NOT NULL CHECK (state IN ('pending', 'live', 'suspended', 'closed')),
    state_reason         text NOT NULL DEFAULT '',
    state_since          timestamptz NOT NULL DEFAULT clock_timestamp(),
    generation           integer NOT NULL CHECK (generation >= 0),
    creation_key         uuid NOT NULL UNIQUE,
    origin               text NOT NULL CHECK (origin IN ('carerix', 'external')),
    carerix_id           text,
    external_id          text,
    carerix_version      text,
    external_version     text,
    carerix_fingerprint  bytea,
    external_fingerprint bytea,
    base                 bytea,           -- sealed: field by field the last value both sides agreed on
    carerix_read_at      timestamptz,
    external_read_at     timestamptz,
    carerix_written_at   timestamptz,
    external_written_at  timestamptz,
    content_writes       timestamptz[] NOT NULL DEFAULT '{}',  -- those of the last hour (rule 9)
    created_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (state <> 'live' OR (carerix_id IS NOT NULL AND external_id IS NOT NULL))
);
CREATE UNIQUE INDEX links_carerix ON links (connection_id, carerix_id) WHERE state <> 'closed';
CREATE UNIQUE INDEX links_external ON links (connection_id, external_id) WHERE state <> 'closed';
CREATE INDEX links_state ON links (connection_id, state, state_since);
-- Closed ones too: the generation of a pair that is made anew.
CREATE INDEX links_carerix_ever ON links (connection_id, carerix_id);
CREATE INDEX links_external_ever ON links (connection_id, external_id);

CREATE TABLE sent (
    notification_id uuid PRIMARY KEY,
    connection_id   uuid,
    message_id      text NOT NULL,
    to_hash         bytea NOT NULL,
    sent_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX sent_at ON sent (sent_at);

CREATE TABLE history (
    outcome_id    uuid PRIMARY KEY,
    connection_id uuid NOT NULL,
    link_id       uuid,
    carerix_id    text,
    external_id   text,
    result        text NOT NULL,
    at            timestamptz NOT NULL,
    topic         text NOT NULL,
    partition     integer NOT NULL,
    "offset"      bigint NOT NULL,
    value         bytea NOT NULL           -- the record as it came from the topic, its content sealed
);
CREATE INDEX history_link ON history (link_id, at);
CREATE INDEX history_carerix ON history (connection_id, carerix_id, at);
CREATE INDEX history_external ON history (connection_id, external_id, at);
CREATE INDEX history_at ON history (at);

CREATE TABLE dead_letters (
    id            uuid PRIMARY KEY,
    connection_id uuid,
    code          text NOT NULL,
    topic         text NOT NULL,           -- where the dead letter lies
    partition     integer NOT NULL,
    "offset"      bigint NOT NULL,
    at            timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retried', 'dropped')),
    decided_by    text,
    decided_at    timestamptz,
    CHECK ((state = 'open') = (decided_at IS NULL))
);
CREATE INDEX dead_letters_state ON dead_letters (state, at);

-- A token bucket shared by all processes. refilled_at in the future: blocked until then.
CREATE TABLE budgets (
    resource    text PRIMARY KEY,
    capacity    double precision NOT NULL CHECK (capacity > 0),
    per_second  double precision NOT NULL CHECK (per_second > 0),
    tokens      double precision NOT NULL,
    refilled_at timestamptz NOT NULL
);

CREATE TABLE reads (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    who           text NOT NULL,
    topic         text NOT NULL,
    connection_id uuid,
    from_at       timestamptz,
    to_at         timestamptz
);
CREATE INDEX reads_at ON reads (at);
