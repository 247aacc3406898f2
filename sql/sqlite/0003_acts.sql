-- SPDX-License-Identifier: Apache-2.0
-- Acts are signed from here on, and each is a leaf of the ledger: its number there is seq - 1, so their numbers begin anew. What was
-- recorded before, by nobody's signature, stays as it was under the name deed; an act of adoption names its digest.

PRAGMA user_version = 3;

DROP TRIGGER act_is_not_updated;
DROP TRIGGER act_is_not_deleted;
ALTER TABLE act RENAME TO deed;

CREATE TRIGGER deed_is_not_inserted BEFORE INSERT ON deed
BEGIN
    SELECT RAISE(ABORT, 'there are no deeds any more');
END;

CREATE TRIGGER deed_is_not_updated BEFORE UPDATE ON deed
BEGIN
    SELECT RAISE(ABORT, 'acts are append-only');
END;

CREATE TRIGGER deed_is_not_deleted BEFORE DELETE ON deed
BEGIN
    SELECT RAISE(ABORT, 'acts are append-only');
END;

-- What is asked of many acts at once. id is the first half of the act's digest: an act comes in once.
CREATE TABLE act (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    verb TEXT NOT NULL CHECK (length(CAST(verb AS BLOB)) BETWEEN 1 AND 31),
    actor TEXT NOT NULL CHECK (length(CAST(actor AS BLOB)) BETWEEN 1 AND 127),
    time_utc_ms INTEGER NOT NULL,
    nonce BLOB NOT NULL CHECK (length(nonce) = 16),
    refused INTEGER NOT NULL CHECK (refused IN (0, 1)),
    reason TEXT NOT NULL CHECK (length(CAST(reason AS BLOB)) <= 63),
    folds INTEGER NOT NULL CHECK (folds IN (0, 1)),
    version_id BLOB CHECK (length(version_id) = 16),
    request BLOB CHECK (length(request) = 32)
) STRICT;

CREATE INDEX act_that_folds ON act (seq) WHERE folds = 1;
-- People, policies, versions: few among many, and all that who could do what follows from.
CREATE INDEX act_that_governs ON act (seq) WHERE folds = 1 AND verb NOT IN ('opened', 'served', 'key-used', 'use', 'read', 'export',
    'request', 'approve', 'deny', 'withdraw', 'revoke', 'judge');
CREATE INDEX act_by_nonce ON act (nonce) WHERE refused = 0;
CREATE INDEX act_by_actor ON act (actor, seq);
CREATE INDEX act_by_version ON act (version_id, seq) WHERE version_id IS NOT NULL;
CREATE INDEX act_by_request ON act (request, seq) WHERE request IS NOT NULL;

-- What its leaf is made of.
CREATE TABLE leaf (
    seq INTEGER PRIMARY KEY REFERENCES act (seq),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    entry BLOB NOT NULL CHECK (length(entry) <= 2048),
    body BLOB NOT NULL CHECK (length(body) <= 65536)
) STRICT;

-- Texts that acts name by their digest: policies, reports.
CREATE TABLE text (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    body BLOB NOT NULL CHECK (length(body) <= 1048576)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER act_is_not_updated BEFORE UPDATE ON act
BEGIN
    SELECT RAISE(ABORT, 'acts are append-only');
END;

CREATE TRIGGER act_is_not_deleted BEFORE DELETE ON act
BEGIN
    SELECT RAISE(ABORT, 'acts are append-only');
END;

CREATE TRIGGER leaf_is_not_updated BEFORE UPDATE ON leaf
BEGIN
    SELECT RAISE(ABORT, 'acts are append-only');
END;

CREATE TRIGGER leaf_is_not_deleted BEFORE DELETE ON leaf
BEGIN
    SELECT RAISE(ABORT, 'acts are append-only');
END;

CREATE TRIGGER text_is_not_updated BEFORE UPDATE ON text
BEGIN
    SELECT RAISE(ABORT, 'a text does not change');
END;
