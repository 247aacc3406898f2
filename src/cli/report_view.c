/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report_view.h"

#include <stdio.h>

#include "cli/human.h"
#include "cli/screen.h"

/* Findings of one rule in one file that are shown; the rest is counted. --json has all. */
#define SHOWN_OF_A_RULE 3

static size_t count_of_rule(const struct sr_report_file *file, enum sr_rule rule)
{
    size_t count = 0;
    for (size_t i = 0; i < file->finding_count; i++) {
        count += file->findings[i].rule == rule;
    }
    return count;
}

static void show_finding(const struct sr_report_finding *f)
{
    const struct sr_rule_info *rule = sr_rule_info(f->rule);
    sr_screen_line("  %s %s, at byte %llu%s%s: %s", sr_verdict_name(rule->verdict), rule->id,
                   (unsigned long long)f->offset, f->member[0] != '\0' ? " of " : "", f->member,
                   f->evidence);
}

/* What a rule means, once for all of its findings in a file. */
static void show_meaning(const struct sr_rule_info *rule)
{
    sr_screen_line("    %s", rule->happens);
    sr_screen_line("    instead: %s", rule->instead);
    if (rule->cwe[0] != '\0' || rule->cve[0] != '\0') {
        sr_screen_line("    %s%s%s", rule->cwe,
                       rule->cwe[0] != '\0' && rule->cve[0] != '\0' ? ", " : "", rule->cve);
    }
}

static void show_rule(const struct sr_report_file *file, enum sr_rule rule)
{
    size_t count = 0;
    for (size_t i = 0; i < file->finding_count; i++) {
        if (file->findings[i].rule == rule && count++ < SHOWN_OF_A_RULE) {
            show_finding(&file->findings[i]);
        }
    }
    if (count > SHOWN_OF_A_RULE) {
        sr_screen_line("  and %zu more of '%s'", count - SHOWN_OF_A_RULE, sr_rule_info(rule)->id);
    }
    show_meaning(sr_rule_info(rule));
}

static void show_file(const struct sr_report_file *file)
{
    char size[SR_HUMAN_BYTES];
    sr_human_bytes(file->bytes, size);
    sr_screen_line("%-10s %s (%s, %s)", sr_verdict_name(file->verdict), file->path, file->format,
                   size);
    /* The worst first; within a verdict in the order of the rules. */
    for (int verdict = SR_VERDICT_BLOCK; verdict >= SR_VERDICT_PASS; verdict--) {
        for (unsigned i = 0; i < SR_RULE_COUNT; i++) {
            enum sr_rule rule = (enum sr_rule)i;
            if ((int)sr_rule_info(rule)->verdict == verdict && count_of_rule(file, rule) > 0) {
                show_rule(file, rule);
            }
        }
    }
}

void sr_report_view(const struct sr_report *report)
{
    size_t count = sr_report_count(report);
    for (size_t i = 0; i < count; i++) {
        struct sr_report_file file = sr_report_at(report, i);
        show_file(&file);
    }
    if (count == 1) {
        return;
    }
    char counts[160] = "";
    size_t at = 0;
    for (unsigned v = 0; v < SR_VERDICT_COUNT; v++) {
        size_t of = sr_report_count_of(report, (enum sr_verdict)v);
        if (of > 0 && at < sizeof counts) {
            at += (size_t)snprintf(counts + at, sizeof counts - at, "%s%zu %s", at > 0 ? ", " : "",
                                   of, sr_verdict_name((enum sr_verdict)v));
        }
    }
    sr_screen_line("%zu files: %s", count, counts);
}
