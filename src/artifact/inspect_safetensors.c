/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"
#include "artifact/inert.h"
#include "artifact/template.h"
#include "base/text.h"
#include "formats/json_walk.h"
#include "formats/safetensors.h"

struct metadata {
    struct sr_inspection *in;
    bool is_open; /* the member of the header that is being walked over is the metadata */
};

static enum sr_match match(const struct sr_subject *blob)
{
    /* The length of the header, then its JSON. */
    const uint8_t *p = blob->bytes.ptr;
    return blob->bytes.len > 9 && p[8] == '{' && p[4] == 0 && p[5] == 0 && p[6] == 0 && p[7] == 0
               ? SR_MATCH_BYTES
               : SR_MATCH_NO;
}

/* Metadata: texts that no loader looks at, which is why anything may stand there. */
static void check_metadata(void *ctx, const struct sr_event *event)
{
    enum { LENGTH_BYTES = 8, KEY_BYTES_PLAIN = 32 };
    struct metadata *m = ctx;
    if (event->depth == 1) {
        m->is_open = sr_text_equal(event->key, sr_text_view("__metadata__"));
    }
    if (!m->is_open || event->depth != 2 || event->kind != SR_EVENT_TEXT) {
        return;
    }
    size_t offset = event->offset + LENGTH_BYTES;
    if (event->key.len > KEY_BYTES_PLAIN) {
        sr_inert_check(m->in, event->key, offset);
    }
    if (sr_template_is_attack(event->text)) {
        char quoted[SR_EVIDENCE_BYTES];
        sr_inspection_find(m->in, SR_RULE_TEXT_TEMPLATE, offset, event->text.len, "%s",
                           sr_inspection_quote(event->text, quoted));
    }
    sr_inert_check(m->in, event->text, offset);
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_tensors) tensors = NULL;
    struct metadata metadata = {.in = in};
    struct sr_err err = {0};
    uint64_t head = 0;
    enum sr_status status = sr_safetensors_decode(blob->bytes, blob->bytes.len, &tensors, &err);
    if (status == SR_OK) {
        status = sr_safetensors_head_bytes(blob->bytes, blob->bytes.len, &head, &err);
    }
    if (status == SR_OK) {
        struct sr_bytes header = sr_bytes(blob->bytes.ptr + 8, (size_t)head - 8);
        status = sr_json_walk(header, check_metadata, &metadata, &err);
    }
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    for (size_t i = 0; i < sr_tensors_count(tensors); i++) {
        struct sr_tensor t = sr_tensors_at(tensors, i);
        sr_inspection_holds(in, t.name, t.end - t.begin);
    }
    /* The decoder allows neither holes nor overlaps nor trailing bytes: it explains every byte. */
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const char *const EXTENSIONS[] = {".safetensors", NULL};
const struct sr_format sr_format_safetensors = {
    .name = "safetensors",
    .title = "safetensors",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
