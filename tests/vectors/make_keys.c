/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write a set of vectors for keys/ to standard output: one `name hexadecimal` on a line. Made once
 * and frozen in tests/vectors/keys/; made anew in each build for open_slot.py to open.
 *
 * usage: make_keys PASSPHRASE GENERATIONS
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/writer.h"
#include "crypto/rand.h"
#include "keys/keyfile.h"
#include "keys/private_file.h"
#include "keys/slot.h"
#include "tests/scratch.h"

static void put(const char *name, const void *bytes, size_t len)
{
    char digits[2 * SR_KEYFILE_BYTES_MAX + 1];
    sr_text_hex(sr_bytes(bytes, len), digits);
    printf("%s %s\n", name, digits);
}

static void put_group(const struct sr_id *room, const struct sr_group *g)
{
    uint8_t epoch[8];
    sr_writer_put_u64be(epoch, g->epoch);
    put("room", room->bytes, SR_ID_BYTES);
    put("group", g->id.bytes, SR_ID_BYTES);
    put("epoch", epoch, sizeof epoch);
    put("group_key_id", g->wrapped.key_id.bytes, SR_ID_BYTES);
    put("group_wrapped", g->wrapped.bytes, g->wrapped.len);
}

static void put_slot(const struct sr_slot *s)
{
    uint8_t file_index[4];
    sr_writer_put_u32be(file_index, s->body.file_index);
    put("slot", s->id.bytes, SR_ID_BYTES);
    put("object", s->body.object.bytes, SR_ID_BYTES);
    put("version", s->body.version.bytes, SR_ID_BYTES);
    put("file_index", file_index, sizeof file_index);
    put("slot_wrapped", s->wrapped, sizeof s->wrapped);
    put("commitment", s->commitment, sizeof s->commitment);
}

static enum sr_status make(const char *uri, const struct sr_secret *passphrase,
                           uint64_t generations, struct sr_err *err)
{
    SR_AUTO(sr_wrapper) root = NULL;
    SR_AUTO(sr_secret) kek = NULL;
    SR_AUTO(sr_secret) dek = NULL;
    SR_AUTO(sr_buf) image = NULL;
    struct sr_id room;
    struct sr_id group_id;
    struct sr_group group;
    struct sr_slot slot;
    struct sr_body_name body = {.file_index = 0x01020304};

    SR_TRY(sr_rand_id(&room));
    SR_TRY(sr_rand_id(&group_id));
    SR_TRY(sr_rand_id(&body.object));
    SR_TRY(sr_rand_id(&body.version));
    SR_TRY(sr_wrapper_create(uri, passphrase, err));
    SR_TRY(sr_wrapper_open(uri, passphrase, &root, err));
    for (uint64_t i = 1; i < generations; i++) {
        SR_TRY(sr_wrapper_add_generation(root, NULL, err));
    }
    SR_TRY(sr_group_make(root, &room, &group_id, 7, &group, &kek, err));
    SR_TRY(sr_dek_make(&dek, err));
    SR_TRY(sr_slot_make(kek, &group, &room, &body, dek, &slot, err));
    SR_TRY(sr_buf_new(SR_KEYFILE_BYTES_MAX, &image));
    SR_TRY(sr_private_file_read(strchr(uri, ':') + 1, SR_KEYFILE_BYTES_MAX, image, err));

    put("passphrase", sr_secret_view(passphrase), sr_secret_len(passphrase));
    put("key_file", sr_buf_view(image).ptr, sr_buf_view(image).len);
    put_group(&room, &group);
    put_slot(&slot);
    put("dek", sr_secret_view(dek), SR_DEK_BYTES); /* of nothing but this vector */
    return SR_OK;
}

int main(int argc, char **argv)
{
    char scratch_dir[] = "/tmp/sr-vectors-XXXXXX";
    char uri[64];
    uint64_t generations;
    struct sr_err err = {0};
    SR_AUTO(sr_secret) passphrase = NULL;
    if (argc != 3 || argv[1][0] == '\0' ||
        sr_text_parse_u64(sr_text_view(argv[2]), 1, SR_WRAPPER_GENERATIONS_MAX, &generations) !=
            SR_OK ||
        sr_secret_new(strlen(argv[1]), &passphrase, NULL) != SR_OK || !scratch_make(scratch_dir)) {
        return 2;
    }
    memcpy(sr_secret_bytes(passphrase), argv[1], strlen(argv[1]));
    (void)snprintf(uri, sizeof uri, "file:%s/key", scratch_dir);
    enum sr_status status = make(uri, passphrase, generations, &err);
    scratch_remove(scratch_dir);
    if (status != SR_OK) {
        (void)fprintf(stderr, "make_keys: %s\n", err.message);
    }
    return status == SR_OK ? 0 : 1;
}
