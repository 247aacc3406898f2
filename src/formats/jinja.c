/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/jinja.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/nameset.h"

enum token_kind { TOKEN_NAME, TOKEN_STRING, TOKEN_NUMBER, TOKEN_OPERATOR, TOKEN_END };

struct token {
    enum token_kind kind;
    struct sr_bytes text; /* of a string: with its quotes */
    size_t offset;
};

/*
 * What an expression is made of, as far as it matters for naming an item with it: what the template
 * puts together itself (COMPUTED) may spell anything. In the order in which one hides the other.
 */
enum value { VALUE_NONE, VALUE_NUMBER, VALUE_DATA, VALUE_TEXT, VALUE_COMPUTED };

enum level_kind {
    LEVEL_TOP,
    LEVEL_GROUP,     /* ( ) around an expression or a tuple */
    LEVEL_LIST,      /* [ ] */
    LEVEL_DICT,      /* { } */
    LEVEL_SUBSCRIPT, /* value[ ] */
    LEVEL_CALL,      /* value( ), filter( ), test( ) */
    LEVEL_PARAMS     /* of a macro */
};

/* A bracket that is open, or the whole expression. */
struct level {
    enum level_kind kind;
    enum value value;          /* of all operands so far */
    enum value last;           /* of the operand before the cursor */
    enum value base;           /* of what the bracket belongs to: subscripts, filters */
    bool is_joining;           /* the operator before the cursor puts texts together */
    bool is_slice;             /* of LEVEL_SUBSCRIPT */
    unsigned tokens;           /* in it so far */
    struct sr_bytes name;      /* the variable's, attribute's or item's before the cursor */
    struct sr_bytes owner;     /* of LEVEL_CALL: the name of what the method belongs to */
    struct sr_bytes callee;    /* of LEVEL_CALL: the function's, method's or filter's name */
    enum sr_jinja_kind called; /* FILTER, TEST, METHOD, CALL or CALL_OTHER */
};

/* A name that the template gives a value to. */
struct local {
    enum value value;
    struct sr_bytes owner; /* of a parameter: its macro; len 0: none */
};

struct open_block {
    struct sr_bytes keyword;
    size_t offset;
};

struct parser {
    struct sr_bytes text;
    size_t at;
    struct token token;  /* the one to be looked at next */
    struct token before; /* the one before it */
    char closer;         /* '}' or '%': how the tag ends */
    unsigned balance;    /* brackets that the lexer has seen open in this tag */
    struct level levels[SR_JINJA_DEPTH_MAX];
    unsigned depth;
    struct open_block blocks[SR_JINJA_DEPTH_MAX];
    unsigned block_count;
    struct sr_nameset *names;
    struct local locals[SR_JINJA_NAMES_MAX];
    struct sr_nameset *field_names; /* attributes that the template sets, of whatever value */
    enum value fields[SR_JINJA_NAMES_MAX];
    bool has_computed_field;
    bool has_changed; /* a local's value, in this pass */
    bool is_quiet;    /* this pass only finds out what the locals are */
    uint8_t *decoded; /* room for any string of the text */
    void (*note)(void *ctx, const struct sr_jinja_note *note);
    void *ctx;
    struct sr_err *err;
};

#define PASSES_MAX 8

static enum sr_status malformed(struct parser *p, size_t at, const char *what)
{
    return sr_fail(p->err, SR_MALFORMED, "jinja: %s at byte %zu", what, at);
}

static enum sr_status truncated(struct parser *p, size_t at, const char *what)
{
    return sr_fail(p->err, SR_TRUNCATED, "jinja: %s without end at byte %zu", what, at);
}

static bool is_name_start(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_at(const struct parser *p, size_t at, const char *what)
{
    size_t len = strlen(what);
    return at <= p->text.len && p->text.len - at >= len && memcmp(p->text.ptr + at, what, len) == 0;
}

static bool is_text(struct sr_bytes text, const char *what)
{
    return sr_text_equal(text, sr_text_view(what));
}

static bool is_one_of(struct sr_bytes text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (is_text(text, *words)) {
            return true;
        }
    }
    return false;
}

static bool is_name(const struct token *t, const char *name)
{
    return t->kind == TOKEN_NAME && is_text(t->text, name);
}

static bool is_operator(const struct token *t, const char *operator)
{
    return t->kind == TOKEN_OPERATOR && is_text(t->text, operator);
}

/* Strings. */

static unsigned digit_value(uint8_t c)
{
    if (is_digit(c)) {
        return c - (unsigned)'0';
    }
    uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - (unsigned)'a' + 10 : 16;
}

/* Read up to digits of a base; returns how many there were. */
static unsigned read_digits(struct sr_bytes text, size_t at, unsigned digits, unsigned base,
                            uint32_t *out)
{
    unsigned count = 0;
    *out = 0;
    while (count < digits && at + count < text.len) {
        unsigned value = digit_value(text.ptr[at + count]);
        if (value >= base) {
            break;
        }
        *out = *out * base + value;
        count++;
    }
    return count;
}

/* What a character is that stands for itself or for a control character after a backslash. */
static uint8_t plain_escape(uint8_t c)
{
    static const char LETTERS[] = "abfnrtv";
    static const char VALUES[] = "\a\b\f\n\r\t\v";
    const char *known = c != 0 ? strchr(LETTERS, c) : NULL;
    return known != NULL ? (uint8_t)VALUES[known - LETTERS] : c;
}

/* How many digits an escape has after its letter; 0 for all others. */
static unsigned escape_digits(uint8_t letter)
{
    unsigned wanted = letter == 'U' ? 8 : 0;
    wanted = letter == 'u' ? 4 : wanted;
    return letter == 'x' ? 2 : wanted;
}

/* A character may also be called by its name. Of all of them, only the underscore is read here, in
 * the one spelling that people would use: others can spell any name of Python's in many ways. */
static const char LOW_LINE[] = "N{LOW LINE}";

static bool is_low_line(struct sr_bytes text, size_t at)
{
    size_t len = sizeof LOW_LINE - 1;
    return text.len - at >= len && memcmp(text.ptr + at, LOW_LINE, len) == 0;
}

/* Whether Python reads the escape after the backslash at text[at], which is not the last byte. */
static bool is_escape(struct sr_bytes text, size_t at)
{
    uint32_t value = 0;
    uint8_t letter = text.ptr[at + 1];
    unsigned wanted = escape_digits(letter);
    if (letter == 'N') {
        return is_low_line(text, at + 1);
    }
    return read_digits(text, at + 2, wanted, 16, &value) == wanted && value <= 0x10ffff;
}

/* The escape after the backslash at text[at]; returns the bytes it has after the backslash. What is
 * beyond ASCII becomes '?': nothing here is spelled with it. */
static size_t read_escape(struct sr_bytes text, size_t at, uint8_t *out)
{
    uint8_t c = text.ptr[at + 1];
    uint32_t value = 0;
    unsigned digits = read_digits(text, at + 2, escape_digits(c), 16, &value);
    size_t span = 1 + digits;
    if (is_low_line(text, at + 1)) {
        *out = '_';
        return sizeof LOW_LINE - 1;
    }
    if (digits == 0) {
        digits = read_digits(text, at + 1, 3, 8, &value);
        span = digits;
    }
    if (digits == 0) {
        *out = plain_escape(c);
        return 1;
    }
    *out = value < 128 ? (uint8_t)value : '?';
    return span;
}

/* A backslash at the end of a line stands for nothing, and the line's end neither: its bytes after
 * the backslash at text[at]. */
static size_t line_end_bytes(struct sr_bytes text, size_t at)
{
    bool is_return = text.ptr[at + 1] == '\r';
    if (is_return && at + 2 < text.len && text.ptr[at + 2] == '\n') {
        return 2;
    }
    return is_return || text.ptr[at + 1] == '\n' ? 1 : 0;
}

/* The value of a string token, without quotes. source  Jinja: lexer.py, Python's unicode-escape */
static struct sr_bytes decode_string(struct parser *p, const struct token *t)
{
    struct sr_bytes inner = sr_bytes(t->text.ptr + 1, t->text.len - 2);
    size_t len = 0;
    for (size_t i = 0; i < inner.len; i++) {
        uint8_t c = inner.ptr[i];
        size_t skipped = c == '\\' ? line_end_bytes(inner, i) : 0;
        if (skipped > 0) {
            i += skipped;
            continue;
        }
        if (c == '\\') {
            i += read_escape(inner, i, &c);
        }
        p->decoded[len++] = c;
    }
    return sr_bytes(p->decoded, len);
}

/* Notes. */

static bool find_local(const struct parser *p, struct sr_bytes name, size_t *out)
{
    return sr_nameset_find(p->names, name, out);
}

static void tell(struct parser *p, enum sr_jinja_kind kind, struct sr_bytes text, size_t offset)
{
    size_t local = 0;
    if (p->is_quiet) {
        return;
    }
    struct sr_jinja_note note = {.kind = kind,
                                 .text = text,
                                 .offset = offset,
                                 .is_local = (kind == SR_JINJA_NAME || kind == SR_JINJA_CALL) &&
                                             find_local(p, text, &local)};
    p->note(p->ctx, &note);
}

static void tell_string(struct parser *p, enum sr_jinja_kind kind, const struct token *t)
{
    if (!p->is_quiet) {
        tell(p, kind, decode_string(p, t), t->offset);
    }
}

static enum sr_status define(struct parser *p, struct sr_bytes name, enum value value,
                             struct sr_bytes owner)
{
    size_t index = 0;
    if (!find_local(p, name, &index)) {
        index = sr_nameset_count(p->names);
        if (index == SR_JINJA_NAMES_MAX) {
            return sr_fail(p->err, SR_TOO_LARGE, "jinja: more than %d names", SR_JINJA_NAMES_MAX);
        }
        SR_TRY(sr_nameset_add(p->names, name));
        p->locals[index] = (struct local){0};
        p->has_changed = true;
    }
    struct local *local = &p->locals[index];
    if (value > local->value) {
        local->value = value;
        p->has_changed = true;
    }
    if (owner.len > 0) {
        local->owner = owner;
    }
    return SR_OK;
}

static enum sr_status define_field(struct parser *p, struct sr_bytes name, enum value value)
{
    size_t index = 0;
    if (!sr_nameset_find(p->field_names, name, &index)) {
        index = sr_nameset_count(p->field_names);
        if (index == SR_JINJA_NAMES_MAX) {
            return sr_fail(p->err, SR_TOO_LARGE, "jinja: more than %d attributes are set",
                           SR_JINJA_NAMES_MAX);
        }
        SR_TRY(sr_nameset_add(p->field_names, name));
        p->fields[index] = VALUE_NONE;
    }
    if (value > p->fields[index]) {
        p->fields[index] = value;
        p->has_changed = true;
        p->has_computed_field = p->has_computed_field || value == VALUE_COMPUTED;
    }
    return SR_OK;
}

/* What an attribute or item of that name may hold, whatever value it is of. */
static enum value field_value(const struct parser *p, struct sr_bytes name)
{
    size_t index = 0;
    return sr_nameset_find(p->field_names, name, &index) ? p->fields[index] : VALUE_NONE;
}

/* What is computed and handed to a macro makes its parameters computed. */
static void taint_parameters(struct parser *p, struct sr_bytes macro)
{
    size_t count = sr_nameset_count(p->names);
    for (size_t i = 0; i < count; i++) {
        struct local *local = &p->locals[i];
        if (local->owner.len > 0 && local->value < VALUE_COMPUTED &&
            sr_text_equal(local->owner, macro)) {
            local->value = VALUE_COMPUTED;
            p->has_changed = true;
        }
    }
}

/* Tokens. */

/* Whether the tag ends here; *out_span has the bytes of its end. */
static bool is_tag_end(const struct parser *p, size_t at, size_t *out_span)
{
    char end[4] = {'-', p->closer, '}', '\0'};
    if (is_at(p, at, end + 1)) {
        *out_span = 2;
        return true;
    }
    *out_span = 3;
    if (is_at(p, at, end)) {
        return true;
    }
    end[0] = '+';
    return p->closer == '%' && is_at(p, at, end);
}

static enum sr_status lex_string(struct parser *p, struct token *t)
{
    uint8_t quote = p->text.ptr[p->at];
    for (size_t i = p->at + 1; i < p->text.len; i++) {
        uint8_t c = p->text.ptr[i];
        if (c == '\\' && i + 1 < p->text.len) {
            if (!is_escape(p->text, i)) {
                return malformed(p, i, "escape that is none, or not read here");
            }
            i++;
        } else if (c == quote) {
            t->kind = TOKEN_STRING;
            t->text = sr_bytes(p->text.ptr + p->at, i + 1 - p->at);
            return SR_OK;
        }
    }
    return truncated(p, p->at, "string");
}

static void lex_name(const struct parser *p, struct token *t)
{
    size_t end = p->at;
    while (end < p->text.len && (is_name_start(p->text.ptr[end]) || is_digit(p->text.ptr[end]))) {
        end++;
    }
    t->kind = TOKEN_NAME;
    t->text = sr_bytes(p->text.ptr + p->at, end - p->at);
}

/* Decimal only. A name right after the digits is read as a name by some and refused by others. */
static enum sr_status lex_number(struct parser *p, struct token *t)
{
    size_t end = p->at;
    while (end < p->text.len && is_digit(p->text.ptr[end])) {
        bool is_point =
            end + 2 < p->text.len && p->text.ptr[end + 1] == '.' && is_digit(p->text.ptr[end + 2]);
        end += is_point ? 2 : 1;
    }
    if (end < p->text.len && is_name_start(p->text.ptr[end])) {
        return malformed(p, end, "unexpected character in a number");
    }
    t->kind = TOKEN_NUMBER;
    t->text = sr_bytes(p->text.ptr + p->at, end - p->at);
    return SR_OK;
}

static enum sr_status lex_operator(struct parser *p, struct token *t)
{
    static const char *const DOUBLE[] = {"==", "!=", "<=", ">=", "//", "**", NULL};
    uint8_t c = p->text.ptr[p->at];
    size_t len = 1;
    for (const char *const *d = DOUBLE; *d != NULL; d++) {
        len = is_at(p, p->at, *d) ? 2 : len;
    }
    if (c == 0 || strchr("+-*/%~()[]{}.,:|=<>!", c) == NULL || (c == '!' && len == 1)) {
        return malformed(p, p->at, "unexpected character");
    }
    if (strchr("([{", c) != NULL) {
        p->balance++;
    } else if (strchr(")]}", c) != NULL && p->balance > 0) {
        p->balance--;
    }
    t->kind = TOKEN_OPERATOR;
    t->text = sr_bytes(p->text.ptr + p->at, len);
    return SR_OK;
}

/* Move to the next token of the tag. */
static enum sr_status advance(struct parser *p)
{
    while (p->at < p->text.len && is_space(p->text.ptr[p->at])) {
        p->at++;
    }
    if (p->at == p->text.len) {
        return truncated(p, p->token.offset, "tag");
    }
    size_t span = 0;
    struct token t = {.offset = p->at};
    uint8_t c = p->text.ptr[p->at];
    if (p->balance == 0 && is_tag_end(p, p->at, &span)) {
        t.kind = TOKEN_END;
        t.text = sr_bytes(p->text.ptr + p->at, span);
    } else if (c == '\'' || c == '"') {
        SR_TRY(lex_string(p, &t));
    } else if (is_name_start(c)) {
        lex_name(p, &t);
    } else if (is_digit(c)) {
        SR_TRY(lex_number(p, &t));
    } else {
        SR_TRY(lex_operator(p, &t));
    }
    p->before = p->token;
    p->token = t;
    p->at += t.text.len;
    return SR_OK;
}

static enum sr_status expect(struct parser *p, const char *operator)
{
    if (!is_operator(&p->token, operator)) {
        return sr_fail(p->err, SR_MALFORMED, "jinja: expected '%s' at byte %zu", operator,
                       p->token.offset);
    }
    return advance(p);
}

static enum sr_status expect_end(struct parser *p)
{
    if (p->token.kind != TOKEN_END) {
        return malformed(p, p->token.offset, "expected the end of the tag");
    }
    return SR_OK;
}

static enum sr_status take_name(struct parser *p, struct token *out)
{
    if (p->token.kind != TOKEN_NAME) {
        return malformed(p, p->token.offset, "expected a name");
    }
    *out = p->token;
    return advance(p);
}

/*
 * Expressions. Operators all weigh the same here: what is noted does not depend on which binds more
 * tightly, only on what belongs to which bracket.
 */

static enum value joined(enum value a, enum value b)
{
    return a > b ? a : b;
}

static struct level *top(struct parser *p)
{
    assert(p->depth > 0);
    return &p->levels[p->depth - 1];
}

static enum sr_status open_level(struct parser *p, enum level_kind kind)
{
    if (p->depth == SR_JINJA_DEPTH_MAX) {
        return sr_fail(p->err, SR_TOO_LARGE, "jinja: nested deeper than %d at byte %zu",
                       SR_JINJA_DEPTH_MAX, p->token.offset);
    }
    p->levels[p->depth++] = (struct level){.kind = kind};
    return SR_OK;
}

/* The operand before the cursor is complete. What is joined with a text is computed. */
static void fold(struct level *level)
{
    level->value = joined(level->value, level->last);
    if (level->is_joining && level->value >= VALUE_TEXT) {
        level->value = VALUE_COMPUTED;
    }
    level->is_joining = false;
    level->last = VALUE_NONE;
}

/* Filters and methods whose result has the kind of what they are applied to. */
static const char *const KEEPING[] = {"first",      "last",   "list",   "items",  "sort",
                                      "selectattr", "select", "reject", "unique", "rejectattr",
                                      "dictsort",   "trim",   "lower",  "upper",  "safe",
                                      "default",    "d",      "min",    "max",    "title",
                                      "capitalize", "get",    "keys",   "values", NULL};
static const char *const COUNTING[] = {"length", "count", "int",   "float", "abs",
                                       "round",  "sum",   "range", "index", NULL};
/* Filters that take the name of an attribute. */
static const char *const NAMING[] = {"map",  "selectattr", "rejectattr", "groupby",
                                     "sort", "attr",       "unique",     "sum",
                                     "min",  "max",        NULL};

static enum value value_of_call(struct sr_bytes callee, enum value base)
{
    if (is_one_of(callee, COUNTING)) {
        return VALUE_NUMBER;
    }
    if (is_one_of(callee, KEEPING)) {
        return base == VALUE_NONE ? VALUE_DATA : base;
    }
    return is_text(callee, "namespace") || is_text(callee, "dict") ? VALUE_DATA : VALUE_COMPUTED;
}

static enum sr_status open_call(struct parser *p, struct sr_bytes callee, enum sr_jinja_kind called,
                                enum value base)
{
    struct sr_bytes owner = called == SR_JINJA_METHOD ? top(p)->name : sr_bytes(NULL, 0);
    SR_TRY(open_level(p, LEVEL_CALL));
    top(p)->owner = owner;
    top(p)->callee = callee;
    top(p)->called = called;
    top(p)->base = base;
    return advance(p);
}

static enum sr_status operand_name(struct parser *p, bool *out_wants_operand)
{
    static const char *const CONSTANTS[] = {"true", "false", "none", "True", "False", "None", NULL};
    static const char *const RESERVED[] = {"and", "or", "in", "is", "if", "else", NULL};
    struct token name = p->token;
    struct level *level = top(p);
    if (is_one_of(name.text, RESERVED)) {
        return malformed(p, name.offset, "expected a value");
    }
    SR_TRY(advance(p));
    if (is_one_of(name.text, CONSTANTS)) {
        level->last = VALUE_NUMBER;
        return SR_OK;
    }
    if (level->kind == LEVEL_CALL && is_operator(&p->token, "=")) {
        *out_wants_operand = true; /* it was a keyword */
        return advance(p);
    }
    if (is_operator(&p->token, "(")) {
        tell(p, SR_JINJA_CALL, name.text, name.offset);
        return open_call(p, name.text, SR_JINJA_CALL, VALUE_NONE);
    }
    size_t local = 0;
    tell(p, SR_JINJA_NAME, name.text, name.offset);
    level->name = name.text;
    level->last = find_local(p, name.text, &local) ? joined(p->locals[local].value, VALUE_NUMBER)
                                                   : VALUE_DATA;
    return SR_OK;
}

static enum sr_status operand_bracket(struct parser *p)
{
    if (is_operator(&p->token, "(")) {
        SR_TRY(open_level(p, LEVEL_GROUP));
    } else if (is_operator(&p->token, "[")) {
        SR_TRY(open_level(p, LEVEL_LIST));
    } else if (is_operator(&p->token, "{")) {
        SR_TRY(open_level(p, LEVEL_DICT));
    } else {
        return malformed(p, p->token.offset, "expected a value");
    }
    return advance(p);
}

/* A string that is all there is of a subscript names an item, and so maybe an attribute. */
static enum sr_status operand_string(struct parser *p)
{
    struct token t = p->token;
    struct level *level = top(p);
    SR_TRY(advance(p));
    bool is_item =
        level->kind == LEVEL_SUBSCRIPT && level->tokens == 1 && is_operator(&p->token, "]");
    tell_string(p, is_item ? SR_JINJA_ITEM : SR_JINJA_STRING, &t);
    level->last = joined(level->last, VALUE_TEXT);
    if (is_item) {
        level->name = sr_bytes(t.text.ptr + 1, t.text.len - 2);
    }
    /* Python joins strings that follow one another. */
    if (p->token.kind == TOKEN_STRING) {
        level->last = VALUE_COMPUTED;
        level->tokens++;
        tell_string(p, SR_JINJA_STRING, &p->token);
        return advance(p);
    }
    return SR_OK;
}

static bool is_prefix(const struct parser *p, const struct level *level)
{
    const struct token *t = &p->token;
    bool is_star = is_operator(t, "*") || is_operator(t, "**");
    return is_operator(t, "-") || is_operator(t, "+") || is_name(t, "not") ||
           (is_star && level->kind == LEVEL_CALL);
}

static enum sr_status close_level(struct parser *p);

static bool is_closer(const struct token *t)
{
    return is_operator(t, ")") || is_operator(t, "]") || is_operator(t, "}");
}

/* A bracket may close where a value is expected when it is empty, or after a comma. */
static bool may_close(const struct parser *p)
{
    const struct token *t = &p->before;
    return is_operator(t, ",") || is_operator(t, ":") || is_operator(t, "(") ||
           is_operator(t, "[") || is_operator(t, "{");
}

/* Where a value is expected; *out_wants_operand: it is still. */
static enum sr_status operand(struct parser *p, bool *out_wants_operand)
{
    struct level *level = top(p);
    const struct token *t = &p->token;
    *out_wants_operand = false;
    if (is_closer(t) && level->kind != LEVEL_TOP && may_close(p)) {
        return close_level(p);
    }
    level->tokens++;
    bool is_slice = level->kind == LEVEL_SUBSCRIPT && is_operator(t, ":");
    if (is_slice || is_prefix(p, level)) {
        level->is_slice = level->is_slice || is_slice;
        *out_wants_operand = true;
        return advance(p);
    }
    if (t->kind == TOKEN_STRING) {
        return operand_string(p);
    }
    if (t->kind == TOKEN_NUMBER) {
        level->last = VALUE_NUMBER;
        return advance(p);
    }
    return t->kind == TOKEN_NAME ? operand_name(p, out_wants_operand) : operand_bracket(p);
}

/* Methods that put their argument into what they belong to. */
static const char *const GROWING[] = {"append", "insert", "extend", "update", "setdefault", NULL};
/* Calls that may return one of their arguments. */
static const char *const RETURNING[] = {"default", "d",         "get",  "pop",
                                        "dict",    "namespace", "list", NULL};

/* Where the computed arguments of a call may turn up again. */
static enum sr_status spread(struct parser *p, const struct level *inner)
{
    size_t local = 0;
    if (inner->called == SR_JINJA_FILTER && is_one_of(inner->callee, NAMING)) {
        tell(p, SR_JINJA_COMPUTED, inner->callee, p->token.offset);
    }
    if (inner->called == SR_JINJA_CALL && find_local(p, inner->callee, &local)) {
        taint_parameters(p, inner->callee);
    }
    if (inner->called != SR_JINJA_METHOD || inner->owner.len == 0 ||
        !is_one_of(inner->callee, GROWING)) {
        return SR_OK;
    }
    SR_TRY(define_field(p, inner->owner, VALUE_COMPUTED));
    return find_local(p, inner->owner, &local)
               ? define(p, inner->owner, VALUE_COMPUTED, sr_bytes(NULL, 0))
               : SR_OK;
}

static enum sr_status end_call(struct parser *p, const struct level *inner)
{
    struct level *level = top(p);
    if (inner->value == VALUE_COMPUTED) {
        SR_TRY(spread(p, inner));
    }
    level->name = sr_bytes(NULL, 0);
    if (inner->called == SR_JINJA_TEST) {
        level->last = VALUE_NUMBER;
        return SR_OK;
    }
    level->last = value_of_call(inner->callee, inner->base);
    if (is_one_of(inner->callee, RETURNING)) {
        level->last = joined(level->last, inner->value);
    }
    return SR_OK;
}

static void end_subscript(struct parser *p, const struct level *inner)
{
    struct level *level = top(p);
    bool is_computed = inner->value == VALUE_COMPUTED && !inner->is_slice;
    if (is_computed) {
        tell(p, SR_JINJA_COMPUTED, sr_bytes(NULL, 0), p->token.offset);
    }
    /* A part of a text is another text, and an item may be a field that was set. */
    bool has_escape = inner->name.len > 0 && memchr(inner->name.ptr, '\\', inner->name.len) != NULL;
    bool is_field =
        inner->value > VALUE_NUMBER && p->has_computed_field &&
        (inner->name.len == 0 || has_escape || field_value(p, inner->name) == VALUE_COMPUTED);
    level->name = sr_bytes(NULL, 0);
    level->last = inner->base >= VALUE_TEXT || is_field ? VALUE_COMPUTED : VALUE_DATA;
}

/* The token closes the level on top: what it was becomes the last operand of the one below. */
static enum sr_status close_level(struct parser *p)
{
    static const char *const CLOSERS[] = {
        [LEVEL_TOP] = "",        [LEVEL_GROUP] = ")", [LEVEL_LIST] = "]",  [LEVEL_DICT] = "}",
        [LEVEL_SUBSCRIPT] = "]", [LEVEL_CALL] = ")",  [LEVEL_PARAMS] = ")"};
    struct level inner = *top(p);
    fold(&inner);
    if (!is_operator(&p->token, CLOSERS[inner.kind]) ||
        (inner.kind == LEVEL_SUBSCRIPT && inner.tokens == 0)) {
        return malformed(p, p->token.offset, "unexpected closing bracket");
    }
    p->depth--;
    struct level *level = top(p);
    if (inner.kind == LEVEL_CALL) {
        SR_TRY(end_call(p, &inner));
    } else if (inner.kind == LEVEL_SUBSCRIPT) {
        end_subscript(p, &inner);
    } else {
        level->last = inner.value == VALUE_NONE ? VALUE_DATA : inner.value;
        level->name = sr_bytes(NULL, 0);
    }
    return advance(p);
}

static enum sr_status after_dot(struct parser *p)
{
    struct token name = {0};
    struct level *level = top(p);
    enum value base = level->last;
    SR_TRY(advance(p));
    if (p->token.kind == TOKEN_NUMBER) { /* value.0 is value[0] */
        level->last = VALUE_DATA;
        return advance(p);
    }
    SR_TRY(take_name(p, &name));
    if (is_operator(&p->token, "(")) {
        tell(p, SR_JINJA_METHOD, name.text, name.offset);
        return open_call(p, name.text, SR_JINJA_METHOD, base);
    }
    tell(p, SR_JINJA_ATTRIBUTE, name.text, name.offset);
    level->name = name.text;
    bool is_computed = base == VALUE_COMPUTED || field_value(p, name.text) == VALUE_COMPUTED;
    level->last = is_computed ? VALUE_COMPUTED : VALUE_DATA;
    return SR_OK;
}

static enum sr_status after_bar(struct parser *p)
{
    struct token name = {0};
    enum value base = top(p)->last;
    SR_TRY(advance(p));
    SR_TRY(take_name(p, &name));
    tell(p, SR_JINJA_FILTER, name.text, name.offset);
    if (is_operator(&p->token, "(")) {
        return open_call(p, name.text, SR_JINJA_FILTER, base);
    }
    top(p)->last = value_of_call(name.text, base);
    return SR_OK;
}

static bool begins_operand(const struct token *t)
{
    static const char *const OPERATORS[] = {"else", "or", "and", "is", "if", "in", "not", NULL};
    if (t->kind == TOKEN_NAME) {
        return !is_one_of(t->text, OPERATORS);
    }
    return t->kind == TOKEN_STRING || t->kind == TOKEN_NUMBER || is_operator(t, "[") ||
           is_operator(t, "{");
}

/* `is [not] name`, and its argument with or without a parenthesis. */
static enum sr_status after_is(struct parser *p, bool *out_wants_operand)
{
    struct token name = {0};
    SR_TRY(advance(p));
    if (is_name(&p->token, "not")) {
        SR_TRY(advance(p));
    }
    SR_TRY(take_name(p, &name));
    tell(p, SR_JINJA_TEST, name.text, name.offset);
    if (is_operator(&p->token, "(")) {
        return open_call(p, name.text, SR_JINJA_TEST, VALUE_NONE);
    }
    *out_wants_operand = begins_operand(&p->token);
    top(p)->last = VALUE_NUMBER;
    return SR_OK;
}

static enum sr_status subscript(struct parser *p)
{
    enum value base = top(p)->last;
    SR_TRY(open_level(p, LEVEL_SUBSCRIPT));
    top(p)->base = base;
    return advance(p);
}

/* Operators that put texts together. */
static const char *const JOINING[] = {"+", "~", "*", "%", NULL};
static const char *const OTHERS[] = {"-", "/", "//", "**", "==", "!=", "<", "<=", ">", ">=", NULL};
static const char *const WORDS[] = {"and", "or", "in", "if", "else", NULL};

static bool is_binary(const struct token *t)
{
    if (t->kind == TOKEN_NAME) {
        return is_one_of(t->text, WORDS);
    }
    return t->kind == TOKEN_OPERATOR && (is_one_of(t->text, JOINING) || is_one_of(t->text, OTHERS));
}

static enum sr_status binary(struct parser *p, bool *out_found)
{
    struct level *level = top(p);
    struct token t = p->token;
    *out_found = is_binary(&t);
    if (is_name(&t, "not")) {
        SR_TRY(advance(p));
        if (!is_name(&p->token, "in")) {
            return malformed(p, t.offset, "expected 'not in'");
        }
        *out_found = true;
    }
    if (!*out_found) {
        return SR_OK;
    }
    fold(level);
    level->tokens++;
    level->is_joining = t.kind == TOKEN_OPERATOR && is_one_of(t.text, JOINING);
    level->value = is_text(t.text, "~") ? VALUE_COMPUTED : level->value;
    return advance(p);
}

/* A comma or a colon, where the bracket has them. */
static enum sr_status separator(struct parser *p)
{
    struct level *level = top(p);
    bool is_colon = is_operator(&p->token, ":");
    bool fits = is_colon ? level->kind == LEVEL_DICT || level->kind == LEVEL_SUBSCRIPT
                         : is_operator(&p->token, ",");
    if (!fits) {
        return malformed(p, p->token.offset, "expected an operator");
    }
    if (level->kind == LEVEL_SUBSCRIPT) {
        level->is_slice = true;
    }
    fold(level);
    return advance(p);
}

/* After a value: what is applied to it, or an operator; *out_wants_operand: a value has to follow.
 */
static enum sr_status after_operand(struct parser *p, bool *out_wants_operand)
{
    const struct token *t = &p->token;
    *out_wants_operand = false;
    if (is_closer(t)) {
        return top(p)->kind == LEVEL_TOP ? malformed(p, t->offset, "unexpected closing bracket")
                                         : close_level(p);
    }
    if (is_operator(t, ".")) {
        return after_dot(p);
    }
    if (is_operator(t, "[")) {
        return subscript(p);
    }
    if (is_operator(t, "(")) {
        tell(p, SR_JINJA_CALL_OTHER, sr_bytes(NULL, 0), t->offset);
        return open_call(p, sr_bytes(NULL, 0), SR_JINJA_CALL_OTHER, VALUE_NONE);
    }
    if (is_operator(t, "|")) {
        return after_bar(p);
    }
    if (is_name(t, "is")) {
        return after_is(p, out_wants_operand);
    }
    SR_TRY(binary(p, out_wants_operand));
    if (*out_wants_operand) {
        return SR_OK;
    }
    *out_wants_operand = true;
    return separator(p);
}

/* Whether the expression may end before the token. */
static bool is_end(const struct parser *p)
{
    return p->depth == 1 && (p->token.kind == TOKEN_END || is_name(&p->token, "recursive"));
}

/* One token, or a few that belong together. */
static enum sr_status step(struct parser *p, bool *wants_operand)
{
    unsigned depth = p->depth;
    SR_TRY(*wants_operand ? operand(p, wants_operand) : after_operand(p, wants_operand));
    if (p->depth != depth) {
        *wants_operand = p->depth > depth; /* a bracket was opened, or closed: it is a value */
    }
    return SR_OK;
}

/* One expression, up to where nothing continues it; a tuple without parentheses is one. */
static enum sr_status expression(struct parser *p, enum value *out)
{
    bool wants_operand = true;
    assert(p->depth == 0);
    SR_TRY(open_level(p, LEVEL_TOP));
    while (wants_operand || !is_end(p)) {
        if (p->token.kind == TOKEN_END) {
            return malformed(p, p->token.offset, "the expression ends too early");
        }
        SR_TRY(step(p, &wants_operand));
    }
    fold(top(p));
    *out = top(p)->value;
    p->depth = 0;
    return SR_OK;
}

/* Statements. */

static enum sr_status push_block(struct parser *p, const struct token *keyword)
{
    if (p->block_count == SR_JINJA_DEPTH_MAX) {
        return sr_fail(p->err, SR_TOO_LARGE, "jinja: blocks nested deeper than %d at byte %zu",
                       SR_JINJA_DEPTH_MAX, keyword->offset);
    }
    p->blocks[p->block_count++] =
        (struct open_block){.keyword = keyword->text, .offset = keyword->offset};
    return SR_OK;
}

/* `endX` closes the innermost block, which has to be X. */
static enum sr_status pop_block(struct parser *p, const struct token *keyword)
{
    struct sr_bytes name = sr_bytes(keyword->text.ptr + 3, keyword->text.len - 3);
    if (p->block_count == 0 || !sr_text_equal(p->blocks[p->block_count - 1].keyword, name)) {
        return malformed(p, keyword->offset, "a block is closed that is not open");
    }
    p->block_count--;
    return SR_OK;
}

/* Names that get a value, as many as max, into names. */
static enum sr_status targets(struct parser *p, struct token *names, size_t max, size_t *out_count)
{
    bool is_grouped = is_operator(&p->token, "(");
    *out_count = 0;
    if (is_grouped) {
        SR_TRY(advance(p));
    }
    do {
        if (*out_count > 0) {
            SR_TRY(advance(p));
        }
        if (*out_count == max) {
            return sr_fail(p->err, SR_TOO_LARGE, "jinja: too many targets at byte %zu",
                           p->token.offset);
        }
        SR_TRY(take_name(p, &names[*out_count]));
        (*out_count)++;
    } while (is_operator(&p->token, ","));
    return is_grouped ? expect(p, ")") : SR_OK;
}

#define TARGETS_MAX 16

static enum sr_status define_all(struct parser *p, const struct token *names, size_t count,
                                 enum value value)
{
    for (size_t i = 0; i < count; i++) {
        SR_TRY(define(p, names[i].text, value, sr_bytes(NULL, 0)));
    }
    return SR_OK;
}

static enum sr_status statement_for(struct parser *p)
{
    struct token names[TARGETS_MAX];
    size_t count = 0;
    enum value value = VALUE_NONE;
    SR_TRY(targets(p, names, TARGETS_MAX, &count));
    if (!is_name(&p->token, "in")) {
        return malformed(p, p->token.offset, "expected 'in'");
    }
    SR_TRY(advance(p));
    SR_TRY(expression(p, &value));
    if (is_name(&p->token, "recursive")) {
        SR_TRY(advance(p));
    }
    SR_TRY(define(p, sr_text_view("loop"), VALUE_NUMBER, sr_bytes(NULL, 0)));
    return define_all(p, names, count, value);
}

/* The rest of `set a.b = value`. */
static enum sr_status set_field(struct parser *p, const struct token *name)
{
    struct token field = {0};
    enum value value = VALUE_NONE;
    SR_TRY(advance(p));
    SR_TRY(take_name(p, &field));
    tell(p, SR_JINJA_NAME, name->text, name->offset);
    tell(p, SR_JINJA_ATTRIBUTE, field.text, field.offset);
    SR_TRY(expect(p, "="));
    SR_TRY(expression(p, &value));
    return define_field(p, field.text, value);
}

/* The rest of `set a`, which goes up to `endset`, or `set a | filter`. */
static enum sr_status set_block(struct parser *p, const struct token *keyword)
{
    while (is_operator(&p->token, "|")) {
        SR_TRY(open_level(p, LEVEL_TOP));
        SR_TRY(after_bar(p));
        bool wants_operand = p->depth > 1;
        while (p->depth > 1) {
            SR_TRY(step(p, &wants_operand));
        }
        p->depth = 0;
    }
    return push_block(p, keyword);
}

/* `set a.b = value`, `set a, b = values`, or `set a`. */
static enum sr_status statement_set(struct parser *p, const struct token *keyword)
{
    struct token names[TARGETS_MAX];
    size_t count = 0;
    enum value value = VALUE_NONE;
    SR_TRY(targets(p, names, TARGETS_MAX, &count));
    if (count == 1 && is_operator(&p->token, ".")) {
        return set_field(p, &names[0]);
    }
    if (!is_operator(&p->token, "=")) {
        SR_TRY(set_block(p, keyword));
        return define_all(p, names, count, VALUE_COMPUTED);
    }
    SR_TRY(advance(p));
    SR_TRY(expression(p, &value));
    return define_all(p, names, count, value);
}

/* `(a, b=1)` of a macro or a call. */
static enum sr_status parameters(struct parser *p, struct sr_bytes owner)
{
    SR_TRY(expect(p, "("));
    while (!is_operator(&p->token, ")")) {
        struct token name = {0};
        enum value value = VALUE_DATA;
        SR_TRY(take_name(p, &name));
        if (is_operator(&p->token, "=")) {
            SR_TRY(advance(p));
            SR_TRY(open_level(p, LEVEL_TOP));
            SR_TRY(open_level(p, LEVEL_PARAMS));
            bool wants_operand = true;
            while (p->depth > 2 || wants_operand ||
                   !(is_operator(&p->token, ",") || is_operator(&p->token, ")"))) {
                SR_TRY(step(p, &wants_operand));
                if (p->depth < 2) {
                    return malformed(p, p->token.offset, "unexpected closing bracket");
                }
            }
            fold(top(p));
            value = joined(value, top(p)->value);
            p->depth = 0;
        }
        SR_TRY(define(p, name.text, value, owner));
        if (is_operator(&p->token, ",")) {
            SR_TRY(advance(p));
        } else if (!is_operator(&p->token, ")")) {
            return malformed(p, p->token.offset, "expected ',' or ')'");
        }
    }
    return advance(p);
}

static enum sr_status statement_macro(struct parser *p)
{
    struct token name = {0};
    SR_TRY(take_name(p, &name));
    SR_TRY(define(p, name.text, VALUE_DATA, sr_bytes(NULL, 0)));
    return parameters(p, name.text);
}

static enum sr_status statement_call(struct parser *p)
{
    enum value value = VALUE_NONE;
    if (is_operator(&p->token, "(")) {
        SR_TRY(parameters(p, sr_text_view("caller")));
    }
    return expression(p, &value);
}

/* Statements of which nothing is known but their words: note every one. */
static enum sr_status statement_loose(struct parser *p)
{
    bool after_dot_sign = false;
    while (p->token.kind != TOKEN_END) {
        if (p->token.kind == TOKEN_STRING) {
            tell_string(p, SR_JINJA_STRING, &p->token);
        } else if (p->token.kind == TOKEN_NAME) {
            tell(p, after_dot_sign ? SR_JINJA_ATTRIBUTE : SR_JINJA_NAME, p->token.text,
                 p->token.offset);
        }
        after_dot_sign = is_operator(&p->token, ".");
        SR_TRY(advance(p));
    }
    return SR_OK;
}

/* `raw`: nothing up to `endraw` is looked at. */
static enum sr_status skip_raw(struct parser *p, const struct token *keyword)
{
    for (; p->at < p->text.len; p->at++) {
        if (!is_at(p, p->at, "{%")) {
            continue;
        }
        size_t at = p->at + 2;
        size_t span = 0;
        at += at < p->text.len && (p->text.ptr[at] == '-' || p->text.ptr[at] == '+');
        while (at < p->text.len && is_space(p->text.ptr[at])) {
            at++;
        }
        if (!is_at(p, at, "endraw")) {
            continue;
        }
        at += strlen("endraw");
        while (at < p->text.len && is_space(p->text.ptr[at])) {
            at++;
        }
        if (is_tag_end(p, at, &span)) {
            p->at = at + span;
            return SR_OK;
        }
    }
    return truncated(p, keyword->offset, "raw block");
}

static bool is_in_loop(const struct parser *p)
{
    for (unsigned i = 0; i < p->block_count; i++) {
        if (is_text(p->blocks[i].keyword, "for")) {
            return true;
        }
    }
    return false;
}

/* Statements within a block: `else`, `elif`, `break`, `continue`. */
static enum sr_status statement_inner(struct parser *p, const struct token *keyword)
{
    enum value value = VALUE_NONE;
    bool is_branch = is_text(keyword->text, "else") || is_text(keyword->text, "elif");
    struct sr_bytes open =
        p->block_count > 0 ? p->blocks[p->block_count - 1].keyword : sr_bytes(NULL, 0);
    bool fits =
        is_branch ? is_text(open, "if") || (is_text(open, "for") && is_text(keyword->text, "else"))
                  : is_in_loop(p);
    if (!fits) {
        return malformed(p, keyword->offset, "a branch or break without its block");
    }
    return is_text(keyword->text, "elif") ? expression(p, &value) : SR_OK;
}

/* `filter name(...)|...`, up to `endfilter`. */
static enum sr_status statement_filter(struct parser *p)
{
    struct token name = {0};
    enum value value = VALUE_NONE;
    SR_TRY(take_name(p, &name));
    tell(p, SR_JINJA_FILTER, name.text, name.offset);
    if (p->token.kind == TOKEN_END) {
        return SR_OK;
    }
    if (is_operator(&p->token, "|")) {
        SR_TRY(advance(p));
        return statement_loose(p);
    }
    return expression(p, &value);
}

static enum sr_status statement_with(struct parser *p)
{
    while (p->token.kind == TOKEN_NAME) {
        struct token name = {0};
        SR_TRY(take_name(p, &name));
        SR_TRY(define(p, name.text, VALUE_COMPUTED, sr_bytes(NULL, 0)));
        SR_TRY(expect(p, "="));
        SR_TRY(open_level(p, LEVEL_TOP));
        bool wants_operand = true;
        while (wants_operand || p->depth > 1 || !(is_end(p) || is_operator(&p->token, ","))) {
            if (p->token.kind == TOKEN_END) {
                return malformed(p, p->token.offset, "the expression ends too early");
            }
            SR_TRY(step(p, &wants_operand));
        }
        p->depth = 0;
        if (is_operator(&p->token, ",")) {
            SR_TRY(advance(p));
        }
    }
    return SR_OK;
}

enum statement {
    ST_LOOSE,
    ST_FOR,
    ST_IF,
    ST_SET,
    ST_MACRO,
    ST_CALL,
    ST_FILTER,
    ST_WITH,
    ST_PLAIN,
    ST_END,
    ST_INNER,
    ST_RAW,
    ST_EXPRESSION
};

static enum statement statement_of(struct sr_bytes keyword)
{
    static const struct {
        const char *keyword;
        enum statement statement;
    } ALL[] = {{"for", ST_FOR},          {"if", ST_IF},
               {"set", ST_SET},          {"macro", ST_MACRO},
               {"call", ST_CALL},        {"filter", ST_FILTER},
               {"with", ST_WITH},        {"generation", ST_PLAIN},
               {"else", ST_INNER},       {"elif", ST_INNER},
               {"break", ST_INNER},      {"continue", ST_INNER},
               {"raw", ST_RAW},          {"do", ST_EXPRESSION},
               {"print", ST_EXPRESSION}, {"endfor", ST_END},
               {"endif", ST_END},        {"endset", ST_END},
               {"endmacro", ST_END},     {"endcall", ST_END},
               {"endfilter", ST_END},    {"endwith", ST_END},
               {"endgeneration", ST_END}};
    for (size_t i = 0; i < sizeof ALL / sizeof ALL[0]; i++) {
        if (is_text(keyword, ALL[i].keyword)) {
            return ALL[i].statement;
        }
    }
    return ST_LOOSE;
}

/* What follows the keyword, up to the end of the tag. */
static enum sr_status statement_body(struct parser *p, enum statement statement,
                                     const struct token *keyword)
{
    enum value value = VALUE_NONE;
    switch (statement) {
    case ST_FOR:
        return statement_for(p);
    case ST_IF:
    case ST_EXPRESSION:
        return expression(p, &value);
    case ST_SET:
        return statement_set(p, keyword);
    case ST_MACRO:
        return statement_macro(p);
    case ST_CALL:
        return statement_call(p);
    case ST_FILTER:
        return statement_filter(p);
    case ST_WITH:
        return statement_with(p);
    case ST_END:
        return pop_block(p, keyword);
    case ST_INNER:
        return statement_inner(p, keyword);
    case ST_PLAIN:
    case ST_RAW:
        return SR_OK;
    case ST_LOOSE:
    default:
        return statement_loose(p);
    }
}

static enum sr_status statement(struct parser *p)
{
    struct token keyword = {0};
    SR_TRY(take_name(p, &keyword));
    tell(p, SR_JINJA_STATEMENT, keyword.text, keyword.offset);
    enum statement statement = statement_of(keyword.text);
    SR_TRY(statement_body(p, statement, &keyword));
    if (statement == ST_END && p->token.kind == TOKEN_NAME) {
        SR_TRY(advance(p)); /* endmacro may repeat the name */
    }
    SR_TRY(expect_end(p));
    bool opens = statement == ST_FOR || statement == ST_IF || statement == ST_MACRO ||
                 statement == ST_CALL || statement == ST_FILTER || statement == ST_WITH ||
                 statement == ST_PLAIN;
    if (opens) {
        return push_block(p, &keyword);
    }
    return statement == ST_RAW ? skip_raw(p, &keyword) : SR_OK;
}

/* The template. */

static enum sr_status skip_comment(struct parser *p)
{
    for (size_t at = p->at + 2; at + 1 < p->text.len; at++) {
        if (is_at(p, at, "#}")) {
            p->at = at + 2;
            return SR_OK;
        }
    }
    return truncated(p, p->at, "comment");
}

/* The tag that begins at the cursor. */
static enum sr_status tag(struct parser *p)
{
    enum value value = VALUE_NONE;
    uint8_t kind = p->text.ptr[p->at + 1];
    if (kind == '#') {
        return skip_comment(p);
    }
    p->token = (struct token){.offset = p->at};
    p->closer = kind == '%' ? '%' : '}';
    p->balance = 0;
    p->depth = 0;
    p->at += 2;
    p->at += p->at < p->text.len && (p->text.ptr[p->at] == '-' || p->text.ptr[p->at] == '+');
    SR_TRY(advance(p));
    if (kind == '%') {
        return statement(p);
    }
    SR_TRY(expression(p, &value));
    return expect_end(p);
}

static enum sr_status pass(struct parser *p)
{
    p->at = 0;
    p->block_count = 0;
    p->has_changed = false;
    while (p->at + 1 < p->text.len) {
        const uint8_t *at = p->text.ptr + p->at;
        if (at[0] == '{' && (at[1] == '{' || at[1] == '%' || at[1] == '#')) {
            SR_TRY(tag(p));
        } else {
            p->at++;
        }
    }
    if (p->block_count > 0) {
        return truncated(p, p->blocks[p->block_count - 1].offset, "block");
    }
    return SR_OK;
}

/* First what the template's names stand for, in as many passes as that takes; then all of it. A
 * fault is met again in the last pass, after what came before it was noted. */
static enum sr_status walk(struct parser *p)
{
    struct sr_err *err = p->err;
    p->is_quiet = true;
    p->err = NULL;
    for (unsigned i = 0; i < PASSES_MAX; i++) {
        (void)!pass(p);
        if (!p->has_changed) {
            break;
        }
    }
    p->is_quiet = false;
    p->err = err;
    return pass(p);
}

enum sr_status sr_jinja_walk(struct sr_bytes text,
                             void (*note)(void *ctx, const struct sr_jinja_note *note), void *ctx,
                             struct sr_err *err)
{
    if (text.len > SR_JINJA_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "jinja: template of %zu bytes, the limit is %zu",
                       text.len, SR_JINJA_BYTES_MAX);
    }
    if (!sr_text_is_utf8(text)) {
        return sr_fail(err, SR_MALFORMED, "jinja: not UTF-8, or a NUL");
    }
    struct parser *p = calloc(1, sizeof *p);
    uint8_t *decoded = malloc(text.len + 1);
    SR_AUTO(sr_nameset) names = NULL;
    SR_AUTO(sr_nameset) field_names = NULL;
    enum sr_status status = SR_NO_MEMORY;
    if (p != NULL && decoded != NULL && sr_nameset_new(&names) == SR_OK &&
        sr_nameset_new(&field_names) == SR_OK) {
        p->field_names = field_names;
        p->text = text;
        p->names = names;
        p->decoded = decoded;
        p->note = note;
        p->ctx = ctx;
        p->err = err;
        status = walk(p);
    }
    free(decoded);
    free(p);
    return status;
}
