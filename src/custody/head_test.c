/* SPDX-License-Identifier: Apache-2.0 */
/* What was decoded is what is served, whatever becomes of the file; the rest comes from it. */
#include "custody/head.h"

#include "base/folder.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-head-XXXXXX";

static enum sr_status load(const char *name, int *fd, struct sr_head **out, struct sr_err *err)
{
    struct stat st = {0};
    *fd = open(room_path(scratch_dir, name), O_RDONLY | O_CLOEXEC);
    CHECK(*fd >= 0 && fstat(*fd, &st) == 0);
    return sr_head_new(*fd, name, (uint64_t)st.st_size, out, err);
}

static void decodes_by_name(void)
{
    struct sr_err err = {0};
    SR_AUTO_FD one = -1;
    SR_AUTO_FD other = -1;
    SR_AUTO(sr_head) tensors = NULL;
    SR_AUTO(sr_head) plain = NULL;
    room_write_safetensors(scratch_dir, "a.safetensors", 1000, 1);
    room_write(scratch_dir, "b.txt", "anything", 8);
    CHECK(load("a.safetensors", &one, &tensors, &err) == SR_OK);
    CHECK(sr_head_kind(tensors) == SR_FILE_SAFETENSORS);
    CHECK(sr_tensors_count(sr_head_tensors(tensors)) == 1);
    CHECK(load("b.txt", &other, &plain, &err) == SR_OK);
    CHECK(sr_head_kind(plain) == SR_FILE_OTHER && sr_head_tensors(plain) == NULL);
    CHECK(sr_head_source(plain).bytes == 8);
}

static void serves_what_it_decoded(void)
{
    struct sr_err err = {0};
    SR_AUTO_FD fd = -1;
    SR_AUTO(sr_head) head = NULL;
    size_t len = 0;
    room_write_safetensors(scratch_dir, "c.safetensors", 5000, 2);
    uint8_t *original = room_read(scratch_dir, "c.safetensors", &len);
    CHECK(load("c.safetensors", &fd, &head, &err) == SR_OK);
    /* Somebody writes over all of it, in place. */
    uint8_t *other = room_bytes(len, 77);
    int w = open(room_path(scratch_dir, "c.safetensors"), O_WRONLY | O_CLOEXEC);
    CHECK(w >= 0 && pwrite(w, other, len, 0) == (ssize_t)len && close(w) == 0);
    uint8_t *got = calloc(1, len);
    struct sr_source source = sr_head_source(head);
    size_t header = 8 + original[0];
    CHECK(source.read_at(source.ctx, 0, got, len, &err) == SR_OK);
    CHECK(memcmp(got, original, header) == 0);
    CHECK(memcmp(got + header, other + header, len - header) == 0);
    /* In odd pieces too. */
    for (size_t at = 0; at + 7 <= len; at += 7) {
        uint8_t piece[7];
        CHECK(source.read_at(source.ctx, at, piece, 7, &err) == SR_OK);
        CHECK(memcmp(piece, got + at, 7) == 0);
    }
    free(original);
    free(other);
    free(got);
}

static void refuses_with_file_and_offset(void)
{
    struct sr_err err = {0};
    SR_AUTO_FD fd = -1;
    struct sr_head *head = NULL;
    room_write(scratch_dir, "d.safetensors", "\x10\0\0\0\0\0\0\0{\"a\":1}         ", 24);
    CHECK(load("d.safetensors", &fd, &head, &err) == SR_MALFORMED);
    CHECK(strstr(err.message, "'d.safetensors'") != NULL);
    sr_folder_close_fd(&fd);
    room_write(scratch_dir, "e.gguf", "", 0);
    CHECK(load("e.gguf", &fd, &head, &err) == SR_TRUNCATED);
    CHECK(strstr(err.message, "'e.gguf'") != NULL);
    CHECK(head == NULL);
}

static void notices_a_file_that_shrank(void)
{
    struct sr_err err = {0};
    SR_AUTO_FD fd = -1;
    SR_AUTO(sr_head) head = NULL;
    uint8_t out[8];
    room_write(scratch_dir, "f.txt", "12345678", 8);
    CHECK(load("f.txt", &fd, &head, &err) == SR_OK);
    room_write(scratch_dir, "f.txt", "123", 3);
    struct sr_source source = sr_head_source(head);
    CHECK(source.read_at(source.ctx, 0, out, 8, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "'f.txt' changed") != NULL);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(decodes_by_name);
    RUN(serves_what_it_decoded);
    RUN(refuses_with_file_and_offset);
    RUN(notices_a_file_that_shrank);
    scratch_remove(scratch_dir);
    return check_done();
}
