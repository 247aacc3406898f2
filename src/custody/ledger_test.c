/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a room's ledger is cosigned by the witnesses of its policy, and only then do
 * rules that ask for them allow anything; receipts verify for others; an old copy of a room is told
 * by its witness; a room that is new to a machine signs nothing before somebody trusts it.
 */
#include "custody/ledger.h"

#include "artifact/worker.h"
#include "audit/opening.h"
#include <spawn.h>
#include <sys/wait.h>

#include "base/folder.h"
#include "formats/tlog_proof.h"
#include "ledger/receipt.h"
#include "ledger/witness.h"
#include "server/witness_server.h"
#include "tests/auditor.h"
#include "tests/log_keys.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-ledger-XXXXXX";

/* A witness as a server, and a room whose policy wants it for READ. */
struct scene {
    struct sr_signer *signer;
    struct sr_witness *witness;
    struct sr_witness_server *server;
    int folder;
    struct sr_room *room;
};

static void put(struct sr_buf *b, const char *text)
{
    CHECK(sr_buf_append(b, sr_text_view(text)) == SR_OK);
}

/* Whoever unlocks the room may do everything, but read only with a witness. */
static void make_policy(const struct scene *s, struct sr_buf *out)
{
    put(out, "policy \"witnessed\"\nwitness w ");
    CHECK(sr_vkey_text(sr_witness_key(s->witness), out) == SR_OK);
    put(out, " http://");
    put(out, sr_witness_server_address(s->server));
    put(out, "/\nrule reading\n    verbs read\n    class any\n    by unlocked\n"
             "    witnesses 1 within 10m\n"
             "rule everything\n"
             "    verbs deposit export use rotate enrol roles add-key attribute leave policy offer "
             "accept reject return dispose\n    class any\n    by unlocked\n");
}

static void make_room(struct scene *s, const char *name)
{
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    SR_AUTO(sr_buf) policy = NULL;
    struct sr_err err = {0};
    CHECK(sr_buf_new(8192, &policy) == SR_OK);
    make_policy(s, policy);
    const struct sr_room_founding founding = {.policy = sr_buf_view(policy)};
    if (sr_room_create(room_path(scratch_dir, name), ROOM_ACTOR, passphrase, &founding, &err) !=
        SR_OK) {
        printf("# %s\n", err.message);
        abort();
    }
    s->room = room_open(scratch_dir, name);
}

static void scene_open(struct scene *s, const char *name)
{
    char folder[64];
    *s = (struct scene){.folder = -1};
    (void)snprintf(folder, sizeof folder, "%s-witness", name);
    room_mkdir(scratch_dir, folder);
    s->signer = log_signer(3);
    CHECK(sr_folder_open(AT_FDCWD, room_path(scratch_dir, folder), &s->folder, NULL) == SR_OK);
    CHECK(sr_witness_open(sr_text_view("w.example"), s->signer, s->folder, &s->witness, NULL) ==
          SR_OK);
    const struct sr_witness_server_options o = {.witness = s->witness};
    CHECK(sr_witness_server_open(&o, &s->server, NULL) == SR_OK);
    make_room(s, name);
}

static void scene_close(struct scene *s)
{
    sr_room_free(s->room);
    sr_witness_server_free(s->server);
    sr_witness_free(s->witness);
    sr_signer_free(s->signer);
    sr_folder_close_fd(&s->folder);
}

static enum sr_status cosign(struct scene *s, struct sr_custody_ledger *out)
{
    struct sr_err err = {0};
    enum sr_status status = sr_custody_cosign(s->room, 20000, out, &err);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    return status == SR_OK ? out->witness[0].outcome.status : status;
}

/* The witness is told of the room's ledger. */
static void introduce(struct scene *s)
{
    struct sr_custody_ledger l;
    SR_AUTO(sr_vkey) key = NULL;
    CHECK(sr_custody_ledger(s->room, &l, NULL) == SR_OK);
    CHECK(sr_vkey_parse(sr_text_view(l.vkey), &key, NULL) == SR_OK);
    CHECK(sr_witness_add(s->folder, key, sr_text_view(l.origin), NULL) == SR_OK);
}

static enum sr_status read_model(struct scene *s)
{
    struct sr_catalog_version version;
    struct sr_permit *permit = NULL;
    CHECK(room_resolve(s->room, "tiny", &version, NULL) == SR_OK);
    enum sr_status status =
        room_act(s->room, SR_VERB_READ, &version, "model.safetensors", &permit, NULL);
    sr_permit_free(permit);
    return status;
}

static void rules_wait_for_witnesses(void)
{
    SR_CLEANUP(scene_close) struct scene s;
    struct sr_custody_ledger l;
    struct sr_deposit_result deposited;
    scene_open(&s, "waits");
    room_make_model(scratch_dir, "model", 1);
    CHECK(room_deposit(s.room, room_path(scratch_dir, "model"), "tiny", 0, &deposited, NULL) ==
          SR_OK);
    CHECK(sr_custody_ledger(s.room, &l, NULL) == SR_OK);
    CHECK(l.witnesses == 1 && strcmp(l.witness[0].name, "w") == 0 && l.has_pin);
    CHECK(l.cosigned == 0 && l.witness[0].cosigned_utc_ms == 0 && l.size > 0);
    CHECK(read_model(&s) == SR_DENIED);
    CHECK(cosign(&s, &l) == SR_NOT_FOUND && l.cosigned == 0);
    introduce(&s);
    CHECK(cosign(&s, &l) == SR_OK);
    CHECK(l.cosigned == l.published && l.published == l.size && l.witness[0].cosigned_utc_ms > 0);
    CHECK(read_model(&s) == SR_OK);
    /* A checkpoint that nobody has cosigned yet takes nothing away. */
    CHECK(sr_custody_publish(s.room, 0, NULL) == SR_OK);
    CHECK(read_model(&s) == SR_OK);
    CHECK(sr_custody_ledger(s.room, &l, NULL) == SR_OK && l.cosigned < l.published);
    CHECK(cosign(&s, &l) == SR_OK && l.cosigned == l.size);
    CHECK(auditor_agrees(s.room)); /* who has only the pack counts the same witnesses */
}

static void receipts_verify_for_others(void)
{
    SR_CLEANUP(scene_close) struct scene s;
    struct sr_custody_ledger l;
    struct sr_receipt r;
    struct sr_vkey_mark marks[2] = {{0}};
    SR_AUTO(sr_vkey) key = NULL;
    SR_AUTO(sr_buf) receipt = NULL;
    SR_AUTO(sr_buf) entry = NULL;
    scene_open(&s, "receipts");
    introduce(&s);
    CHECK(cosign(&s, &l) == SR_OK);
    CHECK(sr_buf_new(65536, &receipt) == SR_OK && sr_buf_new(65536, &entry) == SR_OK);
    CHECK(sr_custody_receipt(s.room, 0, false, receipt, entry, NULL) == SR_NOT_FOUND);
    CHECK(sr_custody_receipt(s.room, l.size + 1, false, receipt, entry, NULL) == SR_NOT_FOUND);
    CHECK(sr_custody_receipt(s.room, 1, false, receipt, entry, NULL) == SR_OK);
    CHECK(sr_vkey_parse(sr_text_view(l.vkey), &key, NULL) == SR_OK);
    const struct sr_vkey *keys[] = {key, sr_witness_key(s.witness)};
    CHECK(sr_receipt_verify(sr_buf_view(receipt), sr_buf_view(entry), sr_text_view(l.origin), keys,
                            2, &r, marks, NULL) == SR_OK);
    CHECK(r.index == 0 && marks[1].has_signed);
}

/* What opens the leaf is in the receipt, if it is to be; an act is found by its digest. */
static void receipts_say_which_act(void)
{
    SR_CLEANUP(scene_close) struct scene s;
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof opened = {0};
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof closed = {0};
    SR_AUTO(sr_buf) receipt = NULL;
    SR_AUTO(sr_buf) without = NULL;
    SR_AUTO(sr_buf) leaf = NULL;
    uint8_t made[SR_COMMITMENT_BYTES];
    struct sr_custody_ledger l;
    struct sr_entry entry;
    uint64_t seq = 0;
    scene_open(&s, "opened");
    CHECK(sr_custody_checkpoint(s.room, 1000, &l, NULL) == SR_OK);
    CHECK(sr_buf_new(65536, &receipt) == SR_OK && sr_buf_new(65536, &without) == SR_OK);
    CHECK(sr_buf_new(65536, &leaf) == SR_OK);
    CHECK(sr_custody_receipt(s.room, 1, true, receipt, leaf, NULL) == SR_OK);
    CHECK(sr_tlog_proof_decode(sr_buf_view(receipt), &opened, NULL) == SR_OK);
    CHECK(sr_opening_read(sr_buf_view(opened.extra), made, &entry, NULL) == SR_OK);
    CHECK(entry.seq == 1 && sr_text_equal(sr_bytes(made, sizeof made), sr_buf_view(leaf)));
    CHECK(sr_custody_seq_of(s.room, entry.act, &seq, NULL) == SR_OK && seq == 1);
    entry.act[31] ^= 1;
    CHECK(sr_custody_seq_of(s.room, entry.act, &seq, NULL) == SR_NOT_FOUND);
    entry.act[0] ^= 1;
    CHECK(sr_custody_seq_of(s.room, entry.act, &seq, NULL) == SR_NOT_FOUND);
    sr_buf_clear(leaf);
    CHECK(sr_custody_receipt(s.room, 1, false, without, leaf, NULL) == SR_OK);
    CHECK(sr_tlog_proof_decode(sr_buf_view(without), &closed, NULL) == SR_OK);
    CHECK(closed.extra == NULL);
}

/* A checkpoint of what was there before is the same one, of a later time, and who has cosigned it
 * still has. */
static void checkpoints_are_renewed(void)
{
    SR_CLEANUP(scene_close) struct scene s;
    struct sr_custody_ledger before;
    struct sr_custody_ledger l;
    scene_open(&s, "renewed");
    introduce(&s);
    CHECK(sr_custody_checkpoint(s.room, 20000, &before, NULL) == SR_OK);
    CHECK(before.cosigned == before.size && before.witness[0].outcome.status == SR_OK);
    sr_witness_server_free(SR_TAKE(s.server)); /* nobody answers any more */
    CHECK(sr_custody_checkpoint(s.room, 200, &l, NULL) == SR_OK);
    CHECK(l.witness[0].outcome.status == SR_UNAVAILABLE && l.witness[0].cosigned_utc_ms > 0);
    CHECK(l.published_utc_ms >= before.published_utc_ms && l.cosigned == l.size);
    CHECK(memcmp(l.root, before.root, sizeof l.root) == 0);
    /* Who reads the folder sees it, too. */
    SR_AUTO(sr_buf) note = NULL;
    int folder = -1;
    CHECK(sr_buf_new(65536, &note) == SR_OK);
    CHECK(sr_folder_open(AT_FDCWD, room_path(scratch_dir, "renewed/ledger"), &folder, NULL) ==
          SR_OK);
    CHECK(sr_folder_read_file(folder, "checkpoint", note, NULL) == SR_OK);
    CHECK(sr_buf_append(note, sr_bytes("", 1)) == SR_OK);
    CHECK(strstr((const char *)sr_buf_view(note).ptr, " w.example ") != NULL);
    sr_folder_close_fd(&folder);
}

/* On another machine there is no pin: the room is readable, and signs nothing before somebody says
 * that this is the newest copy. */
static void trust_is_asked_for_elsewhere(void)
{
    SR_CLEANUP(scene_close) struct scene s;
    struct sr_custody_ledger l;
    scene_open(&s, "moved");
    introduce(&s);
    CHECK(cosign(&s, &l) == SR_OK);
    CHECK(sr_custody_trust(s.room, NULL) == SR_CONFLICT);
    sr_room_free(SR_TAKE(s.room));
    room_mkdir(scratch_dir, "elsewhere");
    CHECK(setenv("XDG_STATE_HOME", room_path(scratch_dir, "elsewhere"), 1) == 0);
    s.room = room_open(scratch_dir, "moved");
    CHECK(sr_custody_ledger(s.room, &l, NULL) == SR_OK && !l.has_pin && l.cosigned > 0);
    CHECK(sr_custody_trust(s.room, NULL) == SR_OK);
    sr_room_free(SR_TAKE(s.room));
    s.room = room_open(scratch_dir, "moved");
    CHECK(sr_custody_ledger(s.room, &l, NULL) == SR_OK && l.has_pin);
    CHECK(cosign(&s, &l) == SR_OK);
    CHECK(setenv("XDG_STATE_HOME", scratch_dir, 1) == 0);
}

/* cp -a, which is how a copy of a room comes about. */
static void copy_room(const char *from, const char *to)
{
    char a[256];
    char b[256];
    char *argv[] = {"cp", "-a", a, b, NULL};
    pid_t pid = 0;
    int status = 1;
    (void)snprintf(a, sizeof a, "%s", room_path(scratch_dir, from));
    (void)snprintf(b, sizeof b, "%s", room_path(scratch_dir, to));
    CHECK(posix_spawnp(&pid, "cp", NULL, NULL, argv, environ) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* Restored on a machine that has no pin, and trusted there: only a witness can tell. */
static void an_old_copy_is_told_by_its_witness(void)
{
    SR_CLEANUP(scene_close) struct scene s;
    struct sr_custody_ledger l;
    struct sr_deposit_result deposited;
    scene_open(&s, "live");
    introduce(&s);
    CHECK(cosign(&s, &l) == SR_OK);
    copy_room("live", "old");
    room_make_model(scratch_dir, "later", 2);
    CHECK(room_deposit(s.room, room_path(scratch_dir, "later"), "tiny", 0, &deposited, NULL) ==
          SR_OK);
    CHECK(cosign(&s, &l) == SR_OK);
    sr_room_free(SR_TAKE(s.room));
    room_mkdir(scratch_dir, "third");
    CHECK(setenv("XDG_STATE_HOME", room_path(scratch_dir, "third"), 1) == 0);
    s.room = room_open(scratch_dir, "old");
    CHECK(sr_custody_trust(s.room, NULL) == SR_OK);
    CHECK(cosign(&s, &l) == SR_CONFLICT);
    CHECK(strstr(l.witness[0].outcome.err.message, "old copy") != NULL);
    sr_room_free(SR_TAKE(s.room));
    s.room = room_open(scratch_dir, "old");
    /* It goes on by itself, and becomes a fork. */
    for (unsigned i = 0; i < 2; i++) {
        CHECK(room_deposit(s.room, room_path(scratch_dir, "later"), i == 0 ? "a" : "b", 0,
                           &deposited, NULL) == SR_OK);
    }
    CHECK(cosign(&s, &l) == SR_CONFLICT);
    CHECK(strstr(l.witness[0].outcome.err.message, "fork") != NULL);
    CHECK(setenv("XDG_STATE_HOME", scratch_dir, 1) == 0);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(rules_wait_for_witnesses);
    RUN(receipts_verify_for_others);
    RUN(receipts_say_which_act);
    RUN(checkpoints_are_renewed);
    RUN(trust_is_asked_for_elsewhere);
    RUN(an_old_copy_is_told_by_its_witness);
    scratch_remove(scratch_dir);
    return check_done();
}
