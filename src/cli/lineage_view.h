/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_LINEAGE_VIEW_H
#define SR_CLI_LINEAGE_VIEW_H

#include "cli/command.h"
#include "custody/pedigree.h"

/* Where a version comes from: for scripts, in lines, and as a tree. */

/*
 * The member "lineage" of an open object.
 * errors  those of sr_pedigree_documents(); TOO_LARGE
 */
enum sr_status sr_lineage_view_put(struct sr_json_writer *w, struct sr_room *room,
                                   const struct sr_id *version, const struct sr_pedigree *p,
                                   struct sr_err *err) SR_MUST_USE;

#define SR_LINEAGE_VIEW_FIELDS                                                                     \
    {"lineage", "object", "where it comes from"},                                                  \
        {"lineage.tier", "integer", "1 to 5; never below that of what it was made from"},          \
        {"lineage.step", "string", "that made it; 'unknown'"},                                     \
        {"lineage.verdict", "string or null", "of inspection; null: never inspected"},             \
        {"lineage.profile", "string or null", "what inspection let pickles name"},                 \
        {"lineage.reason", "string or null", "why REVIEW was accepted; '' when not needed"},       \
        {"lineage.licence", "string or null", "that its publisher claims; null: none"},            \
        {"lineage.builder", "string or null", "of its provenance; null: it came without"},         \
        {"lineage.builder_key", "string or null", "that signed the provenance; null: nobody did"}, \
        {"lineage.parents", "array", "what it was made from"},                                     \
        {"lineage.parents[].ref", "string or null", "null: not in this room"},                     \
        {"lineage.parents[].digest", "string", "its manifest root"},                               \
        {"lineage.claims", "array", "what its publisher says of it, in order"},                    \
        {"lineage.claims[].key", "string", "a word: 'licence', 'base-model', 'dataset'..."},       \
        {"lineage.claims[].value", "string", "as it is written there, made printable"},            \
        {"lineage.tokenizer", "string or null", "its digest: of the file, or of a parent"},        \
        {"lineage.config", "string or null", "the same of the configuration"},                     \
        {"lineage.card", "string or null", "the same of the model card, README.md"},               \
        {"lineage.container", "string or null", "of a parent that is a container"},                \
        {"lineage.documents", "array", "that its act of deposit fixes"},                           \
        {"lineage.documents[].name", "string", "'lineage.json'"},                                  \
    {                                                                                              \
        "lineage.documents[].sha256", "string", "64 hexadecimal digits"                            \
    }

/* The lines of it, below those about the version. */
void sr_lineage_view_lines(const struct sr_pedigree *p);

/*
 * Its ancestry as a tree; who is met again is not drawn again.
 * errors  those of sr_pedigree_new()
 */
enum sr_status sr_lineage_view_tree(struct sr_room *room, const struct sr_id *version,
                                    struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_LINEAGE_VIEW_H */
