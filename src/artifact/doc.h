/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_DOC_H
#define SR_ARTIFACT_DOC_H

#include "formats/json.h"

/*
 * A JSON text that is written member by member, for documents whose shape should show in the code:
 * every call is ignored after the first failure, which `status` keeps. name NULL: an element of an
 * array. Text may be hostile: what is no UTF-8 in it is quoted as \xNN.
 */
struct sr_doc {
    struct sr_json_writer w;
    enum sr_status status;
};

/* A document that goes to out. */
struct sr_doc sr_doc(struct sr_buf *out);

void sr_doc_open_object(struct sr_doc *d, const char *name);
void sr_doc_close_object(struct sr_doc *d);
void sr_doc_open_array(struct sr_doc *d, const char *name);
void sr_doc_close_array(struct sr_doc *d);
void sr_doc_text(struct sr_doc *d, const char *name, const char *value);
/* Nothing at all when value is NULL or empty. */
void sr_doc_text_if(struct sr_doc *d, const char *name, const char *value);
void sr_doc_number(struct sr_doc *d, const char *name, uint64_t value);
void sr_doc_null(struct sr_doc *d, const char *name);
void sr_doc_boolean(struct sr_doc *d, const char *name, bool value);
void sr_doc_hex(struct sr_doc *d, const char *name, struct sr_bytes data);
/* UTC, to the second: "2026-11-21T08:00:00Z". */
void sr_doc_time(struct sr_doc *d, const char *name, int64_t utc_ms);

#endif /* SR_ARTIFACT_DOC_H */
