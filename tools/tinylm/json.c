/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16

struct parser {
    const char *text;
    size_t len;
    size_t at;
    struct tl_json *json;
    size_t cap;
    size_t depth;
    struct tl_err *err;
};

static bool wrong(struct parser *p, const char *what)
{
    return tl_fail(p->err, "'%s': %s at offset %zu", p->json->source, what, p->at);
}

static void skip_space(struct parser *p)
{
    while (p->at < p->len && (p->text[p->at] == ' ' || p->text[p->at] == '\n' ||
                              p->text[p->at] == '\r' || p->text[p->at] == '\t')) {
        p->at++;
    }
}

/* Take c, with white space before it. */
static bool take(struct parser *p, char c)
{
    skip_space(p);
    if (p->at < p->len && p->text[p->at] == c) {
        p->at++;
        return true;
    }
    return false;
}

static size_t add_value(struct parser *p, enum tl_json_kind kind)
{
    struct tl_json *json = p->json;
    if (json->count == p->cap) {
        p->cap = p->cap * 2 + 64;
        struct tl_json_value *grown = tl_alloc(p->cap, sizeof *grown);
        if (json->count > 0) {
            memcpy(grown, json->values, json->count * sizeof *grown);
        }
        free(json->values);
        json->values = grown;
    }
    json->values[json->count] = (struct tl_json_value){.kind = kind, .next = json->count + 1};
    return json->count++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool escape(struct parser *p)
{
    p->at++;
    if (p->at < p->len && p->text[p->at] == 'u') {
        for (size_t i = 1; i <= 4; i++) {
            if (p->at + i >= p->len || !is_hex(p->text[p->at + i])) {
                return wrong(p, "malformed escape");
            }
        }
        p->at += 5;
        return true;
    }
    if (p->at < p->len && p->text[p->at] != '\0' && strchr("\"\\/bfnrt", p->text[p->at]) != NULL) {
        p->at++;
        return true;
    }
    return wrong(p, "malformed escape");
}

/* The opening quote has been taken. */
static bool string(struct parser *p, const char **out, size_t *out_len)
{
    const size_t begin = p->at;
    while (p->at < p->len && p->text[p->at] != '"') {
        if ((unsigned char)p->text[p->at] < ' ') {
            return wrong(p, "control character in a string");
        }
        if (p->text[p->at] != '\\') {
            p->at++;
        } else if (!escape(p)) {
            return false;
        }
    }
    if (p->at == p->len) {
        return wrong(p, "string without an end");
    }
    *out = p->text + begin;
    *out_len = p->at - begin;
    p->at++;
    return true;
}

static size_t digits(struct parser *p)
{
    const size_t begin = p->at;
    while (p->at < p->len && is_digit(p->text[p->at])) {
        p->at++;
    }
    return p->at - begin;
}

/* Take one of these characters if it is next; only inside a number, where there is no white space.
 */
static bool take_now(struct parser *p, const char *any)
{
    const bool found =
        p->at < p->len && p->text[p->at] != '\0' && strchr(any, p->text[p->at]) != NULL;
    p->at += found;
    return found;
}

/* Integer, fraction, exponent; RFC 8259, section 6. */
static bool take_number(struct parser *p)
{
    (void)take_now(p, "-");
    const size_t whole = p->at;
    const size_t count = digits(p);
    if (count == 0 || (count > 1 && p->text[whole] == '0')) {
        return false;
    }
    if (take_now(p, ".") && digits(p) == 0) {
        return false;
    }
    if (take_now(p, "eE")) {
        (void)take_now(p, "+-");
        return digits(p) > 0;
    }
    return true;
}

static bool number(struct parser *p)
{
    const size_t begin = p->at;
    if (!take_number(p)) {
        return wrong(p, "malformed number");
    }
    const size_t index = add_value(p, TL_JSON_NUMBER);
    p->json->values[index].text = p->text + begin;
    p->json->values[index].len = p->at - begin;
    return true;
}

static bool word(struct parser *p)
{
    static const struct {
        const char *text;
        enum tl_json_kind kind;
    } words[] = {{"true", TL_JSON_TRUE}, {"false", TL_JSON_FALSE}, {"null", TL_JSON_NULL}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t len = strlen(words[i].text);
        if (len <= p->len - p->at && memcmp(p->text + p->at, words[i].text, len) == 0) {
            p->at += len;
            (void)add_value(p, words[i].kind);
            return true;
        }
    }
    return wrong(p, "malformed value");
}

static bool parse_value(struct parser *p);

/* One member or element of the container at index parent. */
static bool item(struct parser *p, bool is_object)
{
    const char *key = NULL;
    size_t key_len = 0;
    if (is_object) {
        if (!take(p, '"')) {
            return wrong(p, "no name where one must be");
        }
        if (!string(p, &key, &key_len)) {
            return false;
        }
        if (!take(p, ':')) {
            return wrong(p, "no colon after a name");
        }
    }
    const size_t child = p->json->count;
    if (!parse_value(p)) {
        return false;
    }
    p->json->values[child].key = key;
    p->json->values[child].key_len = key_len;
    return true;
}

/* Sorting finds a doubled name in n log n; the text may hold many thousand tensors. */
static int by_key(const void *a, const void *b) /* lint: callback */
{
    const struct tl_json_value *const *left = a;
    const struct tl_json_value *const *right = b;
    const size_t len = (*left)->key_len < (*right)->key_len ? (*left)->key_len : (*right)->key_len;
    const int order = memcmp((*left)->key, (*right)->key, len);
    if (order != 0) {
        return order;
    }
    return ((*left)->key_len > (*right)->key_len) - ((*left)->key_len < (*right)->key_len);
}

static bool keys_differ(struct parser *p, size_t parent)
{
    size_t count = 0;
    const struct tl_json_value **sorted = tl_alloc(p->json->count - parent, sizeof *sorted);
    for (size_t i = parent + 1; i < p->json->count; i = p->json->values[i].next) {
        sorted[count++] = &p->json->values[i];
    }
    qsort(sorted, count, sizeof *sorted, by_key);
    bool differ = true;
    for (size_t i = 1; i < count; i++) {
        differ = differ && by_key(&sorted[i - 1], &sorted[i]) != 0;
    }
    free(sorted);
    return differ || wrong(p, "the same name twice in the object that ends");
}

static bool container(struct parser *p, bool is_object)
{
    const char close = is_object ? '}' : ']';
    const size_t parent = add_value(p, is_object ? TL_JSON_OBJECT : TL_JSON_ARRAY);
    if (++p->depth > DEPTH_MAX) {
        return wrong(p, "nested too deeply");
    }
    if (!take(p, close)) {
        do {
            if (!item(p, is_object)) {
                return false;
            }
        } while (take(p, ','));
        if (!take(p, close)) {
            return wrong(p, "no comma and no closing bracket");
        }
    }
    p->depth--;
    p->json->values[parent].next = p->json->count;
    return !is_object || keys_differ(p, parent);
}

static bool parse_value(struct parser *p)
{
    if (take(p, '{')) {
        return container(p, true);
    }
    if (take(p, '[')) {
        return container(p, false);
    }
    if (take(p, '"')) {
        const size_t index = add_value(p, TL_JSON_STRING);
        const char *text = NULL;
        size_t len = 0;
        if (!string(p, &text, &len)) {
            return false;
        }
        p->json->values[index].text = text;
        p->json->values[index].len = len;
        return true;
    }
    if (p->at < p->len && (p->text[p->at] == '-' || is_digit(p->text[p->at]))) {
        return number(p);
    }
    return word(p);
}

bool tl_json_parse(const char *text, size_t len, const char *source, struct tl_json *out,
                   struct tl_err *err)
{
    TL_AUTO_JSON json = {.source = source};
    struct parser p = {.text = text, .len = len, .json = &json, .err = err};
    if (!parse_value(&p)) {
        return false;
    }
    skip_space(&p);
    if (p.at != p.len) {
        return wrong(&p, "something after the end of the document");
    }
    *out = json;
    json = (struct tl_json){0};
    return true;
}

void tl_json_clear(struct tl_json *json)
{
    free(json->values);
    *json = (struct tl_json){0};
}

size_t tl_json_first(size_t parent)
{
    return parent + 1;
}

size_t tl_json_end(const struct tl_json *json, size_t parent)
{
    return json->values[parent].next;
}

size_t tl_json_next(const struct tl_json *json, size_t child)
{
    return json->values[child].next;
}

bool tl_json_is(const struct tl_json_value *value, const char *text)
{
    return value->kind == TL_JSON_STRING && value->len == strlen(text) &&
           memcmp(value->text, text, value->len) == 0;
}

bool tl_json_key_is(const struct tl_json_value *value, const char *key)
{
    return value->key != NULL && value->key_len == strlen(key) &&
           memcmp(value->key, key, value->key_len) == 0;
}

size_t tl_json_find(const struct tl_json *json, size_t object, const char *key)
{
    if (json->values[object].kind != TL_JSON_OBJECT) {
        return 0;
    }
    for (size_t i = tl_json_first(object); i < tl_json_end(json, object);
         i = tl_json_next(json, i)) {
        if (tl_json_key_is(&json->values[i], key)) {
            return i;
        }
    }
    return 0;
}

bool tl_json_u64(const struct tl_json_value *value, uint64_t max, uint64_t *out)
{
    if (value->kind != TL_JSON_NUMBER) {
        return false;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < value->len; i++) {
        if (!is_digit(value->text[i])) {
            return false;
        }
        const uint64_t digit = (uint64_t)(value->text[i] - '0');
        if (digit > max || sum > (max - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *out = sum;
    return true;
}

bool tl_json_member_u64(const struct tl_json *json, size_t object, const char *key, uint64_t max,
                        uint64_t *out, struct tl_err *err)
{
    const size_t at = tl_json_find(json, object, key);
    if (at == 0) {
        return tl_fail(err, "'%s': no field '%s'", json->source, key);
    }
    if (!tl_json_u64(&json->values[at], max, out)) {
        return tl_fail(err, "'%s': field '%s' is not an integer from 0 to %llu", json->source, key,
                       (unsigned long long)max);
    }
    return true;
}
