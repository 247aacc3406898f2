-- SPDX-License-Identifier: Apache-2.0
-- The catalog, docs/formats/catalog.md. Applied once and never edited: its checksum is kept in the
-- catalog it was applied to. Identifiers and digests are blobs, times are integer UTC milliseconds.

PRAGMA application_id = 0x53524331; -- "SRC1"
PRAGMA user_version = 1;

CREATE TABLE migration (
    number INTEGER PRIMARY KEY CHECK (number >= 1),
    name TEXT NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32)
) STRICT;

CREATE TABLE room (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    id BLOB NOT NULL CHECK (length(id) = 16),
    created_utc_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE key_group (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    epoch INTEGER NOT NULL CHECK (epoch >= 1),
    root_key_id BLOB NOT NULL CHECK (length(root_key_id) = 16),
    wrapped BLOB NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 512)
) STRICT, WITHOUT ROWID;

CREATE TABLE version (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 128),
    number INTEGER NOT NULL CHECK (number >= 1),
    state INTEGER NOT NULL CHECK (state IN (0, 1)),
    kind TEXT NOT NULL CHECK (length(CAST(kind AS BLOB)) BETWEEN 1 AND 31),
    digest BLOB CHECK (length(digest) = 32),
    created_utc_ms INTEGER NOT NULL,
    file_count INTEGER NOT NULL CHECK (file_count BETWEEN 1 AND 100000),
    plain_bytes INTEGER NOT NULL CHECK (plain_bytes >= 0),
    source TEXT NOT NULL CHECK (length(CAST(source AS BLOB)) <= 4095),
    UNIQUE (name, number),
    CHECK ((state = 1) = (digest IS NOT NULL)),
    CHECK (state = 0 OR source = '')
) STRICT, WITHOUT ROWID;

CREATE INDEX version_by_digest ON version (digest) WHERE digest IS NOT NULL;

CREATE TABLE file (
    version_id BLOB NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    file_index INTEGER NOT NULL CHECK (file_index BETWEEN 0 AND 99999),
    path TEXT NOT NULL CHECK (length(CAST(path AS BLOB)) BETWEEN 1 AND 1024),
    object BLOB NOT NULL UNIQUE CHECK (length(object) = 16),
    sealed INTEGER NOT NULL CHECK (sealed IN (0, 1)),
    kind INTEGER CHECK (kind >= 0),
    plain_bytes INTEGER CHECK (plain_bytes BETWEEN 0 AND 17592186044416),
    sha256 BLOB CHECK (length(sha256) = 32),
    root BLOB CHECK (length(root) = 32),
    tensor_count INTEGER CHECK (tensor_count BETWEEN 0 AND 262144),
    body_bytes INTEGER CHECK (body_bytes BETWEEN 0 AND 35184372088832),
    body_root BLOB CHECK (length(body_root) = 32),
    PRIMARY KEY (version_id, file_index),
    UNIQUE (version_id, path),
    CHECK ((sealed = 1) = (kind IS NOT NULL)),
    CHECK ((sealed = 1) = (plain_bytes IS NOT NULL)),
    CHECK ((sealed = 1) = (sha256 IS NOT NULL)),
    CHECK ((sealed = 1) = (root IS NOT NULL)),
    CHECK ((sealed = 1) = (tensor_count IS NOT NULL)),
    CHECK ((sealed = 1) = (body_bytes IS NOT NULL)),
    CHECK ((sealed = 1) = (body_root IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE slot (
    object BLOB PRIMARY KEY REFERENCES file (object) ON DELETE CASCADE,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    group_id BLOB NOT NULL REFERENCES key_group (id),
    group_epoch INTEGER NOT NULL CHECK (group_epoch >= 1),
    wrapped BLOB NOT NULL CHECK (length(wrapped) = 60),
    commitment BLOB NOT NULL CHECK (length(commitment) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE parent (
    version_id BLOB NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 1023),
    parent_id BLOB NOT NULL REFERENCES version (id),
    PRIMARY KEY (version_id, position),
    UNIQUE (version_id, parent_id),
    CHECK (version_id <> parent_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX parent_by_parent ON parent (parent_id);

CREATE TABLE act (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    verb TEXT NOT NULL CHECK (length(CAST(verb AS BLOB)) BETWEEN 1 AND 31),
    actor TEXT NOT NULL CHECK (length(CAST(actor AS BLOB)) BETWEEN 1 AND 127),
    time_utc_ms INTEGER NOT NULL,
    body BLOB NOT NULL CHECK (length(body) <= 65536)
) STRICT;

-- What happened stays, and what is in custody does not change.

CREATE TRIGGER act_is_not_updated BEFORE UPDATE ON act
BEGIN
    SELECT RAISE(ABORT, 'acts are append-only');
END;

CREATE TRIGGER act_is_not_deleted BEFORE DELETE ON act
BEGIN
    SELECT RAISE(ABORT, 'acts are append-only');
END;

CREATE TRIGGER sealed_version_is_not_updated BEFORE UPDATE ON version WHEN OLD.state = 1
BEGIN
    SELECT RAISE(ABORT, 'a version in custody does not change');
END;

CREATE TRIGGER sealed_version_is_not_deleted BEFORE DELETE ON version WHEN OLD.state = 1
BEGIN
    SELECT RAISE(ABORT, 'a version in custody does not change');
END;

CREATE TRIGGER sealed_file_is_not_updated BEFORE UPDATE ON file WHEN OLD.sealed = 1
BEGIN
    SELECT RAISE(ABORT, 'a sealed file does not change');
END;
