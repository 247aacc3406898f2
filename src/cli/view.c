/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/view.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/fields.h"

void sr_view_ref(const struct sr_catalog_version *version, char out[SR_VIEW_REF_BYTES])
{
    (void)snprintf(out, SR_VIEW_REF_BYTES, "%s@%llu", version->name,
                   (unsigned long long)version->number);
}

void sr_view_digest(const uint8_t digest[SR_SHA256_BYTES], char out[SR_VIEW_DIGEST_BYTES])
{
    char digits[2 * SR_SHA256_BYTES + 1];
    sr_text_hex(sr_bytes(digest, SR_SHA256_BYTES), digits);
    (void)snprintf(out, SR_VIEW_DIGEST_BYTES, "sha256:%s", digits);
}

enum sr_status sr_view_put_version(struct sr_json_writer *w,
                                   const struct sr_catalog_version *version)
{
    char ref[SR_VIEW_REF_BYTES];
    char digest[SR_VIEW_DIGEST_BYTES];
    sr_view_ref(version, ref);
    sr_view_digest(version->digest, digest);
    SR_TRY(sr_fields_text(w, "ref", ref));
    SR_TRY(sr_fields_text(w, "name", version->name));
    SR_TRY(sr_fields_u64(w, "version", version->number));
    SR_TRY(sr_fields_hex(w, "id", sr_bytes(version->id.bytes, sizeof version->id.bytes)));
    SR_TRY(sr_fields_text(w, "kind", version->kind));
    SR_TRY(sr_fields_text(w, "digest", digest));
    SR_TRY(sr_fields_u64(w, "files", version->file_count));
    SR_TRY(sr_fields_u64(w, "bytes", version->plain_bytes));
    return sr_fields_time(w, "deposited", version->created_utc_ms);
}

enum sr_status sr_view_resolve(struct sr_room *room, const char *ref,
                               struct sr_catalog_version *out, struct sr_err *err)
{
    return sr_query_resolve(room, sr_text_view(ref), out, err);
}

void sr_view_free_versions(struct sr_catalog_version **p)
{
    free(*p);
}

void sr_view_free_files(struct sr_catalog_file **p)
{
    free(*p);
}

enum sr_status sr_view_put_publisher(struct sr_json_writer *w, const struct sr_publisher *p)
{
    SR_TRY(sr_json_key(w, "publisher_signature"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "state", sr_publisher_state_name(p->state)));
    SR_TRY(sr_fields_text(w, "file", p->file));
    SR_TRY(sr_fields_text(w, "key_hint", p->hint));
    SR_TRY(sr_fields_text(w, "signer", p->signer));
    return sr_json_close_object(w);
}
