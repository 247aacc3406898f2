/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "tests/findings.h"

struct sample {
    const char *name;
    const char *text;
    const char *format;
    enum sr_rule rule; /* SR_RULE_COUNT: none */
    enum sr_verdict verdict;
};

static void check_samples(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct sample *s = &samples[i];
        struct findings f = findings_of(s->name, SR_PROFILE_TENSORS, sr_text_view(s->text));
        bool is_found = s->rule == SR_RULE_COUNT ? f.count == 0 : findings_has(&f, s->rule);
        if (!is_found || f.verdict != s->verdict || strcmp(f.format, s->format) != 0) {
            printf("# %s is %s %s: %s\n", s->name, sr_verdict_name(f.verdict), f.format,
                   f.evidence);
        }
        CHECK(is_found);
        CHECK(f.verdict == s->verdict);
        CHECK(strcmp(f.format, s->format) == 0);
    }
}
#define CHECK_SAMPLES(samples) check_samples(samples, sizeof(samples) / sizeof(samples)[0])

static void plain_text_passes(void)
{
    static const struct sample SAMPLES[] = {
        {"README.md", "---\nlicense: mit\nbase_model: a/b\n---\n# Use\n\n    curl x | sh\n", "text",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"LICENSE", "Apache License\f\r\n", "text", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"m/NOTICE", "x", "text", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"LICENSE.txt", "x", "text", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"README.md", "Use `{{ messages }}` and __init__.\n", "text", SR_RULE_COUNT,
         SR_VERDICT_PASS},
        {".gitattributes", "*.bin filter=lfs\n", "text", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"vocab.txt", "[PAD]\n\xc3\xa9\n", "text", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"merges.txt", "#version: 0.2\n\xc4\xa0 t\n", "text", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"x.tiktoken", "IQ== 0\n", "text", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"README.md", "---\na: &b c\n---\n", "text", SR_RULE_CARD_UNREADABLE, SR_VERDICT_PASS},
    };
    CHECK_SAMPLES(SAMPLES);
}

static void what_is_no_text_or_does_something_does_not(void)
{
    static const struct sample SAMPLES[] = {
        {"README.md", "a\x01", "text", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE},
        {"vocab.txt", "\xff\xfe", "text", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE},
        {"requirements.txt", "torch\n", "text", SR_RULE_TEXT_PACKAGES, SR_VERDICT_REVIEW},
        {"notes.txt", "{\"t\": \"{{ ''.__class__ }}\"}", "text", SR_RULE_TEXT_TEMPLATE,
         SR_VERDICT_REVIEW},
        {"README.md", "---\na: !!python/name:os.abort\n---\n", "text", SR_RULE_CARD_OBJECT,
         SR_VERDICT_REVIEW},
        {"something", "text", "unknown", SR_RULE_UNKNOWN_FORMAT, SR_VERDICT_UNPARSABLE},
    };
    CHECK_SAMPLES(SAMPLES);
}

static void yaml_is_judged_as_settings(void)
{
    static const struct sample SAMPLES[] = {
        {"config.yaml", "model:\n  hidden: 16\n  name: x\n", "yaml", SR_RULE_COUNT,
         SR_VERDICT_PASS},
        {"config.yml", "chat_template: '{% for m in messages %}{{ m.content }}{% endfor %}'\n",
         "yaml", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"config.yaml", "chat_template:\n  \"{{ config.__class__\n  }}\"\n", "yaml",
         SR_RULE_TEMPLATE_ATTRIBUTE, SR_VERDICT_BLOCK},
        {"config.yaml", "x:\n  exec_code: y\n", "yaml", SR_RULE_SETTING_KEY, SR_VERDICT_REVIEW},
        {"config.yaml", "model:\n  _target_: os.abort\n", "yaml", SR_RULE_SETTING_TARGET,
         SR_VERDICT_BLOCK},
        {"config.yaml", "trust_remote_code: True\n", "yaml", SR_RULE_SETTING_LOADS_CODE,
         SR_VERDICT_REVIEW},
        {"config.yaml", "x: !!python/object/apply:os.abort []\n", "yaml", SR_RULE_YAML_OBJECT,
         SR_VERDICT_BLOCK},
        {"config.yaml", "x: !custom y\n", "yaml", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE},
        {"config.yaml", "x: '!!python/name:os.abort'\n", "yaml", SR_RULE_COUNT, SR_VERDICT_PASS},
    };
    CHECK_SAMPLES(SAMPLES);
}

int main(void)
{
    RUN(plain_text_passes);
    RUN(what_is_no_text_or_does_something_does_not);
    RUN(yaml_is_judged_as_settings);
    return check_done();
}
