-- SPDX-License-Identifier: Apache-2.0
-- Every query of the catalog, for all engines. Form: sql/README.md.

-- name: migrations
SELECT migration.number, migration.name, migration.sha256 FROM migration ORDER BY migration.number;

-- name: migration_insert
INSERT INTO migration (number, name, sha256) VALUES ($1, $2, $3);

-- name: room_insert
INSERT INTO room (single, id, created_utc_ms) VALUES (1, $1, $2);

-- name: room
SELECT room.id, room.created_utc_ms FROM room WHERE room.single = 1;

-- name: group_insert
INSERT INTO key_group (id, epoch, root_key_id, wrapped) VALUES ($1, $2, $3, $4);

-- name: groups
SELECT key_group.id, key_group.epoch, key_group.root_key_id, key_group.wrapped
FROM key_group ORDER BY key_group.id;

-- name: group_epoch
SELECT key_group.epoch FROM key_group WHERE key_group.id = $1;

-- name: group_count
SELECT count(*) FROM key_group;

-- name: group_rotate
UPDATE key_group SET epoch = $2, root_key_id = $3, wrapped = $4
WHERE key_group.id = $1 AND key_group.epoch = $2 - 1;

-- name: version_next_number
SELECT coalesce(max(version.number), 0) + 1 FROM version WHERE version.name = $1;

-- name: version_state_by_number
SELECT version.state FROM version WHERE version.name = $1 AND version.number = $2;

-- name: version_insert
INSERT INTO version (id, name, number, state, kind, digest, created_utc_ms, file_count, plain_bytes,
    source)
VALUES ($1, $2, $3, 0, $4, NULL, $5, $6, $7, $8);

-- name: versions
SELECT version.id, version.name, version.number, version.state, version.kind, version.digest,
    version.created_utc_ms, version.file_count, version.plain_bytes, version.source
FROM version ORDER BY version.name, version.number;

-- name: versions_by_name
SELECT version.id, version.name, version.number, version.state, version.kind, version.digest,
    version.created_utc_ms, version.file_count, version.plain_bytes, version.source
FROM version WHERE version.name = $1 ORDER BY version.number;

-- name: versions_by_digest
SELECT version.id, version.name, version.number, version.state, version.kind, version.digest,
    version.created_utc_ms, version.file_count, version.plain_bytes, version.source
FROM version WHERE version.digest = $1 ORDER BY version.name, version.number;

-- name: version_by_id
SELECT version.id, version.name, version.number, version.state, version.kind, version.digest,
    version.created_utc_ms, version.file_count, version.plain_bytes, version.source
FROM version WHERE version.id = $1;

-- name: version_state
SELECT version.state, version.file_count FROM version WHERE version.id = $1;

-- name: version_seal
UPDATE version SET state = 1, digest = $2, plain_bytes = $3, source = ''
WHERE version.id = $1 AND version.state = 0;

-- name: version_drop
DELETE FROM version WHERE version.id = $1 AND version.state = 0;

-- name: file_insert
INSERT INTO file (version_id, file_index, path, object, sealed) VALUES ($1, $2, $3, $4, 0);

-- name: files
SELECT file.file_index, file.path, file.object, file.sealed, file.kind, file.plain_bytes,
    file.sha256, file.root, file.tensor_count, file.body_bytes, file.body_root
FROM file WHERE file.version_id = $1 ORDER BY file.file_index;

-- name: file_sealed
SELECT file.sealed FROM file WHERE file.version_id = $1 AND file.file_index = $2;

-- name: file_seal
UPDATE file SET sealed = 1, kind = $3, plain_bytes = $4, sha256 = $5, root = $6, tensor_count = $7,
    body_bytes = $8, body_root = $9
WHERE file.version_id = $1 AND file.file_index = $2 AND file.sealed = 0;

-- name: file_totals
SELECT count(*), coalesce(CAST(sum(file.sealed) AS BIGINT), 0),
    coalesce(CAST(sum(file.plain_bytes) AS BIGINT), 0)
FROM file WHERE file.version_id = $1;

-- name: object_known
SELECT count(*) FROM file WHERE file.object = $1;

-- name: slot_insert
INSERT INTO slot (object, id, group_id, group_epoch, wrapped, commitment)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: slot_by_object
SELECT slot.object, slot.id, slot.group_id, slot.group_epoch, slot.wrapped, slot.commitment,
    file.version_id, file.file_index, key_group.epoch, key_group.root_key_id, key_group.wrapped
FROM slot JOIN file ON file.object = slot.object JOIN key_group ON key_group.id = slot.group_id
WHERE slot.object = $1;

-- name: slot_after
SELECT slot.object, slot.id, slot.group_id, slot.group_epoch, slot.wrapped, slot.commitment,
    file.version_id, file.file_index, key_group.epoch
FROM slot JOIN file ON file.object = slot.object JOIN key_group ON key_group.id = slot.group_id
WHERE slot.object > $1 ORDER BY slot.object LIMIT 1;

-- name: slot_rotate
UPDATE slot SET id = $2, group_epoch = $3, wrapped = $4, commitment = $5 WHERE slot.object = $1;

-- name: parent_insert
INSERT INTO parent (version_id, position, parent_id) VALUES ($1, $2, $3);

-- name: parents
SELECT parent.parent_id FROM parent WHERE parent.version_id = $1 ORDER BY parent.position;

-- name: act_insert
INSERT INTO act (seq, id, verb, actor, time_utc_ms, nonce, refused, reason, folds, version_id,
    request)
VALUES ((SELECT coalesce(max(act.seq), 0) + 1 FROM act), $1, $2, $3, $4, $5, $6, $7, $8,
    CASE WHEN length($9) = 0 THEN NULL ELSE $9 END,
    CASE WHEN length($10) = 0 THEN NULL ELSE $10 END)
RETURNING seq;

-- name: leaf_insert
INSERT INTO leaf (seq, salt, entry, body) VALUES ($1, $2, $3, $4);

-- name: leaf
SELECT leaf.salt, leaf.entry, leaf.body FROM leaf WHERE leaf.seq = $1;

-- name: acts
SELECT act.seq, act.id, act.verb, act.actor, act.time_utc_ms, act.nonce, act.refused, act.reason,
    act.folds, act.version_id, act.request
FROM act WHERE act.seq > $1 ORDER BY act.seq;

-- name: acts_that_fold
SELECT act.seq, act.id, act.verb, act.actor, act.time_utc_ms, act.nonce, act.refused, act.reason,
    act.folds, act.version_id, act.request
FROM act WHERE act.folds = 1 AND act.seq > $1 ORDER BY act.seq;

-- name: acts_that_govern
SELECT act.seq, act.id, act.verb, act.actor, act.time_utc_ms, act.nonce, act.refused, act.reason,
    act.folds, act.version_id, act.request
FROM act WHERE act.folds = 1 AND act.verb NOT IN ('opened', 'served', 'key-used', 'use', 'read', 'export',
    'request', 'approve', 'deny', 'withdraw', 'revoke', 'judge') AND act.seq > $1 ORDER BY act.seq;

-- name: acts_by_actor
SELECT act.seq, act.id, act.verb, act.actor, act.time_utc_ms, act.nonce, act.refused, act.reason,
    act.folds, act.version_id, act.request
FROM act WHERE act.actor = $2 AND act.seq > $1 ORDER BY act.seq;

-- name: acts_by_version
SELECT act.seq, act.id, act.verb, act.actor, act.time_utc_ms, act.nonce, act.refused, act.reason,
    act.folds, act.version_id, act.request
FROM act WHERE act.version_id = $2 AND act.seq > $1 ORDER BY act.seq;

-- name: acts_by_request
SELECT act.seq, act.id, act.verb, act.actor, act.time_utc_ms, act.nonce, act.refused, act.reason,
    act.folds, act.version_id, act.request
FROM act WHERE act.request = $2 AND act.seq > $1 ORDER BY act.seq;

-- name: acts_by_id
SELECT act.seq, act.id, act.verb, act.actor, act.time_utc_ms, act.nonce, act.refused, act.reason,
    act.folds, act.version_id, act.request
FROM act WHERE act.id = $2 AND act.seq > $1;

-- name: acts_by_nonce
SELECT act.seq, act.id, act.verb, act.actor, act.time_utc_ms, act.nonce, act.refused, act.reason,
    act.folds, act.version_id, act.request
FROM act WHERE act.refused = 0 AND act.nonce = $2 AND act.seq > $1 ORDER BY act.seq;

-- name: act_last
SELECT act.seq, act.time_utc_ms FROM act WHERE act.seq = (SELECT max(act.seq) FROM act);

-- name: deeds
SELECT deed.seq, deed.id, deed.verb, deed.actor, deed.time_utc_ms, deed.body
FROM deed WHERE deed.seq > $1 ORDER BY deed.seq;

-- name: text_insert
INSERT INTO text (digest, body) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING;

-- name: text
SELECT text.body FROM text WHERE text.digest = $1;

-- name: document_delete
DELETE FROM document WHERE document.version_id = $1 AND document.name = $2;

-- name: document_insert
INSERT INTO document (version_id, name, body) VALUES ($1, $2, $3);

-- name: document
SELECT document.body FROM document WHERE document.version_id = $1 AND document.name = $2;

-- name: document_names
SELECT document.name FROM document WHERE document.version_id = $1 ORDER BY document.name;

-- name: document_count
SELECT count(*) FROM document WHERE document.version_id = $1;
