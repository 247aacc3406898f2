/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "formats/tlog_proof.h"
#include "ledger/log_impl.h"
#include "ledger/receipt.h"

uint64_t sr_log_size(struct sr_log *log)
{
    sr_log_take(log);
    uint64_t size = sr_tiles_size(log->tiles);
    sr_log_give(log);
    return size;
}

int64_t sr_log_published_utc_ms(struct sr_log *log)
{
    sr_log_take(log);
    int64_t utc_ms = log->pin.utc_ms;
    sr_log_give(log);
    return utc_ms;
}

uint64_t sr_log_published(struct sr_log *log)
{
    sr_log_take(log);
    uint64_t size = log->published;
    sr_log_give(log);
    return size;
}

enum sr_status sr_log_prove_inclusion(struct sr_log *log, uint64_t index, uint64_t size,
                                      struct sr_tree_proof *out, struct sr_err *err)
{
    sr_log_take(log);
    struct sr_tree_nodes nodes = sr_tiles_nodes(log->tiles);
    enum sr_status status = size > log->published
                                ? sr_fail(err, SR_NOT_FOUND, "no checkpoint covers so many leaves")
                                : sr_tree_prove_inclusion(&nodes, index, size, out, err);
    sr_log_give(log);
    return status;
}

enum sr_status sr_log_prove_consistency(struct sr_log *log, uint64_t old_size, uint64_t size,
                                        struct sr_tree_proof *out, struct sr_err *err)
{
    sr_log_take(log);
    struct sr_tree_nodes nodes = sr_tiles_nodes(log->tiles);
    enum sr_status status = size > log->published
                                ? sr_fail(err, SR_NOT_FOUND, "no checkpoint covers so many leaves")
                                : sr_tree_prove_consistency(&nodes, old_size, size, out, err);
    sr_log_give(log);
    return status;
}

static enum sr_status root_of(struct sr_log *log, uint64_t size, uint8_t out[SR_SHA256_BYTES],
                              struct sr_err *err)
{
    struct sr_tree_nodes nodes = sr_tiles_nodes(log->tiles);
    if (size > sr_tiles_size(log->tiles)) {
        return sr_fail(err, SR_NOT_FOUND, "the log has only %" PRIu64 " leaves",
                       sr_tiles_size(log->tiles));
    }
    return sr_tree_root(&nodes, size, out, err);
}

enum sr_status sr_log_root(struct sr_log *log, uint64_t size, uint8_t out[SR_SHA256_BYTES],
                           struct sr_err *err)
{
    sr_log_take(log);
    enum sr_status status = root_of(log, size, out, err);
    sr_log_give(log);
    return status;
}

enum sr_status sr_log_entry(struct sr_log *log, uint64_t index, struct sr_buf *out,
                            struct sr_err *err)
{
    sr_log_take(log);
    enum sr_status status = sr_tiles_entry(log->tiles, index, out, err);
    sr_log_give(log);
    return status;
}

enum sr_status sr_log_checkpoint(struct sr_log *log, struct sr_buf *out, struct sr_err *err)
{
    sr_log_take(log);
    enum sr_status status = sr_log_read_note(log, out, err);
    sr_log_give(log);
    return status;
}

static enum sr_status make_receipt(struct sr_log *log, uint64_t index, struct sr_bytes note,
                                   struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) last = NULL;
    const struct sr_vkey *keys[] = {log->vkey};
    struct sr_tree_nodes nodes = sr_tiles_nodes(log->tiles);
    struct sr_tlog_proof p = {.index = index};
    struct sr_tree_proof path = {0};
    struct sr_checkpoint c;
    uint8_t root[SR_SHA256_BYTES];
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &last));
    if (note.len == 0) {
        SR_TRY(sr_log_read_note(log, last, err));
        assert(last != NULL);
        note = sr_buf_view(last);
    }
    SR_TRY(sr_receipt_checkpoint(note, log->o.origin, keys, 1, &c, NULL, err));
    SR_TRY(root_of(log, c.size, root, err));
    if (memcmp(root, c.root, sizeof root) != 0) {
        return sr_fail(err, SR_CONFLICT, "a checkpoint of another tree");
    }
    SR_TRY(sr_tree_prove_inclusion(&nodes, index, c.size, &path, err));
    p.hashes = path.hashes;
    memcpy(p.hash, path.hash, sizeof p.hash);
    p.checkpoint = note;
    return sr_tlog_proof_encode(&p, out);
}

enum sr_status sr_log_receipt(struct sr_log *log, uint64_t index, struct sr_bytes note,
                              struct sr_buf *out, struct sr_err *err)
{
    sr_log_take(log);
    enum sr_status status = make_receipt(log, index, note, out, err);
    sr_log_give(log);
    return status;
}
