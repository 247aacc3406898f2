/* SPDX-License-Identifier: Apache-2.0 */
/* What a Keras configuration may name passes; what makes Keras import, call or run is refused. */
#include "artifact/keras.h"

#include <string.h>

#include "artifact/format.h"
#include "tests/findings.h"

static void inspect_config(struct sr_inspection *in, const struct sr_subject *blob)
{
    sr_keras_config_inspect(in, blob->bytes, 0);
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const struct sr_format CONFIG = {
    .name = "config", .title = "configuration", .inspect = inspect_config};

static struct findings look(const char *json)
{
    struct findings f = {0};
    struct sr_inspection_events events = {
        .finding = findings_keep, .global = findings_global, .ctx = &f};
    SR_AUTO(sr_inspection) in = NULL;
    CHECK(sr_inspection_new(SR_PROFILE_TENSORS, &events, &in) == SR_OK);
    if (in != NULL) {
        f.verdict = sr_inspection_member(in, sr_bytes("config.json", 11),
                                         sr_bytes(json, strlen(json)), &CONFIG);
    }
    return f;
}

static void passes(const char *json)
{
    struct findings f = look(json);
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0);
    if (f.verdict != SR_VERDICT_PASS) {
        printf("# %s: %s\n", json, f.evidence);
    }
}

/* That finding and no other. */
static void finds(enum sr_rule rule, const char *json)
{
    struct findings f = look(json);
    CHECK(f.verdict == sr_rule_info(rule)->verdict && findings_has(&f, rule));
    if (!findings_has(&f, rule)) {
        printf("# %s: %s, not %s\n", json, sr_rule_info(f.last.rule)->id, sr_rule_info(rule)->id);
    }
}

#define DENSE_2                                                                                    \
    "{\"class_name\":\"Dense\",\"config\":{\"units\":10,\"activation\":\"relu\","                  \
    "\"kernel_initializer\":{\"class_name\":\"GlorotUniform\",\"config\":{\"seed\":null}},"        \
    "\"bias_regularizer\":null}}"
#define SEQUENTIAL(layer)                                                                          \
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\",\"layers\":[" layer "]}}"

/* As Keras 3 saves a compiled functional model. */
static const char FUNCTIONAL_3[] =
    "{\"module\":\"keras.src.models.functional\",\"class_name\":\"Functional\",\"config\":{"
    "\"name\":\"functional\",\"trainable\":true,\"layers\":["
    "{\"module\":\"keras.layers\",\"class_name\":\"InputLayer\",\"config\":{\"batch_shape\":[null,"
    "4],"
    "\"dtype\":\"float32\",\"sparse\":false,\"name\":\"a\"},\"registered_name\":null,"
    "\"name\":\"a\",\"inbound_nodes\":[]},"
    "{\"module\":\"keras.layers\",\"class_name\":\"Dense\",\"config\":{\"name\":\"d\",\"units\":3,"
    "\"dtype\":{\"module\":\"keras\",\"class_name\":\"DTypePolicy\",\"config\":{\"name\":"
    "\"float32\"},"
    "\"registered_name\":null},\"activation\":{\"module\":\"keras.activations\",\"class_name\":"
    "\"function\",\"config\":\"gelu\",\"registered_name\":\"gelu\"},\"kernel_initializer\":{"
    "\"module\":"
    "\"keras.initializers\",\"class_name\":\"GlorotUniform\",\"config\":{\"seed\":null},"
    "\"registered_name\":null},\"kernel_regularizer\":{\"module\":\"keras.regularizers\","
    "\"class_name\":\"L2\",\"config\":{\"l2\":0.01},\"registered_name\":null}},"
    "\"registered_name\":null,\"build_config\":{\"input_shape\":[null,4]},\"name\":\"d\","
    "\"inbound_nodes\":[{\"args\":[{\"class_name\":\"__keras_tensor__\",\"config\":{\"shape\":["
    "null,4],"
    "\"dtype\":\"float32\",\"keras_history\":[\"a\",0,0]}}],\"kwargs\":{}}]}],"
    "\"input_layers\":[[\"a\",0,0]],\"output_layers\":[[\"d\",0,0]]},"
    "\"registered_name\":\"Functional\",\"build_config\":{\"input_shape\":null},"
    "\"compile_config\":{\"optimizer\":{\"module\":\"keras.optimizers\",\"class_name\":\"Adam\","
    "\"config\":{\"name\":\"adam\",\"learning_rate\":{\"module\":\"keras.optimizers.schedules\","
    "\"class_name\":\"CosineDecay\",\"config\":{},\"registered_name\":null}},"
    "\"registered_name\":null},\"loss\":{\"module\":\"keras.losses\",\"class_name\":"
    "\"SparseCategoricalCrossentropy\",\"config\":{\"from_logits\":true,\"fn\":"
    "\"sparse_categorical_crossentropy\"},\"registered_name\":null},\"loss_weights\":null,"
    "\"metrics\":[\"accuracy\"],\"weighted_metrics\":null,\"run_eagerly\":false,"
    "\"steps_per_execution\":1,\"jit_compile\":true}}";

static void what_models_are_made_of_passes(void)
{
    passes(FUNCTIONAL_3);
    passes("{\"module\":\"keras_hub.src.models.gemma.gemma_backbone\",\"class_name\":"
           "\"GemmaBackbone\",\"config\":{\"vocabulary_size\":256000},\"registered_name\":"
           "\"keras_hub>GemmaBackbone\"}");
    passes(SEQUENTIAL(DENSE_2));
    passes("{\"class_name\":\"Sequential\",\"config\":[" DENSE_2 "]}");
    passes(
        "{\"module\":\"keras\",\"class_name\":\"Sequential\",\"config\":{\"layers\":[{\"module\":"
        "\"keras.layers\",\"class_name\":\"Dense\",\"config\":{\"units\":3,\"dtype\":{\"module\":"
        "\"keras\",\"class_name\":\"DTypePolicy\",\"config\":{\"name\":\"float32\"},"
        "\"registered_name\":null}},\"registered_name\":null,\"build_config\":{\"input_shape\":["
        "null,4]}}]},\"registered_name\":null,\"compile_config\":{\"optimizer\":\"adam\",\"loss\":"
        "{\"a\":\"mse\",\"b\":[\"mae\"]},\"metrics\":[[\"accuracy\"]]}}");
    passes("{\"module\":\"keras.src.models.functional\",\"class_name\":\"Functional\",\"config\":{"
           "\"layers\":[]},\"registered_name\":\"Functional\"}");
    passes("{\"module\":\"keras.src.ops.numpy\",\"class_name\":\"Matmul\",\"config\":{},"
           "\"registered_name\":\"Matmul\"}");
    passes(SEQUENTIAL("{\"class_name\":\"TFOpLambda\",\"config\":{\"function\":\"math.add\"}}"));
    passes("{\"loss\":\"mse\",\"optimizer_config\":{\"class_name\":\"Custom>RMSprop\",\"config\":"
           "{}}}");
    passes("{\"class_name\":\"TypeSpec\",\"type_spec\":\"tf.TensorSpec\",\"serialized\":[{"
           "\"class_name\":\"TensorShape\",\"items\":[null]},\"float32\"]}");
    passes("{\"module\":\"builtins\",\"class_name\":\"function\",\"config\":\"relu\","
           "\"registered_name\":\"function\"}");
    passes("{\"class_name\":\"__tuple__\",\"items\":[1,2]}");
    passes("{}");
}

static void a_lambda_with_code_is_refused(void) /* CVE-2024-3660, CVE-2025-9905 */
{
    finds(SR_RULE_KERAS_CODE,
          SEQUENTIAL("{\"class_name\":\"Lambda\",\"config\":{\"function\":[\"4wEA"
                     "\",null,null]}}"));
    finds(SR_RULE_KERAS_CODE, SEQUENTIAL("{\"class_name\":\"Lambda\",\"config\":{\"function\":"
                                         "\"lambda x: x\"}}"));
    finds(SR_RULE_KERAS_CODE,
          SEQUENTIAL("{\"class_name\":\"Lambda\",\"config\":{\"function\":\"f\","
                     "\"output_shape\":[\"4w\",null,null]}}"));
    finds(SR_RULE_KERAS_CODE,
          SEQUENTIAL("{\"class_name\":\"My>Lambda\",\"config\":{\"function\":\"f\","
                     "\"output_shape_type\":\"lambda\"}}"));
    finds(SR_RULE_KERAS_CODE,
          "{\"a\":{\"class_name\":\"__lambda__\",\"config\":{\"code\":\"x\"}}}");
    finds(SR_RULE_KERAS_CODE, "{\"x\":[\"4wEAAAAAAAAAAAAAAAEAAAADAAAAQwAAAHMKAAAAdABkAYMBAQ\"]}");
    finds(SR_RULE_KERAS_CODE, "{\"x\":\"\\n 4wEAAAAAAAAAAAAAAAEAAAADAAAAQwAAAHMKAAAAdABkAYMBAQ\"}");
}

static void a_lambda_by_name_is_for_people(void)
{
    finds(SR_RULE_KERAS_LAMBDA, SEQUENTIAL("{\"class_name\":\"Lambda\",\"config\":{\"function\":"
                                           "\"f\",\"function_type\":\"function\",\"module\":"
                                           "\"__main__\",\"output_shape\":[1,2]}}"));
    finds(SR_RULE_KERAS_GADGET,
          SEQUENTIAL("{\"class_name\":\"Lambda\",\"config\":{\"function\":\"eval\"}}"));
    finds(SR_RULE_KERAS_MODULE, SEQUENTIAL("{\"class_name\":\"Lambda\",\"config\":{\"function\":"
                                           "\"f\",\"module\":\"os\"}}"));
}

static void foreign_modules_are_refused(void) /* CVE-2025-1550 */
{
    finds(SR_RULE_KERAS_MODULE, "{\"module\":\"os\",\"class_name\":\"function\",\"config\":\"x\"}");
    finds(SR_RULE_KERAS_MODULE, "{\"module\":\"subprocess\",\"class_name\":\"Popen\"}");
    finds(SR_RULE_KERAS_MODULE, "{\"module\":\"kerasevil\",\"class_name\":\"Dense\"}");
    finds(SR_RULE_KERAS_MODULE, "{\"module\":\"builtins\",\"class_name\":\"Dense\"}");
    finds(SR_RULE_KERAS_MODULE,
          "{\"a\":[[{\"build_config\":{\"module\":\"m\",\"class_name\":\"C\"}}"
          "]]}");
    finds(SR_RULE_KERAS_MODULE, "{\"module\":\"m\",\"class_name\":\"__typespec__\",\"spec_name\":"
                                "\"TensorSpec\"}");
    finds(SR_RULE_KERAS_GADGET, "{\"module\":\"builtins\",\"class_name\":\"eval\"}");
}

static void gadgets_of_keras_are_refused(void)
{
    /* CVE-2025-8747 */
    finds(SR_RULE_KERAS_GADGET,
          "{\"class_name\":\"function\",\"module\":\"keras.utils\",\"config\":\"get_file\"}");
    finds(SR_RULE_KERAS_GADGET, "{\"class_name\":\"keras.utils.get_file\"}");
    finds(SR_RULE_KERAS_GADGET,
          "{\"class_name\":\"function\",\"module\":\"keras.utils\",\"config\":\"new_one\"}");
    /* CVE-2025-9906 */
    finds(SR_RULE_KERAS_GADGET, "{\"class_name\":\"function\",\"module\":\"keras.config\","
                                "\"config\":\"enable_unsafe_deserialization\"}");
    finds(SR_RULE_KERAS_GADGET,
          SEQUENTIAL("{\"class_name\":\"TFOpLambda\",\"config\":{\"function\":"
                     "\"io.write_file\"}}"));
    finds(SR_RULE_KERAS_GADGET, "{\"module\":\"keras.layers\",\"class_name\":\"TFSMLayer\"}");
    /* CVE-2025-49655 */
    finds(SR_RULE_KERAS_TORCH_MODULE,
          "{\"module\":\"keras.layers\",\"class_name\":\"TorchModuleWrapper\"}");
    /* CVE-2025-12058 */
    finds(SR_RULE_KERAS_FILE, SEQUENTIAL("{\"class_name\":\"StringLookup\",\"config\":{"
                                         "\"vocabulary\":\"/etc/passwd\"}}"));
}

static void what_is_not_listed_is_for_people(void)
{
    finds(SR_RULE_KERAS_UNLISTED, SEQUENTIAL("{\"class_name\":\"Densest\",\"config\":{}}"));
    finds(SR_RULE_KERAS_UNLISTED, SEQUENTIAL("{\"class_name\":7,\"config\":{}}"));
    finds(SR_RULE_KERAS_UNLISTED, "{\"module\":\"keras.layers\",\"class_name\":\"Adam\"}");
    finds(SR_RULE_KERAS_UNLISTED, "{\"activation\":\"reluu\"}");
    finds(SR_RULE_KERAS_UNLISTED, "{\"metrics\":{\"a\":[\"mse\",\"mine\"]}}");
    finds(SR_RULE_KERAS_UNLISTED, "{\"class_name\":\"function\",\"config\":\"mine\"}");
    finds(SR_RULE_KERAS_UNLISTED, "{\"class_name\":\"function\",\"config\":null}");
    finds(SR_RULE_KERAS_UNLISTED, "{\"class_name\":\"TFOpLambda\",\"config\":{}}");
    finds(SR_RULE_KERAS_UNLISTED,
          "{\"class_name\":\"TFOpLambda\",\"config\":{\"function\":\"new.op\"}}");
    finds(SR_RULE_KERAS_UNLISTED, "{\"class_name\":\"TypeSpec\",\"type_spec\":\"x\"}");
    finds(SR_RULE_KERAS_CUSTOM, "{\"class_name\":\"Dense\",\"registered_name\":\"me>Dense\"}");
    finds(SR_RULE_KERAS_REGISTERED,
          "{\"module\":null,\"class_name\":\"M\",\"registered_name\":\"p>M\"}");
    finds(SR_RULE_KERAS_CUSTOM,
          "{\"module\":\"__main__\",\"class_name\":\"M\",\"registered_name\":\"p>M\"}");
    finds(SR_RULE_KERAS_CUSTOM, "{\"class_name\":\"Addons>GELU\"}");
    finds(SR_RULE_KERAS_CUSTOM, "{\"module\":\"__main__\",\"class_name\":\"M\"}");
    finds(SR_RULE_KERAS_CUSTOM, "{\"registered_name\":\"p>M\"}");
    finds(SR_RULE_KERAS_CUSTOM, "{\"config\":{\"custom_objects\":{\"a\":\"b\"}}}");
}

static void what_is_no_configuration_is_refused(void)
{
    char deep[2048];
    memset(deep, '[', sizeof deep);
    memset(deep + sizeof deep / 2, ']', sizeof deep / 2);
    deep[sizeof deep - 1] = '\0';
    finds(SR_RULE_MALFORMED, "[]");
    finds(SR_RULE_MALFORMED, "{\"a\":1,\"a\":2}");
    finds(SR_RULE_MALFORMED, "");
    finds(SR_RULE_BUDGET, deep);
}

int main(void)
{
    RUN(what_models_are_made_of_passes);
    RUN(a_lambda_with_code_is_refused);
    RUN(a_lambda_by_name_is_for_people);
    RUN(foreign_modules_are_refused);
    RUN(gadgets_of_keras_are_refused);
    RUN(what_is_not_listed_is_for_people);
    RUN(what_is_no_configuration_is_refused);
    return check_done();
}
