/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "world.h"

/* A policy being written. */
struct pen {
    struct chance *c;
    char *out;
    size_t len;
};

static void put(struct pen *p, const char *fmt, ...) SR_PRINTF(2, 3);
static void put(struct pen *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(p->out + p->len, POLICY_TEXT_BYTES - p->len, fmt, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < POLICY_TEXT_BYTES - p->len);
    p->len += (size_t)len;
}

static const char *one_of(struct pen *p, const char *const *words, size_t count)
{
    return words[chance_below(p->c, count)];
}
#define ONE_OF(p, ...)                                                                             \
    one_of(p, (const char *const[]){__VA_ARGS__},                                                  \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* Lines that some rules have, each with a chance. */
static void maybe(struct pen *p, unsigned percent, const char *line)
{
    if (chance_of(p->c, percent)) {
        put(p, "    %s\n", line);
    }
}

static void put_needs(struct pen *p)
{
    const char *a = ONE_OF(p, "officer", "security", "admin");
    const char *b = ONE_OF(p, "engineer", "incident");
    size_t count = 1 + chance_below(p->c, 3);
    put(p, "    needs %zu of %s", count, a);
    if (chance_of(p->c, 40)) {
        put(p, " and %zu of %s", 1 + chance_below(p->c, 2), b);
    }
    if (chance_of(p->c, 15)) {
        put(p, " and 1 of %s", a[0] == 'o' ? "security" : "officer");
    }
    put(p, chance_of(p->c, 20) ? ", not the requester, distinct persons\n" : "\n");
    if (chance_of(p->c, 50)) {
        put(p, "    approvals expire after %s\n", ONE_OF(p, "20m", "2h", "24h", "3d"));
    }
    if (chance_of(p->c, 40)) {
        put(p, "    request expires after %s\n", ONE_OF(p, "30m", "4h", "24h"));
    }
    maybe(p, 12, "reviewer-attributes training");
    maybe(p, 12, chance_of(p->c, 60) ? "requires hardware-key" : "requires verification");
}

/* What rules that let plaintext out may limit. */
static void put_limits(struct pen *p, bool exports, bool uses)
{
    if (chance_of(p->c, 60)) {
        put(p, "    for at most %s\n", ONE_OF(p, "30m", "4h", "8h", "2d"));
    }
    if (chance_of(p->c, 20)) {
        put(p, "    bytes at most %s\n", ONE_OF(p, "1GB", "200GB"));
    }
    if (chance_of(p->c, 12)) {
        put(p, "    files at most %s\n", ONE_OF(p, "2", "100"));
    }
    if (exports && chance_of(p->c, 50)) {
        put(p, "    copies at most %s\n", ONE_OF(p, "1", "2"));
    }
    if (uses && chance_of(p->c, 50)) {
        put(p, "    uses at most %s\n", ONE_OF(p, "1", "2", "5"));
    }
}

static void put_conditions(struct pen *p)
{
    if (chance_of(p->c, 12)) {
        put(p, "    hours %s\n",
            ONE_OF(p, "mon-fri 06:00-20:00", "mon-sun 22:00-18:00", "sat sun 00:00-24:00",
                   "tue-thu 09:30-09:29"));
    }
    maybe(p, 10, "attributes screening");
    if (chance_of(p->c, 8)) {
        put(p, "    witnesses 1 within %s\n", ONE_OF(p, "10m", "24h"));
    }
}

static void put_by(struct pen *p, const char *role)
{
    if (chance_of(p->c, 25)) {
        put(p, "    by anyone\n");
    } else if (chance_of(p->c, 60)) {
        put(p, "    by %s engineer\n", role);
    } else {
        put(p, "    by %s\n", role);
    }
}

/* A rule about versions. */
static void put_release(struct pen *p, const char *verbs, const char *class, bool exports,
                        bool uses)
{
    put(p, "rule r%zu\n    verbs %s\n    class %s\n", p->len, verbs, class);
    if (chance_of(p->c, 8)) {
        put(p, "    forbid\n");
        return;
    }
    put_by(p, "officer");
    put_conditions(p);
    put_limits(p, exports, uses);
    bool has_needs = chance_of(p->c, 75);
    if (has_needs) {
        put_needs(p);
        if (chance_of(p->c, 30)) {
            put(p, "    types human service workload agent\n");
        }
    } else {
        maybe(p, 15, "requires reason");
    }
    if (chance_of(p->c, 15)) {
        put(p, "    wait %s\n", ONE_OF(p, "10m", "1h"));
    }
}

/* A rule about people, the policy or the room. */
static void put_power(struct pen *p, const char *name, const char *verbs, const char *by,
                      unsigned needs_percent)
{
    put(p, "rule %s\n    verbs %s\n    by %s\n", name, verbs, by);
    if (chance_of(p->c, needs_percent)) {
        put_needs(p);
    }
    if (chance_of(p->c, 8)) {
        put(p, "    wait 10m\n");
    }
}

static void put_break_glass(struct pen *p)
{
    put(p, "break-glass\n    holders %s\n", ONE_OF(p, "incident", "incident officer"));
    put(p, "    verbs %s\n", ONE_OF(p, "use", "use read", "use read rotate leave"));
    put(p, "    for at most %s\n    review within 24h by %s\n", ONE_OF(p, "30m", "2h"),
        ONE_OF(p, "security", "security admin"));
    maybe(p, 15, "requires hardware-key");
}

static void put_head(struct pen *p)
{
    put(p, "policy \"p%016llx\"\n", (unsigned long long)chance_next(p->c));
    put(p, "role officer\nrole security\nrole engineer\nrole admin\nrole incident\n");
    put(p, "class weights\n    tier 3..5\nclass open\n    tier 1..2\n");
    put(p, "class tuned\n    kind instruct\n    tier 1..5\nclass lama\n    artifact lla*\n");
    if (chance_of(p->c, 8)) {
        put(p, "suspend without clearance\n");
    }
    if (chance_of(p->c, 50)) {
        put(p, "acts within %s\n", ONE_OF(p, "1h", "24h", "10m"));
    }
    if (chance_of(p->c, 70)) {
        put_break_glass(p);
    }
}

static void put_releases(struct pen *p)
{
    if (chance_of(p->c, 30)) {
        put_release(p, "use", "lama", false, true);
    }
    if (chance_of(p->c, 30)) {
        put_release(p, "read export", "tuned", true, false);
    }
    put_release(p, "use read", "weights", false, true);
    put_release(p, "use read", chance_of(p->c, 50) ? "open" : "any", false, true);
    put_release(p, "export", "weights open", true, false);
}

void policy_write(struct chance *c, char *out)
{
    struct pen pen = {.c = c, .out = out};
    struct pen *p = &pen;
    put_head(p);
    put_releases(p);
    put_power(p, "bring-in", "deposit\n    class any", "engineer admin officer", 5);
    put_power(p, "people", "enrol roles add-key", ONE_OF(p, "admin", "admin officer"), 35);
    put_power(p, "attest", "attribute", ONE_OF(p, "admin security", "anyone"), 25);
    put_power(p, "leaving", "leave", ONE_OF(p, "admin security", "admin", "anyone"), 20);
    put_power(p, "change", "policy", ONE_OF(p, "officer", "admin officer security"), 85);
    if (chance_of(c, 15)) {
        put(p, "rule keys\n    verbs rotate\n    by unlocked\n");
    } else {
        put_power(p, "keys", "rotate", "admin", 40);
    }
    if (chance_of(c, 90)) {
        put_power(p, "handing", "offer accept reject return dispose\n    class any",
                  "officer engineer", 40);
    }
}
