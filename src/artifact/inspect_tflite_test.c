/* SPDX-License-Identifier: Apache-2.0 */
/* A model for each rule of docs/formats/tflite.md. */
#include "formats/tflite.h"
#include "tests/findings.h"
#include "tests/flat.h"

/* A model of one convolution, and where its parts are. */
struct model {
    struct flat f;
    size_t root;
    size_t code;
    size_t custom; /* the slot of the code's name */
    size_t graph;
    size_t graphs;
    size_t graph_inputs;
    size_t tensors[2];
    size_t shape;
    size_t op;
    size_t op_inputs;
    size_t buffers[2];
    size_t metadata;
    size_t signature;
};

static size_t link_tables(struct flat *f, size_t table, unsigned slot, size_t count)
{
    size_t vector = flat_tables(f, count);
    flat_link(f, flat_slot(f, table, slot), vector);
    return vector;
}

static void make_graph(struct model *m)
{
    static const uint32_t SHAPE[] = {1, 2};
    static const uint32_t INPUTS[] = {0, UINT32_MAX};
    static const uint32_t OUTPUTS[] = {1};
    struct flat *f = &m->f;
    m->graph = flat_table(f, "VIIVs");
    flat_link(f, m->graphs + 4, m->graph);
    m->graph_inputs = flat_vector(f, 4, 1, INPUTS);
    flat_link(f, flat_slot(f, m->graph, 1), m->graph_inputs);
    flat_link(f, flat_slot(f, m->graph, 2), flat_vector(f, 4, 1, OUTPUTS));
    flat_link(f, flat_slot(f, m->graph, 4), flat_text(f, "main"));
    size_t tensors = link_tables(f, m->graph, SR_TFLITE_SUBGRAPH_TENSORS, 2);
    for (size_t i = 0; i < 2; i++) {
        m->tensors[i] = flat_table(f, "Ibis");
        flat_link(f, tensors + 4 + 4 * i, m->tensors[i]);
        m->shape = flat_vector(f, 4, 2, SHAPE);
        flat_link(f, flat_slot(f, m->tensors[i], 0), m->shape);
        flat_set(f, flat_slot(f, m->tensors[i], SR_TFLITE_TENSOR_BUFFER), 4, i);
        flat_link(f, flat_slot(f, m->tensors[i], 3), flat_text(f, "t"));
    }
    size_t operators = link_tables(f, m->graph, SR_TFLITE_SUBGRAPH_OPERATORS, 1);
    m->op = flat_table(f, "iIIbU----ll");
    flat_link(f, operators + 4, m->op);
    m->op_inputs = flat_vector(f, 4, 2, INPUTS);
    flat_link(f, flat_slot(f, m->op, 1), m->op_inputs);
    flat_link(f, flat_slot(f, m->op, 2), flat_vector(f, 4, 1, OUTPUTS));
    flat_set(f, flat_slot(f, m->op, 3), 1, 1);
    flat_link(f, flat_slot(f, m->op, 4), flat_table(f, "biib"));
}

/* custom: the name of the operator; NULL: none. */
static struct model make(const char *custom)
{
    struct model m = {.f = flat_begin("TFL3")};
    struct flat *f = &m.f;
    m.root = flat_table(f, "iVVsV-VV");
    flat_link(f, 0, m.root);
    flat_set(f, flat_slot(f, m.root, 0), 4, 3);
    size_t codes = link_tables(f, m.root, SR_TFLITE_MODEL_CODES, 1);
    m.code = flat_table(f, custom != NULL ? "bsii" : "b-ii");
    flat_link(f, codes + 4, m.code);
    flat_set(f, flat_slot(f, m.code, 0), 1, 3);
    flat_set(f, flat_slot(f, m.code, 3), 4, 3);
    if (custom != NULL) {
        flat_set(f, flat_slot(f, m.code, 0), 1, SR_TFLITE_OP_CUSTOM);
        flat_set(f, flat_slot(f, m.code, 3), 4, SR_TFLITE_OP_CUSTOM);
        flat_link(f, flat_slot(f, m.code, 1), flat_text(f, custom));
    }
    flat_link(f, flat_slot(f, m.root, 3), flat_text(f, "a test"));
    m.graphs = link_tables(f, m.root, SR_TFLITE_MODEL_SUBGRAPHS, 1);
    make_graph(&m);
    size_t buffers = link_tables(f, m.root, SR_TFLITE_MODEL_BUFFERS, 2);
    for (size_t i = 0; i < 2; i++) {
        m.buffers[i] = flat_table(f, i == 0 ? "" : "Bll");
        flat_link(f, buffers + 4 + 4 * i, m.buffers[i]);
    }
    flat_link(f, flat_slot(f, m.buffers[1], 0), flat_vector(f, 1, 8, "01234567"));
    size_t metadata = link_tables(f, m.root, SR_TFLITE_MODEL_METADATA, 1);
    m.metadata = flat_table(f, "-i");
    flat_link(f, metadata + 4, m.metadata);
    size_t signatures = link_tables(f, m.root, SR_TFLITE_MODEL_SIGNATURES, 1);
    m.signature = flat_table(f, "----i");
    flat_link(f, signatures + 4, m.signature);
    return m;
}

static struct findings inspect(const struct model *m)
{
    return findings_of("model.tflite", SR_PROFILE_TENSORS, flat_view(&m->f));
}

static void passes_a_whole_model(void)
{
    struct model m = make(NULL);
    struct findings f = inspect(&m);
    CHECK(findings_pass(&f) && f.covered == m.f.len && strcmp(f.format, "tflite") == 0);
    f = findings_of("weights.x", SR_PROFILE_TENSORS, flat_view(&m.f));
    CHECK(findings_pass(&f)); /* TL-1: by its bytes */
}

/* TL-2, TL-3 */
static void reports_operators_of_others(void)
{
    static const struct {
        const char *name;
        enum sr_verdict verdict;
        enum sr_rule rule;
    } CASES[] = {
        {"MyOp", SR_VERDICT_REVIEW, SR_RULE_TFLITE_CUSTOM},
        {"", SR_VERDICT_REVIEW, SR_RULE_TFLITE_CUSTOM},
        {"FlexMatMul", SR_VERDICT_REVIEW, SR_RULE_TFLITE_CUSTOM},
        {"FlexEagerPyFunc", SR_VERDICT_BLOCK, SR_RULE_TF_CODE},
        {"FlexReadFile", SR_VERDICT_BLOCK, SR_RULE_TF_FILE},
        {"FlexSaveV2", SR_VERDICT_BLOCK, SR_RULE_TF_FILE},
        {"FlexRpcCall", SR_VERDICT_BLOCK, SR_RULE_TF_NETWORK},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct model m = make(CASES[i].name);
        struct findings f = inspect(&m);
        CHECK(findings_is(&f, CASES[i].verdict, CASES[i].rule));
    }
    static const uint8_t CODES[] = {SR_TFLITE_OP_DELEGATE, SR_TFLITE_OP_CUSTOM};
    for (size_t i = 0; i < sizeof CODES; i++) {
        struct model m = make(NULL);
        flat_set(&m.f, flat_slot(&m.f, m.code, 0), 1, CODES[i]);
        flat_set(&m.f, flat_slot(&m.f, m.code, 3), 4, CODES[i]);
        struct findings f = inspect(&m);
        CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_TFLITE_CUSTOM));
    }
    static const uint32_t NEW[] = {SR_TFLITE_OP_CUSTOM_CALL, SR_TFLITE_OP_LAST + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof NEW / sizeof NEW[0]; i++) {
        struct model m = make(NULL);
        flat_set(&m.f, flat_slot(&m.f, m.code, 0), 1, SR_TFLITE_OP_PLACEHOLDER);
        flat_set(&m.f, flat_slot(&m.f, m.code, 3), 4, NEW[i]);
        struct findings f = inspect(&m);
        CHECK(findings_is(&f, SR_VERDICT_REVIEW, SR_RULE_TFLITE_CUSTOM));
    }
    struct model m = make(NULL); /* an old reader runs one operator, a new one another */
    flat_set(&m.f, flat_slot(&m.f, m.code, 0), 1, 4);
    struct findings f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_TFLITE_TENSOR));
}

/* TL-4: write a number over what is right, and see it refused. */
static void refuse(const struct model *right, size_t at, unsigned width, uint64_t value)
{
    struct model m = *right;
    flat_set(&m.f, at, width, value);
    struct findings f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_TFLITE_TENSOR));
}

static void refuses_numbers_that_point_outside(void)
{
    struct model m = make(NULL);
    const struct flat *f = &m.f;
    refuse(&m, flat_slot(f, m.root, SR_TFLITE_MODEL_VERSION), 4, 2);
    refuse(&m, flat_slot(f, m.op, SR_TFLITE_OPERATOR_CODE), 4, 1);
    refuse(&m, m.op_inputs + 4, 4, 2);
    refuse(&m, m.op_inputs + 4, 4, 0x80000000);
    refuse(&m, m.graph_inputs + 4, 4, 2);
    refuse(&m, flat_slot(f, m.tensors[0], SR_TFLITE_TENSOR_BUFFER), 4, 2);
    refuse(&m, m.shape + 4, 4, 3);
    refuse(&m, m.shape + 4, 4, 0);
    refuse(&m, m.shape + 4, 4, UINT32_MAX);
    refuse(&m, flat_slot(f, m.tensors[1], SR_TFLITE_TENSOR_TYPE), 1, 4);
    refuse(&m, flat_slot(f, m.metadata, SR_TFLITE_METADATA_BUFFER), 4, 2);
    refuse(&m, flat_slot(f, m.signature, SR_TFLITE_SIGNATURE_SUBGRAPH), 4, 1);
    refuse(&m, flat_slot(f, m.buffers[1], SR_TFLITE_BUFFER_OFFSET), 8, UINT64_MAX);
    refuse(&m, flat_slot(f, m.op, SR_TFLITE_OPERATOR_LARGE_OFFSET), 8, 1 << 30);
}

/* TL-5 */
static void follows_buffers_beyond_the_flatbuffer(void)
{
    struct model m = make(NULL);
    size_t at = flat_room(&m.f, 16, 8);
    struct model outside = m;
    memset(outside.f.data + at, 'x', 8);
    flat_set(&outside.f, flat_slot(&m.f, m.buffers[1], SR_TFLITE_BUFFER_OFFSET), 8, at);
    flat_set(&outside.f, flat_slot(&m.f, m.buffers[1], SR_TFLITE_BUFFER_SIZE), 8, 8);
    struct findings f = inspect(&outside);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_TFLITE_TENSOR)); /* in two places */
    /* The vector of the other place is empty now, and its bytes are zero. */
    size_t vector = sizeof outside.f.data;
    for (size_t i = 0; i + 8 < m.f.len; i++) {
        vector = memcmp(m.f.data + i, "01234567", 8) == 0 ? i : vector;
    }
    CHECK(vector < sizeof outside.f.data);
    flat_set(&outside.f, vector - 4, 4, 0);
    flat_set(&outside.f, vector, 8, 0);
    f = inspect(&outside);
    CHECK(findings_pass(&f));
    flat_set(&outside.f, flat_slot(&m.f, m.buffers[1], SR_TFLITE_BUFFER_SIZE), 8, 7);
    f = inspect(&outside);
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
    flat_set(&outside.f, flat_slot(&m.f, m.buffers[1], SR_TFLITE_BUFFER_OFFSET), 8, 16);
    flat_set(&outside.f, flat_slot(&m.f, m.buffers[1], SR_TFLITE_BUFFER_SIZE), 8, 8);
    f = inspect(&outside);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_MALFORMED)); /* what another part has */
}

static void accounts_for_every_byte(void)
{
    struct model m = make(NULL);
    memcpy(m.f.data + m.f.len, "payload", 7);
    m.f.len += 7;
    struct findings f = inspect(&m);
    CHECK(findings_is(&f, SR_VERDICT_UNPARSABLE, SR_RULE_MALFORMED));
    m = make(NULL);
    m.f.len -= 4;
    f = inspect(&m);
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
    m.f.len = 8;
    f = inspect(&m);
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
}

/* Graphs that are one graph, of tensors that are one tensor: no more work than the bytes allow. */
static void stops_at_what_is_there_many_times(void)
{
    struct flat f = flat_begin("TFL3");
    size_t root = flat_table(&f, "i-V");
    flat_link(&f, 0, root);
    size_t graphs = link_tables(&f, root, 2, 60);
    size_t graph = flat_table(&f, "V");
    size_t tensors = link_tables(&f, graph, 0, 60);
    size_t tensor = flat_table(&f, "");
    for (size_t i = 0; i < 60; i++) {
        flat_link(&f, graphs + 4 + 4 * i, graph);
        flat_link(&f, tensors + 4 + 4 * i, tensor);
    }
    struct findings found = findings_of("model.tflite", SR_PROFILE_TENSORS, flat_view(&f));
    CHECK(findings_is(&found, SR_VERDICT_UNPARSABLE, SR_RULE_BUDGET));
}

/* Every change of one byte: what still passes has every byte accounted for. */
static void survives_any_byte(void)
{
    struct model right = make(NULL);
    unsigned refused = 0;
    for (size_t i = 0; i < right.f.len; i++) {
        struct model m = right;
        m.f.data[i] ^= 0x11;
        struct findings f = inspect(&m);
        CHECK(f.verdict != SR_VERDICT_PASS || f.covered == m.f.len);
        refused += f.verdict != SR_VERDICT_PASS;
    }
    CHECK(refused > right.f.len / 2);
}

int main(void)
{
    RUN(passes_a_whole_model);
    RUN(reports_operators_of_others);
    RUN(refuses_numbers_that_point_outside);
    RUN(follows_buffers_beyond_the_flatbuffer);
    RUN(accounts_for_every_byte);
    RUN(stops_at_what_is_there_many_times);
    RUN(survives_any_byte);
    return check_done();
}
