/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/graph_ops.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct op {
    const char *domain;
    const char *name;
};

/* Both sorted by tsvgen. */
static const struct op ONNX[] = {
#include "onnx_ops.gen.h"
};

struct tensorflow_op {
    const char *name;
    const char *kind;
};

static const struct tensorflow_op TENSORFLOW[] = {
#include "tf_ops.gen.h"
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct wanted {
    struct sr_bytes domain;
    struct sr_bytes name;
};

static int compare_text(struct sr_bytes a, const char *b) /* lint: callback */
{
    size_t len = strlen(b);
    int order = memcmp(a.len > 0 ? (const char *)a.ptr : "", b, a.len < len ? a.len : len);
    return order != 0 ? order : (a.len > len) - (a.len < len);
}

static int compare_op(const void *key, const void *entry) /* lint: callback */
{
    const struct wanted *wanted = key;
    const struct op *op = entry;
    int order = compare_text(wanted->domain, op->domain);
    return order != 0 ? order : compare_text(wanted->name, op->name);
}

/* ONNX Runtime's ways into Python: loading the model imports what the node names. */
static bool is_python(struct sr_bytes domain, struct sr_bytes name)
{
    static const char *const NAMES[] = {"PyOp", "PythonOp", "PythonOpGrad", "PyCustomOp"};
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        if (sr_text_equal(name, sr_text_view(NAMES[i]))) {
            return true;
        }
    }
    return domain.len >= 4 && memcmp(domain.ptr, "pyop", 4) == 0;
}

enum sr_graph_op sr_graph_op_onnx(struct sr_bytes domain, struct sr_bytes name)
{
    struct wanted wanted = {domain.len > 0 ? domain : sr_text_view("ai.onnx"), name};
    if (is_python(domain, name)) {
        return SR_GRAPH_OP_CODE;
    }
    return bsearch(&wanted, ONNX, COUNT(ONNX), sizeof ONNX[0], compare_op) != NULL
               ? SR_GRAPH_OP_PURE
               : SR_GRAPH_OP_UNKNOWN;
}

static int compare_name(const void *key, const void *entry) /* lint: callback */
{
    const struct sr_bytes *wanted = key;
    const struct tensorflow_op *op = entry;
    return compare_text(*wanted, op->name);
}

enum sr_graph_op sr_graph_op_tensorflow(struct sr_bytes name)
{
    static const char *const KINDS[] = {
        [SR_GRAPH_OP_UNKNOWN] = "",        [SR_GRAPH_OP_PURE] = "pure",
        [SR_GRAPH_OP_SAVER] = "saver",     [SR_GRAPH_OP_TABLE] = "table",
        [SR_GRAPH_OP_CODE] = "code",       [SR_GRAPH_OP_FILE] = "file",
        [SR_GRAPH_OP_NETWORK] = "network",
    };
    const struct tensorflow_op *found =
        bsearch(&name, TENSORFLOW, COUNT(TENSORFLOW), sizeof TENSORFLOW[0], compare_name);
    for (size_t i = 0; found != NULL && i < COUNT(KINDS); i++) {
        if (strcmp(found->kind, KINDS[i]) == 0) {
            return (enum sr_graph_op)i;
        }
    }
    return SR_GRAPH_OP_UNKNOWN;
}

void sr_graph_scan(struct sr_inspection *in, struct sr_bytes bytes, uint8_t tag,
                   enum sr_graph_op (*op)(struct sr_bytes name), enum sr_rule rule)
{
    char quoted[SR_EVIDENCE_BYTES];
    for (size_t i = 0; i + 2 < bytes.len; i++) {
        const uint8_t *found = memchr(bytes.ptr + i, tag, bytes.len - i - 2);
        if (found == NULL) {
            return;
        }
        i = (size_t)(found - bytes.ptr);
        size_t len = found[1];
        if (len < 4 || len >= 64 || len > bytes.len - i - 2) {
            continue;
        }
        struct sr_bytes name = sr_bytes(found + 2, len);
        if (op(name) >= SR_GRAPH_OP_CODE) {
            sr_inspection_find(in, rule, i + 2, len, "'%s', in a graph that is not well-formed",
                               sr_inspection_quote(name, quoted));
        }
    }
}
