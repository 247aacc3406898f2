/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/nearest.h"

#include <stdint.h>
#include <string.h>

/* Longer words are not compared: no name here comes near it. */
#define WORD_BYTES_MAX 32

struct sr_nearest sr_nearest(const char *word, size_t word_len)
{
    size_t limit = word_len / 3 + 1;
    return (struct sr_nearest){
        .word = word,
        .word_len = word_len,
        .distance = (limit > 3 ? 3 : limit) + 1,
        .best = NULL,
    };
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Optimal string alignment distance.
 * source  G. Navarro, "A guided tour to approximate string matching", ACM Computing Surveys 33(1),
 *         2001, section 5
 */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_BYTES_MAX + 1];
    for (size_t j = 0; j <= b_len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(replaced, 1 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return rows[a_len % 3][b_len];
}

void sr_nearest_offer(struct sr_nearest *search, const char *candidate)
{
    size_t len = strlen(candidate);
    if (search->word_len > WORD_BYTES_MAX || len > WORD_BYTES_MAX) {
        return;
    }
    size_t distance = edit_distance(search->word, search->word_len, candidate, len);
    /* A distance as long as the candidate means that not one letter has to agree. */
    if (distance < search->distance && distance < len) {
        search->distance = distance;
        search->best = candidate;
    }
}
