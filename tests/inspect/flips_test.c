/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change each byte of each file of `flips.py` (standard input) in a few ways and inspect the
 * result in this process: nothing may crash. The file itself has to pass. What passes is written to
 * a file (the argument) with a checksum of what it was understood as, for `flips_check.py`, which
 * reads it a second time in its own way.
 */
#include <arpa/inet.h>
#include <unistd.h>

#include "base/attr.h"
#include "formats/crc32.h"
#include "formats/gguf.h"
#include "formats/json_walk.h"
#include "formats/npy.h"
#include "formats/onnx.h"
#include "formats/safetensors.h"
#include "formats/zip.h"
#include "tests/findings.h"

#define FILE_BYTES_MAX 4096
#define NAME_BYTES 128
#define FILES_EACH 50

/* In the order of FORMATS in flips.py. */
enum kind { SAFETENSORS, GGUF, PICKLE, NPY, TORCH, ONNX, JSON, JINJA, KINDS };

struct file {
    enum kind kind;
    char name[NAME_BYTES];
    uint32_t data_begin; /* from here on tensors' bytes, which may be anything */
    size_t len;
    uint8_t bytes[FILE_BYTES_MAX];
};

struct tally {
    unsigned files;
    unsigned changes;
    unsigned of[SR_VERDICT_COUNT];
    unsigned same; /* of those that pass: changes of data, understood as before */
};

/* What a file was understood as. Of ONNX: a sum, as the order of its fields says nothing. */
struct meaning {
    uint32_t crc;
    uint64_t sum;
};

static void feed(struct meaning *m, const void *bytes, size_t len)
{
    m->crc = sr_crc32(m->crc, sr_bytes(bytes, len));
}

static void feed_text(struct meaning *m, const char *text)
{
    feed(m, text, strlen(text));
}

static void feed_number(struct meaning *m, uint64_t number)
{
    char text[32];
    (void)snprintf(text, sizeof text, " %llu", (unsigned long long)number);
    feed_text(m, text);
}

static void mean_tensors(struct meaning *m, const struct sr_tensors *tensors)
{
    for (size_t i = 0; i < sr_tensors_count(tensors); i++) {
        struct sr_tensor t = sr_tensors_at(tensors, i);
        feed(m, t.name.ptr, t.name.len);
        feed_text(m, "\n");
        feed_text(m, t.dtype);
        for (uint8_t d = 0; d < t.rank; d++) {
            feed_number(m, t.shape[d]);
        }
        feed_text(m, "\n");
        feed_number(m, t.begin);
        feed_number(m, t.end);
        feed_text(m, "\n");
    }
}

static void mean_npy(struct meaning *m, struct sr_bytes bytes)
{
    struct sr_npy npy = {0};
    CHECK(sr_npy_decode(bytes, &npy, NULL) == SR_OK);
    feed_number(m, npy.kind);
    feed_number(m, npy.is_big_endian);
    feed_number(m, npy.is_fortran);
    feed_number(m, npy.item_bytes);
    feed_number(m, npy.data_offset);
    for (uint8_t d = 0; d < npy.rank; d++) {
        feed_number(m, npy.shape[d]);
    }
}

static void mean_zip(struct meaning *m, struct sr_bytes bytes)
{
    SR_AUTO(sr_zip) zip = NULL;
    CHECK(sr_zip_decode(bytes, &zip, NULL) == SR_OK);
    for (size_t i = 0; zip != NULL && i < sr_zip_count(zip); i++) {
        const struct sr_zip_member *member = sr_zip_at(zip, i);
        feed(m, member->name.ptr, member->name.len);
        feed_number(m, member->method);
        feed_number(m, member->bytes);
        feed(m, bytes.ptr + member->data_offset, (size_t)member->packed_bytes);
    }
}

static void see_json(void *ctx, const struct sr_event *event)
{
    struct meaning *m = ctx;
    feed_number(m, event->kind);
    feed_number(m, event->key.len);
    feed(m, event->key.ptr, event->key.len);
    if (event->kind == SR_EVENT_TEXT || event->kind == SR_EVENT_NUMBER) {
        feed_number(m, event->text.len);
        feed(m, event->text.ptr, event->text.len);
    } else if (event->kind == SR_EVENT_BOOL) {
        feed(m, event->text.ptr, 1);
    }
}

/* One value of a field, whatever stands before and after. */
static void add_value(struct meaning *m, const struct sr_protobuf_item *item, const void *bytes,
                      size_t len)
{
    struct meaning value = {0};
    feed_text(&value, item->message->name);
    feed_number(&value, item->number);
    feed(&value, bytes, len);
    m->sum += value.crc;
}

/* The bits of a float or double; all that are no numbers alike. */
static void add_bits(struct meaning *m, const struct sr_protobuf_item *item, uint64_t bits,
                     size_t width)
{
    uint64_t infinity = width == 4 ? 0x7f800000U : (uint64_t)0x7ff << 52;
    uint64_t magnitude = bits & ~((uint64_t)1 << (width * 8 - 1));
    bits = magnitude > infinity ? infinity + 1 : bits;
    add_value(m, item, &bits, width);
}

static void mean_onnx(struct meaning *m, struct sr_bytes bytes)
{
    static struct sr_protobuf p;
    struct sr_protobuf_item item = {.event = SR_PROTOBUF_ENTER};
    sr_protobuf_init(&p, bytes, &sr_onnx_model);
    while (item.event != SR_PROTOBUF_END) {
        if (sr_protobuf_next(&p, &item, NULL) != SR_OK) {
            CHECK(false);
            return;
        }
        if (item.event != SR_PROTOBUF_VALUE && item.event != SR_PROTOBUF_RUN) {
            continue;
        }
        enum sr_protobuf_kind kind = item.field->kind;
        size_t width = kind == SR_PROTOBUF_FIXED32 ? 4 : 8;
        if (kind == SR_PROTOBUF_STRING || kind == SR_PROTOBUF_BYTES) {
            add_value(m, &item, item.bytes.ptr, item.bytes.len);
        } else if (item.event == SR_PROTOBUF_RUN) {
            for (size_t i = 0; i < item.bytes.len; i += width) {
                uint64_t bits = 0;
                memcpy(&bits, item.bytes.ptr + i, width);
                add_bits(m, &item, bits, width);
            }
        } else if (kind == SR_PROTOBUF_FIXED32 || kind == SR_PROTOBUF_FIXED64) {
            add_bits(m, &item, item.value, width);
        } else {
            add_value(m, &item, &item.value, sizeof item.value);
        }
    }
}

/* Of the globals that were met while it was inspected, m has them already. */
static void mean(struct meaning *m, enum kind kind, struct sr_bytes bytes)
{
    SR_AUTO(sr_tensors) tensors = NULL;
    switch (kind) {
    case SAFETENSORS:
        CHECK(sr_safetensors_decode(bytes, bytes.len, &tensors, NULL) == SR_OK);
        mean_tensors(m, tensors);
        break;
    case GGUF:
        CHECK(sr_gguf_decode(bytes, bytes.len, &tensors, NULL) == SR_OK);
        mean_tensors(m, tensors);
        break;
    case NPY:
        mean_npy(m, bytes);
        break;
    case TORCH:
        mean_zip(m, bytes);
        break;
    case ONNX:
        mean_onnx(m, bytes);
        break;
    case JSON:
        CHECK(sr_json_walk(bytes, see_json, m, NULL) == SR_OK);
        break;
    case PICKLE:
    case JINJA:
    case KINDS:
        break;
    }
}

struct seen {
    struct meaning meaning;
    char why[SR_EVIDENCE_BYTES];
};

static void see_finding(void *ctx, const struct sr_finding *finding)
{
    struct seen *seen = ctx;
    (void)snprintf(seen->why, sizeof seen->why, "%s", finding->evidence);
}

static void see_global(void *ctx, const struct sr_global *global)
{
    struct seen *seen = ctx;
    feed_text(&seen->meaning, global->module);
    feed_text(&seen->meaning, " ");
    feed_text(&seen->meaning, global->name);
    feed_text(&seen->meaning, "\n");
}

static void ignore_reference(void *ctx, const char *path)
{
    (void)ctx;
    (void)path;
}

static enum sr_verdict look(const struct file *file, struct seen *seen)
{
    struct sr_inspection_events events = {
        .finding = see_finding, .global = see_global, .reference = ignore_reference, .ctx = seen};
    SR_AUTO(sr_inspection) in = NULL;
    struct sr_inspected result = {.verdict = SR_VERDICT_UNPARSABLE};
    struct sr_bytes bytes = sr_bytes(file->bytes, file->len);
    *seen = (struct seen){.meaning = {0}};
    if (sr_inspection_new(SR_PROFILE_TENSORS, &events, &in) != SR_OK) {
        CHECK(false);
        return SR_VERDICT_UNPARSABLE;
    }
    sr_inspection_file(in, sr_bytes(file->name, strlen(file->name)), bytes, &result);
    if (result.verdict == SR_VERDICT_PASS) {
        CHECK(result.covered == file->len);
        mean(&seen->meaning, file->kind, bytes);
    }
    return result.verdict;
}

static bool read_number(uint32_t *out)
{
    if (fread(out, sizeof *out, 1, stdin) != 1) {
        return false;
    }
    *out = ntohl(*out);
    return true;
}

static bool read_file(struct file *file)
{
    uint32_t kind = 0;
    uint32_t name_bytes = 0;
    uint32_t len = 0;
    if (!read_number(&kind) || !read_number(&name_bytes) || !read_number(&file->data_begin) ||
        !read_number(&len) || kind >= KINDS || name_bytes >= NAME_BYTES || len > FILE_BYTES_MAX) {
        return false;
    }
    file->kind = (enum kind)kind;
    file->len = len;
    memset(file->name, 0, sizeof file->name);
    return fread(file->name, 1, name_bytes, stdin) == name_bytes &&
           fread(file->bytes, 1, len, stdin) == len;
}

static struct tally tallies[KINDS];
static FILE *passed;

static void keep(unsigned number, int position, unsigned value, const struct meaning *m)
{
    (void)fprintf(passed, "%u %d %u %llu\n", number, position, value,
                  (unsigned long long)(m->sum + m->crc));
}

static void change_byte(struct file *file, unsigned number, size_t position,
                        const struct meaning *whole)
{
    enum { QUOTES = 2 };
    struct tally *tally = &tallies[file->kind];
    bool is_text =
        file->kind == JSON || file->kind == JINJA ||
        (position < file->data_begin && (file->kind == SAFETENSORS || file->kind == NPY));
    const uint8_t was = file->bytes[position];
    const uint8_t values[] = {was ^ 0x01, was ^ 0x80, 0, 0xff, '"', '\\'};
    size_t count = sizeof values - (is_text ? 0 : QUOTES);
    for (size_t i = 0; i < count; i++) {
        if (values[i] == was || memchr(values, values[i], i) != NULL) {
            continue;
        }
        struct seen seen;
        file->bytes[position] = values[i];
        enum sr_verdict verdict = look(file, &seen);
        tally->changes++;
        tally->of[verdict]++;
        if (verdict != SR_VERDICT_PASS) {
            continue;
        }
        if (position >= file->data_begin && seen.meaning.crc == whole->crc) {
            tally->same++;
        } else {
            keep(number, (int)position, values[i], &seen.meaning);
        }
    }
    file->bytes[position] = was;
}

static void no_change_crashes(void)
{
    static struct file file;
    struct seen whole;
    for (unsigned number = 0; read_file(&file); number++) {
        tallies[file.kind].files++;
        enum sr_verdict verdict = look(&file, &whole);
        CHECK(verdict == SR_VERDICT_PASS);
        if (verdict != SR_VERDICT_PASS) {
            printf("# file %u '%s' is %s: %s\n", number, file.name, sr_verdict_name(verdict),
                   whole.why);
            continue;
        }
        keep(number, -1, 0, &whole.meaning);
        for (size_t i = 0; i < file.len; i++) {
            change_byte(&file, number, i, &whole.meaning);
        }
    }
    for (unsigned i = 0; i < KINDS; i++) {
        CHECK(tallies[i].files == FILES_EACH);
    }
}

int main(int argc, char **argv)
{
    static const char *const NAMES[KINDS] = {"safetensors", "gguf", "pickle", "npy",
                                             "pytorch-zip", "onnx", "json",   "jinja"};
    passed = argc == 2 ? fopen(argv[1], "w") : NULL;
    if (passed == NULL) {
        printf("# usage: inspect_flips PASSED <FILES\n");
        return 2;
    }
    RUN(no_change_crashes);
    CHECK(fclose(passed) == 0);
    printf("# %-12s %5s %8s %8s %8s %7s %10s %6s\n", "format", "files", "changes", "PASS", "(data)",
           "REVIEW", "UNPARSABLE", "BLOCK");
    for (unsigned i = 0; i < KINDS; i++) {
        const struct tally *t = &tallies[i];
        printf("# %-12s %5u %8u %8u %8u %7u %10u %6u\n", NAMES[i], t->files, t->changes,
               t->of[SR_VERDICT_PASS], t->same, t->of[SR_VERDICT_REVIEW],
               t->of[SR_VERDICT_UNPARSABLE], t->of[SR_VERDICT_BLOCK]);
    }
    return check_done();
}
