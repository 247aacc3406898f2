/* SPDX-License-Identifier: Apache-2.0 */
/* What is written is what the strict decoder reads back, laid out as it says. */
#include "formats/safetensors_write.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/safetensors.h"
#include "tests/check.h"

static const uint64_t SHAPE[] = {2, 3};

static struct sr_tensor tensor(const char *name, const char *dtype, uint8_t rank)
{
    return (struct sr_tensor){
        .name = sr_text_view(name), .dtype = dtype, .rank = rank, .shape = SHAPE};
}

static enum sr_status encode(struct sr_tensor *tensors, size_t count, struct sr_buf **out,
                             struct sr_err *err)
{
    static const struct sr_safetensors_note NOTES[] = {{"format", "pt"}, {"a\"b", "c\nd"}};
    CHECK(sr_buf_new((size_t)1 << 24, out) == SR_OK);
    return sr_safetensors_encode(tensors, count, NOTES, 2, *out, err);
}

static void what_is_written_is_read_back(void)
{
    struct sr_tensor tensors[] = {
        tensor("b", "U8", 2),      tensor("z", "F32", 2),           tensor("a", "F32", 0),
        tensor("aa", "F32", 1),    tensor("\xc3\xa4.x", "BF16", 2), tensor("l", "I64", 1),
        tensor("q\"\n", "F64", 0),
    };
    static const char *const ORDER[] = {"l", "q\"\n", "a", "aa", "z", "\xc3\xa4.x", "b"};
    SR_AUTO(sr_buf) head = NULL;
    SR_AUTO(sr_tensors) read = NULL;
    struct sr_err err = {0};
    CHECK(encode(tensors, 7, &head, &err) == SR_OK);
    struct sr_bytes bytes = sr_buf_view(head);
    CHECK(bytes.len % 8 == 0);
    CHECK(tensors[0].begin == bytes.len &&
          tensors[6].end == bytes.len + 16 + 8 + 4 + 8 + 24 + 12 + 6);
    CHECK(sr_safetensors_decode(bytes, tensors[6].end, &read, &err) == SR_OK);
    CHECK(sr_safetensors_decode(bytes, tensors[6].end + 1, &read, &err) == SR_MALFORMED);
    for (size_t i = 0; i < 7 && read != NULL; i++) {
        struct sr_tensor found = sr_tensors_at(read, i);
        CHECK(sr_text_equal(found.name, sr_text_view(ORDER[i])));
        CHECK(sr_text_equal(found.name, tensors[i].name));
        CHECK(found.begin == tensors[i].begin && found.end == tensors[i].end);
        CHECK(strcmp(found.dtype, tensors[i].dtype) == 0 && found.rank == tensors[i].rank);
        CHECK(memcmp(found.shape, tensors[i].shape, found.rank * sizeof *found.shape) == 0);
    }
    CHECK(strstr((const char *)bytes.ptr + 8, "{\"__metadata__\":{\"format\":\"pt\",") != NULL);
}

static void no_tensors_and_no_notes_are_a_file(void)
{
    SR_AUTO(sr_buf) head = NULL;
    SR_AUTO(sr_tensors) read = NULL;
    CHECK(sr_buf_new(100, &head) == SR_OK);
    CHECK(sr_safetensors_encode(NULL, 0, NULL, 0, head, NULL) == SR_OK);
    CHECK(sr_safetensors_decode(sr_buf_view(head), 16, &read, NULL) == SR_OK);
}

static void refuses(struct sr_tensor one, enum sr_status expected, const char *message)
{
    struct sr_tensor tensors[] = {tensor("first", "F32", 1), one};
    SR_AUTO(sr_buf) head = NULL;
    struct sr_err err = {0};
    CHECK(encode(tensors, 2, &head, &err) == expected);
    CHECK(strstr(err.message, message) != NULL);
    CHECK(sr_buf_view(head).len == 0);
}

static void what_the_format_cannot_say_is_refused(void)
{
    static const uint64_t HUGE[] = {UINT64_MAX, 2};
    static const uint64_t LARGE[] = {(uint64_t)1 << 60};
    static const uint64_t ODD[] = {3};
    char name[SR_LIMIT_TENSOR_NAME_BYTES + 2];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    refuses(tensor("", "F32", 1), SR_MALFORMED, "empty or not UTF-8");
    refuses(tensor("\xff", "F32", 1), SR_MALFORMED, "empty or not UTF-8");
    refuses(tensor("__metadata__", "F32", 1), SR_MALFORMED, "keeps the name for itself");
    refuses(tensor("first", "U8", 1), SR_MALFORMED, "there twice");
    refuses(tensor("x", "Q4_0", 1), SR_MALFORMED, "has no type Q4_0");
    refuses(tensor("x", "C128", 1), SR_MALFORMED, "has no type C128");
    refuses(tensor(name, "F32", 1), SR_TOO_LARGE, "name or rank");
    refuses(tensor("x", "F32", SR_LIMIT_TENSOR_RANK + 1), SR_TOO_LARGE, "name or rank");
    struct sr_tensor huge = tensor("x", "F32", 2);
    huge.shape = HUGE;
    refuses(huge, SR_MALFORMED, "no whole number of bytes");
    huge = tensor("x", "F4", 1);
    huge.shape = ODD;
    refuses(huge, SR_MALFORMED, "no whole number of bytes");
    huge = tensor("x", "F32", 1);
    huge.shape = LARGE;
    refuses(huge, SR_TOO_LARGE, "over the limit of a file");
    struct sr_tensor many[1];
    SR_AUTO(sr_buf) head = NULL;
    CHECK(encode(many, SR_LIMIT_TENSORS + 1, &head, NULL) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(what_is_written_is_read_back);
    RUN(no_tensors_and_no_notes_are_a_file);
    RUN(what_the_format_cannot_say_is_refused);
    return check_done();
}
