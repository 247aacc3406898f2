/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_VERDICT_H
#define SR_ARTIFACT_VERDICT_H

/*
 * What inspection says of a file, and of a whole artifact: the worst of its files. The order is the
 * order of severity: the worst is the largest.
 */
enum sr_verdict {
    SR_VERDICT_PASS,       /* every byte was understood and is on the allow list */
    SR_VERDICT_REVIEW,     /* inert or unknown; a person has to look */
    SR_VERDICT_UNPARSABLE, /* malformed, truncated, encrypted, over budget, or unsupported */
    SR_VERDICT_BLOCK,      /* evidence of code that runs, of traversal, of an attack on a parser */
    SR_VERDICT_COUNT
};

/* "PASS", "REVIEW", "UNPARSABLE", "BLOCK": the words in JSON, in SARIF and on the screen. */
const char *sr_verdict_name(enum sr_verdict verdict);

/* The one of the two that weighs more. */
static inline enum sr_verdict sr_verdict_worst(enum sr_verdict a, enum sr_verdict b)
{
    return a > b ? a : b;
}

#endif /* SR_ARTIFACT_VERDICT_H */
