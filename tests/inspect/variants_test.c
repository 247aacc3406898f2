/* SPDX-License-Identifier: Apache-2.0 */
/* Inspect each record of variants.py on standard input: none may pass, and nothing may crash. */
#include <arpa/inet.h>
#include <unistd.h>

#include "base/attr.h"
#include "tests/findings.h"

#define VARIANT_BYTES_MAX ((size_t)1 << 25)
#define TEXT_BYTES 512
#define KINDS_MAX 256
#define VARIANTS_MIN 5000

struct kind {
    char name[TEXT_BYTES];
    unsigned of[SR_VERDICT_COUNT];
};

static struct kind kinds[KINDS_MAX];
static size_t kind_count;
static unsigned total;
static unsigned passed;
static unsigned refused;

static bool read_text(char out[TEXT_BYTES])
{
    uint16_t len = 0;
    if (fread(&len, sizeof len, 1, stdin) != 1) {
        return false;
    }
    len = ntohs(len);
    CHECK(len < TEXT_BYTES);
    if (len >= TEXT_BYTES || fread(out, 1, len, stdin) != len) {
        return false;
    }
    out[len] = '\0';
    return true;
}

static struct kind *kind_of(const char *name)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    CHECK(kind_count < KINDS_MAX);
    struct kind *kind = &kinds[kind_count < KINDS_MAX ? kind_count++ : 0];
    (void)snprintf(kind->name, sizeof kind->name, "%s", name);
    return kind;
}

static bool inspect_next(void)
{
    static uint8_t data[VARIANT_BYTES_MAX];
    char kind[TEXT_BYTES];
    char sample[TEXT_BYTES];
    char name[TEXT_BYTES];
    uint32_t len = 0;
    if (!read_text(kind) || !read_text(sample) || !read_text(name) ||
        fread(&len, sizeof len, 1, stdin) != 1) {
        return false;
    }
    len = ntohl(len);
    CHECK(len <= VARIANT_BYTES_MAX);
    if (len > VARIANT_BYTES_MAX || fread(data, 1, len, stdin) != len) {
        return false;
    }
    struct findings f = findings_of(name, SR_PROFILE_SKLEARN, sr_bytes(data, len));
    kind_of(kind)->of[f.verdict]++;
    total++;
    refused += f.verdict == SR_VERDICT_BLOCK;
    if (f.verdict == SR_VERDICT_PASS) {
        passed++;
        printf("# PASS %s: %s as '%s' (%s)\n", kind, sample, name, f.format);
    }
    return true;
}

static void no_variant_passes(void)
{
    while (inspect_next()) {
    }
    printf("# %-26s %6s %6s %10s %6s\n", "variant", "PASS", "REVIEW", "UNPARSABLE", "BLOCK");
    for (size_t i = 0; i < kind_count; i++) {
        printf("# %-26s %6u %6u %10u %6u\n", kinds[i].name, kinds[i].of[SR_VERDICT_PASS],
               kinds[i].of[SR_VERDICT_REVIEW], kinds[i].of[SR_VERDICT_UNPARSABLE],
               kinds[i].of[SR_VERDICT_BLOCK]);
    }
    printf("# %u variants, %u blocked, %u passed\n", total, refused, passed);
    CHECK(total >= VARIANTS_MIN);
    CHECK(passed == 0);
}

int main(void)
{
    int first = getc(stdin);
    if (first == EOF) {
        SKIP(no_variant_passes, "no samples; set STRONGROOM_TESTDATA");
        return check_done();
    }
    (void)ungetc(first, stdin);
    RUN(no_variant_passes);
    return check_done();
}
