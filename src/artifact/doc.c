/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/doc.h"

#include <stdio.h>

#include "artifact/finding.h"
#include "base/text.h"
#include "base/time.h"

struct sr_doc sr_doc(struct sr_buf *out)
{
    return (struct sr_doc){.w = {.out = out}, .status = SR_OK};
}

static void key(struct sr_doc *d, const char *name)
{
    if (d->status == SR_OK && name != NULL) {
        d->status = sr_json_key(&d->w, name);
    }
}

void sr_doc_open_object(struct sr_doc *d, const char *name)
{
    key(d, name);
    if (d->status == SR_OK) {
        d->status = sr_json_open_object(&d->w);
    }
}

void sr_doc_close_object(struct sr_doc *d)
{
    if (d->status == SR_OK) {
        d->status = sr_json_close_object(&d->w);
    }
}

void sr_doc_open_array(struct sr_doc *d, const char *name)
{
    key(d, name);
    if (d->status == SR_OK) {
        d->status = sr_json_open_array(&d->w);
    }
}

void sr_doc_close_array(struct sr_doc *d)
{
    if (d->status == SR_OK) {
        d->status = sr_json_close_array(&d->w);
    }
}

void sr_doc_text(struct sr_doc *d, const char *name, const char *value)
{
    char quoted[SR_EVIDENCE_BYTES];
    struct sr_bytes text = sr_text_view(value);
    if (!sr_text_is_utf8(text)) {
        text = sr_text_view(sr_inspection_quote(text, quoted));
    }
    key(d, name);
    if (d->status == SR_OK) {
        d->status = sr_json_put_string(&d->w, text);
    }
}

void sr_doc_text_if(struct sr_doc *d, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        sr_doc_text(d, name, value);
    }
}

void sr_doc_number(struct sr_doc *d, const char *name, uint64_t value)
{
    key(d, name);
    if (d->status == SR_OK) {
        d->status = sr_json_put_u64(&d->w, value);
    }
}

void sr_doc_null(struct sr_doc *d, const char *name)
{
    key(d, name);
    if (d->status == SR_OK) {
        d->status = sr_json_put_null(&d->w);
    }
}

void sr_doc_boolean(struct sr_doc *d, const char *name, bool value)
{
    key(d, name);
    if (d->status == SR_OK) {
        d->status = sr_json_put_bool(&d->w, value);
    }
}

void sr_doc_hex(struct sr_doc *d, const char *name, struct sr_bytes data)
{
    key(d, name);
    if (d->status == SR_OK) {
        d->status = sr_json_put_hex(&d->w, data);
    }
}

void sr_doc_time(struct sr_doc *d, const char *name, int64_t utc_ms)
{
    char full[SR_TIME_TEXT_BYTES];
    char text[SR_TIME_TEXT_BYTES];
    sr_time_format(utc_ms, full);
    (void)snprintf(text, sizeof text, "%.19sZ", full);
    sr_doc_text(d, name, text);
}
