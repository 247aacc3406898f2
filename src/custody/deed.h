/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_DEED_H
#define SR_CUSTODY_DEED_H

#include "artifact/finding.h"
#include "artifact/lineage.h"
#include "base/buf.h"
#include "custody/room.h"

/*
 * Acts: everything that changes custody or lets plaintext out of it. sr_custody_apply() is the one
 * way in: it gathers the facts, decides (decide.h, a pure function), and in one transaction of the
 * catalog records the act and changes the state. Nothing else writes custody; a deposit's staging
 * before its act is invisible and counts for nothing.
 *
 * What is recorded is the act's canonical JSON (docs/formats/room.md, R-17). Later the same text
 * comes in signed, is decided by policy and becomes a leaf of the ledger, behind this same call.
 */

enum sr_deed_verb {
#define VERB(name, word, releases, title) SR_DEED_##name,
#include "custody/verbs.def"
#undef VERB
    SR_DEED_COUNT
};

struct sr_deed_info {
    const char *word;
    bool releases;
    const char *title;
};
/* Valid for every enum value. Static. */
const struct sr_deed_info *sr_deed_info(enum sr_deed_verb verb);

#define SR_DEED_REASON_BYTES_MAX 500

/* What inspection said of a version: who relies on it later has to know under which rules. */
struct sr_deed_inspection {
    enum sr_verdict verdict; /* of all files; PASS, or REVIEW that somebody accepted */
    enum sr_profile profile;
    uint8_t ruleset[SR_SHA256_BYTES];          /* sr_report_ruleset() */
    char reason[SR_DEED_REASON_BYTES_MAX + 1]; /* why REVIEW was accepted; "" for PASS */
};

/* A document of a version (store/catalog.h), as its act of deposit fixes it. */
struct sr_deed_document {
    char name[SR_CATALOG_DOCUMENT_NAME_BYTES];
    uint8_t sha256[SR_SHA256_BYTES];
};

/* One act. Strings are NUL-terminated UTF-8 without control characters; borrowed. */
struct sr_deed {
    enum sr_deed_verb verb;
    const char *actor; /* NULL: the room's */
    int64_t time_utc_ms;
    struct sr_id version; /* the subject; all zero for INIT and ROTATE */
    union {
        struct {
            uint8_t digest[SR_SHA256_BYTES];             /* of the manifest */
            const struct sr_id *parents;                 /* versions it was made from */
            size_t parent_count;                         /* 0..SR_DEED_PARENTS_MAX */
            const struct sr_deed_inspection *inspection; /* NULL: not inspected, and denied */
            unsigned tier;     /* 1..5; 0: it has no lineage, and is denied */
            enum sr_step step; /* that made it from its parents */
            const struct sr_deed_document *documents; /* by name */
            size_t document_count;
        } deposit;
        struct {
            const char *to; /* the folder it was written to, absolute */
        } export;
        struct {
            const char *file;   /* its path in the version */
            const char *tensor; /* NULL: not one tensor */
        } read;
        struct {
            const char *at; /* the mount point, absolute; or another word for the way of use */
        } use;
        struct {
            uint64_t epoch; /* of the group keys from now on */
        } rotate;
    };
};

#define SR_DEED_PARENTS_MAX 64
/* Where something goes: a path as long as Linux takes. */
#define SR_DEED_TEXT_BYTES_MAX 4095

/*
 * The canonical JSON of an act: what is recorded, and later signed. One line, members in byte
 * order, no white space. version is the subject's facts, NULL when the verb has none. act->actor
 * must not be NULL; the act must be one that sr_decide() allows.
 *
 * errors  TOO_LARGE, NO_MEMORY, MALFORMED
 */
enum sr_status sr_deed_encode(const struct sr_deed *act, const struct sr_id *room,
                              const struct sr_catalog_version *version,
                              struct sr_buf *out) SR_MUST_USE;

struct sr_json_writer;
/* The member "inspection", here and in an intent (hold.h). errors  as sr_deed_encode() */
enum sr_status sr_deed_put_inspection(struct sr_json_writer *w,
                                      const struct sr_deed_inspection *inspection) SR_MUST_USE;

/*
 * Leave to do what an act says, given when the act was recorded. It names the version and verb, and
 * is what sr_room_open_body() asks for. Must be freed before its room.
 */
void sr_permit_free(struct sr_permit *p);
SR_DEFINE_AUTO(sr_permit)
/* The act's place in the order of acts. */
uint64_t sr_permit_seq(const struct sr_permit *p);

/*
 * Decide, record and apply one act. The outcome is durable when this returns. DEPOSIT is for
 * deposit.c and ROTATE for rotate.c, which bring what these need; others say sr_deposit() and
 * sr_rotate().
 *
 * out     may be NULL
 * errors  DENIED     err says why
 *         PENDING    more approvals are needed; err says whose
 *         NOT_FOUND  no such version
 *         CONFLICT   the version is not in the state the verb needs
 *         MALFORMED  a field is not what it must be; err names it
 *         USAGE      a verb that comes in by another call
 *         BUSY, CORRUPT, IO, NO_MEMORY
 */
enum sr_status sr_custody_apply(struct sr_room *r, const struct sr_deed *act,
                                struct sr_permit **out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_DEED_H */
