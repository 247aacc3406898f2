/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/card.h"

#include "base/text.h"
#include "tests/findings.h"

static bool says(const char *path, const char *text, const char *facts)
{
    struct findings f = findings_of(path, SR_PROFILE_TENSORS, sr_text_view(text));
    if (strcmp(f.facts, facts) != 0) {
        printf("# %s says: %s\n", path, f.facts);
    }
    return strcmp(f.facts, facts) == 0;
}

#define CARD                                                                                       \
    "---\nlicense: apache-2.0\nlicense_link: https://example.org/l\nlanguage:\n- en\n- de\n"       \
    "base_model:\n  - acme/base\n  - acme/other\nbase_model_relation: merge\n"                     \
    "datasets: [a/b]\npipeline_tag: text-generation\nlibrary_name: transformers\n"                 \
    "extra_gated_fields:\n  license: no\nmodel-index:\n- name: x\n  language: fr\n---\n# A "       \
    "model\n"

static void a_card_says_what_it_claims(void)
{
    CHECK(says("README.md", CARD,
               "licence=apache-2.0\nlicence-link=https://example.org/l\nlanguage=en\nlanguage=de\n"
               "base-model=acme/base\nbase-model=acme/other\nbase-model-relation=merge\n"
               "dataset=a/b\npipeline-tag=text-generation\nlibrary=transformers\n"));
    CHECK(says("README.md", "---\nbase_model: a/b\nlanguage: en\n---\n",
               "base-model=a/b\nlanguage=en\n"));
    CHECK(says("README.md", "---\nlicense: \"a\\u00e9\\n\"\n---\n", "licence=a\\xc3\\xa9\\x0a\n"));
}

static void only_the_card_at_the_root_speaks(void)
{
    CHECK(says("docs/README.md", CARD, ""));
    CHECK(says("readme.txt", CARD, ""));
    CHECK(says("README.md", "license: mit\n", ""));
    /* One that cannot be read whole says nothing, also not by what comes before. */
    CHECK(says("README.md", "---\nlicense: mit\na: &b c\n---\n", ""));
    /* Neither maps nor numbers are names. */
    CHECK(says("README.md", "---\nlicense: 3\nlibrary_name: [x]\nlanguage: {en: 1}\n---\n", ""));
}

static void a_configuration_says_what_it_configures(void)
{
    CHECK(says("config.json",
               "{\"architectures\": [\"LlamaForCausalLM\", \"Other\"], \"model_type\": \"llama\","
               " \"text_config\": {\"model_type\": \"no\"}, \"license\": \"mit\"}",
               "architecture=LlamaForCausalLM\nmodel-type=llama\n"));
    CHECK(says("sub/config.json", "{\"model_type\": \"llama\"}", ""));
    CHECK(says("generation_config.json", "{\"model_type\": \"llama\"}", ""));
    CHECK(says("config.json", "{\"architectures\": [1, \"B\"], \"model_type\": [\"x\"]}",
               "architecture=B\n"));
    CHECK(says("config.json", "[\"model_type\"]", ""));
    struct findings f =
        findings_of("config.json", SR_PROFILE_TENSORS, sr_text_view("{\"model_type\": \"a\"}"));
    CHECK(f.verdict == SR_VERDICT_PASS);
}

int main(void)
{
    RUN(a_card_says_what_it_claims);
    RUN(only_the_card_at_the_root_speaks);
    RUN(a_configuration_says_what_it_configures);
    return check_done();
}
