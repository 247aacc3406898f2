/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/archive.h"

#include <stdio.h>

#include "base/text.h"
#include "tests/findings.h"
#include "tests/zips.h"

static struct zips Z;

static struct findings look_as(const char *schema, enum sr_profile profile)
{
    Z = (struct zips){0};
    zips_add(&Z, "schema.json", schema, strlen(schema));
    return findings_of("model.skops", profile, zips_end(&Z));
}

static struct findings look(const char *schema)
{
    return look_as(schema, SR_PROFILE_TENSORS);
}

#define NODE(module, class, loader, rest)                                                          \
    "{\"__class__\":\"" class "\",\"__module__\":\"" module "\",\"__loader__\":\"" loader          \
                              "\",\"__id__\":1" rest "}"
#define PLAIN                                                                                      \
    NODE("builtins", "str", "JsonNode", ",\"content\":\"[1, \\\"a\\\"]\",\"is_json\":true")

static void plain_values_pass(void)
{
    struct findings f =
        look(NODE("builtins", "dict", "DictNode",
                  ",\"content\":{\"a\":" PLAIN ",\"b\":" PLAIN "},\"key_types\":" NODE(
                      "builtins", "list", "ListNode",
                      ",\"content\":[" NODE("builtins", "str", "TypeNode", "") "]")));
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0);
    CHECK(strcmp(f.format, "skops") == 0 && f.globals == 3);
}

static void estimators_pass_with_their_profile_only(void)
{
    const char *schema =
        NODE("sklearn.pipeline", "Pipeline", "ObjectNode",
             ",\"content\":" NODE("builtins", "dict", "DictNode", ",\"content\":{}"));
    struct findings f = look(schema);
    CHECK(f.verdict == SR_VERDICT_REVIEW && findings_has(&f, SR_RULE_PICKLE_GLOBAL_PROFILE));
    CHECK(look_as(schema, SR_PROFILE_SKLEARN).verdict == SR_VERDICT_PASS);
}

static void what_is_on_no_list_never_passes(void)
{
    const struct {
        const char *schema;
        enum sr_verdict verdict;
        enum sr_rule rule;
    } cases[] = {
        {NODE("mine", "Model", "ObjectNode", ""), SR_VERDICT_REVIEW, SR_RULE_PICKLE_GLOBAL_UNKNOWN},
        {NODE("os", "system", "FunctionNode", ""), SR_VERDICT_BLOCK,
         SR_RULE_PICKLE_GLOBAL_DANGEROUS},
        {NODE("builtins", "eval", "TypeNode", ""), SR_VERDICT_BLOCK,
         SR_RULE_PICKLE_GLOBAL_DANGEROUS},
        {NODE("builtins", "type", "ObjectNode", ""), SR_VERDICT_REVIEW,
         SR_RULE_PICKLE_GLOBAL_UNKNOWN},
        {NODE("builtins", "list", "NewNode", ""), SR_VERDICT_REVIEW, SR_RULE_SKOPS_LOADER},
        {NODE("functools", "partial", "PartialNode", ""), SR_VERDICT_REVIEW, SR_RULE_SKOPS_CALL},
        {NODE("operator", "itemgetter", "OperatorFuncNode", ""), SR_VERDICT_REVIEW,
         SR_RULE_SKOPS_CALL},
        {NODE("operator", "call", "OperatorFuncNode", ""), SR_VERDICT_BLOCK,
         SR_RULE_SKOPS_OPERATOR},
        {NODE("sklearn", "itemgetter", "OperatorFuncNode", ""), SR_VERDICT_BLOCK,
         SR_RULE_SKOPS_OPERATOR},
        {NODE("builtins", "list", "MethodNode", ",\"content\":{\"func\":\"__class__\"}"),
         SR_VERDICT_BLOCK, SR_RULE_SKOPS_METHOD},
        {NODE("builtins", "list", "MethodNode", ""), SR_VERDICT_BLOCK, SR_RULE_SKOPS_METHOD},
        {NODE("builtins", "list", "MethodNode", ",\"content\":{\"func\":\"fit\"}"),
         SR_VERDICT_REVIEW, SR_RULE_SKOPS_CALL},
        {"{\"__class__\":\"list\"}", SR_VERDICT_UNPARSABLE, SR_RULE_SKOPS_NODE},
        {"[]", SR_VERDICT_UNPARSABLE, SR_RULE_SKOPS_NODE},
        {"{", SR_VERDICT_UNPARSABLE, SR_RULE_MALFORMED},
        {NODE("builtins", "str", "JsonNode", ",\"content\":\"[\""), SR_VERDICT_UNPARSABLE,
         SR_RULE_SKOPS_NODE},
        {NODE("builtins", "str", "JsonNode", ",\"content\":3"), SR_VERDICT_UNPARSABLE,
         SR_RULE_SKOPS_NODE},
        {NODE("numpy", "ndarray", "NdArrayNode", ",\"type\":\"numpy\",\"file\":\"1.npy\""),
         SR_VERDICT_UNPARSABLE, SR_RULE_SKOPS_NODE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct findings f = look(cases[i].schema);
        CHECK(f.verdict == cases[i].verdict && findings_has(&f, cases[i].rule));
        if (f.verdict != cases[i].verdict) {
            printf("# %s: %s\n", cases[i].schema, sr_verdict_name(f.verdict));
        }
    }
}

static void a_hidden_node_is_found_at_any_depth(void)
{
    char schema[4096] = "";
    size_t len = 0;
    for (unsigned i = 0; i < 100; i++) {
        len += (size_t)snprintf(schema + len, sizeof schema - len, "[{\"a\":");
    }
    len += (size_t)snprintf(schema + len, sizeof schema - len, "%s",
                            NODE("posix", "system", "ObjectNode", ""));
    for (unsigned i = 0; i < 100; i++) {
        len += (size_t)snprintf(schema + len, sizeof schema - len, "}]");
    }
    struct findings f = look(schema);
    CHECK(f.verdict == SR_VERDICT_BLOCK);
    CHECK(findings_has(&f, SR_RULE_PICKLE_GLOBAL_DANGEROUS));
}

static void members_are_what_nodes_name(void)
{
    static const char schema[] = NODE("builtins", "bytes", "BytesNode", ",\"file\":\"1.bin\"");
    Z = (struct zips){0};
    zips_add(&Z, "schema.json", schema, sizeof schema - 1);
    zips_add(&Z, "1.bin", "abc", 3);
    struct findings f = findings_of("model.skops", SR_PROFILE_TENSORS, zips_end(&Z));
    CHECK(f.verdict == SR_VERDICT_PASS);
    Z = (struct zips){0};
    zips_add(&Z, "schema.json", schema, sizeof schema - 1);
    zips_add(&Z, "1.bin", "abc", 3);
    zips_add(&Z, "2.bin", "abc", 3);
    f = findings_of("model.skops", SR_PROFILE_TENSORS, zips_end(&Z));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_ARCHIVE_MEMBER_UNKNOWN));
    Z = (struct zips){0};
    zips_add(&Z, "schema.json", schema, sizeof schema - 1);
    zips_add(&Z, "1.bin", "abc", 3);
    zips_add(&Z, "2.bin",
             "\x7f"
             "ELF",
             4);
    f = findings_of("model.skops", SR_PROFILE_TENSORS, zips_end(&Z));
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_PROGRAM));
}

int main(void)
{
    RUN(plain_values_pass);
    RUN(estimators_pass_with_their_profile_only);
    RUN(what_is_on_no_list_never_passes);
    RUN(a_hidden_node_is_found_at_any_depth);
    RUN(members_are_what_nodes_name);
    return check_done();
}
