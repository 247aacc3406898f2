/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: what was answered is there after a kill at any time; no checkpoint is signed by a
 * log that is an old copy, a fork, or behind its clock; two sequencers do not run.
 */
#include "ledger/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/folder.h"
#include "ledger/receipt.h"
#include "tests/log_keys.h"
#include "tests/scratch.h"

#define ORIGIN "example.org/log"

static char scratch_dir[] = "/tmp/sr-log-XXXXXX";

/* A log in <scratch>/<name>, pinned in <scratch>/pins as <pin>. */
struct place {
    struct sr_log_options o;
    struct sr_vkey *key;
};

static void place_open(struct place *p, const char *name, const char *pin)
{
    SR_AUTO_FD at = -1;
    CHECK(sr_folder_open(AT_FDCWD, scratch_dir, &at, NULL) == SR_OK);
    CHECK(sr_folder_make(at, name, NULL) == SR_OK && sr_folder_make(at, "pins", NULL) == SR_OK);
    p->o.origin = sr_text_view(ORIGIN);
    p->o.pin_name = pin;
    p->o.signer = log_signer(9);
    CHECK(sr_folder_open(at, name, &p->o.folder, NULL) == SR_OK);
    CHECK(sr_folder_open(at, "pins", &p->o.pin_folder, NULL) == SR_OK);
    p->key = log_vkey(ORIGIN, SR_VKEY_ED25519, p->o.signer);
}

static void place_close(struct place *p)
{
    sr_folder_close_fd(&p->o.folder);
    sr_folder_close_fd(&p->o.pin_folder);
    sr_signer_free(p->o.signer);
    sr_vkey_free(p->key);
}

static void append(struct sr_log *log, const char *text, uint64_t expected)
{
    struct sr_bytes entry = sr_text_view(text);
    uint64_t index = UINT64_MAX;
    CHECK(sr_log_append(log, &entry, 1, &index, NULL) == SR_OK && index == expected);
}

static enum sr_status publish(struct sr_log *log, int64_t now)
{
    SR_AUTO(sr_buf) note = NULL;
    CHECK(sr_buf_new(8192, &note) == SR_OK);
    return sr_log_publish(log, now, note, NULL);
}

/* cp -a, which is how a copy of a folder comes about. */
static void copy(const char *from, const char *to)
{
    char a[256];
    char b[256];
    char *argv[] = {"cp", "-a", a, b, NULL};
    pid_t pid = 0;
    int status = 1;
    (void)snprintf(a, sizeof a, "%s/%s", scratch_dir, from);
    (void)snprintf(b, sizeof b, "%s/%s", scratch_dir, to);
    CHECK(posix_spawnp(&pid, "cp", NULL, NULL, argv, environ) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void what_is_appended_is_proved(void)
{
    SR_CLEANUP(place_close) struct place p = {0};
    SR_AUTO(sr_log) log = NULL;
    SR_AUTO(sr_log) other = NULL;
    struct sr_tree_proof proof;
    uint8_t leaf[SR_SHA256_BYTES];
    struct sr_checkpoint c;
    place_open(&p, "plain", "plain");
    const struct sr_vkey *keys[] = {p.key};
    SR_AUTO(sr_buf) note = NULL;
    CHECK(sr_buf_new(8192, &note) == SR_OK);
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_NOT_FOUND);
    CHECK(sr_log_create(&p.o, 1000, NULL) == SR_OK);
    CHECK(sr_log_create(&p.o, 1000, NULL) == SR_CONFLICT);
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK);
    CHECK(sr_log_open(&p.o, &other, NULL) == SR_BUSY);
    append(log, "a", 0);
    append(log, "b", 1);
    CHECK(sr_log_prove_inclusion(log, 1, 2, &proof, NULL) == SR_NOT_FOUND); /* not published */
    CHECK(sr_log_publish(log, 1000, note, NULL) == SR_OK);
    CHECK(sr_receipt_checkpoint(sr_buf_view(note), p.o.origin, keys, 1, &c, NULL, NULL) == SR_OK);
    CHECK(c.size == 2 && sr_log_published(log) == 2);
    CHECK(sr_log_prove_inclusion(log, 1, 2, &proof, NULL) == SR_OK);
    CHECK(sr_merkle_leaf(sr_text_view("b"), leaf) == SR_OK);
    CHECK(sr_tree_verify_inclusion(leaf, 1, 2, &proof, c.root, NULL) == SR_OK);
    CHECK(sr_log_prove_consistency(log, 1, 2, &proof, NULL) == SR_OK && proof.hashes == 1);
    static uint8_t large[65536];
    struct sr_bytes too_large = sr_bytes(large, sizeof large);
    uint64_t index = 0;
    CHECK(sr_log_append(log, &too_large, 1, &index, NULL) == SR_TOO_LARGE);
    append(log, "c", 2);
    CHECK(publish(log, 999) == SR_CONFLICT); /* the clock went back */
    sr_log_free(SR_TAKE(log));
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK); /* "c" is in the journal */
    append(log, "d", 3);
    CHECK(publish(log, 999) == SR_CONFLICT); /* also after a restart */
    CHECK(publish(log, 1001) == SR_OK && sr_log_published(log) == 4);
}

static void an_old_copy_signs_nothing(void)
{
    SR_CLEANUP(place_close) struct place p = {0};
    SR_AUTO(sr_log) log = NULL;
    place_open(&p, "live", "live");
    CHECK(sr_log_create(&p.o, 1, NULL) == SR_OK);
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK);
    append(log, "a", 0);
    CHECK(publish(log, 2) == SR_OK);
    sr_log_free(SR_TAKE(log));
    copy("live", "copy");
    copy("pins/live", "pins/stale");
    copy("pins/live", "pins/early");
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK);
    append(log, "b", 1);
    CHECK(publish(log, 3) == SR_OK);
    sr_log_free(SR_TAKE(log));
    {
        SR_CLEANUP(place_close) struct place old = {0};
        place_open(&old, "copy", "live");
        CHECK(sr_log_open(&old.o, &log, NULL) == SR_CONFLICT);
        /* With the pin of its own time the copy goes on, and becomes a fork of the same size. */
        old.o.pin_name = "stale";
        CHECK(sr_log_open(&old.o, &log, NULL) == SR_OK);
        append(log, "other", 1);
        CHECK(publish(log, 3) == SR_OK);
        sr_log_free(SR_TAKE(log));
        old.o.pin_name = "live";
        CHECK(sr_log_open(&old.o, &log, NULL) == SR_CONFLICT);
    }
    /* Somebody else with the key, and a pin of his own, has signed since: the log leads on. */
    p.o.pin_name = "early";
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK);
    append(log, "c", 2);
    CHECK(publish(log, 4) == SR_OK);
    sr_log_free(SR_TAKE(log));
    p.o.pin_name = "stale"; /* of the fork: shorter than the log, and not on its way */
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_CONFLICT);
}

static void a_log_without_a_pin_takes_entries_and_signs_nothing(void)
{
    SR_CLEANUP(place_close) struct place p = {0};
    SR_AUTO(sr_log) log = NULL;
    place_open(&p, "unpinned", "unpinned");
    CHECK(sr_log_create(&p.o, 1, NULL) == SR_OK);
    p.o.pin_name = "elsewhere";
    p.o.may_lack_pin = true;
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_NOT_FOUND); /* it could sign */
    struct sr_signer *signer = p.o.signer;
    p.o.public_key = signer->public_key;
    p.o.signer = NULL;
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK);
    append(log, "a", 0);
    CHECK(publish(log, 2) == SR_UNAUTHENTICATED);
    sr_log_free(SR_TAKE(log));
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK && sr_log_size(log) == 1);
    sr_log_free(SR_TAKE(log));
    p.o.may_lack_pin = false;
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_NOT_FOUND);
    p.o.signer = signer;
}

/* Append the signature of somebody else under the last checkpoint. */
static void cosign(struct sr_log *log, struct sr_buf *note, struct sr_checkpoint *out)
{
    SR_AUTO(sr_signer) witness = log_signer(77);
    SR_AUTO(sr_vkey) key = log_vkey("example.org/witness", SR_VKEY_COSIGNATURE, witness);
    SR_CLEANUP(sr_note_clear) struct sr_note n = {0};
    CHECK(sr_log_checkpoint(log, note, NULL) == SR_OK);
    CHECK(sr_note_decode(sr_buf_view(note), &n, NULL) == SR_OK);
    CHECK(sr_checkpoint_decode(n.text, out, NULL) == SR_OK);
    CHECK(sr_vkey_sign(key, witness, 1234, n.text, note, NULL) == SR_OK);
}

static void receipts_carry_cosignatures(void)
{
    SR_CLEANUP(place_close) struct place p = {0};
    SR_AUTO(sr_log) log = NULL;
    SR_AUTO(sr_buf) note = NULL;
    SR_AUTO(sr_buf) seen = NULL;
    SR_AUTO(sr_buf) receipt = NULL;
    struct sr_checkpoint c;
    struct sr_receipt r;
    SR_AUTO(sr_signer) witness = log_signer(77);
    SR_AUTO(sr_vkey) key = log_vkey("example.org/witness", SR_VKEY_COSIGNATURE, witness);
    struct sr_vkey_mark marks[2] = {0};
    place_open(&p, "cosigned", "cosigned");
    const struct sr_vkey *keys[] = {p.key, key};
    CHECK(sr_buf_new(8192, &note) == SR_OK && sr_buf_new(8192, &seen) == SR_OK);
    CHECK(sr_buf_new(8192, &receipt) == SR_OK);
    CHECK(sr_log_create(&p.o, 1, NULL) == SR_OK && sr_log_open(&p.o, &log, NULL) == SR_OK);
    append(log, "a", 0);
    append(log, "b", 1);
    CHECK(publish(log, 5) == SR_OK && sr_log_published_utc_ms(log) == 5);
    cosign(log, note, &c);
    CHECK(sr_log_cosigned(log, seen, NULL) == SR_NOT_FOUND);
    CHECK(sr_log_store_cosigned(log, sr_buf_view(note), NULL) == SR_OK);
    CHECK(sr_log_checkpoint(log, seen, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(seen), sr_buf_view(note)));
    append(log, "c", 2);
    CHECK(sr_log_receipt(log, 1, sr_bytes(NULL, 0), receipt, NULL) == SR_OK);
    CHECK(sr_receipt_verify(sr_buf_view(receipt), sr_text_view("b"), p.o.origin, keys, 2, &r, marks,
                            NULL) == SR_OK);
    CHECK(r.index == 1 && r.size == 2 && marks[1].has_signed && marks[1].utc_s == 1234);
    CHECK(sr_receipt_verify(sr_buf_view(receipt), sr_text_view("a"), p.o.origin, keys, 2, &r, NULL,
                            NULL) == SR_UNTRUSTED);
    CHECK(sr_log_receipt(log, 2, sr_bytes(NULL, 0), receipt, NULL) == SR_NOT_FOUND);
    CHECK(publish(log, 6) == SR_OK);
    /* It is not the last one any more, but still tells who has seen what. */
    sr_buf_clear(seen);
    CHECK(sr_log_cosigned(log, seen, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(seen), sr_buf_view(note)));
    CHECK(sr_log_store_cosigned(log, sr_buf_view(note), NULL) == SR_OK); /* late, but true */
    sr_buf_clear(seen);
    CHECK(sr_log_checkpoint(log, seen, NULL) == SR_OK);
    CHECK(!sr_text_equal(sr_buf_view(seen), sr_buf_view(note)));
    sr_buf_clear(receipt);
    CHECK(sr_log_receipt(log, 0, sr_buf_view(note), receipt, NULL) == SR_OK);
    CHECK(sr_receipt_verify(sr_buf_view(receipt), sr_text_view("a"), p.o.origin, keys, 2, &r, NULL,
                            NULL) == SR_OK);
    /* A cosigned checkpoint opens as a plain one does; the older one does not come back. */
    sr_buf_clear(seen);
    cosign(log, seen, &c);
    CHECK(sr_log_store_cosigned(log, sr_buf_view(seen), NULL) == SR_OK);
    CHECK(sr_log_store_cosigned(log, sr_buf_view(note), NULL) == SR_OK);
    sr_buf_clear(note);
    CHECK(sr_log_cosigned(log, note, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(seen), sr_buf_view(note)));
    sr_log_free(SR_TAKE(log));
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK && sr_log_published(log) == 3);
}

static void only_the_same_checkpoint_is_stored(void)
{
    SR_CLEANUP(place_close) struct place p = {0};
    SR_AUTO(sr_log) log = NULL;
    SR_AUTO(sr_buf) note = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_checkpoint c;
    place_open(&p, "stored", "stored");
    CHECK(sr_buf_new(8192, &note) == SR_OK && sr_buf_new(8192, &text) == SR_OK);
    CHECK(sr_log_create(&p.o, 1, NULL) == SR_OK && sr_log_open(&p.o, &log, NULL) == SR_OK);
    append(log, "a", 0);
    CHECK(publish(log, 5) == SR_OK);
    cosign(log, note, &c);
    c.origin = p.o.origin;
    c.extensions = sr_bytes(NULL, 0);
    c.root[0] ^= 1; /* signed by the log's key, but of another tree */
    CHECK(sr_checkpoint_encode(&c, text) == SR_OK);
    SR_AUTO(sr_buf) forged = NULL;
    CHECK(sr_buf_new(8192, &forged) == SR_OK);
    CHECK(sr_note_encode_text(sr_buf_view(text), forged) == SR_OK);
    CHECK(sr_vkey_sign(p.key, p.o.signer, 0, sr_buf_view(text), forged, NULL) == SR_OK);
    CHECK(sr_log_store_cosigned(log, sr_buf_view(forged), NULL) == SR_CONFLICT);
    CHECK(sr_log_receipt(log, 0, sr_buf_view(forged), text, NULL) == SR_CONFLICT);
    CHECK(sr_log_store_cosigned(log, sr_text_view("nonsense\n"), NULL) == SR_MALFORMED);
    /* What somebody else has put there counts for nothing, and is not in the way. */
    CHECK(sr_folder_write_file(p.o.folder, "cosigned", sr_buf_view(forged), NULL) == SR_OK);
    sr_buf_clear(text);
    CHECK(sr_log_cosigned(log, text, NULL) == SR_NOT_FOUND);
    CHECK(sr_log_store_cosigned(log, sr_buf_view(note), NULL) == SR_OK);
    CHECK(sr_log_cosigned(log, text, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(text), sr_buf_view(note)));
}

static void entries_and_roots(void)
{
    SR_CLEANUP(place_close) struct place p = {0};
    SR_AUTO(sr_log) log = NULL;
    SR_AUTO(sr_buf) out = NULL;
    uint8_t root[SR_SHA256_BYTES];
    uint8_t leaf[SR_SHA256_BYTES];
    place_open(&p, "roots", "roots");
    CHECK(sr_buf_new(8192, &out) == SR_OK);
    CHECK(sr_log_create(&p.o, 1, NULL) == SR_OK && sr_log_open(&p.o, &log, NULL) == SR_OK);
    append(log, "a", 0);
    append(log, "b", 1);
    CHECK(sr_log_size(log) == 2 && sr_log_published(log) == 0);
    CHECK(sr_log_root(log, 1, root, NULL) == SR_OK);
    CHECK(sr_merkle_leaf(sr_text_view("a"), leaf) == SR_OK);
    CHECK(memcmp(root, leaf, sizeof leaf) == 0);
    CHECK(sr_log_root(log, 2, root, NULL) == SR_OK && memcmp(root, leaf, sizeof leaf) != 0);
    CHECK(sr_log_root(log, 3, root, NULL) == SR_NOT_FOUND);
    CHECK(sr_log_entry(log, 1, out, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(out), sr_text_view("b")));
    CHECK(sr_log_entry(log, 2, out, NULL) == SR_NOT_FOUND);
}

/* A locked room: entries are durable, nothing is signed; whoever unlocks it later publishes them.
 */
static void without_a_signer_nothing_is_signed(void)
{
    SR_CLEANUP(place_close) struct place p = {0};
    SR_AUTO(sr_log) log = NULL;
    place_open(&p, "locked", "locked");
    struct sr_log_options locked = p.o;
    locked.signer = NULL;
    locked.public_key = p.o.signer->public_key;
    CHECK(sr_log_create(&locked, 1, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_log_create(&p.o, 1, NULL) == SR_OK);
    CHECK(sr_log_open(&locked, &log, NULL) == SR_OK);
    append(log, "a", 0);
    CHECK(publish(log, 2) == SR_UNAUTHENTICATED && sr_log_published(log) == 0);
    append(log, "b", 1);
    sr_log_free(SR_TAKE(log));
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK && sr_log_size(log) == 2);
    CHECK(publish(log, 3) == SR_OK && sr_log_published(log) == 2);
    /* Another key is not believed, whether it may sign or not. */
    sr_log_free(SR_TAKE(log));
    SR_AUTO(sr_signer) other = log_signer(10);
    locked.public_key = other->public_key;
    CHECK(sr_log_open(&locked, &log, NULL) == SR_UNTRUSTED);
}

static void trust_is_given_once(void)
{
    SR_CLEANUP(place_close) struct place p = {0};
    SR_AUTO(sr_log) log = NULL;
    place_open(&p, "moved", "moved");
    CHECK(sr_log_trust(&p.o, 9, NULL) == SR_NOT_FOUND); /* nothing to trust */
    CHECK(sr_log_create(&p.o, 1, NULL) == SR_OK && sr_log_open(&p.o, &log, NULL) == SR_OK);
    append(log, "a", 0);
    CHECK(publish(log, 2) == SR_OK);
    append(log, "b", 1);
    CHECK(sr_log_trust(&p.o, 9, NULL) == SR_BUSY);
    sr_log_free(SR_TAKE(log));
    CHECK(sr_log_trust(&p.o, 9, NULL) == SR_CONFLICT);
    CHECK(unlinkat(p.o.pin_folder, "moved", 0) == 0);
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_NOT_FOUND);
    CHECK(sr_log_trust(&p.o, 9, NULL) == SR_OK);
    CHECK(sr_log_open(&p.o, &log, NULL) == SR_OK && sr_log_size(log) == 2);
    CHECK(sr_log_published_utc_ms(log) == 9 && publish(log, 8) == SR_CONFLICT);
    CHECK(publish(log, 9) == SR_OK);
}

enum { THREADS = 8, ROUNDS = 12 };

struct writer {
    struct sr_log *log;
    int out;
};

/* Append until the process is killed; say which number each entry got once it is answered. */
static void *write_on(void *ctx)
{
    const struct writer *w = ctx;
    for (unsigned i = 0;; i++) {
        uint64_t told[2] = {(uint64_t)(uintptr_t)&told ^ i, 0}; /* differs by thread and turn */
        struct sr_bytes entry = sr_bytes(&told[0], sizeof told[0]);
        if (sr_log_append(w->log, &entry, 1, &told[1], NULL) != SR_OK ||
            write(w->out, told, sizeof told) != sizeof told) {
            return NULL;
        }
    }
}

static void run_until_killed(int out)
{
    SR_CLEANUP(place_close) struct place p = {0};
    struct writer w = {.out = out};
    place_open(&p, "killed", "killed");
    if (sr_log_open(&p.o, &w.log, NULL) != SR_OK) {
        _exit(1);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_t thread;
        (void)pthread_create(&thread, NULL, write_on, &w);
    }
    while (publish(w.log, INT64_MAX / 2) == SR_OK) {
    }
    _exit(1);
}

static void check_told(struct sr_log *log, const uint64_t told[2], uint64_t size)
{
    struct sr_tree_proof proof;
    struct sr_checkpoint c;
    uint8_t leaf[SR_SHA256_BYTES];
    SR_AUTO(sr_buf) note = NULL;
    CHECK(sr_merkle_leaf(sr_bytes(&told[0], sizeof told[0]), leaf) == SR_OK);
    CHECK(sr_buf_new(8192, &note) == SR_OK);
    SR_AUTO_FD at = open(scratch_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(sr_folder_read_file(at, "killed/checkpoint", note, NULL) == SR_OK);
    SR_CLEANUP(sr_note_clear) struct sr_note n = {0};
    CHECK(sr_note_decode(sr_buf_view(note), &n, NULL) == SR_OK);
    CHECK(sr_checkpoint_decode(n.text, &c, NULL) == SR_OK && c.size == size);
    CHECK(sr_log_prove_inclusion(log, told[1], size, &proof, NULL) == SR_OK);
    CHECK(sr_tree_verify_inclusion(leaf, told[1], size, &proof, c.root, NULL) == SR_OK);
}

static void what_was_answered_survives_a_kill(void)
{
    SR_CLEANUP(place_close) struct place p = {0};
    uint64_t told[2];
    unsigned answers = 0;
    place_open(&p, "killed", "killed");
    CHECK(sr_log_create(&p.o, 1, NULL) == SR_OK);
    for (unsigned round = 0; round < ROUNDS; round++) {
        int pipes[2] = {-1, -1};
        SR_AUTO(sr_log) log = NULL;
        CHECK(pipe(pipes) == 0);
        pid_t pid = fork();
        if (pid == 0) {
            run_until_killed(pipes[1]);
        }
        (void)close(pipes[1]);
        /* Some answers, a different number each round, and then the end. */
        static uint64_t all[4096][2];
        size_t count = 0;
        while (count < 5 + 37 * (size_t)round && read(pipes[0], told, sizeof told) == sizeof told) {
            memcpy(all[count++], told, sizeof told);
        }
        CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
        while (count < 4096 && read(pipes[0], told, sizeof told) == sizeof told) {
            memcpy(all[count++], told, sizeof told);
        }
        (void)close(pipes[0]);
        struct sr_err err = {0};
        if (sr_log_open(&p.o, &log, &err) != SR_OK) {
            printf("# %s\n", err.message);
            CHECK(false);
            return;
        }
        CHECK(publish(log, INT64_MAX / 2) == SR_OK);
        for (size_t i = 0; i < count; i += 1 + count / 40) {
            check_told(log, all[i], sr_log_published(log));
        }
        answers += (unsigned)count;
    }
    printf("# %u answers over %d kills\n", answers, ROUNDS);
    CHECK(answers > ROUNDS);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(what_is_appended_is_proved);
    RUN(an_old_copy_signs_nothing);
    RUN(a_log_without_a_pin_takes_entries_and_signs_nothing);
    RUN(receipts_carry_cosignatures);
    RUN(only_the_same_checkpoint_is_stored);
    RUN(entries_and_roots);
    RUN(without_a_signer_nothing_is_signed);
    RUN(trust_is_given_once);
    RUN(what_was_answered_survives_a_kill);
    scratch_remove(scratch_dir);
    return check_done();
}
