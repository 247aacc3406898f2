/* SPDX-License-Identifier: Apache-2.0 */
/* A graph for each rule of docs/formats/tensorflow.md. */
#include "tests/corpus.h"
#include "tests/findings.h"
#include "tests/message.h"

enum { NODE = 1, LIBRARY = 2, META_GRAPHS = 2, GRAPH = 2, COLLECTION = 4, ASSET = 6, OBJECTS = 7 };

static struct message node(const char *name, const char *op)
{
    struct message m = {0};
    message_text(&m, 1, name);
    message_text(&m, 2, op);
    return m;
}

static void add_attr(struct message *n, const char *key, const struct message *value)
{
    struct message entry = {0};
    message_text(&entry, 1, key);
    message_put(&entry, 2, value);
    message_put(n, 5, &entry);
}

/* An attribute that names a function. */
static void add_call(struct message *n, const char *function)
{
    struct message func = {0};
    struct message value = {0};
    message_text(&func, 1, function);
    message_put(&value, 10, &func);
    add_attr(n, "f", &value);
}

static void add_tensor(struct message *n, const struct message *tensor)
{
    struct message value = {0};
    message_put(&value, 8, tensor);
    add_attr(n, "value", &value);
}

static void add_string_tensor(struct message *n, const char *text)
{
    struct message tensor = {0};
    message_number(&tensor, 1, 7);
    message_text(&tensor, 8, text);
    add_tensor(n, &tensor);
}

static struct message meta_graph(const struct message *graph)
{
    struct message m = {0};
    message_put(&m, GRAPH, graph);
    return m;
}

static struct findings of_meta(const struct message *meta)
{
    struct message m = {0};
    message_number(&m, 1, 1);
    message_put(&m, META_GRAPHS, meta);
    return findings_of("model/saved_model.pb", SR_PROFILE_TENSORS, message_view(&m));
}

static struct findings of_graph(const struct message *graph)
{
    struct message meta = meta_graph(graph);
    return of_meta(&meta);
}

static struct findings of_node(const struct message *n)
{
    struct message graph = {0};
    message_put(&graph, NODE, n);
    return of_graph(&graph);
}

static void add_function(struct message *graph, const char *name, const struct message *body)
{
    struct message signature = {0};
    struct message function = {0};
    struct message library = {0};
    message_text(&signature, 1, name);
    message_put(&function, 1, &signature);
    message_put(&function, 3, body);
    message_put(&library, 1, &function);
    message_put(graph, LIBRARY, &library);
}

/* TF-4 */
static void judges_operators_by_name(void)
{
    static const struct {
        const char *op;
        enum sr_verdict verdict;
        enum sr_rule rule;
    } CASES[] = {
        {"PyFunc", SR_VERDICT_BLOCK, SR_RULE_TF_CODE},
        {"EagerPyFunc", SR_VERDICT_BLOCK, SR_RULE_TF_CODE},
        {"PyFuncStateless", SR_VERDICT_BLOCK, SR_RULE_TF_CODE},
        {"LoadLibrary", SR_VERDICT_BLOCK, SR_RULE_TF_CODE},
        {"ReadFile", SR_VERDICT_BLOCK, SR_RULE_TF_FILE},
        {"WriteFile", SR_VERDICT_BLOCK, SR_RULE_TF_FILE},
        {"MatchingFiles", SR_VERDICT_BLOCK, SR_RULE_TF_FILE},
        {"ImmutableConst", SR_VERDICT_BLOCK, SR_RULE_TF_FILE},
        {"RpcCall", SR_VERDICT_BLOCK, SR_RULE_TF_NETWORK},
        {"DataServiceDatasetV4", SR_VERDICT_BLOCK, SR_RULE_TF_NETWORK},
        {"RegisterDataset", SR_VERDICT_BLOCK, SR_RULE_TF_NETWORK},
        {"DebugIdentityV2", SR_VERDICT_BLOCK, SR_RULE_TF_NETWORK},
        {"SaveV2", SR_VERDICT_BLOCK, SR_RULE_TF_SAVER},
        {"RestoreV2", SR_VERDICT_BLOCK, SR_RULE_TF_SAVER},
        {"InitializeTableFromTextFileV2", SR_VERDICT_REVIEW, SR_RULE_TF_ASSET},
        {"MyCompanyOp", SR_VERDICT_REVIEW, SR_RULE_TF_UNKNOWN_OPERATOR},
        {"", SR_VERDICT_REVIEW, SR_RULE_TF_UNKNOWN_OPERATOR},
        {"GeneratorDataset", SR_VERDICT_REVIEW, SR_RULE_TF_UNKNOWN_OPERATOR},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct message n = node("x", CASES[i].op);
        struct findings f = of_node(&n);
        CHECK(findings_is(&f, CASES[i].verdict, CASES[i].rule));
        struct message body = {0}; /* the same in a function */
        struct message call = node("y", "f");
        message_put(&body, NODE, &call);
        add_function(&body, "f", &n);
        f = of_graph(&body);
        CHECK(findings_is(&f, CASES[i].verdict, CASES[i].rule));
        struct message by_name = node("z", "PartitionedCall"); /* and as what is called */
        add_call(&by_name, CASES[i].op[0] != '\0' ? CASES[i].op : "nobody");
        f = of_node(&by_name);
        CHECK(findings_is(&f, CASES[i].verdict, CASES[i].rule));
    }
    static const char *const PURE[] = {"Abs",          "Const",      "MatMul",
                                       "_FusedMatMul", "Zeta",       "StatefulPartitionedCall",
                                       "XLog",         "VarHandleOp"};
    for (size_t i = 0; i < sizeof PURE / sizeof PURE[0]; i++) {
        struct message n = node("x", PURE[i]);
        struct findings f = of_node(&n);
        CHECK(strcmp(PURE[i], "XLog") == 0 ? f.verdict == SR_VERDICT_REVIEW : findings_pass(&f));
    }
}

static void knows_functions_of_the_graph(void)
{
    struct message identity = node("i", "Identity");
    struct message call = node("c", "PartitionedCall");
    struct message graph = {0};
    add_call(&call, "mine");
    message_put(&graph, NODE, &call);
    add_function(&graph, "mine", &identity);
    struct findings f = of_graph(&graph);
    CHECK(findings_pass(&f));
    struct message signature = {0};
    struct message function = {0};
    struct message library = {0};
    message_text(&signature, 1, "mine");
    message_put(&function, 1, &signature);
    message_put(&library, 1, &function);
    message_put(&library, 1, &function);
    graph = (struct message){0};
    message_put(&graph, NODE, &identity);
    message_put(&graph, LIBRARY, &library);
    f = of_graph(&graph);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_GRAPH_MALFORMED));
}

/* A graph whose saver is called by a node; placeholder: what feeds its name. */
static struct findings of_saver(const char *placeholder, const char *input, const char *constant)
{
    struct message graph = {0};
    struct message name = node("saver_filename", placeholder);
    struct message call = node("call", "StatefulPartitionedCall");
    struct message save = node("SaveV2", "SaveV2");
    message_text(&call, 3, input);
    add_call(&call, "__inference__traced_save_12");
    add_string_tensor(&save, constant);
    message_put(&graph, NODE, &name);
    message_put(&graph, NODE, &call);
    add_function(&graph, "__inference__traced_save_12", &save);
    return of_graph(&graph);
}

/* TF-5 */
static void lets_savers_save_only(void)
{
    struct findings f = of_saver("Placeholder", "saver_filename", "kernel/.ATTRIBUTES/VALUE");
    CHECK(findings_pass(&f));
    f = of_saver("Const", "saver_filename", "kernel");
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_SAVER));
    f = of_saver("Placeholder", "evil", "kernel");
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_SAVER));
    static const char *const PATHS[] = {"/root/.bashrc", "../../x", "a/../b", "s3://bucket/x",
                                        "~/.ssh/authorized_keys"};
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        f = of_saver("Placeholder", "saver_filename", PATHS[i]);
        CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_SAVER));
    }
    struct message inner = node("c", "StatefulPartitionedCall");
    struct message graph = {0};
    struct message outer = node("o", "serve");
    message_text(&inner, 3, "saver_filename");
    add_call(&inner, "__inference__traced_restore_3");
    message_put(&graph, NODE, &outer);
    add_function(&graph, "serve", &inner);
    f = of_graph(&graph);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_SAVER));

    static const struct {
        const char *name;
        bool passes;
    } NODES[] = {{"save/SaveV2", true},   {"save_1/RestoreV2", true}, {"a/save/SaveV2", true},
                 {"saved/SaveV2", false}, {"save_x/SaveV2", false},   {"SaveV2", false},
                 {"save", false}};
    for (size_t i = 0; i < sizeof NODES / sizeof NODES[0]; i++) {
        struct message n = node(NODES[i].name, "SaveV2");
        f = of_node(&n);
        CHECK(NODES[i].passes ? findings_pass(&f)
                              : findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_SAVER));
    }
    struct message constant = node("save/Const", "Const");
    add_string_tensor(&constant, "/etc/cron.d/x");
    f = of_node(&constant);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_SAVER));
}

static struct findings of_tensor(uint64_t dim, uint64_t dtype, size_t bytes)
{
    static const uint8_t ZEROS[64] = {0};
    struct message dimension = {0};
    struct message shape = {0};
    struct message tensor = {0};
    struct message n = node("c", "Const");
    message_number(&dimension, 1, dim);
    message_put(&shape, 2, &dimension);
    message_number(&tensor, 1, dtype);
    message_put(&tensor, 2, &shape);
    message_bytes(&tensor, 4, ZEROS, bytes);
    add_tensor(&n, &tensor);
    return of_node(&n);
}

/* TF-6 */
static void holds_tensors_against_their_shapes(void)
{
    struct findings f = of_tensor(4, 1, 16);
    CHECK(findings_pass(&f));
    f = of_tensor(4, 1, 0);
    CHECK(findings_pass(&f));
    static const struct {
        uint64_t dim;
        uint64_t dtype;
        size_t bytes;
    } WRONG[] = {{4, 1, 12}, {4, 1, 20}, {UINT64_MAX, 1, 4}, {(uint64_t)1 << 62, 1, 4},
                 {4, 7, 16}, {4, 99, 16}};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        f = of_tensor(WRONG[i].dim, WRONG[i].dtype, WRONG[i].bytes);
        CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_TF_TENSOR));
    }
    struct message variant = {0};
    struct message tensor = {0};
    struct message n = node("c", "Const");
    message_text(&variant, 1, "tensorflow::Dataset");
    message_put(&tensor, 15, &variant);
    add_tensor(&n, &tensor);
    f = of_node(&n);
    CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_TF_OPAQUE));
    n = node("p", "PrintV2_");
    struct message value = {0};
    message_text(&value, 2, "file:///root/x");
    add_attr(&n, "output_stream", &value);
    f = of_node(&n);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_FILE));
}

static struct findings of_object(uint32_t field, const struct message *value, const char *name)
{
    struct message n = node("c", "NoOp");
    struct message graph = {0};
    struct message object = {0};
    struct message objects = {0};
    message_put(&graph, NODE, &n);
    if (value != NULL) {
        message_put(&object, field, value);
    } else {
        message_text(&object, field, name);
    }
    message_put(&objects, 1, &object);
    struct message meta = meta_graph(&graph);
    message_put(&meta, OBJECTS, &objects);
    return of_meta(&meta);
}

static struct message user_object(const char *identifier, const char *metadata)
{
    struct message m = {0};
    message_text(&m, 1, identifier);
    message_text(&m, 3, metadata);
    return m;
}

/* TF-7 */
static void reports_objects_of_others(void)
{
    struct message user = user_object("_generic_user_object", "");
    struct findings f = of_object(4, &user, NULL);
    CHECK(findings_pass(&f));
    user = user_object("trackable_list_wrapper", "");
    f = of_object(4, &user, NULL);
    CHECK(findings_pass(&f));
    user = user_object("_tf_keras_layer", ""); /* Keras opens what is beside it */
    f = of_object(4, &user, NULL);
    CHECK(findings_pass(&f) && strcmp(f.referred, "model/keras_metadata.pb\n") == 0);
    user = user_object("evil.Thing", "");
    f = of_object(4, &user, NULL);
    CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_TF_OPAQUE));
    f = of_object(13, NULL, "Package>Evil");
    CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_TF_OPAQUE));
    struct message any = {0};
    message_text(&any, 1, "type.googleapis.com/evil.Thing");
    f = of_object(14, &any, NULL);
    CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_TF_OPAQUE));
    struct message saver = {0};
    message_text(&saver, 1, "evil");
    f = of_object(16, &saver, NULL);
    CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_TF_OPAQUE));
}

static const char LAMBDA[] =
    "{\"class_name\": \"Lambda\", \"config\": {\"name\": \"l\", \"function\": \"f\", "
    "\"function_type\": \"function\", \"module\": \"os\"}}";

/* TF-8 */
static void blocks_lambda_layers(void)
{
    struct message user = user_object("_tf_keras_layer", LAMBDA);
    struct findings f = of_object(4, &user, NULL);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_LAMBDA));
    struct message object = {0};
    struct message metadata = {0};
    message_number(&object, 2, 1);
    message_text(&object, 3, "root");
    message_text(&object, 4, "_tf_keras_layer");
    message_text(&object, 5, LAMBDA);
    message_put(&metadata, 1, &object);
    f = findings_of("m/keras_metadata.pb", SR_PROFILE_TENSORS, message_view(&metadata));
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_LAMBDA));
    f = findings_of("renamed.pb", SR_PROFILE_TENSORS, message_view(&metadata));
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_LAMBDA));
    f = findings_of("renamed.dat", SR_PROFILE_TENSORS, message_view(&metadata));
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_LAMBDA));
}

/* TF-9 */
static void refers_to_assets(void)
{
    static const struct {
        const char *name;
        enum sr_verdict verdict;
    } CASES[] = {{"vocab.txt", SR_VERDICT_PASS},
                 {"../../etc/passwd", SR_VERDICT_BLOCK},
                 {"/etc/passwd", SR_VERDICT_BLOCK},
                 {"", SR_VERDICT_BLOCK}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct message n = node("c", "NoOp");
        struct message graph = {0};
        struct message asset = {0};
        message_put(&graph, NODE, &n);
        message_text(&asset, 2, CASES[i].name);
        struct message meta = meta_graph(&graph);
        message_put(&meta, ASSET, &asset);
        struct findings f = of_meta(&meta);
        CHECK(f.verdict == CASES[i].verdict);
        CHECK(i > 0 || strcmp(f.referred, "model/assets/vocab.txt\n") == 0);
        struct message any = {0}; /* the same in the collection of assets */
        struct message list = {0};
        struct message collection = {0};
        struct message entry = {0};
        message_text(&any, 1, "type.googleapis.com/tensorflow.AssetFileDef");
        message_put(&any, 2, &asset);
        message_put(&list, 1, &any);
        message_put(&collection, 5, &list);
        message_text(&entry, 1, "saved_model_assets");
        message_put(&entry, 2, &collection);
        meta = meta_graph(&graph);
        message_put(&meta, COLLECTION, &entry);
        f = of_meta(&meta);
        CHECK(f.verdict == CASES[i].verdict);
        CHECK(i > 0 || strcmp(f.referred, "model/assets/vocab.txt\n") == 0);
        entry = (struct message){0};
        message_text(&entry, 1, "variables");
        message_put(&entry, 2, &collection);
        meta = meta_graph(&graph);
        message_put(&meta, COLLECTION, &entry);
        f = of_meta(&meta);
        CHECK(findings_has(&f, SR_RULE_TF_OPAQUE));
    }
}

/* TF-1 to TF-3 */
static void knows_what_a_file_is(void)
{
    struct message n = node("x", "PyFunc");
    struct message graph = {0};
    message_put(&graph, NODE, &n);
    struct findings f = findings_of("frozen.pb", SR_PROFILE_TENSORS, message_view(&graph));
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_CODE));
    f = findings_of("frozen.dat", SR_PROFILE_TENSORS, message_view(&graph));
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_CODE));
    struct message meta = meta_graph(&graph);
    message_bytes(&meta, 1, "", 0);
    f = findings_of("model.ckpt.meta", SR_PROFILE_TENSORS, message_view(&meta));
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_CODE));
    graph.data[graph.len++] = 0xff;
    f = findings_of("saved_model.pb", SR_PROFILE_TENSORS, message_view(&graph));
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_CODE)); /* broken, and still found */
    static const char TEXT[] = "node { name: \"x\" op: \"PyFunc\" }";
    f = findings_of("graph.pbtxt", SR_PROFILE_TENSORS, sr_bytes(TEXT, sizeof TEXT - 1));
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_CODE));
    static const char PLAIN[] = "node { name: \"x\" op: \"Add\" }";
    f = findings_of("graph.pbtxt", SR_PROFILE_TENSORS, sr_bytes(PLAIN, sizeof PLAIN - 1));
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_UNSUPPORTED_FORMAT));
    struct message pure = node("x", "Add");
    message_text(&pure, 77, "what is this");
    f = of_node(&pure);
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
    struct message print = {0};
    message_number(&print, 1, 12345);
    message_number(&print, 5, 67890);
    f = findings_of("m/fingerprint.pb", SR_PROFILE_TENSORS, message_view(&print));
    CHECK(findings_pass(&f));
}

static struct findings of_sample(const char *set, const char *name)
{
    enum { SAMPLE_BYTES_MAX = 1 << 22 };
    static uint8_t data[SAMPLE_BYTES_MAX];
    FILE *f = corpus_open(set, name);
    CHECK(f != NULL);
    size_t len = f != NULL ? fread(data, 1, sizeof data, f) : 0;
    if (f != NULL) {
        (void)fclose(f);
    }
    return findings_of(name, SR_PROFILE_TENSORS, sr_bytes(data, len));
}

static void blocks_harmful_samples(void)
{
    struct findings f =
        of_sample("modelaudit", "files/samples/tensorflow/malicious_pyfunc/saved_model.pb");
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_CODE));
    f = of_sample("malmodelscan", "files/lambda_savedmodel/keras_metadata.pb");
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_TF_LAMBDA));
    f = of_sample("malmodelscan", "files/lambda_savedmodel/saved_model.pb");
    CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_TF_OPAQUE));
    f = of_sample("malmodelscan", "files/lambda_savedmodel/fingerprint.pb");
    CHECK(findings_pass(&f));
}

int main(void)
{
    RUN(judges_operators_by_name);
    RUN(knows_functions_of_the_graph);
    RUN(lets_savers_save_only);
    RUN(holds_tensors_against_their_shapes);
    RUN(reports_objects_of_others);
    RUN(blocks_lambda_layers);
    RUN(refers_to_assets);
    RUN(knows_what_a_file_is);
    FILE *corpus = corpus_open("malmodelscan", "MANIFEST.tsv");
    if (corpus == NULL) {
        SKIP(blocks_harmful_samples, CORPUS_ABSENT);
        return check_done();
    }
    (void)fclose(corpus);
    RUN(blocks_harmful_samples);
    return check_done();
}
