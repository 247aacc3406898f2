-- SPDX-License-Identifier: Apache-2.0
-- What each engine words differently. Form: sql/README.md.

-- name: begin_read
BEGIN;

-- name: begin_write
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: application_id
PRAGMA application_id;
