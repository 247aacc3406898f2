/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a witness signs only what has grown out of what it signed before, and stores it
 * before it answers; each refusal has its own answer.
 */
#include "ledger/witness.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/folder.h"
#include "formats/add_checkpoint.h"
#include "formats/checkpoint.h"
#include "ledger/tree.h"
#include "tests/log_keys.h"
#include "tests/scratch.h"

#define ORIGIN "example.org/log"
#define NAME "witness.example"

static char scratch_dir[] = "/tmp/sr-witness-XXXXXX";

/* A log of leaves 0, 1, 2... in memory, or from a leaf on other ones; a witness in a folder. */
struct stage {
    struct sr_signer *log_signer;
    struct sr_vkey *log;
    struct sr_signer *signer;
    struct sr_witness *w;
    int folder;
    uint64_t fork_at; /* leaves from here on are others */
};

static void stage_open(struct stage *s, const char *name)
{
    SR_AUTO_FD at = -1;
    *s = (struct stage){.folder = -1, .fork_at = UINT64_MAX};
    CHECK(sr_folder_open(AT_FDCWD, scratch_dir, &at, NULL) == SR_OK);
    CHECK(sr_folder_make(at, name, NULL) == SR_OK);
    CHECK(sr_folder_open(at, name, &s->folder, NULL) == SR_OK);
    s->log_signer = log_signer(1);
    s->log = log_vkey(ORIGIN, SR_VKEY_ED25519, s->log_signer);
    s->signer = log_signer(2);
    CHECK(sr_witness_open(sr_text_view(NAME), s->signer, s->folder, &s->w, NULL) == SR_OK);
}

static void stage_close(struct stage *s)
{
    sr_witness_free(s->w);
    sr_signer_free(s->signer);
    sr_signer_free(s->log_signer);
    sr_vkey_free(s->log);
    sr_folder_close_fd(&s->folder);
}

static struct sr_tree *grow(const struct stage *s, uint64_t size)
{
    struct sr_tree *tree = NULL;
    CHECK(sr_tree_new(&tree) == SR_OK);
    for (uint64_t i = 0; i < size; i++) {
        uint64_t value = i < s->fork_at ? i : ~i;
        uint8_t leaf[SR_SHA256_BYTES];
        CHECK(sr_merkle_leaf(sr_bytes(&value, sizeof value), leaf) == SR_OK);
        CHECK(sr_tree_append(tree, leaf) == SR_OK);
    }
    return tree;
}

/* The request of this log for size, after old_size. */
static struct sr_buf *make_request(const struct stage *s, uint64_t old_size, uint64_t size)
{
    SR_AUTO(sr_tree) tree = grow(s, size);
    struct sr_tree_nodes nodes = sr_tree_nodes(tree);
    struct sr_tree_proof proof = {0};
    struct sr_checkpoint c = {.origin = sr_text_view(ORIGIN), .size = size};
    struct sr_add_checkpoint request = {.old_size = old_size};
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) note = NULL;
    struct sr_buf *out = NULL;
    CHECK(sr_tree_root(&nodes, size, c.root, NULL) == SR_OK);
    if (old_size <= size) {
        CHECK(sr_tree_prove_consistency(&nodes, old_size, size, &proof, NULL) == SR_OK);
    }
    CHECK(sr_buf_new(4096, &text) == SR_OK && sr_buf_new(4096, &note) == SR_OK);
    CHECK(sr_buf_new(65536, &out) == SR_OK && sr_checkpoint_encode(&c, text) == SR_OK);
    CHECK(sr_note_encode_text(sr_buf_view(text), note) == SR_OK);
    CHECK(sr_vkey_sign(s->log, s->log_signer, 0, sr_buf_view(text), note, NULL) == SR_OK);
    request.hashes = proof.hashes;
    memcpy(request.hash, proof.hash, sizeof request.hash);
    request.checkpoint = sr_buf_view(note);
    CHECK(sr_add_checkpoint_encode(&request, out) == SR_OK);
    return out;
}

/* The status of the answer; its body goes to out, when that is not NULL. */
static unsigned ask(struct stage *s, uint64_t old_size, uint64_t size, uint64_t now,
                    struct sr_buf *out)
{
    SR_AUTO(sr_buf) body = make_request(s, old_size, size);
    SR_CLEANUP(sr_witness_answer_clear) struct sr_witness_answer answer = {0};
    CHECK(sr_witness_add_checkpoint(s->w, sr_buf_view(body), now, &answer, NULL) == SR_OK);
    if (out != NULL) {
        sr_buf_clear(out);
        CHECK(sr_buf_append(out, sr_buf_view(answer.body)) == SR_OK);
    }
    return answer.status;
}

static void growth_is_signed_and_nothing_else(void)
{
    SR_CLEANUP(stage_close) struct stage s;
    SR_AUTO(sr_buf) body = NULL;
    stage_open(&s, "growth");
    CHECK(sr_buf_new(65536, &body) == SR_OK);
    CHECK(ask(&s, 0, 3, 100, body) == 404); /* W-7 */
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_CONFLICT);
    CHECK(ask(&s, 4, 3, 100, body) == 400); /* W-6 */
    CHECK(ask(&s, 3, 3, 100, body) == 409); /* W-9 */
    CHECK(sr_text_equal(sr_buf_view(body), sr_text_view("0\n")));
    CHECK(ask(&s, 0, 3, 100, body) == 200); /* W-11 */
    CHECK(memcmp(sr_buf_view(body).ptr, "\xe2\x80\x94 " NAME " ", 4 + sizeof NAME) == 0);
    CHECK(ask(&s, 0, 7, 101, body) == 409);
    CHECK(sr_text_equal(sr_buf_view(body), sr_text_view("3\n")));
    CHECK(ask(&s, 3, 7, 101, body) == 200);
    CHECK(ask(&s, 7, 7, 102, body) == 200); /* once more: a fresh time */
    CHECK(ask(&s, 3, 5, 103, body) == 409); /* an old copy of the log */
    CHECK(sr_text_equal(sr_buf_view(body), sr_text_view("7\n")));
}

static void a_fork_is_refused_and_kept(void)
{
    SR_CLEANUP(stage_close) struct stage s;
    SR_AUTO(sr_buf) note = NULL;
    char path[128];
    uint8_t digest[SR_SHA256_BYTES];
    char hex[2 * SR_SHA256_BYTES + 1];
    stage_open(&s, "fork");
    CHECK(sr_buf_new(65536, &note) == SR_OK);
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    CHECK(ask(&s, 0, 5, 100, NULL) == 200);
    s.fork_at = 4;
    CHECK(sr_sha256_once(sr_text_view(ORIGIN), digest) == SR_OK);
    sr_text_hex(sr_bytes(digest, sizeof digest), hex);
    (void)snprintf(path, sizeof path, "logs/%s/fork", hex);
    CHECK(ask(&s, 5, 8, 101, NULL) == 422); /* W-10: the proof is of the fork's own past */
    CHECK(faccessat(s.folder, path, F_OK, 0) != 0);
    CHECK(ask(&s, 4, 5, 101, NULL) == 409);
    CHECK(faccessat(s.folder, path, F_OK, 0) == 0); /* one size, two roots: evidence */
    CHECK(ask(&s, 5, 5, 101, NULL) == 422);
    s.fork_at = UINT64_MAX;
    CHECK(ask(&s, 5, 8, 102, NULL) == 200); /* the log itself goes on */
    CHECK(sr_folder_read_file(s.folder, path, note, NULL) == SR_OK);
    SR_CLEANUP(sr_note_clear) struct sr_note n = {0};
    const struct sr_vkey *keys[] = {s.log};
    CHECK(sr_note_decode(sr_buf_view(note), &n, NULL) == SR_OK);
    CHECK(sr_vkey_verify_note(keys, 1, &n, NULL, NULL) == SR_OK);
}

/* W-10, W-8, W-6: requests with one thing wrong. */
static void each_fault_has_its_answer(void)
{
    SR_CLEANUP(stage_close) struct stage s;
    stage_open(&s, "faults");
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    CHECK(ask(&s, 0, 2, 100, NULL) == 200);
    SR_AUTO(sr_buf) good = make_request(&s, 2, 6);
    static const struct {
        const char *from; /* the first of it becomes to */
        const char *to;
        unsigned status;
    } CASES[] = {
        {"old 2", "old 02", 400},
        {"\n\nexample", "\nexample", 400},
        {"\n6\n", "\n06\n", 400},
        {"example.org/log\n6", "example.org/lag\n6", 404},
        {"\n6\n", "\n7\n", 403}, /* signed for 6 */
        {" example.org/log ", " example.org/lug ", 403},
        {"=\n\nexample", "=\n6Uf+efEcGLoeT4JER8lEfDhZbzdKZIRbGO9fYGq6whM=\n\nexample", 422},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        SR_AUTO(sr_buf) bad = NULL;
        SR_CLEANUP(sr_witness_answer_clear) struct sr_witness_answer answer = {0};
        struct sr_bytes body = sr_buf_view(good);
        const uint8_t *at = memmem(body.ptr, body.len, CASES[i].from, strlen(CASES[i].from));
        CHECK(at != NULL && sr_buf_new(65536, &bad) == SR_OK);
        size_t before = at == NULL ? 0 : (size_t)(at - body.ptr);
        size_t behind = before + strlen(CASES[i].from);
        CHECK(sr_buf_append(bad, sr_bytes(body.ptr, before)) == SR_OK);
        CHECK(sr_buf_append(bad, sr_text_view(CASES[i].to)) == SR_OK);
        CHECK(sr_buf_append(bad, sr_bytes(body.ptr + behind, body.len - behind)) == SR_OK);
        CHECK(sr_witness_add_checkpoint(s.w, sr_buf_view(bad), 101, &answer, NULL) == SR_OK);
        if (answer.status != CASES[i].status) {
            printf("# '%s': %u\n", CASES[i].to, answer.status);
            CHECK(false);
        }
    }
    CHECK(ask(&s, 2, 6, 101, NULL) == 200); /* none of that has changed anything */
}

static void a_clock_that_goes_back_signs_nothing(void)
{
    SR_CLEANUP(stage_close) struct stage s;
    SR_AUTO(sr_buf) body = NULL;
    stage_open(&s, "clock");
    CHECK(sr_buf_new(65536, &body) == SR_OK);
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    CHECK(ask(&s, 0, 1, 500, NULL) == 200);
    CHECK(ask(&s, 1, 2, 499, body) == 503); /* W-12 */
    CHECK(sr_text_equal(sr_buf_view(body), sr_text_view("cannot sign now\n")));
    CHECK(ask(&s, 1, 2, 500, NULL) == 200);
}

/* Whoever writes into the folder, or gives the witness another key, gets no signature. */
static void state_of_another_key_is_not_believed(void)
{
    SR_CLEANUP(stage_close) struct stage s;
    stage_open(&s, "state");
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    CHECK(ask(&s, 0, 3, 1, NULL) == 200);
    sr_witness_free(SR_TAKE(s.w));
    SR_AUTO(sr_signer) other = log_signer(77);
    CHECK(sr_witness_open(sr_text_view(NAME), other, s.folder, &s.w, NULL) == SR_OK);
    CHECK(ask(&s, 3, 4, 2, NULL) == 503);
    sr_witness_free(SR_TAKE(s.w));
    CHECK(sr_witness_open(sr_text_view(NAME), s.signer, s.folder, &s.w, NULL) == SR_OK);
    CHECK(ask(&s, 3, 4, 2, NULL) == 200);
}

static void a_second_key_is_added(void)
{
    SR_CLEANUP(stage_close) struct stage s;
    stage_open(&s, "keys");
    struct sr_signer *first = s.log_signer;
    struct sr_vkey *first_key = s.log;
    SR_AUTO(sr_vkey) witness_type = log_vkey(ORIGIN, SR_VKEY_COSIGNATURE, first);
    CHECK(sr_witness_add(s.folder, witness_type, sr_text_view(ORIGIN), NULL) == SR_UNSUPPORTED);
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view("a\nb"), NULL) == SR_MALFORMED);
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    CHECK(ask(&s, 0, 1, 1, NULL) == 200);
    s.log_signer = log_signer(50);
    s.log = log_vkey(ORIGIN, SR_VKEY_ED25519, s.log_signer);
    CHECK(ask(&s, 1, 2, 2, NULL) == 403);
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    CHECK(ask(&s, 1, 2, 2, NULL) == 200);
    sr_signer_free(first);
    sr_vkey_free(first_key);
}

static void the_last_checkpoint_is_shown(void)
{
    SR_CLEANUP(stage_close) struct stage s;
    SR_CLEANUP(sr_witness_answer_clear) struct sr_witness_answer answer = {0};
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    struct sr_vkey_mark marks[2] = {{0}};
    uint8_t digest[SR_SHA256_BYTES];
    char hex[2 * SR_SHA256_BYTES + 1];
    stage_open(&s, "shown");
    CHECK(sr_sha256_once(sr_text_view(ORIGIN), digest) == SR_OK);
    sr_text_hex(sr_bytes(digest, sizeof digest), hex);
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    CHECK(sr_witness_get_checkpoint(s.w, sr_text_view(hex), &answer, NULL) == SR_OK);
    CHECK(answer.status == 404);
    sr_witness_answer_clear(&answer);
    CHECK(sr_witness_get_checkpoint(s.w, sr_text_view("../../logs"), &answer, NULL) == SR_OK);
    CHECK(answer.status == 404);
    sr_witness_answer_clear(&answer);
    CHECK(ask(&s, 0, 9, 1234, NULL) == 200);
    CHECK(sr_witness_get_checkpoint(s.w, sr_text_view(hex), &answer, NULL) == SR_OK);
    CHECK(answer.status == 200);
    const struct sr_vkey *keys[] = {s.log, sr_witness_key(s.w)};
    CHECK(sr_note_decode(sr_buf_view(answer.body), &note, NULL) == SR_OK);
    CHECK(sr_vkey_verify_note(keys, 2, &note, marks, NULL) == SR_OK);
    CHECK(marks[0].has_signed && marks[1].utc_s == 1234);
}

static enum sr_status on_log(void *ctx, const struct sr_witness_log *log, struct sr_err *err)
{
    (void)err;
    *(struct sr_witness_log *)ctx = *log;
    CHECK(sr_text_equal(log->origin, sr_text_view(ORIGIN)));
    return SR_OK;
}

static void logs_are_listed(void)
{
    SR_CLEANUP(stage_close) struct stage s;
    struct sr_witness_log log = {.size = 99};
    stage_open(&s, "listed");
    const struct sr_vkey *key = sr_witness_key(s.w);
    CHECK(sr_witness_list(s.folder, key, on_log, &log, NULL) == SR_OK && log.size == 99);
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    CHECK(sr_witness_list(s.folder, key, on_log, &log, NULL) == SR_OK);
    CHECK(log.size == 0 && log.utc_s == 0 && log.keys == 1 && !log.is_forked);
    CHECK(ask(&s, 0, 5, 77, NULL) == 200);
    s.fork_at = 2;
    CHECK(ask(&s, 0, 5, 78, NULL) == 409);
    CHECK(sr_witness_list(s.folder, key, on_log, &log, NULL) == SR_OK);
    CHECK(log.size == 5 && log.utc_s == 77 && log.is_forked);
    SR_AUTO(sr_vkey) renamed = log_vkey("other.example", SR_VKEY_COSIGNATURE, s.signer);
    CHECK(sr_witness_list(s.folder, renamed, on_log, &log, NULL) == SR_CORRUPT);
}

/* Two forks of one log, offered by many at once: only one of them is ever signed. */
struct racer {
    struct stage stage; /* its own view of the log; the witness is shared */
    unsigned signed_count;
};

static void *race(void *ctx)
{
    struct racer *r = ctx;
    for (uint64_t size = 1; size <= 24; size++) {
        r->signed_count += ask(&r->stage, size - 1, size, 1, NULL) == 200;
    }
    return NULL;
}

static void of_two_forks_at_once_one_is_signed(void)
{
    enum { RACERS = 4 };
    SR_CLEANUP(stage_close) struct stage s;
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    unsigned signed_count = 0;
    stage_open(&s, "race");
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    for (size_t i = 0; i < RACERS; i++) {
        stage_open(&racers[i].stage, "race");
        sr_witness_free(racers[i].stage.w);
        racers[i].stage.w = s.w;
        racers[i].stage.fork_at = i % 2 == 0 ? 0 : UINT64_MAX;
        racers[i].signed_count = 0;
    }
    for (size_t i = 0; i < RACERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, race, &racers[i]) == 0);
    }
    for (size_t i = 0; i < RACERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    unsigned even = racers[0].signed_count + racers[2].signed_count;
    unsigned odd = racers[1].signed_count + racers[3].signed_count;
    signed_count = even + odd;
    CHECK(signed_count >= 24 && (even == 0 || odd == 0));
    for (size_t i = 0; i < RACERS; i++) {
        racers[i].stage.w = NULL;
        stage_close(&racers[i].stage);
    }
}

/* Ask for one size after the other until killed; tell each size that was signed. */
static void ask_until_killed(int out)
{
    struct stage s;
    stage_open(&s, "killed");
    for (uint64_t size = 0;;) {
        SR_AUTO(sr_buf) body = NULL;
        if (sr_buf_new(65536, &body) != SR_OK) {
            _exit(1);
        }
        unsigned status = ask(&s, size, size + 1, 1, body);
        if (status == 409) { /* where the last round was killed */
            size = strtoull((const char *)sr_buf_view(body).ptr, NULL, 10);
        } else if (status != 200 || write(out, &(uint64_t){++size}, sizeof size) != sizeof size) {
            _exit(1);
        }
    }
}

static void what_was_signed_is_known_after_a_kill(void)
{
    uint64_t last = 0;
    SR_CLEANUP(stage_close) struct stage s;
    stage_open(&s, "killed");
    CHECK(sr_witness_add(s.folder, s.log, sr_text_view(ORIGIN), NULL) == SR_OK);
    for (unsigned round = 0; round < 12; round++) {
        SR_AUTO(sr_buf) body = NULL;
        uint64_t told = 0;
        int pipes[2] = {-1, -1};
        CHECK(pipe(pipes) == 0);
        pid_t pid = fork();
        if (pid == 0) {
            ask_until_killed(pipes[1]);
        }
        (void)close(pipes[1]);
        for (unsigned i = 0; i <= round && read(pipes[0], &told, sizeof told) == sizeof told; i++) {
            CHECK(told > last);
            last = told;
        }
        CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
        while (read(pipes[0], &told, sizeof told) == sizeof told) {
            last = told;
        }
        (void)close(pipes[0]);
        /* What the witness has seen is at least what it told. */
        CHECK(sr_buf_new(65536, &body) == SR_OK);
        CHECK(ask(&s, 0, 1, 1, body) == 409);
        CHECK(strtoull((const char *)sr_buf_view(body).ptr, NULL, 10) >= last);
    }
    CHECK(last >= 78);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(growth_is_signed_and_nothing_else);
    RUN(a_fork_is_refused_and_kept);
    RUN(each_fault_has_its_answer);
    RUN(a_clock_that_goes_back_signs_nothing);
    RUN(state_of_another_key_is_not_believed);
    RUN(a_second_key_is_added);
    RUN(the_last_checkpoint_is_shown);
    RUN(logs_are_listed);
    RUN(of_two_forks_at_once_one_is_signed);
    RUN(what_was_signed_is_known_after_a_kill);
    scratch_remove(scratch_dir);
    return check_done();
}
