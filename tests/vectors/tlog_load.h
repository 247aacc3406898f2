/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_VECTORS_TLOG_LOAD_H
#define SR_TESTS_VECTORS_TLOG_LOAD_H

#include <fcntl.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/text.h"
#include "ledger/vkey.h"
#include "tests/corpus.h"

/* Reading the vectors of logs, which are not in this repository: <STRONGROOM_TESTDATA>/tlog. */

#define TLOG_ABSENT "no vectors; set STRONGROOM_TESTDATA"

static inline bool tlog_is_there(void)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/tlog/README.md", corpus_root());
    return access(path, R_OK) == 0;
}

/* A file of the vectors; an empty buffer when it cannot be read, which is a failure. */
static inline struct sr_buf *load(const char *name)
{
    char path[4096];
    struct sr_buf *out = NULL;
    (void)snprintf(path, sizeof path, "%s%s%s", name[0] == '/' ? "" : corpus_root(),
                   name[0] == '/' ? "" : "/tlog/", name);
    CHECK(sr_buf_new(1 << 24, &out) == SR_OK);
    struct sr_err err = {0};
    if (sr_folder_read_file(AT_FDCWD, path, out, &err) != SR_OK) {
        printf("# %s: %s\n", path, err.message);
        CHECK(false);
    }
    return out;
}

/* Without white space at the end. */
static inline struct sr_bytes first_line(const struct sr_buf *text)
{
    struct sr_bytes view = sr_buf_view(text);
    while (view.len > 0 && view.ptr[view.len - 1] <= ' ') {
        view.len--;
    }
    return view;
}

static inline struct sr_vkey *load_vkey(const char *name)
{
    SR_AUTO(sr_buf) text = load(name);
    struct sr_vkey *vkey = NULL;
    struct sr_err err = {0};
    CHECK(sr_vkey_parse(first_line(text), &vkey, &err) == SR_OK);
    if (vkey == NULL) {
        printf("# %s: %s\n", name, err.message);
        return NULL;
    }
    SR_AUTO(sr_buf) again = NULL;
    CHECK(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &again) == SR_OK);
    CHECK(sr_vkey_text(vkey, again) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(again), first_line(text)));
    return vkey;
}

#endif /* SR_TESTS_VECTORS_TLOG_LOAD_H */
