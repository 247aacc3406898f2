-- SPDX-License-Identifier: Apache-2.0
-- What is known of a version beside its files: the report of its inspection, its lineage, signatures, provenance. Small texts that
-- come before the act of its deposit, which names their digests; from then on they do not change.

PRAGMA user_version = 2;

CREATE TABLE document (
    version_id BLOB NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 63),
    body BLOB NOT NULL CHECK (length(body) <= 16777216),
    PRIMARY KEY (version_id, name)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER document_of_sealed_version_is_not_inserted BEFORE INSERT ON document
WHEN (SELECT state FROM version WHERE id = NEW.version_id) = 1
BEGIN
    SELECT RAISE(ABORT, 'a version in custody does not change');
END;

CREATE TRIGGER document_of_sealed_version_is_not_updated BEFORE UPDATE ON document
WHEN (SELECT state FROM version WHERE id = OLD.version_id) = 1
BEGIN
    SELECT RAISE(ABORT, 'a version in custody does not change');
END;

CREATE TRIGGER document_of_sealed_version_is_not_deleted BEFORE DELETE ON document
WHEN (SELECT state FROM version WHERE id = OLD.version_id) = 1
BEGIN
    SELECT RAISE(ABORT, 'a version in custody does not change');
END;
