/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/member_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/nameset.h"

enum fault { FINE, ODD, OUTSIDE };

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static enum fault part_fault(struct sr_bytes part)
{
    if (sr_text_equal(part, sr_text_view(".."))) {
        return OUTSIDE;
    }
    return part.len == 0 || sr_text_equal(part, sr_text_view(".")) ? ODD : FINE;
}

static enum fault character_fault(uint8_t c)
{
    if (c == '\0') {
        return OUTSIDE; /* C code sees another name than the directory has */
    }
    return c == '\\' || c < 0x20 || c == 0x7f ? ODD : FINE;
}

static enum fault worse(enum fault a, enum fault b)
{
    return a > b ? a : b;
}

/* Both kinds of slash separate: which one does depends on the system that unpacks. */
static enum fault name_fault(struct sr_bytes name)
{
    enum fault fault = FINE;
    size_t begin = 0;
    if (name.len > 0 && (name.ptr[0] == '/' || name.ptr[0] == '\\')) {
        return OUTSIDE;
    }
    if (name.len >= 2 && is_letter(name.ptr[0]) && name.ptr[1] == ':') {
        return OUTSIDE; /* a drive */
    }
    for (size_t i = 0; i < name.len; i++) {
        fault = worse(fault, character_fault(name.ptr[i]));
        if (name.ptr[i] == '/' || name.ptr[i] == '\\') {
            fault = worse(fault, part_fault(sr_bytes(name.ptr + begin, i - begin)));
            begin = i + 1;
        }
    }
    /* What ends in a slash is a folder; its last part has been looked at. */
    return begin < name.len || name.len == 0
               ? worse(fault, part_fault(sr_bytes(name.ptr + begin, name.len - begin)))
               : fault;
}

void sr_member_name_check(struct sr_inspection *in, struct sr_bytes name, uint64_t offset)
{
    char quoted[SR_EVIDENCE_BYTES];
    enum fault fault = name_fault(name);
    if (fault != FINE) {
        sr_inspection_find(
            in, fault == OUTSIDE ? SR_RULE_ARCHIVE_NAME_OUTSIDE : SR_RULE_ARCHIVE_NAME_ODD, offset,
            name.len, "'%s'", sr_inspection_quote(name, quoted));
    }
}

static void fold(struct sr_bytes name, uint8_t *out)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        out[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
    }
}

/* Free through a pointer to it, for SR_CLEANUP. */
static void free_texts(uint8_t **texts)
{
    free(*texts);
}

void sr_member_name_check_folded(struct sr_inspection *in, const struct sr_member_names *names)
{
    size_t bytes = 1;
    for (size_t i = 0; i < names->count; i++) {
        bytes += names->at(names->ctx, i).len;
    }
    SR_CLEANUP(free_texts) uint8_t *texts = malloc(bytes);
    SR_AUTO(sr_nameset) set = NULL;
    if (texts == NULL || sr_nameset_new(&set) != SR_OK) {
        sr_inspection_fail(in, SR_NO_MEMORY, 0, NULL);
        return;
    }
    uint8_t *next = texts;
    for (size_t i = 0; i < names->count; i++) {
        char quoted[SR_EVIDENCE_BYTES];
        struct sr_bytes name = names->at(names->ctx, i);
        fold(name, next);
        enum sr_status status = sr_nameset_add(set, sr_bytes(next, name.len));
        next += name.len;
        if (status == SR_CONFLICT) {
            sr_inspection_find(in, SR_RULE_ARCHIVE_NAME_TWICE, 0, 0, "'%s'",
                               sr_inspection_quote(name, quoted));
        } else if (status != SR_OK) {
            sr_inspection_fail(in, status, 0, NULL);
        }
    }
}
