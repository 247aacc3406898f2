/* SPDX-License-Identifier: Apache-2.0 */
/* One buffer for each rule of docs/formats/flatbuffer.md that breaks it alone. */
#include "formats/flatbuffer.h"

#include <stdlib.h>

#include "tests/check.h"
#include "tests/flat.h"

static const struct sr_flatbuffer_type LEAF = {"Leaf", "i", NULL, 0};
static const struct sr_flatbuffer_type *const EITHER_LIST[] = {&LEAF, &LEAF};
static const struct sr_flatbuffer_type EITHER = {"Either", NULL, EITHER_LIST, 2};
static const struct sr_flatbuffer_type *const ROOT_PARTS[] = {&LEAF, &LEAF, &EITHER};
static const struct sr_flatbuffer_type ROOT = {"Root", "bhilBLsTVbU", ROOT_PARTS, 0};

/* All that a schema can have, and where it is. */
struct sample {
    struct flat f;
    size_t root;
    size_t bytes;
    size_t longs;
    size_t text;
    size_t leaf;
    size_t leaves;
    size_t either;
};

static struct sample make(void)
{
    struct sample s = {.f = flat_begin("TEST")};
    struct flat *f = &s.f;
    static const uint64_t LONGS[] = {1, 2};
    s.root = flat_table(f, "bhilBLsTVbU");
    flat_link(f, 0, s.root);
    flat_set(f, flat_slot(f, s.root, 0), 1, 7);
    flat_set(f, flat_slot(f, s.root, 3), 8, 1ULL << 40);
    s.bytes = flat_vector(f, 1, 3, "abc");
    flat_link(f, flat_slot(f, s.root, 4), s.bytes);
    s.longs = flat_vector(f, 8, 2, LONGS);
    flat_link(f, flat_slot(f, s.root, 5), s.longs);
    s.text = flat_text(f, "name");
    flat_link(f, flat_slot(f, s.root, 6), s.text);
    s.leaf = flat_table(f, "i");
    flat_link(f, flat_slot(f, s.root, 7), s.leaf);
    flat_set(f, flat_slot(f, s.leaf, 0), 4, 99);
    s.leaves = flat_tables(f, 2);
    flat_link(f, flat_slot(f, s.root, 8), s.leaves);
    flat_link(f, s.leaves + 4, flat_table(f, "i"));
    flat_link(f, s.leaves + 8, flat_table(f, "-"));
    flat_set(f, flat_slot(f, s.root, 9), 1, 2);
    s.either = flat_table(f, "");
    flat_link(f, flat_slot(f, s.root, 10), s.either);
    return s;
}

static enum sr_status verify(struct sr_bytes bytes)
{
    SR_AUTO(sr_flatbuffer) f = NULL;
    struct sr_err err = {0};
    /* In memory of its own, so that a sanitizer sees a read beyond it. */
    uint8_t *copy = malloc(bytes.len + 1);
    CHECK(copy != NULL);
    if (copy == NULL) {
        return SR_NO_MEMORY;
    }
    memcpy(copy, bytes.ptr, bytes.len);
    enum sr_status status =
        sr_flatbuffer_verify(sr_bytes(copy, bytes.len), &ROOT, "TEST", &f, &err);
    status = status == SR_OK ? sr_flatbuffer_layout(f, &err) : status;
    CHECK(err.status == status && (status == SR_OK || err.message[0] != '\0'));
    free(copy);
    return status;
}

static enum sr_status verify_flat(const struct flat *f)
{
    return verify(flat_view(f));
}

static void reads_what_is_there(void)
{
    struct sample s = make();
    SR_AUTO(sr_flatbuffer) f = NULL;
    struct sr_err err = {0};
    CHECK(sr_flatbuffer_verify(flat_view(&s.f), &ROOT, "TEST", &f, &err) == SR_OK);
    if (f == NULL) {
        printf("# %s\n", err.message);
        return;
    }
    size_t root = sr_flatbuffer_root(f);
    CHECK(root == s.root && sr_flatbuffer_number(f, root, 0, 1, 0) == 7);
    CHECK(sr_flatbuffer_number(f, root, 3, 8, 0) == 1ULL << 40);
    CHECK(sr_flatbuffer_number(f, root, 60, 4, 5) == 5);
    CHECK(sr_flatbuffer_vector(f, root, 4, 1).len == 3);
    CHECK(sr_flatbuffer_vector(f, root, 5, 8).len == 16);
    CHECK(memcmp(sr_flatbuffer_vector(f, root, 6, 1).ptr, "name", 4) == 0);
    CHECK(sr_flatbuffer_number(f, sr_flatbuffer_table(f, root, 7), 0, 4, 0) == 99);
    CHECK(sr_flatbuffer_count(f, root, 8) == 2 && sr_flatbuffer_element(f, root, 8, 1) != 0);
    CHECK(sr_flatbuffer_element(f, root, 8, 2) == 0 && sr_flatbuffer_table(f, 0, 0) == 0);
    CHECK(sr_flatbuffer_vector(f, root, 60, 1).len == 0);
    CHECK(sr_flatbuffer_layout(f, &err) == SR_OK);
}

static void takes_what_builders_share(void)
{
    struct sample s = make();
    flat_link(&s.f, s.leaves + 8, s.leaf); /* a table, twice */
    struct flat f = s.f;
    CHECK(verify_flat(&f) == SR_MALFORMED); /* what it took the place of belongs to nobody now */
    f = flat_begin("TEST");
    size_t root = flat_table(&f, "----B-s-V");
    size_t leaves = 0;
    flat_link(&f, 0, root);
    flat_link(&f, flat_slot(&f, root, 4), flat_vector(&f, 1, 0, ""));
    flat_link(&f, flat_slot(&f, root, 6), flat_text(&f, "x"));
    leaves = flat_tables(&f, 2);
    flat_link(&f, flat_slot(&f, root, 8), leaves);
    size_t leaf = flat_table(&f, "i");
    flat_link(&f, leaves + 4, leaf);
    flat_link(&f, leaves + 8, leaf);
    CHECK(verify_flat(&f) == SR_OK);
}

static void refuses_headers(void)
{
    struct sample s = make();
    CHECK(verify(sr_bytes(s.f.data, 7)) == SR_TRUNCATED);
    s.f.data[4] = 'X';
    CHECK(verify_flat(&s.f) == SR_MALFORMED);
    s = make();
    flat_set(&s.f, 0, 4, 0);
    CHECK(verify_flat(&s.f) == SR_MALFORMED);
    flat_set(&s.f, 0, 4, s.root + 2);
    CHECK(verify_flat(&s.f) == SR_MALFORMED);
    flat_set(&s.f, 0, 4, 0xfffffff0);
    CHECK(verify_flat(&s.f) == SR_MALFORMED);
    struct sr_err err = {0};
    SR_AUTO(sr_flatbuffer) f = NULL;
    CHECK(sr_flatbuffer_verify(sr_bytes(s.f.data, (size_t)INT32_MAX + 1), &ROOT, "TEST", &f,
                               &err) == SR_TOO_LARGE);
}

/* Write a number into the sample and see it refused. */
static void refuse(size_t at, unsigned width, uint64_t value)
{
    struct sample s = make();
    flat_set(&s.f, at, width, value);
    enum sr_status status = verify_flat(&s.f);
    CHECK(status == SR_MALFORMED || status == SR_TOO_LARGE);
    if (status == SR_OK) {
        printf("# at %zu: %llu\n", at, (unsigned long long)value);
    }
}

static void refuses_what_leads_outside(void)
{
    struct sample s = make();
    size_t vtable = flat_vtable(&s.f, s.root);
    refuse(s.root, 4, 0x7fffffff); /* FB-3: a vtable before the beginning */
    refuse(s.root, 4, 0x80000000); /* and beyond the end */
    refuse(s.root, 4, s.root - vtable + 1);
    refuse(vtable, 2, 3); /* a vtable too short for itself, odd, too long */
    refuse(vtable, 2, 27);
    refuse(vtable, 2, 0xfffe);
    refuse(vtable + 2, 2, 3); /* a table too short, too long */
    refuse(vtable + 2, 2, 300);
    refuse(vtable + 4, 2, 2);   /* FB-4: a field in the vtable's offset */
    refuse(vtable + 4, 2, 250); /* beyond its table */
    refuse(vtable + 8, 2, 6);   /* not aligned */
    size_t number = flat_slot(&s.f, s.root, 3) - s.root;
    refuse(vtable + 4, 2, number); /* two fields in one place */
    refuse(flat_slot(&s.f, s.root, 4), 4, 0);
    refuse(flat_slot(&s.f, s.root, 4), 4, 0xffffffff);
    refuse(flat_slot(&s.f, s.root, 4), 4, 2);
    refuse(s.bytes, 4, 0xffffffff); /* FB-5: a vector longer than the bytes */
    refuse(s.longs, 4, 0x20000000); /* whose size wraps in 32 bits */
    refuse(flat_slot(&s.f, s.root, 5), 4, s.longs + 4 - flat_slot(&s.f, s.root, 5));
    refuse(s.text, 4, 3);                     /* no NUL after a text */
    refuse(s.text + 4, 1, 0xff);              /* not UTF-8 */
    refuse(s.leaves + 4, 4, 0);               /* an element that is nothing */
    refuse(flat_slot(&s.f, s.root, 9), 1, 0); /* FB-6: a union of nothing, of what is not there */
    refuse(flat_slot(&s.f, s.root, 9), 1, 3);
}

static void refuses_what_is_not_in_the_schema(void)
{
    struct flat f = flat_begin("TEST");
    size_t root = flat_table(&f, "-----------i"); /* FB-4: one slot more than the schema has */
    flat_link(&f, 0, root);
    CHECK(verify_flat(&f) == SR_MALFORMED);
    f = flat_begin("TEST");
    root = flat_table(&f, "-----------"); /* more of them, but not there */
    flat_link(&f, 0, root);
    CHECK(verify_flat(&f) == SR_OK);
    f = flat_begin("TEST");
    root = flat_table(&f, "--i"); /* bytes in a table that no field has: zero, or refused */
    flat_link(&f, 0, root);
    flat_set(&f, flat_vtable(&f, root) + 8, 2, 0);
    CHECK(verify_flat(&f) == SR_OK);
    flat_set(&f, root + 4, 4, 0x41414141);
    CHECK(verify_flat(&f) == SR_MALFORMED);
}

/* FB-7, FB-8 */
static void accounts_for_every_byte(void)
{
    struct sample s = make();
    struct flat more = s.f;
    (void)flat_room(&more, 1, 15);
    CHECK(verify_flat(&more) == SR_OK);
    (void)flat_room(&more, 1, 1);
    CHECK(verify_flat(&more) == SR_MALFORMED);
    more = s.f;
    more.data[more.len++] = 1;
    CHECK(verify_flat(&more) == SR_MALFORMED);
    struct flat overlap = s.f; /* a vector that begins in another */
    flat_link(&overlap, flat_slot(&overlap, s.root, 4), s.longs + 4);
    CHECK(verify_flat(&overlap) == SR_MALFORMED);
    SR_AUTO(sr_flatbuffer) f = NULL;
    struct sr_err err = {0};
    (void)flat_room(&s.f, 16, 32);
    size_t at = s.f.len - 32;
    CHECK(sr_flatbuffer_verify(flat_view(&s.f), &ROOT, "TEST", &f, &err) == SR_OK);
    CHECK(sr_flatbuffer_layout(f, &err) == SR_MALFORMED);
    CHECK(sr_flatbuffer_add(f, at, 33) == SR_MALFORMED);
    CHECK(sr_flatbuffer_add(f, UINT64_MAX, 1) == SR_MALFORMED);
    CHECK(sr_flatbuffer_add(f, at, 32) == SR_OK);
    CHECK(sr_flatbuffer_layout(f, &err) == SR_OK);
    CHECK(sr_flatbuffer_add(f, at + 1, 4) == SR_OK);
    CHECK(sr_flatbuffer_layout(f, &err) == SR_MALFORMED);
}

/* Many elements that are one table: bounded by what the bytes can hold. */
static void stops_at_what_the_bytes_can_hold(void)
{
    struct flat f = flat_begin("TEST");
    size_t root = flat_table(&f, "--------V");
    flat_link(&f, 0, root);
    size_t leaves = flat_tables(&f, 64);
    flat_link(&f, flat_slot(&f, root, 8), leaves);
    size_t leaf = flat_table(&f, "");
    for (size_t i = 0; i < 64; i++) {
        flat_link(&f, leaves + 4 + 4 * i, leaf);
    }
    CHECK(verify_flat(&f) == SR_OK);
}

/* Every change of one byte: no crash, and what passes still accounts for every byte. */
static void survives_any_byte(void)
{
    struct sample s = make();
    unsigned refused = 0;
    for (size_t i = 0; i < s.f.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct flat f = s.f;
            f.data[i] ^= (uint8_t)(1U << bit);
            refused += verify_flat(&f) != SR_OK;
        }
    }
    CHECK(refused > 800);
}

int main(void)
{
    RUN(reads_what_is_there);
    RUN(takes_what_builders_share);
    RUN(refuses_headers);
    RUN(refuses_what_leads_outside);
    RUN(refuses_what_is_not_in_the_schema);
    RUN(accounts_for_every_byte);
    RUN(stops_at_what_the_bytes_can_hold);
    RUN(survives_any_byte);
    return check_done();
}
