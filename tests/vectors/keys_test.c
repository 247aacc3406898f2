/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frozen keys still open: a key file, a group's key and a slot that were written when the formats
 * were fixed (docs/formats/key-file.md, docs/formats/slot.md). A change that breaks this breaks
 * every room there is.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reader.h"
#include "keys/keyfile.h"
#include "keys/slot.h"
#include "tests/check.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/tmp/sr-vectors-XXXXXX";
static char text[16384]; /* the vector, as it is in the file */

static void load(const char *name)
{
    char path[512];
    const char *source = getenv("STRONGROOM_SOURCE");
    (void)snprintf(path, sizeof path, "%s/tests/vectors/keys/%s", source == NULL ? "." : source,
                   name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text + 1, sizeof text - 2);
    CHECK(got > 0 && close(fd) == 0);
    text[0] = '\n';
    text[got < 0 ? 1 : got + 1] = '\0';
}

/* The bytes of a line `name hex`, at most bytes_max; how many. */
static size_t get(const char *name, uint8_t *out, size_t bytes_max)
{
    char start[32];
    (void)snprintf(start, sizeof start, "\n%s ", name);
    const char *at = strstr(text, start);
    size_t digits = at == NULL ? 0 : strcspn(at + strlen(start), "\n");
    bool ok = at != NULL && digits / 2 <= bytes_max &&
              sr_text_unhex(sr_bytes(at + strlen(start), digits), out, digits / 2) == SR_OK;
    CHECK(ok);
    return ok ? digits / 2 : 0;
}

static struct sr_id get_id(const char *name)
{
    struct sr_id id = {{0}};
    CHECK(get(name, id.bytes, sizeof id.bytes) == sizeof id.bytes);
    return id;
}

static uint64_t get_number(const char *name)
{
    uint8_t bytes[8] = {0};
    uint64_t value = 0;
    size_t len = get(name, bytes, sizeof bytes);
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static struct sr_wrapper *open_root(void)
{
    char uri[80];
    uint8_t bytes[SR_KEYFILE_BYTES_MAX];
    struct sr_wrapper *root = NULL;
    SR_AUTO(sr_secret) passphrase = NULL;

    (void)snprintf(uri, sizeof uri, "file:%s/key", scratch_dir);
    size_t len = get("key_file", bytes, sizeof bytes);
    int fd = open(uri + 5, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && close(fd) == 0);

    len = get("passphrase", bytes, sizeof bytes);
    CHECK(sr_secret_new(len, &passphrase, NULL) == SR_OK);
    memcpy(sr_secret_bytes(passphrase), bytes, len);
    CHECK(sr_wrapper_open(uri, passphrase, &root, NULL) == SR_OK);
    return root;
}

static struct sr_group get_group(void)
{
    struct sr_group g = {.id = get_id("group"), .epoch = get_number("epoch")};
    g.wrapped.key_id = get_id("group_key_id");
    g.wrapped.len = get("group_wrapped", g.wrapped.bytes, sizeof g.wrapped.bytes);
    return g;
}

static struct sr_slot get_slot(const struct sr_group *group)
{
    struct sr_slot s = {.id = get_id("slot"), .group = group->id, .group_epoch = group->epoch};
    s.body.object = get_id("object");
    s.body.version = get_id("version");
    s.body.file_index = (uint32_t)get_number("file_index");
    CHECK(get("slot_wrapped", s.wrapped, sizeof s.wrapped) == sizeof s.wrapped);
    CHECK(get("commitment", s.commitment, sizeof s.commitment) == sizeof s.commitment);
    return s;
}

static void opens(const char *name)
{
    load(name);
    SR_AUTO(sr_wrapper) root = open_root();
    SR_AUTO(sr_secret) kek = NULL;
    SR_AUTO(sr_secret) dek = NULL;
    uint8_t expected[SR_DEK_BYTES];
    const struct sr_id room = get_id("room");
    const struct sr_group group = get_group();
    const struct sr_slot slot = get_slot(&group);

    CHECK(sr_group_open(root, &room, &group, &kek, NULL) == SR_OK);
    CHECK(sr_slot_open(kek, &group, &room, &slot.body, &slot, &dek, NULL) == SR_OK);
    CHECK(get("dek", expected, sizeof expected) == sizeof expected);
    CHECK(memcmp(sr_secret_view(dek), expected, sizeof expected) == 0);
}

static void opens_under_a_generated_passphrase(void)
{
    opens("generated.txt");
}

static void opens_under_a_typed_passphrase(void)
{
    opens("typed.txt");
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(opens_under_a_generated_passphrase);
    RUN(opens_under_a_typed_passphrase);
    scratch_remove(scratch_dir);
    return check_done();
}
