/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whole batches come back in order; a torn end is cut off; other damage is found.
 */
#include "ledger/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/text.h"
#include "formats/tile.h"
#include "tests/check.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/tmp/sr-journal-XXXXXX";
static int folder = -1;

static struct sr_journal reopen(struct sr_journal *j)
{
    sr_folder_close_fd(&j->fd);
    CHECK(sr_journal_open(folder, "journal", j, NULL) == SR_OK);
    return *j;
}

static enum sr_status write_one(struct sr_journal *j, uint64_t first, const char *entry)
{
    SR_AUTO(sr_buf) bundle = NULL;
    CHECK(sr_buf_new(1024, &bundle) == SR_OK);
    CHECK(sr_tile_put_entry(sr_text_view(entry), bundle) == SR_OK);
    return sr_journal_write(j, first, 1, sr_buf_view(bundle), NULL);
}

static enum sr_status count_entry(void *ctx, struct sr_bytes entry, struct sr_err *err)
{
    unsigned *count = ctx;
    (void)err;
    CHECK(entry.len == 3);
    (*count)++;
    return SR_OK;
}

static enum sr_status replay(struct sr_journal *j, uint64_t first, unsigned *count)
{
    *count = 0;
    return sr_journal_replay(j, first, count_entry, count, NULL);
}

static void batches_come_back_and_torn_ends_go(void)
{
    struct sr_journal j = {.fd = -1};
    unsigned count = 0;
    (void)reopen(&j);
    CHECK(write_one(&j, 5, "one") == SR_OK && write_one(&j, 6, "two") == SR_OK);
    uint64_t whole = j.bytes;
    CHECK(write_one(&j, 7, "six") == SR_OK);
    (void)reopen(&j);
    CHECK(replay(&j, 5, &count) == SR_OK && count == 3);
    CHECK(replay(&j, 7, &count) == SR_OK && count == 1);
    CHECK(replay(&j, 4, &count) == SR_CORRUPT); /* a gap */
    CHECK(ftruncate(j.fd, (off_t)j.bytes - 1) == 0);
    (void)reopen(&j);
    CHECK(replay(&j, 5, &count) == SR_OK && count == 2);
    CHECK(j.bytes == whole);
    /* What is cut off is gone from the file as well, and the next batch is whole. */
    CHECK(write_one(&j, 7, "ten") == SR_OK);
    (void)reopen(&j);
    CHECK(replay(&j, 5, &count) == SR_OK && count == 3);
    /* A changed byte in front of whole batches is no torn end. */
    CHECK(pwrite(j.fd, "X", 1, 22) == 1);
    CHECK(replay(&j, 5, &count) == SR_CORRUPT);
    CHECK(sr_journal_empty(&j, NULL) == SR_OK);
    (void)reopen(&j);
    CHECK(replay(&j, 9, &count) == SR_OK && count == 0 && j.bytes == 0);
    j.bytes = SR_JOURNAL_BYTES_MAX;
    CHECK(write_one(&j, 9, "one") == SR_BUSY);
    sr_folder_close_fd(&j.fd);
}

int main(void)
{
    if (!scratch_make(scratch_dir) ||
        sr_folder_open(AT_FDCWD, scratch_dir, &folder, NULL) != SR_OK) {
        return 1;
    }
    RUN(batches_come_back_and_torn_ends_go);
    sr_folder_close_fd(&folder);
    scratch_remove(scratch_dir);
    return check_done();
}
