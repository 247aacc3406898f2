/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/settings.h"

#include "base/text.h"
#include "tests/findings.h"

struct sample {
    const char *name;
    const char *text;
    enum sr_rule rule; /* SR_RULE_COUNT: none */
    enum sr_verdict verdict;
};

static void check_samples(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct sample *s = &samples[i];
        struct findings f = findings_of(s->name, SR_PROFILE_TENSORS, sr_text_view(s->text));
        bool is_found = s->rule == SR_RULE_COUNT ? f.count == 0 : findings_has(&f, s->rule);
        if (!is_found || f.verdict != s->verdict) {
            printf("# %s %s is %s: %s\n", s->name, s->text, sr_verdict_name(f.verdict), f.evidence);
        }
        CHECK(is_found);
        CHECK(f.verdict == s->verdict);
        CHECK(strcmp(f.format, "json") == 0);
    }
}
#define CHECK_SAMPLES(samples) check_samples(samples, sizeof(samples) / sizeof(samples)[0])

static void ordinary_settings_pass(void)
{
    static const struct sample SAMPLES[] = {
        {"config.json",
         "{\"_name_or_path\": \"acme/bert-base\", \"author\": \"Acme\", \"hidden_size\": 768, "
         "\"architectures\": [\"BertModel\"], \"id2label\": {\"0\": \"malicious\"}, "
         "\"trust_remote_code\": false, \"auto_map\": null, \"_attn_implementation\": \"sdpa\", "
         "\"activation_function\": \"gelu_new\"}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"tokenizer_config.json",
         "{\"chat_template\": \"{% for m in messages %}{{ m.content }}{% endfor %}\", "
         "\"model_max_length\": 1000000000000000019884624838656, \"pad_token\": null}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"tokenizer_config.json",
         "{\"chat_template\": [{\"name\": \"default\", \"template\": \"{{ messages }}\"}]}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"tokenizer_config.json", "{\"chat_template\": \"\"}", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"tokenizer.json",
         "{\"model\": {\"vocab\": {\"__import__('os').\": 1, \"http://x.example/\": 2}, "
         "\"merges\": [\"eval( x\", [\"rm -rf\", \"/\"]]}}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"model_index.json",
         "{\"_class_name\": \"StableDiffusionPipeline\", \"unet\": [\"diffusers\", "
         "\"UNet2DConditionModel\"], \"feature_extractor\": [null, null]}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"modules.json",
         "[{\"idx\": 0, \"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\"}]",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"x.json", "{\"license_link\": \"https://example.org/license\"}", SR_RULE_COUNT,
         SR_VERDICT_PASS},
        {"x.json", "{\"name\": \"malicious-url-detector\"}", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"label2id.json", "{\"exec\": 1, \"command\": 2}", SR_RULE_COUNT, SR_VERDICT_PASS},
        {"config.json", "{\"_target_\": \"nemo.collections.asr.models.EncDecCTCModel\"}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"config.json", "{\"eval_batch_size\": \"8\", \"pad_token\": \"x\", \"tokens\": \"y\"}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
    };
    CHECK_SAMPLES(SAMPLES);
}

static void code_that_is_loaded_is_found(void)
{
    static const struct sample SAMPLES[] = {
        {"config.json", "{\"trust_remote_code\": true}", SR_RULE_SETTING_LOADS_CODE,
         SR_VERDICT_REVIEW},
        {"config.json", "{\"_attn_implementation_internal\": \"somebody/kernel\"}",
         SR_RULE_SETTING_LOADS_CODE, SR_VERDICT_REVIEW},
        {"config.json", "{\"_attn_implementation\": {\"text\": \"somebody/kernel\"}}",
         SR_RULE_SETTING_LOADS_CODE, SR_VERDICT_REVIEW},
        {"config.json", "{\"kernel_config\": {}}", SR_RULE_SETTING_LOADS_CODE, SR_VERDICT_REVIEW},
        {"x.json", "{\"a\": [{\"py/object\": \"x.Y\"}]}", SR_RULE_SETTING_LOADS_CODE,
         SR_VERDICT_REVIEW},
        {"x.json", "{\"__class__\": \"Y\"}", SR_RULE_SETTING_LOADS_CODE, SR_VERDICT_REVIEW},
        {"modules.json", "[{\"type\": \"evil.Module\"}]", SR_RULE_SETTING_LOADS_CODE,
         SR_VERDICT_REVIEW},
        {"config.json", "{\"activation_function\": \"os.abort\"}", SR_RULE_SETTING_LOADS_CODE,
         SR_VERDICT_REVIEW},
        {"config.json", "{\"auto_map\": {\"AutoModel\": \"else/where--modeling.Model\"}}",
         SR_RULE_SETTING_FOREIGN, SR_VERDICT_BLOCK},
        {"tokenizer_config.json", "{\"auto_map\": {\"AutoTokenizer\": [\"a/b--t.T\", null]}}",
         SR_RULE_SETTING_FOREIGN, SR_VERDICT_BLOCK},
        {"x.json", "{\"model\": {\"_target_\": \"os.abort\"}}", SR_RULE_SETTING_TARGET,
         SR_VERDICT_BLOCK},
        {"x.json", "{\"_target_\": \"torch.nn.functional.os.Path\"}", SR_RULE_SETTING_TARGET,
         SR_VERDICT_BLOCK},
        {"x.json", "{\"_target_\": \"torch.nn.modules.abort\"}", SR_RULE_SETTING_TARGET,
         SR_VERDICT_BLOCK},
        {"x.json", "{\"_target_\": \"torch.nn._x.Y\"}", SR_RULE_SETTING_TARGET, SR_VERDICT_BLOCK},
    };
    CHECK_SAMPLES(SAMPLES);
}

static void code_beside_it_is_referred_to(void)
{
    struct findings f = findings_of(
        "m/config.json", SR_PROFILE_TENSORS,
        sr_text_view("{\"auto_map\": {\"AutoModel\": \"modeling_x.X\", \"A\": [\"tok.T\", null]}, "
                     "\"custom_pipelines\": {\"p\": {\"impl\": \"pipe.P\"}}}"));
    CHECK(f.verdict == SR_VERDICT_REVIEW);
    CHECK(strcmp(f.referred, "m/modeling_x.py\nm/tok.py\nm/pipe.py\n") == 0);
    f = findings_of("model_index.json", SR_PROFILE_TENSORS,
                    sr_text_view("{\"unet\": [\"my_unet\", \"Net\"]}"));
    CHECK(f.verdict == SR_VERDICT_REVIEW);
    CHECK(strcmp(f.referred, "my_unet.py\n") == 0);
    f = findings_of("config.json", SR_PROFILE_TENSORS,
                    sr_text_view("{\"auto_map\": {\"AutoModel\": \"../x.X\"}}"));
    CHECK(f.verdict == SR_VERDICT_REVIEW); /* the module's name ends at the first dot */
    f = findings_of("config.json", SR_PROFILE_TENSORS,
                    sr_text_view("{\"auto_map\": {\"AutoModel\": \"/x.X\"}}"));
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_REFERENCE_OUTSIDE));
}

static void templates_are_judged(void)
{
    static const struct sample SAMPLES[] = {
        {"tokenizer_config.json", "{\"chat_template\": \"{{ ''.__class__ }}\"}",
         SR_RULE_TEMPLATE_ATTRIBUTE, SR_VERDICT_BLOCK},
        {"tokenizer_config.json",
         "{\"chat_template\": [{\"name\": \"a\", \"template\": \"{{ ''['__cl\\u0061ss__'] }}\"}]}",
         SR_RULE_TEMPLATE_ATTRIBUTE, SR_VERDICT_BLOCK},
        {"x.json", "{\"prompt_template\": \"{{ ''.__class__ }}\"}", SR_RULE_TEMPLATE_ATTRIBUTE,
         SR_VERDICT_BLOCK},
        {"x.json", "{\"custom\": \"{{ ''.__class__ }}\"}", SR_RULE_TEXT_TEMPLATE,
         SR_VERDICT_REVIEW},
        {"chat_template.json", "{\"chat_template\": \"{{ broken\"}", SR_RULE_TRUNCATED,
         SR_VERDICT_UNPARSABLE},
    };
    CHECK_SAMPLES(SAMPLES);
}

static void strings_and_keys_are_looked_at(void)
{
    static const struct sample SAMPLES[] = {
        {"x.json", "{\"a\": {\"b\": [\"rm -rf /\"]}}", SR_RULE_TEXT_CODE, SR_VERDICT_REVIEW},
        {"x.json", "{\"url\": \"http://c2.example/x\"}", SR_RULE_TEXT_ADDRESS, SR_VERDICT_REVIEW},
        {"x.json", "{\"import os; os.abort() # and much more here\": 1}", SR_RULE_TEXT_CODE,
         SR_VERDICT_REVIEW},
        {"x.json", "{\"exec_on_load\": \"x\"}", SR_RULE_SETTING_KEY, SR_VERDICT_REVIEW},
        {"x.json", "{\"debugCommand\": \"x\"}", SR_RULE_SETTING_KEY, SR_VERDICT_REVIEW},
        {"x.json", "{\"callback_url\": \"x\"}", SR_RULE_SETTING_KEY, SR_VERDICT_REVIEW},
        {"x.json", "{\"apiKey\": \"x\"}", SR_RULE_SETTING_KEY, SR_VERDICT_REVIEW},
        {"x.json", "{\"model_name\": \"EVIL_MODEL\"}", SR_RULE_SETTING_DECLARED, SR_VERDICT_REVIEW},
        {"x.json", "{\"note\": \"do not load\"}", SR_RULE_SETTING_DECLARED, SR_VERDICT_REVIEW},
    };
    CHECK_SAMPLES(SAMPLES);
}

static void claims_have_to_agree(void)
{
    static const struct sample SAMPLES[] = {
        {"config.json", "{\"_name_or_path\": \"acne/bert-base\", \"author\": \"Acme AI\"}",
         SR_RULE_SETTING_AUTHOR, SR_VERDICT_REVIEW},
        {"config.json", "{\"_name_or_path\": \"acme-ai/bert-base\", \"author\": \"Acme AI\"}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"config.json", "{\"_name_or_path\": \"/data/acne/x\", \"author\": \"Acme AI\"}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"config.json", "{\"_name_or_path\": \"lab/foundation-large\", \"hidden_size\": 16}",
         SR_RULE_SETTING_SIZE, SR_VERDICT_REVIEW},
        {"config.json", "{\"_name_or_path\": \"lab/foundation-70B\", \"d_model\": 64}",
         SR_RULE_SETTING_SIZE, SR_VERDICT_REVIEW},
        {"config.json", "{\"_name_or_path\": \"lab/tiny-random-large\", \"hidden_size\": 16}",
         SR_RULE_COUNT, SR_VERDICT_PASS},
        {"config.json", "{\"_name_or_path\": \"lab/base\", \"hidden_size\": 16}", SR_RULE_COUNT,
         SR_VERDICT_PASS},
    };
    CHECK_SAMPLES(SAMPLES);
}

static void what_is_not_json_is_unparsable(void)
{
    static const struct sample SAMPLES[] = {
        {"config.json", "{\"a\": 1, \"a\": 2}", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE},
        {"config.json", "{\"a\": 1", SR_RULE_TRUNCATED, SR_VERDICT_UNPARSABLE},
        {"config.json", "{\"trust_remote_code\": true, ", SR_RULE_SETTING_LOADS_CODE,
         SR_VERDICT_UNPARSABLE},
    };
    CHECK_SAMPLES(SAMPLES);
}

/* The smallest safetensors file with one tensor `a` of four bytes. */
static const char SHARD[] = "\x40\0\0\0\0\0\0\0"
                            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}      "
                            "    \0\0\0\0";

static void an_index_is_held_against_its_shards(void)
{
    struct findings_file files[] = {
        {"model-00001-of-00001.safetensors", sr_bytes(SHARD, sizeof SHARD - 1)},
        {"model.safetensors.index.json",
         sr_text_view("{\"metadata\": {\"total_size\": 4}, \"weight_map\": {\"a\": "
                      "\"model-00001-of-00001.safetensors\"}}")},
    };
    struct findings f = findings_of_files(files, 2, SR_PROFILE_TENSORS);
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0);

    files[1].bytes = sr_text_view("{\"metadata\": {\"total_size\": 5}, \"weight_map\": {\"a\": "
                                  "\"model-00001-of-00001.safetensors\"}}");
    f = findings_of_files(files, 2, SR_PROFILE_TENSORS);
    CHECK(f.verdict == SR_VERDICT_PASS && findings_has(&f, SR_RULE_INDEX_TOTAL));

    files[1].bytes = sr_text_view("{\"weight_map\": {\"a\": \"model-00001-of-00001.safetensors\", "
                                  "\"b\": \"model-00001-of-00001.safetensors\"}}");
    f = findings_of_files(files, 2, SR_PROFILE_TENSORS);
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_INDEX_TENSOR));

    files[1].bytes = sr_text_view("{\"weight_map\": {\"a\": \"other.safetensors\"}}");
    f = findings_of_files(files, 2, SR_PROFILE_TENSORS);
    CHECK(f.verdict == SR_VERDICT_REVIEW && findings_has(&f, SR_RULE_REFERENCE_MISSING));
    CHECK(strcmp(f.referred, "other.safetensors\n") == 0);

    files[1].bytes = sr_text_view("{\"weight_map\": {\"a\": \"../x.safetensors\"}}");
    f = findings_of_files(files, 2, SR_PROFILE_TENSORS);
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_REFERENCE_OUTSIDE));
}

int main(void)
{
    RUN(ordinary_settings_pass);
    RUN(code_that_is_loaded_is_found);
    RUN(code_beside_it_is_referred_to);
    RUN(templates_are_judged);
    RUN(strings_and_keys_are_looked_at);
    RUN(claims_have_to_agree);
    RUN(what_is_not_json_is_unparsable);
    RUN(an_index_is_held_against_its_shards);
    return check_done();
}
