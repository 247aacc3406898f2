/* SPDX-License-Identifier: Apache-2.0 */
/* Everything in a folder is in the report, in order, with its digest; links are not followed; what
 * cannot be read does not pass. */
#include "artifact/examine.h"

#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-examine-XXXXXX";

static uint64_t copied_bytes; /* 0: as in the program */
static struct sr_progress progress;

static enum sr_status examine(const char *name, struct sr_report **out, struct sr_err *err)
{
    struct sr_examine_params params = {
        .path = room_path(scratch_dir, name), .copied_bytes = copied_bytes, .progress = progress};
    struct sr_report *report = NULL;
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &report) == SR_OK);
    *out = report;
    return sr_examine(&params, report, err);
}

static bool has(const struct sr_report *report, size_t index, const char *path,
                enum sr_verdict verdict)
{
    if (index >= sr_report_count(report)) {
        return false;
    }
    struct sr_report_file file = sr_report_at(report, index);
    bool is_so = strcmp(file.path, path) == 0 && file.verdict == verdict;
    if (!is_so) {
        printf("# %s %s\n", file.path, sr_verdict_name(file.verdict));
    }
    return is_so;
}

static void looks_at_everything(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_report) report = NULL;
    room_mkdir(scratch_dir, "m");
    const char *m = room_path(scratch_dir, "m");
    room_mkdir(m, "sub");
    room_write_safetensors(m, "a.safetensors", 10, 1);
    room_write_safetensors(m, "sub/big.safetensors", 6 << 20, 2);
    room_write(m, ".hidden", "\1\2\3", 3);
    room_write(m, "sub/empty", "", 0);
    CHECK(symlink("/etc/passwd", room_path(m, "link")) == 0);
    CHECK(mkfifo(room_path(m, "pipe"), 0600) == 0);
    CHECK(examine("m", &report, &err) == SR_OK);
    CHECK(sr_report_count(report) == 6);
    CHECK(has(report, 0, ".hidden", SR_VERDICT_UNPARSABLE));
    CHECK(has(report, 1, "a.safetensors", SR_VERDICT_PASS));
    CHECK(has(report, 2, "link", SR_VERDICT_REVIEW));
    CHECK(has(report, 3, "pipe", SR_VERDICT_UNPARSABLE));
    CHECK(has(report, 4, "sub/big.safetensors", SR_VERDICT_PASS));
    CHECK(has(report, 5, "sub/empty", SR_VERDICT_UNPARSABLE));
    CHECK(strcmp(sr_report_at(report, 2).findings[0].evidence, "/etc/passwd") == 0);
    CHECK(sr_report_at(report, 3).findings[0].rule == SR_RULE_NOT_A_FILE);
    size_t len = 0;
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t *bytes = room_read(m, "sub/big.safetensors", &len);
    CHECK(sr_sha256_once(sr_bytes(bytes, len), digest) == SR_OK);
    struct sr_report_file big = sr_report_at(report, 4);
    CHECK(big.has_sha256 && memcmp(digest, big.sha256, sizeof digest) == 0 && big.bytes == len);
    CHECK(!sr_report_at(report, 2).has_sha256);
    free(bytes);
    CHECK(sr_report_verdict(report) == SR_VERDICT_UNPARSABLE);
}

static void looks_at_one_file(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_report) report = NULL;
    CHECK(examine("m/a.safetensors", &report, &err) == SR_OK);
    CHECK(sr_report_count(report) == 1 && has(report, 0, "a.safetensors", SR_VERDICT_PASS));
    SR_AUTO(sr_report) linked = NULL;
    CHECK(symlink("m/a.safetensors", room_path(scratch_dir, "l.safetensors")) == 0);
    CHECK(examine("l.safetensors", &linked, &err) == SR_OK);
    CHECK(has(linked, 0, "a.safetensors", SR_VERDICT_PASS));
}

static void says_what_is_not_there(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_report) report = NULL;
    CHECK(examine("absent", &report, &err) == SR_NOT_FOUND);
    SR_AUTO(sr_report) pipe = NULL;
    CHECK(examine("m/pipe", &pipe, &err) == SR_UNSUPPORTED);
    SR_AUTO(sr_report) nothing = NULL;
    room_mkdir(scratch_dir, "nothing");
    CHECK(examine("nothing", &nothing, &err) == SR_MALFORMED);
}

static void reports_what_it_cannot_read(void)
{
    SR_AUTO(sr_report) report = NULL;
    room_mkdir(scratch_dir, "closed");
    room_write_safetensors(room_path(scratch_dir, "closed"), "a.safetensors", 10, 1);
    room_write_safetensors(room_path(scratch_dir, "closed"), "b.safetensors", 10, 1);
    CHECK(chmod(room_path(scratch_dir, "closed/a.safetensors"), 0) == 0);
    CHECK(chmod(room_path(scratch_dir, "closed/b.safetensors"), 0644) == 0);
    CHECK(chmod(room_path(scratch_dir, "closed"), 0755) == 0);
    CHECK(setegid(65534) == 0 && seteuid(65534) == 0);
    struct sr_err err = {0};
    enum sr_status status = examine("closed", &report, &err);
    CHECK(seteuid(0) == 0 && setegid(0) == 0);
    CHECK(status == SR_OK && has(report, 0, "a.safetensors", SR_VERDICT_UNPARSABLE));
    CHECK(sr_report_at(report, 0).findings[0].rule == SR_RULE_UNREADABLE);
    CHECK(has(report, 1, "b.safetensors", SR_VERDICT_PASS));
}

/* The same report, whichever way the bytes come. */
static void looks_at_large_files_in_chunks(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_report) report = NULL;
    SR_AUTO(sr_report) chunked = NULL;
    room_mkdir(scratch_dir, "large");
    for (unsigned n = 0; n < 7; n++) {
        char name[64];
        (void)snprintf(name, sizeof name, "large/%u.safetensors", n);
        room_write_safetensors(scratch_dir, name, (n + 1) * 700001, n);
    }
    room_write_random(scratch_dir, "large/data", 3 << 20, 9);
    CHECK(examine("large", &report, &err) == SR_OK);
    copied_bytes = 1;
    CHECK(examine("large", &chunked, &err) == SR_OK);
    copied_bytes = 0;
    CHECK(sr_report_count(chunked) == 8 && sr_report_count(report) == 8);
    for (size_t n = 0; n < 8; n++) {
        struct sr_report_file a = sr_report_at(report, n);
        struct sr_report_file b = sr_report_at(chunked, n);
        CHECK(strcmp(a.path, b.path) == 0 && a.verdict == b.verdict && a.bytes == b.bytes);
        CHECK(a.has_sha256 && b.has_sha256 && memcmp(a.sha256, b.sha256, sizeof a.sha256) == 0);
        CHECK(a.verdict == (n < 7 ? SR_VERDICT_PASS : SR_VERDICT_UNPARSABLE));
    }
}

static void touch(void *ctx, uint64_t bytes)
{
    (void)ctx;
    (void)bytes;
    (void)!truncate(room_path(scratch_dir, "large/3.safetensors"), 4000000);
}

/* Half of it may be from before, half from after: such a file never was. */
static void rewrite(void *ctx, uint64_t bytes)
{
    (void)ctx;
    (void)bytes;
    CHECK(utimensat(AT_FDCWD, room_path(scratch_dir, "large/3.safetensors"), NULL, 0) == 0);
}

static void reports_what_is_written_meanwhile(void)
{
    for (copied_bytes = 0; copied_bytes < 2; copied_bytes++) {
        struct sr_err err = {0};
        SR_AUTO(sr_report) report = NULL;
        progress = (struct sr_progress){.advance = rewrite};
        CHECK(examine("large/3.safetensors", &report, &err) == SR_OK);
        progress = (struct sr_progress){.advance = NULL};
        CHECK(has(report, 0, "3.safetensors", SR_VERDICT_UNPARSABLE));
    }
    copied_bytes = 0;
}

static void reports_what_changes_meanwhile(void)
{
    for (copied_bytes = 0; copied_bytes < 2; copied_bytes++) {
        struct sr_err err = {0};
        SR_AUTO(sr_report) report = NULL;
        room_write_safetensors(scratch_dir, "large/3.safetensors", 2800004, 3);
        progress = (struct sr_progress){.advance = touch};
        CHECK(examine("large", &report, &err) == SR_OK);
        progress = (struct sr_progress){.advance = NULL};
        CHECK(sr_report_count(report) == 8);
        CHECK(has(report, 3, "3.safetensors", SR_VERDICT_UNPARSABLE));
        CHECK(has(report, 2, "2.safetensors", SR_VERDICT_PASS));
        CHECK(!sr_report_at(report, 3).has_sha256);
    }
    copied_bytes = 0;
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(looks_at_everything);
    RUN(looks_at_one_file);
    RUN(says_what_is_not_there);
    RUN(looks_at_large_files_in_chunks);
    RUN(reports_what_is_written_meanwhile);
    RUN(reports_what_changes_meanwhile);
    if (geteuid() == 0 && chmod(scratch_dir, 0755) == 0) {
        RUN(reports_what_it_cannot_read);
    } else {
        SKIP(reports_what_it_cannot_read, "needs to be root, to become somebody else");
    }
    scratch_remove(scratch_dir);
    return check_done();
}
