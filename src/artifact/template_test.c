/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/template.h"

#include "base/text.h"
#include "tests/findings.h"

static void check_all(const char *const *texts, size_t count, enum sr_verdict verdict)
{
    for (size_t i = 0; i < count; i++) {
        struct findings f =
            findings_of("chat_template.jinja", SR_PROFILE_TENSORS, sr_text_view(texts[i]));
        if (f.verdict != verdict) {
            printf("# %s is %s: %s\n", texts[i], sr_verdict_name(f.verdict), f.evidence);
        }
        CHECK(f.verdict == verdict);
        CHECK(strcmp(f.format, "jinja") == 0);
    }
}
#define CHECK_ALL(texts, verdict) check_all(texts, sizeof(texts) / sizeof(texts)[0], verdict)

static void ordinary_templates_pass(void)
{
    static const char *const TEXTS[] = {
        "",
        "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] | trim "
        "}}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
        "{%- set ns = namespace(found=false) -%}{% set ns.found = true %}{{ ns.found }}",
        "{{ raise_exception('Roles must alternate') }}",
        "{%- if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% endif %}",
        "{% macro show(tool) %}{{ tool.name ~ (tool | tojson(indent=4)) }}{% endmacro %}"
        "{% for t in tools %}{{ show(t) }}{% endfor %}",
        "{% for _ in range(3) %}x{% endfor %}",
        "{{ content.split('</think>')[-1].lstrip('\\n') }}",
        "{% if message.class == 'important' %}!{% endif %}",
        "{{ name | replace('_', ' ') }}",
        "{% generation %}{{ message.content }}{% endgeneration %}",
    };
    CHECK_ALL(TEXTS, SR_VERDICT_PASS);
}

static void attacks_are_blocked(void)
{
    static const char *const TEXTS[] = {
        "{{ x.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ ''['\\x5f\\x5fclass\\x5f\\x5f'] }}",
        "{{ ''['_\\\n_class_\\\n_'] }}",
        "{{ ''['\\N{LOW LINE}\\N{LOW LINE}class\\N{LOW LINE}\\N{LOW LINE}'] }}",
        "{{ ''|attr('x') }}",
        "{{ x|map(attribute='__class__')|list }}",
        "{{ '{0.__class__}'.format(x) }}",
        "{{ lipsum }}",
        "{{ cycler.next }}",
        "{{ self.x }}",
        "{{ getattr(a, 'b') }}",
        "{{ request.application }}",
        "{{ config.items() }}",
        "{{ x.mro() }}",
        "{{ x.getoutput('id') }}",
        "{{ x.y.run('id') }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% set cycler = 1 %}{{ cycler }}",
        "{{ x.__class__ }}{{ broken",
        "{{ x['__cl' ~ 'ass__'] }}",
        "{% set u = '_' * 2 %}{{ x[u ~ 'class' ~ u] }}",
        "{{ x[chr(95) ~ chr(95) ~ 'class'] }}",
        "{{ x|map(attribute='ssalc'|reverse) }}",
    };
    CHECK_ALL(TEXTS, SR_VERDICT_BLOCK);
}

static void what_is_not_on_the_list_gets_review(void)
{
    static const char *const TEXTS[] = {
        "{{ a|unknown }}",      "{{ a is unknown }}",
        "{{ unknown(a) }}",     "{{ a.unknown(b) }}",
        "{{ '%s'|format(a) }}", "{{ a._private }}",
        "{{ _hidden }}",        "{{ a['b' ~ 'c'] }}",
        "{% do a.append(b) %}", "{% block x %}{% endblock %}",
        "{{ a()() }}",          "{{ 'a__b' }}",
        "{% debug %}",          "{{ chr(95) }}",
    };
    CHECK_ALL(TEXTS, SR_VERDICT_REVIEW);
}

static void what_is_broken_or_large_is_unparsable(void)
{
    static char large[40000];
    memset(large, 'A', sizeof large - 1);
    const char *const TEXTS[] = {"{{ a", "{% if a %}", "{{ a b }}", large};
    CHECK_ALL(TEXTS, SR_VERDICT_UNPARSABLE);
}

static void attacks_are_told_from_prose(void)
{
    CHECK(sr_template_is_attack(sr_text_view("x {{ ''.__class__ }}")));
    CHECK(!sr_template_is_attack(sr_text_view("x ''.__class__")));
    CHECK(!sr_template_is_attack(sr_text_view("use {{ name }} here")));
    CHECK(!sr_template_is_attack(sr_text_view("{{ config }}")));
    CHECK(!sr_template_is_attack(sr_bytes(NULL, 0)));
}

int main(void)
{
    RUN(ordinary_templates_pass);
    RUN(attacks_are_blocked);
    RUN(what_is_not_on_the_list_gets_review);
    RUN(what_is_broken_or_large_is_unparsable);
    RUN(attacks_are_told_from_prose);
    return check_done();
}
