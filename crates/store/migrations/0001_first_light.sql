-- The seed document's table, column for column. Nothing of Havre's own is in it: an SQLAlchemy model of that document
-- reads and writes it. No foreign key points at it either, since a foreign hand may delete a row.
CREATE TABLE deployments (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    deployment_type VARCHAR(50),
    framework VARCHAR(100),
    github_url VARCHAR(500),
    resources JSON,
    status VARCHAR(50) NOT NULL,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    deployed_at DATETIME,
    deleted_at DATETIME,
    ip_address VARCHAR(50),
    vm_id INTEGER,
    error_message TEXT,
    user_id VARCHAR(100),
    tags VARCHAR(255)
);
CREATE INDEX ix_deployments_name ON deployments (name);
CREATE INDEX ix_deployments_name_any_case ON deployments (name COLLATE NOCASE);
CREATE INDEX ix_deployments_status ON deployments (status);
CREATE INDEX ix_deployments_created_at ON deployments (created_at, id);
CREATE INDEX ix_deployments_live ON deployments (deleted_at, created_at, id);
CREATE INDEX ix_deployments_live_status ON deployments (deleted_at, status COLLATE NOCASE, created_at, id);
CREATE INDEX ix_deployments_owner ON deployments (user_id, deleted_at, created_at, id);

-- What only a deployment with a release has. Times of Havre's own tables are microseconds since 1970, UTC: exact and
-- ordered on every database.
CREATE TABLE managed (
    deployment_id VARCHAR(36) NOT NULL PRIMARY KEY,
    driver VARCHAR(20) NOT NULL,
    slot INTEGER NOT NULL,
    label VARCHAR(63) NOT NULL,
    newest_release_id VARCHAR(36),
    serving_release_id VARCHAR(36),
    destroying INTEGER NOT NULL DEFAULT 0
);

-- Claims: a name is held exactly while its deployment is live and managed. A slot that nobody holds keeps its row, so
-- that the smallest free one is found without walking over those that are held.
CREATE TABLE names (
    label VARCHAR(63) NOT NULL PRIMARY KEY,
    deployment_id VARCHAR(36) NOT NULL REFERENCES managed (deployment_id)
);
CREATE UNIQUE INDEX ix_names_deployment ON names (deployment_id);
CREATE TABLE slots (
    driver VARCHAR(20) NOT NULL,
    slot INTEGER NOT NULL,
    deployment_id VARCHAR(36) REFERENCES managed (deployment_id),
    PRIMARY KEY (driver, slot)
);
CREATE UNIQUE INDEX ix_slots_deployment ON slots (deployment_id);
CREATE INDEX ix_slots_free ON slots (driver, deployment_id, slot);

CREATE TABLE releases (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    deployment_id VARCHAR(36) NOT NULL REFERENCES managed (deployment_id),
    version INTEGER NOT NULL,
    cause VARCHAR(20) NOT NULL,
    from_release_id VARCHAR(36),
    status VARCHAR(20) NOT NULL,
    url VARCHAR(500) NOT NULL,
    git_ref TEXT,
    commit_hash VARCHAR(64),
    options TEXT NOT NULL,
    plan TEXT,
    env TEXT,
    resources TEXT NOT NULL,
    artifact VARCHAR(64),
    base VARCHAR(128),
    disk_bytes BIGINT NOT NULL DEFAULT 0,
    tier VARCHAR(50),
    warnings TEXT NOT NULL,
    failure TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    replaced_at BIGINT
);
CREATE UNIQUE INDEX ix_releases_version ON releases (deployment_id, version);
CREATE INDEX ix_releases_status ON releases (deployment_id, status);
CREATE INDEX ix_releases_artifact ON releases (artifact, status);

CREATE TABLE steps (
    release_id VARCHAR(36) NOT NULL REFERENCES releases (id),
    ordinal INTEGER NOT NULL,
    step VARCHAR(20) NOT NULL,
    done INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    millis BIGINT NOT NULL,
    progress TEXT,
    PRIMARY KEY (release_id, ordinal)
);

-- Only jobs that wait or are leased: a job that is over leaves the table.
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id VARCHAR(36) NOT NULL,
    deployment_id VARCHAR(36) NOT NULL REFERENCES managed (deployment_id),
    kind VARCHAR(20) NOT NULL,
    release_id VARCHAR(36) REFERENCES releases (id),
    attempts INTEGER NOT NULL DEFAULT 0,
    epoch BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL,
    worker VARCHAR(255),
    lease_until BIGINT
);
CREATE UNIQUE INDEX ix_jobs_id ON jobs (id);
CREATE INDEX ix_jobs_deployment ON jobs (deployment_id, seq);
CREATE INDEX ix_jobs_release ON jobs (release_id);

CREATE TABLE guests (
    id VARCHAR(13) NOT NULL PRIMARY KEY,
    deployment_id VARCHAR(36) NOT NULL,
    release_id VARCHAR(36) NOT NULL,
    driver VARCHAR(20) NOT NULL,
    role VARCHAR(10) NOT NULL,
    wanted VARCHAR(10) NOT NULL,
    base VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    wanted_since BIGINT NOT NULL
);
CREATE INDEX ix_guests_deployment ON guests (deployment_id, created_at, id);
CREATE INDEX ix_guests_driver ON guests (driver, id);

CREATE TABLE secrets (
    deployment_id VARCHAR(36) NOT NULL REFERENCES managed (deployment_id),
    name VARCHAR(255) NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (deployment_id, name)
);

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    deployment_id VARCHAR(36) NOT NULL,
    what TEXT NOT NULL
);
CREATE INDEX ix_events_deployment ON events (deployment_id, seq);

CREATE TABLE havre_meta (
    name VARCHAR(50) NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
