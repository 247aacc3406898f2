/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_tool: a ledger for tests of witnesses, without a room around it.
 *
 *   log_tool create FOLDER ORIGIN          make it; prints its key
 *   log_tool append FOLDER ORIGIN TEXT...  enter these and publish a checkpoint
 *   log_tool cosign FOLDER ORIGIN POLICY   ask the witnesses; prints "<name> <status>: <why>" for
 * each, stores what they signed; 21 when there is no quorum log_tool receipt FOLDER ORIGIN INDEX
 * print the receipt of an entry
 *
 * Its private key is made from the origin, its time is the system's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/text.h"
#include "base/time.h"
#include "formats/tlog_policy.h"
#include "formats/tlog_proof.h"
#include "ledger/cosign.h"
#include "ledger/log.h"
#include "ledger/quorum.h"

static void require(enum sr_status status, const struct sr_err *err)
{
    if (status != SR_OK) {
        (void)fprintf(stderr, "log_tool: %s: %s\n", sr_status_info(status)->slug, err->message);
        exit(sr_status_info(status)->exit_code);
    }
}

static struct sr_buf *new_buf(size_t bytes_max)
{
    struct sr_buf *out = NULL;
    const struct sr_err err = {.message = "no memory"};
    require(sr_buf_new(bytes_max, &out), &err);
    return out;
}

struct tool {
    struct sr_log_options o;
    struct sr_log *log;
    struct sr_vkey *key;
};

static void open_log(struct tool *t, const char *folder, const char *origin, bool is_new)
{
    struct sr_err err = {0};
    SR_AUTO(sr_secret) seed = NULL;
    t->o =
        (struct sr_log_options){.origin = sr_text_view(origin), .pin_name = "pin", .wait_ms = 5000};
    require(sr_secret_new(SR_SIGN_SEED_BYTES, &seed, &err), &err);
    require(sr_sha256_once(t->o.origin, sr_secret_bytes(seed)), &err);
    require(sr_signer_ed25519(seed, &t->o.signer, &err), &err);
    require(sr_vkey_new(t->o.origin, SR_VKEY_ED25519, t->o.signer->public_key, &t->key, &err),
            &err);
    require(sr_folder_make(AT_FDCWD, folder, &err), &err);
    require(sr_folder_open(AT_FDCWD, folder, &t->o.folder, &err), &err);
    t->o.pin_folder = t->o.folder;
    if (is_new) {
        require(sr_log_create(&t->o, sr_time_now_utc_ms(), &err), &err);
    }
    require(sr_log_open(&t->o, &t->log, &err), &err);
}

static void append(struct tool *t, char **texts)
{
    struct sr_err err = {0};
    SR_AUTO(sr_buf) note = new_buf(SR_NOTE_BYTES_MAX);
    uint64_t index = 0;
    for (; *texts != NULL; texts++) {
        struct sr_bytes entry = sr_text_view(*texts);
        require(sr_log_append(t->log, &entry, 1, &index, &err), &err);
    }
    require(sr_log_publish(t->log, sr_time_now_utc_ms(), note, &err), &err);
}

static void print(const struct sr_buf *b)
{
    struct sr_bytes view = sr_buf_view(b);
    (void)fwrite(view.ptr, 1, view.len, stdout);
}

static int cosign(struct tool *t, const char *path) /* lint: callback */
{
    struct sr_err err = {0};
    SR_AUTO(sr_buf) text = new_buf(SR_TLOG_POLICY_BYTES_MAX);
    SR_AUTO(sr_buf) note = new_buf(SR_NOTE_BYTES_MAX);
    SR_AUTO(sr_buf) signed_note = new_buf(SR_NOTE_BYTES_MAX);
    SR_AUTO(sr_quorum) q = NULL;
    struct sr_cosign_proofs proofs = sr_cosign_proofs_of(t->log);
    struct sr_cosign_witness witnesses[SR_COSIGN_WITNESSES_MAX] = {{0}};
    static struct sr_cosign_outcome outcomes[SR_COSIGN_WITNESSES_MAX];
    struct sr_checkpoint c;
    require(sr_folder_read_file(AT_FDCWD, path, text, &err), &err);
    require(sr_quorum_parse(sr_buf_view(text), &q, &err), &err);
    require(sr_log_checkpoint(t->log, note, &err), &err);
    size_t count = sr_quorum_witnesses(q);
    for (size_t i = 0; i < count; i++) {
        struct sr_quorum_party w = sr_quorum_witness(q, i);
        witnesses[i] = (struct sr_cosign_witness){.key = w.key, .url = w.url};
    }
    require(sr_cosign(sr_buf_view(note), t->o.origin, t->key, &proofs, witnesses, count, 20000,
                      signed_note, outcomes, &err),
            &err);
    for (size_t i = 0; i < count; i++) {
        struct sr_quorum_party w = sr_quorum_witness(q, i);
        printf("%.*s %s: %s\n", (int)w.name.len, (const char *)w.name.ptr,
               sr_status_info(outcomes[i].status)->slug, outcomes[i].err.message);
    }
    require(sr_log_store_cosigned(t->log, sr_buf_view(signed_note), &err), &err);
    uint64_t now = (uint64_t)(sr_time_now_utc_ms() / 1000);
    enum sr_status status =
        sr_quorum_checkpoint(q, sr_buf_view(signed_note), now, 300, &c, NULL, &err);
    return sr_status_info(status)->exit_code;
}

int main(int argc, char **argv)
{
    struct tool t = {.log = NULL};
    struct sr_err err = {0};
    int result = 0;
    if (argc < 4) {
        return 2;
    }
    open_log(&t, argv[2], argv[3], strcmp(argv[1], "create") == 0);
    if (strcmp(argv[1], "append") == 0) {
        append(&t, argv + 4);
    } else if (strcmp(argv[1], "cosign") == 0 && argc == 5) {
        result = cosign(&t, argv[4]);
    } else if (strcmp(argv[1], "receipt") == 0 && argc == 5) {
        SR_AUTO(sr_buf) out = new_buf(SR_TLOG_PROOF_BYTES_MAX);
        require(sr_log_receipt(t.log, strtoull(argv[4], NULL, 10), sr_bytes(NULL, 0), out, &err),
                &err);
        print(out);
    } else {
        SR_AUTO(sr_buf) out = new_buf(SR_VKEY_TEXT_BYTES_MAX);
        require(sr_vkey_text(t.key, out), &err);
        print(out);
    }
    sr_log_free(t.log);
    sr_vkey_free(t.key);
    sr_signer_free(t.o.signer);
    sr_folder_close_fd(&t.o.folder);
    return result;
}
