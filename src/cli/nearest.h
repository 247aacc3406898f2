/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_NEAREST_H
#define SR_CLI_NEAREST_H

#include <stddef.h>

/*
 * Finding what was meant when somebody mistypes. Pure.
 *
 * A search is fed candidates one by one; the closest within a distance that still looks like a slip
 * (a third of the word, at most 3 edits: insert, delete, replace, swap neighbours) is kept.
 */
struct sr_nearest {
    const char *word; /* hostile; word_len bytes */
    size_t word_len;
    size_t distance;  /* of best */
    const char *best; /* NULL: nothing is close */
};

struct sr_nearest sr_nearest(const char *word, size_t word_len);
void sr_nearest_offer(struct sr_nearest *search, const char *candidate);

#endif /* SR_CLI_NEAREST_H */
