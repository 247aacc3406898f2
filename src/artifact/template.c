/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/template.h"

#include <string.h>

#include "base/text.h"
#include "formats/jinja.h"

static bool is_one_of(struct sr_bytes text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (sr_text_equal(text, sr_text_view(*words))) {
            return true;
        }
    }
    return false;
}

/* What may be used. */

static const char *const STATEMENTS[] = {
    "for",           "endfor",    "if",       "elif",     "else",    "endif",
    "set",           "endset",    "macro",    "endmacro", "call",    "endcall",
    "filter",        "endfilter", "raw",      "with",     "endwith", "generation",
    "endgeneration", "break",     "continue", NULL};
static const char *const FILTERS[] = {
    "trim",      "tojson",   "length",  "count",   "join",       "upper",      "lower",  "title",
    "list",      "map",      "string",  "replace", "selectattr", "rejectattr", "select", "reject",
    "int",       "float",    "default", "d",       "items",      "dictsort",   "first",  "last",
    "safe",      "indent",   "reverse", "sort",    "capitalize", "unique",     "abs",    "round",
    "sum",       "min",      "max",     "escape",  "e",          "batch",      "slice",  "groupby",
    "wordcount", "truncate", "center",  NULL};
static const char *const TESTS[] = {"defined",  "undefined", "none",        "string",   "mapping",
                                    "iterable", "sequence",  "number",      "integer",  "float",
                                    "boolean",  "true",      "false",       "equalto",  "eq",
                                    "ne",       "lt",        "gt",          "le",       "ge",
                                    "odd",      "even",      "divisibleby", "in",       "sameas",
                                    "lower",    "upper",     "greaterthan", "lessthan", NULL};
static const char *const FUNCTIONS[] = {
    "raise_exception", "strftime_now", "range", "namespace", "dict", "caller", "loop", NULL};
static const char *const METHODS[] = {
    "strip",        "lstrip",    "rstrip",     "split",   "rsplit",  "splitlines",
    "startswith",   "endswith",  "items",      "get",     "keys",    "values",
    "append",       "upper",     "lower",      "replace", "title",   "capitalize",
    "join",         "count",     "find",       "rfind",   "index",   "isdigit",
    "isalpha",      "isalnum",   "isspace",    "isupper", "islower", "removeprefix",
    "removesuffix", "partition", "rpartition", "cycle",   "changed", "strftime",
    "zfill",        NULL};

/* What shows an attack. */

static const char *const LOADING[] = {"import", "from", "include", "extends", NULL};
/* Names that Jinja or a web framework puts there, and through which its objects can be reached; and
 * Python's own, which a template has only when somebody put them there. */
static const char *const GLOBALS[] = {"self",    "lipsum",  "cycler",      "joiner",
                                      "request", "config",  "url_for",     "get_flashed_messages",
                                      "getattr", "setattr", "delattr",     "eval",
                                      "exec",    "compile", "open",        "globals",
                                      "locals",  "vars",    "breakpoint",  "importlib",
                                      "os",      "sys",     "subprocess",  "builtins",
                                      "popen",   "system",  "current_app", "application",
                                      NULL};
static const char *const ATTRIBUTES[] = {
    "mro",         "gi_frame",    "gi_code",      "cr_frame",  "cr_code",      "ag_frame",
    "ag_code",     "f_globals",   "f_builtins",   "f_locals",  "f_back",       "f_code",
    "tb_frame",    "tb_next",     "func_globals", "func_code", "func_closure", "im_func",
    "im_self",     "co_consts",   "co_code",      "popen",     "Popen",        "check_output",
    "check_call",  "getoutput",   "subprocess",   "builtins",  "importlib",    "import_module",
    "load_module", "exec_module", "environ",      NULL};
static const char *const CALLED[] = {"system",    "call",  "eval",  "exec",   "run",       "read",
                                     "readlines", "write", "spawn", "open",   "b64decode", "getenv",
                                     "fork",      "loads", "load",  "unlink", NULL};
/* Names between double underscores that lead from a value to Python's own objects. */
static const char *const DUNDERS[] = {"__class__",
                                      "__mro__",
                                      "__base__",
                                      "__bases__",
                                      "__subclasses__",
                                      "__globals__",
                                      "__builtins__",
                                      "__import__",
                                      "__init__",
                                      "__new__",
                                      "__getattribute__",
                                      "__getattr__",
                                      "__dict__",
                                      "__code__",
                                      "__func__",
                                      "__self__",
                                      "__module__",
                                      "__reduce__",
                                      "__reduce_ex__",
                                      "__loader__",
                                      "__spec__",
                                      "__wrapped__",
                                      "__closure__",
                                      "__call__",
                                      "__getitem__",
                                      "__defaults__",
                                      "__kwdefaults__",
                                      "__objclass__",
                                      "__weakref__",
                                      "__qualname__",
                                      "__name__",
                                      "__doc__",
                                      "__setattr__",
                                      "__delattr__",
                                      "__dir__",
                                      "__format__",
                                      "__str__",
                                      "__repr__",
                                      "__enter__",
                                      "__exit__",
                                      "__file__",
                                      "__cached__",
                                      "__subclasshook__",
                                      "__init_subclass__",
                                      "__set_name__",
                                      "__annotations__",
                                      NULL};

static bool is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool has(struct sr_bytes text, const char *what)
{
    return text.len > 0 && memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

/* Whether a word in text is one of the known names between underscores. */
static bool has_dunder(struct sr_bytes text)
{
    for (size_t begin = 0, i = 0; i <= text.len; i++) {
        if (i < text.len && is_word(text.ptr[i])) {
            continue;
        }
        if (i > begin && is_one_of(sr_bytes(text.ptr + begin, i - begin), DUNDERS)) {
            return true;
        }
        begin = i + 1;
    }
    return false;
}

#define NO_RULE SR_RULE_COUNT

/* A name that is read or reached: of a variable, attribute or item. */
static enum sr_rule rule_of_name(struct sr_bytes name)
{
    if (sr_text_begins(name, "__") || has_dunder(name)) {
        return SR_RULE_TEMPLATE_ATTRIBUTE;
    }
    return sr_text_begins(name, "_") ? SR_RULE_TEMPLATE_UNKNOWN : NO_RULE;
}

static enum sr_rule rule_of_attribute(struct sr_bytes name, bool is_called)
{
    if (is_one_of(name, ATTRIBUTES) || (is_called && is_one_of(name, CALLED))) {
        return SR_RULE_TEMPLATE_ATTRIBUTE;
    }
    enum sr_rule rule = rule_of_name(name);
    if (rule == NO_RULE && is_called && !is_one_of(name, METHODS)) {
        return SR_RULE_TEMPLATE_UNKNOWN;
    }
    return rule;
}

static enum sr_rule rule_of_variable(const struct sr_jinja_note *note)
{
    bool is_call = note->kind == SR_JINJA_CALL;
    if (is_one_of(note->text, GLOBALS)) {
        return SR_RULE_TEMPLATE_GLOBAL;
    }
    if (note->is_local && !sr_text_begins(note->text, "__")) {
        return NO_RULE;
    }
    enum sr_rule rule = rule_of_name(note->text);
    if (rule == NO_RULE && is_call && !is_one_of(note->text, FUNCTIONS)) {
        return SR_RULE_TEMPLATE_UNKNOWN;
    }
    return rule;
}

static enum sr_rule rule_of_statement(struct sr_bytes keyword)
{
    if (is_one_of(keyword, LOADING)) {
        return SR_RULE_TEMPLATE_LOADS;
    }
    return is_one_of(keyword, STATEMENTS) ? NO_RULE : SR_RULE_TEMPLATE_UNKNOWN;
}

static enum sr_rule rule_of_filter(struct sr_bytes name)
{
    if (sr_text_equal(name, sr_text_view("attr"))) {
        return SR_RULE_TEMPLATE_ATTRIBUTE;
    }
    return is_one_of(name, FILTERS) ? NO_RULE : SR_RULE_TEMPLATE_UNKNOWN;
}

/* Pieces of a name between underscores have no place in a prompt either. */
static enum sr_rule rule_of_string(struct sr_bytes text)
{
    if (has_dunder(text)) {
        return SR_RULE_TEMPLATE_ATTRIBUTE;
    }
    return has(text, "__") ? SR_RULE_TEMPLATE_UNKNOWN : NO_RULE;
}

static enum sr_rule rule_of(const struct sr_jinja_note *note)
{
    switch (note->kind) {
    case SR_JINJA_STATEMENT:
        return rule_of_statement(note->text);
    case SR_JINJA_NAME:
    case SR_JINJA_CALL:
        return rule_of_variable(note);
    case SR_JINJA_ATTRIBUTE:
    case SR_JINJA_ITEM:
        return rule_of_attribute(note->text, false);
    case SR_JINJA_METHOD:
        return rule_of_attribute(note->text, true);
    case SR_JINJA_FILTER:
        return rule_of_filter(note->text);
    case SR_JINJA_TEST:
        return is_one_of(note->text, TESTS) ? NO_RULE : SR_RULE_TEMPLATE_UNKNOWN;
    case SR_JINJA_STRING:
        return rule_of_string(note->text);
    case SR_JINJA_COMPUTED:
        return SR_RULE_TEMPLATE_COMPUTED;
    case SR_JINJA_CALL_OTHER:
    default:
        return SR_RULE_TEMPLATE_UNKNOWN;
    }
}

/* A template that is being judged. */
struct judgement {
    struct sr_inspection *in;
    bool has_computed; /* it puts the name of an item together */
    bool has_pieces;   /* it has what such a name would be hidden with */
    size_t offset;     /* of the first computed name */
};

/* Pieces of a name between underscores, or ways to get them. */
static bool is_piece(const struct sr_jinja_note *note)
{
    static const char *const MAKERS[] = {"chr",     "ord",   "format",    "urlencode", "xmlattr",
                                         "reverse", "unhex", "b64decode", NULL};
    if (note->kind == SR_JINJA_STRING || note->kind == SR_JINJA_ITEM) {
        size_t underscores = 0;
        while (underscores < note->text.len && note->text.ptr[underscores] == '_') {
            underscores++;
        }
        return has(note->text, "__") || (underscores > 0 && underscores == note->text.len);
    }
    bool is_used = note->kind == SR_JINJA_CALL || note->kind == SR_JINJA_METHOD ||
                   note->kind == SR_JINJA_FILTER;
    return is_used && is_one_of(note->text, MAKERS);
}

static void report(void *ctx, const struct sr_jinja_note *note)
{
    static const char *const WHAT[] = {
        "statement", "name",   "function", "attribute",        "method",         "filter",
        "test",      "string", "item",     "computed name in", "call of a value"};
    struct judgement *j = ctx;
    enum sr_rule rule = rule_of(note);
    j->has_pieces = j->has_pieces || is_piece(note);
    if (note->kind == SR_JINJA_COMPUTED && !j->has_computed) {
        j->has_computed = true;
        j->offset = note->offset;
    }
    if (rule != NO_RULE) {
        char quoted[SR_EVIDENCE_BYTES];
        sr_inspection_find(j->in, rule, note->offset, note->text.len, "%s '%s'", WHAT[note->kind],
                           sr_inspection_quote(note->text, quoted));
    }
}

void sr_template_check(struct sr_inspection *in, struct sr_bytes text)
{
    struct judgement j = {.in = in};
    struct sr_err err = {0};
    enum sr_status status = sr_jinja_walk(text, report, &j, &err);
    if (j.has_computed && j.has_pieces) {
        sr_inspection_find(in, SR_RULE_TEMPLATE_ATTRIBUTE, j.offset, 0,
                           "a computed name, and pieces of a hidden one");
    }
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    sr_inspection_cover(in, 0, text.len);
}

static void look_for_attack(void *ctx, const struct sr_jinja_note *note)
{
    bool *is_attack = ctx;
    enum sr_rule rule = rule_of(note);
    /* In prose a brace may be followed by anything; these names are not in it. */
    *is_attack = *is_attack || rule == SR_RULE_TEMPLATE_ATTRIBUTE;
}

bool sr_template_is_attack(struct sr_bytes text)
{
    bool is_attack = false;
    if (has(text, "{{") || has(text, "{%")) {
        (void)!sr_jinja_walk(text, look_for_attack, &is_attack, NULL);
    }
    return is_attack;
}
