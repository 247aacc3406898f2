/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/jinja.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"

/* What must hold: whatever is accepted was noted; what is not of the grammar is refused. */

struct notes {
    char text[4096]; /* one letter for the kind, the text, a space */
    struct sr_err err;
    enum sr_status status;
};

static void keep(void *ctx, const struct sr_jinja_note *note)
{
    static const char LETTERS[] = "%NCAMFT\"IX!";
    struct notes *n = ctx;
    size_t len = strlen(n->text);
    (void)snprintf(n->text + len, sizeof n->text - len, "%c%.*s%s ", LETTERS[note->kind],
                   (int)note->text.len, (const char *)note->text.ptr, note->is_local ? "*" : "");
}

static struct notes walk(const char *text)
{
    struct notes n = {{0}, {0}, SR_OK};
    n.status = sr_jinja_walk(sr_text_view(text), keep, &n, &n.err);
    return n;
}

static void check_notes(const char *text, const char *notes)
{
    struct notes n = walk(text);
    if (n.status != SR_OK || strcmp(n.text, notes) != 0) {
        printf("# %s\n#   has '%s', not '%s'; %s\n", text, n.text, notes, n.err.message);
    }
    CHECK(n.status == SR_OK);
    CHECK(strcmp(n.text, notes) == 0);
}

static void check_refused(const char *text, enum sr_status status)
{
    struct notes n = walk(text);
    if (n.status != status) {
        printf("# %s is %d: %s\n", text, (int)n.status, n.err.message);
    }
    CHECK(n.status == status);
    CHECK(n.err.message[0] != '\0');
}

static void text_has_no_notes(void)
{
    check_notes("", "");
    check_notes("plain } %} text { #", "");
    check_notes("{# a {{ comment }} #}", "");
    check_notes("{% raw %}{{ x.__class__ }}{%- endraw %}", "%raw ");
    check_notes("{", "");
}

static void values_are_noted(void)
{
    check_notes("{{ a }}", "Na ");
    check_notes("{{- a -}}", "Na ");
    check_notes("{{ a.b.c }}", "Na Ab Ac ");
    check_notes("{{ a['b']['c'] }}", "Na Ib Ic ");
    check_notes("{{ a[1:] }}{{ a[:-1] }}{{ a[::2] }}{{ a[i] }}", "Na Na Na Na Ni ");
    check_notes("{{ a.b('x', k=1) }}", "Na Mb \"x ");
    check_notes("{{ f(a, *b, **c) }}", "Cf Na Nb Nc ");
    check_notes("{{ f()() }}", "Cf ! ");
    check_notes("{{ a|f|g(1, k='x')|h }}", "Na Ff Fg \"x Fh ");
    check_notes("{{ a is defined and b is not none }}", "Na Tdefined Nb Tnone ");
    check_notes("{{ a is divisibleby 3 }}{{ a is sameas(b) }}", "Na Tdivisibleby Na Tsameas Nb ");
    check_notes("{{ a if b else c }}", "Na Nb Nc ");
    check_notes("{{ a not in b or not c }}", "Na Nb Nc ");
    check_notes("{{ [1, 'a', (b, c), {'d': e,},] }}", "\"a Nb Nc \"d Ne ");
    check_notes("{{ true and False and none }}", "");
    check_notes("{{ -1.5 + +2 ** 3 // 4 }}", "");
    check_notes("{{ {'a': {'b': 1}} }}", "\"a \"b ");
    check_notes("{{ () }}{{ a.0 }}{{ a, b }}", "Na Na Nb ");
}

static void statements_are_noted(void)
{
    check_notes("{% for a, b in c if a %}{{ a }}{% else %}{% endfor %}",
                "%for Nc Na* Na* %else %endfor ");
    check_notes("{% for (a) in c recursive %}{% break %}{% continue %}{% endfor %}",
                "%for Nc %break %continue %endfor ");
    check_notes("{%+ if a %}{% elif b %}{% else %}{%- endif +%}", "%if Na %elif Nb %else %endif ");
    check_notes("{% set a = 1 %}{% set b.c = a %}{% set d, e = f %}",
                "%set %set Nb Ac Na* %set Nf ");
    check_notes("{% set a %}x{% endset %}{% set b | trim | join(',') %}{% endset %}",
                "%set %endset %set Ftrim Fjoin \", %endset ");
    check_notes("{% macro m(a, b=1, c=[x]) %}{{ a }}{% endmacro m %}{{ m(1) }}",
                "%macro Nx Na* %endmacro Cm* ");
    check_notes("{% call(x) m() %}{% endcall %}{% call m() %}{% endcall %}",
                "%call Cm %endcall %call Cm %endcall ");
    check_notes("{% filter upper %}{% endfilter %}{% filter a|b('c') %}{% endfilter %}",
                "%filter Fupper %endfilter %filter Fa Nb \"c %endfilter ");
    check_notes("{% filter indent(4) %}{% endfilter %}", "%filter Findent %endfilter ");
    check_notes("{% with a = 1, b = c %}{{ a }}{% endwith %}", "%with Nc Na* %endwith ");
    check_notes("{% generation %}x{% endgeneration %}", "%generation %endgeneration ");
    check_notes("{% include 'a' %}{% from x.y import z %}", "%include \"a %from Nx Ay Nimport Nz ");
    check_notes("{% do a.b() %}", "%do Na Mb ");
}

static void escapes_are_resolved(void)
{
    check_notes("{{ a['\\x5f\\137\\u005f\\U0000005fb'] }}", "Na I____b ");
    check_notes("{{ '\\n\\t\\q\\'\\\\' }}", "\"\n\tq'\\ ");
    check_notes("{{ '\\u00e9\\xe9' }}", "\"?? ");
    check_notes("{{ a['_\\\n_b'] }}{{ a['_\\\r\n_b'] }}{{ a['_\\\r_b'] }}",
                "Na I__b Na I__b Na I__b ");
    check_notes("{{ a['\\N{LOW LINE}b'] }}", "Na I_b ");
}

/* What Python's decoder refuses, and names of characters, which can spell anything. */
static void escapes_that_are_none_are_refused(void)
{
    static const char *const TEXTS[] = {
        "{{ '\\xg' }}",          "{{ '\\x4' }}",           "{{ '\\ust' }}", "{{ '\\u12' }}",
        "{{ '\\U00110000' }}",   "{{ '\\U0000005' }}",     "{{ '\\N' }}",   "{{ '\\N{LOW LINE' }}",
        "{{ '\\N{low line}' }}", "{{ '\\N{DIGIT ONE}' }}",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        check_refused(TEXTS[i], SR_MALFORMED);
    }
}

/* Names that the template puts together may be anything: they have to be seen wherever they come
 * from. */
static void computed_names_are_noted(void)
{
    static const char *const TEXTS[] = {
        "{{ a['b' ~ 'c'] }}",
        "{{ a['b' 'c'] }}",
        "{{ a[b + 'c'] }}",
        "{{ a['b'|reverse] }}",
        "{{ a['%c' % 95] }}",
        "{{ a['x_y'.replace('x', '_')] }}",
        "{{ a[b|string] }}",
        "{{ a['bcd'[0]] }}",
        "{{ a[f(1)] }}",
        "{% set n = 'b' ~ 'c' %}{{ a[n] }}",
        "{% set m = n %}{% set n = 'b' ~ 'c' %}{% set k = m %}{{ a[k] }}",
        "{% for n in ['b' ~ 'c'] %}{{ a[n] }}{% endfor %}",
        "{% set n %}bc{% endset %}{{ a[n] }}",
        "{% macro m(n) %}{{ a[n] }}{% endmacro %}{{ m('b' ~ 'c') }}",
        "{% macro m(n='b' ~ 'c') %}{{ a[n] }}{% endmacro %}",
        "{{ a|map(attribute='b' ~ 'c') }}",
        "{{ a|selectattr('b' ~ 'c') }}",
        "{{ a[b|default('c' ~ 'd')] }}",
        "{% with n = 'b' ~ 'c' %}{{ a[n] }}{% endwith %}",
        "{% set n.k = 'b' ~ 'c' %}{{ a[n.k] }}",
        "{% set n . k = 'b' ~ 'c' %}{{ a[n['k']] }}{{ a[n['\\x6b']] }}",
        "{% set n = namespace(k='b' ~ 'c') %}{{ a[n.k] }}",
        "{% set n = {'k': 'b' ~ 'c'} %}{{ a[n.k] }}",
        "{% set n = [] %}{% set _ = n.append('b' ~ 'c') %}{{ a[n[0]] }}",
        "{% set n.k = [] %}{% set _ = n.k.append('b' ~ 'c') %}{{ a[n.k[0]] }}",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        struct notes n = walk(TEXTS[i]);
        if (n.status != SR_OK || strchr(n.text, 'X') == NULL) {
            printf("# %s: '%s' %s\n", TEXTS[i], n.text, n.err.message);
        }
        CHECK(n.status == SR_OK && strchr(n.text, 'X') != NULL);
    }
}

static void numbers_and_data_are_not_computed(void)
{
    static const char *const TEXTS[] = {
        "{{ a[loop.index0 - 1] }}",
        "{{ a[b.c] }}{{ a[b['c']] }}",
        "{{ a[-1] }}{{ a[b|length - 1] }}",
        "{% for k in a %}{{ a[k] }}{% endfor %}",
        "{% for k, v in a|items %}{{ b[k] }}{% endfor %}",
        "{% for k, v in a.items() %}{{ b[k] }}{% endfor %}",
        "{% set k = 1 + 2 %}{{ a[k] }}",
        "{% for i in range(3) %}{{ a[i + 1] }}{% endfor %}",
        "{% macro m(k) %}{{ a[k] }}{% endmacro %}{{ m(b.c, ['d', 'e']) }}",
        "{{ a['b' if c else 'd'] }}",
        "{% set n.k = a.b %}{% set n.t = 'b' ~ 'c' %}{{ a[n.k] }}",
        "{% set m = a[1:] %}{% for k in m %}{{ a[k.b] }}{% endfor %}",
        "{{ (a ~ 'b')|replace('c', 'd' ~ e) }}",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        struct notes n = walk(TEXTS[i]);
        if (n.status != SR_OK || strchr(n.text, 'X') != NULL) {
            printf("# %s: '%s' %s\n", TEXTS[i], n.text, n.err.message);
        }
        CHECK(n.status == SR_OK && strchr(n.text, 'X') == NULL);
    }
}

static void what_is_not_of_the_grammar_is_refused(void)
{
    static const char *const TEXTS[] = {
        "{{ }}",
        "{{ a b }}",
        "{{ a + }}",
        "{{ (a }}",
        "{{ a) }}",
        "{{ (a] }}",
        "{{ a[] }}",
        "{{ a ? b }}",
        "{{ a! }}",
        "{{ a = b }}",
        "{{ a. }}",
        "{{ a| }}",
        "{{ a is }}",
        "{{ 1a }}",
        "{{ a not b }}",
        "{{ if }}",
        "{{ (a +) }}",
        "{{ {a b} }}",
        "{{ [a:b] }}",
        "{{ \xc3\xa9 }}",
        "{% %}",
        "{% for a b %}",
        "{% for in b %}",
        "{% endif %}",
        "{% else %}",
        "{% break %}",
        "{% set = 1 %}",
        "{% macro (a) %}",
        "{% macro m(a b) %}",
        "{% macro m(a=) %}",
        "{% if a %}{% endfor %}",
        "{% raw a %}",
        "{% for a in b %}{% elif c %}{% endfor %}",
        "{% set a. = 1 %}",
        "{% macro m(a=]) %}",
        "{% with a 1 %}{% endwith %}",
        "{% with a = %}{% endwith %}",
        "{% else a %}",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        check_refused(TEXTS[i], SR_MALFORMED);
    }
    CHECK(sr_jinja_walk(sr_bytes("a\0b", 3), keep, &(struct notes){.status = SR_OK}, NULL) ==
          SR_MALFORMED);
}

static void what_has_no_end_is_truncated(void)
{
    static const char *const TEXTS[] = {"{{ a",      "{% if a",    "{# a",
                                        "{{ 'a }}",  "{% if a %}", "{% raw %} {% endra %}",
                                        "{% raw %}", "{{ '\\",     "{{"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        check_refused(TEXTS[i], SR_TRUNCATED);
    }
}

static char *repeated(const char *before, const char *unit, size_t times, const char *after)
{
    size_t len = strlen(before) + strlen(unit) * times + strlen(after) + 1;
    char *text = calloc(1, len);
    CHECK(text != NULL);
    if (text != NULL) {
        char *at = stpcpy(text, before);
        for (size_t i = 0; i < times; i++) {
            at = stpcpy(at, unit);
        }
        (void)stpcpy(at, after);
    }
    return text;
}

static void budgets_hold(void)
{
    char *text = repeated("", "x", SR_JINJA_BYTES_MAX, "");
    check_notes(text, "");
    free(text);
    text = repeated("", "x", SR_JINJA_BYTES_MAX + 1, "");
    check_refused(text, SR_TOO_LARGE);
    free(text);
    text = repeated("{{ ", "(", SR_JINJA_DEPTH_MAX, " }}");
    check_refused(text, SR_TOO_LARGE);
    free(text);
    text = repeated("", "{% if a %}", SR_JINJA_DEPTH_MAX + 1, "");
    check_refused(text, SR_TOO_LARGE);
    free(text);
    text = repeated("{% set ", "a,", 17, "b = c %}");
    check_refused(text, SR_TOO_LARGE);
    free(text);
    char *many = calloc(1, SR_JINJA_BYTES_MAX);
    CHECK(many != NULL);
    for (unsigned i = 0; many != NULL && i <= SR_JINJA_NAMES_MAX; i++) {
        size_t len = strlen(many);
        (void)snprintf(many + len, SR_JINJA_BYTES_MAX - len, "{%% set a%u = 1 %%}", i);
    }
    check_refused(many, SR_TOO_LARGE);
    free(many);
}

/* What was noted before a fault stays: it may already say enough. */
static void notes_come_before_the_fault(void)
{
    struct notes n = walk("{{ a.__class__ }}{{ ( }}");
    CHECK(n.status == SR_MALFORMED);
    CHECK(strcmp(n.text, "Na A__class__ ") == 0);
    CHECK(strstr(n.err.message, "at byte 22") != NULL);
}

int main(void)
{
    RUN(text_has_no_notes);
    RUN(values_are_noted);
    RUN(statements_are_noted);
    RUN(escapes_are_resolved);
    RUN(escapes_that_are_none_are_refused);
    RUN(computed_names_are_noted);
    RUN(numbers_and_data_are_not_computed);
    RUN(what_is_not_of_the_grammar_is_refused);
    RUN(what_has_no_end_is_truncated);
    RUN(budgets_hold);
    RUN(notes_come_before_the_fault);
    return check_done();
}
