/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_PARSE_IMPL_H
#define SR_POLICY_PARSE_IMPL_H

#include "formats/quote.h"
#include "policy/policy.h"

/*
 * What the parts of the parser of policies share. The text is taken line by line, a line word by
 * word; a word knows its column. No recursion, and nothing is allocated but the policy and what is
 * in struct sr_policy_parser. Rules PL-n are those of docs/policy.md.
 */

#define SR_POLICY_LINE_BYTES_MAX 2048
#define SR_POLICY_WORDS_MAX 72 /* of a line; the longest clause, needs, has 8 x 4 + 5 */

enum sr_policy_section {
    SR_POLICY_SECTION_TOP,
    SR_POLICY_SECTION_CLASS,
    SR_POLICY_SECTION_RULE,
    SR_POLICY_SECTION_BREAK_GLASS,
    SR_POLICY_SECTION_COUNT
};

struct sr_policy_word {
    struct sr_bytes text;
    unsigned line;
    unsigned column; /* 1-based, in bytes */
};

/* What of all versions, as the atoms that classes can tell apart, is spoken for by some rules. */
struct sr_policy_cover {
    uint16_t kinds[5]; /* for each tier, bits of the class's kinds; bit 0 when it is for any kind */
};

#define SR_POLICY_COVER_CLASSES (SR_POLICY_CLASSES_MAX + 1) /* the last: any */
struct sr_policy_covers {
    bool is_ready;
    /* [a][b]: what of class a is in class b */
    struct sr_policy_cover of[SR_POLICY_COVER_CLASSES][SR_POLICY_COVER_CLASSES];
    /* [verb][a]: what of class a earlier rules have for that verb */
    struct sr_policy_cover taken[SR_VERB_COUNT][SR_POLICY_COVER_CLASSES];
    uint64_t taken_without; /* verbs that earlier rules name and that are about no version */
};

struct sr_policy_parser {
    struct sr_policy *p;
    struct sr_err *err;
    unsigned line;
    struct sr_policy_word word[SR_POLICY_WORDS_MAX];
    size_t words;
    size_t at;           /* the next word */
    unsigned end_column; /* just behind the last word */
    enum sr_policy_section section;
    uint64_t seen;                   /* clauses of this section: bits of the table's index */
    struct sr_policy_word where[64]; /* and where each is */
    uint64_t seen_top;
    struct sr_policy_word where_top[64];
    struct sr_policy_word opened; /* the word that opened the section */
    struct sr_policy_covers *covers;
};

/* Put the place of a word in front of a message; for returning the result of sr_fail(). */
enum sr_status sr_policy_at(struct sr_policy_parser *pr, const struct sr_policy_word *word,
                            enum sr_status status) SR_MUST_USE;
/* The same for the end of the line. */
enum sr_status sr_policy_at_end(struct sr_policy_parser *pr, enum sr_status status) SR_MUST_USE;

/* Take the next line of *rest and cut it into words; a comment is none. errors  MALFORMED */
enum sr_status sr_policy_take_line(struct sr_policy_parser *pr, struct sr_bytes *rest) SR_MUST_USE;
/* MALFORMED when the line has words that were not taken. */
enum sr_status sr_policy_refuse_rest(struct sr_policy_parser *pr) SR_MUST_USE;

/*
 * Take the next word of the line, which has to be there. what says what it should be, for people.
 * All below answer MALFORMED with the place when the next word is not what it must be.
 */
enum sr_status sr_policy_next(struct sr_policy_parser *pr, const char *what,
                              const struct sr_policy_word **out) SR_MUST_USE;
bool sr_policy_more(const struct sr_policy_parser *pr);
/* Whether the next word is this one; it is taken then. */
bool sr_policy_take(struct sr_policy_parser *pr, const char *literal);
enum sr_status sr_policy_expect(struct sr_policy_parser *pr, const char *literal) SR_MUST_USE;
/* a-z, 0-9 and '-', the first a letter. */
enum sr_status sr_policy_take_name(struct sr_policy_parser *pr, const char *what,
                                   char out[SR_POLICY_NAME_BYTES]) SR_MUST_USE;
enum sr_status sr_policy_take_number(struct sr_policy_parser *pr, const char *what, uint64_t min,
                                     uint64_t max, uint64_t *out) SR_MUST_USE;
enum sr_status sr_policy_take_duration(struct sr_policy_parser *pr, int64_t *out_ms) SR_MUST_USE;
enum sr_status sr_policy_take_size(struct sr_policy_parser *pr, uint64_t *out_bytes) SR_MUST_USE;
/* "mon-fri sun 08:00-18:00" */
enum sr_status sr_policy_take_hours(struct sr_policy_parser *pr, unsigned *days, unsigned *from,
                                    unsigned *to) SR_MUST_USE;
/* "sat 03:00": day 0 is Monday */
enum sr_status sr_policy_take_moment(struct sr_policy_parser *pr, unsigned *day,
                                     unsigned *minute) SR_MUST_USE;
/* The rest of the line: names of roles that are declared, no two equal. */
enum sr_status sr_policy_take_roles(struct sr_policy_parser *pr,
                                    struct sr_policy_list *out) SR_MUST_USE;
enum sr_status sr_policy_take_role(struct sr_policy_parser *pr, uint8_t *out) SR_MUST_USE;
/* The rest of the line: verbs that rules may name, no two equal. */
enum sr_status sr_policy_take_verbs(struct sr_policy_parser *pr, uint64_t *out) SR_MUST_USE;
/* The rest of the line: names, no two equal. */
enum sr_status sr_policy_take_names(struct sr_policy_parser *pr, const char *what,
                                    char (*out)[SR_POLICY_NAME_BYTES], size_t *count) SR_MUST_USE;

bool sr_policy_is_kind(struct sr_bytes word);     /* of acts/kinds.def */
bool sr_policy_is_artifact(struct sr_bytes text); /* whether it can be an artifact's name */
bool sr_policy_word_is(const struct sr_policy_word *word, const char *literal);

/* A clause: its first word, and what reads the rest of its line. */
struct sr_policy_clause {
    const char *word;
    enum sr_status (*read)(struct sr_policy_parser *pr);
};
/* Each ends with a NULL word; indexes are the enums below, and bits of a uint64_t. */
extern const struct sr_policy_clause SR_POLICY_TOP_CLAUSES[];
extern const struct sr_policy_clause SR_POLICY_CLASS_CLAUSES[];
extern const struct sr_policy_clause SR_POLICY_BREAK_GLASS_CLAUSES[];
extern const struct sr_policy_clause SR_POLICY_RULE_CLAUSES[];
enum sr_policy_top_clause {
    SR_POLICY_TOP_POLICY,
    SR_POLICY_TOP_ROLE,
    SR_POLICY_TOP_CLASS,
    SR_POLICY_TOP_RULE,
    SR_POLICY_TOP_BREAK_GLASS,
    SR_POLICY_TOP_SUSPEND,
    SR_POLICY_TOP_ACTS,
    SR_POLICY_TOP_WITNESS
};
enum sr_policy_rule_clause {
    SR_POLICY_IN_VERBS,
    SR_POLICY_IN_CLASS,
    SR_POLICY_IN_BY,
    SR_POLICY_IN_TYPES,
    SR_POLICY_IN_NEEDS,
    SR_POLICY_IN_REQUIRES,
    SR_POLICY_IN_ATTRIBUTES,
    SR_POLICY_IN_REVIEWER_ATTRIBUTES,
    SR_POLICY_IN_FOR,
    SR_POLICY_IN_REQUEST,
    SR_POLICY_IN_APPROVALS,
    SR_POLICY_IN_WAIT,
    SR_POLICY_IN_HOURS,
    SR_POLICY_IN_BYTES,
    SR_POLICY_IN_FILES,
    SR_POLICY_IN_COPIES,
    SR_POLICY_IN_USES,
    SR_POLICY_IN_WITNESSES,
    SR_POLICY_IN_CHECKED,
    SR_POLICY_IN_FORBID
};

/* The rule whose section is open, or was last. */
struct sr_policy_rule *sr_policy_open_rule(struct sr_policy_parser *pr);

/* What a section as a whole has to be (PL-20 to PL-30); it is complete. */
enum sr_status sr_policy_check_break_glass(struct sr_policy_parser *pr) SR_MUST_USE;
enum sr_status sr_policy_check_rule(struct sr_policy_parser *pr) SR_MUST_USE;
/* What the policy as a whole has to be (PL-31, PL-32). */
enum sr_status sr_policy_check_all(struct sr_policy_parser *pr) SR_MUST_USE;

#endif /* SR_POLICY_PARSE_IMPL_H */
