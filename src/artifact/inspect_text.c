/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "artifact/card.h"
#include "artifact/format.h"
#include "artifact/magic.h"
#include "artifact/settings.h"
#include "artifact/template.h"
#include "base/text.h"
#include "formats/yaml.h"

/*
 * Text beside weights, by name: nothing loads it but people, and readers of word lists. It has to
 * be text, and not one that a tool acts upon.
 */

static const char *const EXTENSIONS[] = {
    ".md",      ".txt",     ".rst",       ".markdown", ".csv",           ".tsv",
    ".bib",     ".cff",     ".log",       ".text",     ".bpe",           ".tiktoken",
    ".merges",  ".sha256",  ".sha256sum", ".md5",      ".gitattributes", ".gitignore",
    ".gitkeep", ".license", ".vocab",     NULL};

/* Names without an extension, and how those begin that may have any. */
static const char *const NAMES[] = {"LICENSE",      "LICENCE",    "NOTICE",     "README",
                                    "COPYING",      "AUTHORS",    "CHANGELOG",  "CITATION",
                                    "CONTRIBUTORS", "USE_POLICY", "MODEL_CARD", "SHA256SUMS",
                                    "CODEOWNERS",   "CHECKSUMS",  NULL};

static bool begins_any_case(struct sr_bytes text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && strncasecmp((const char *)text.ptr, with, len) == 0;
}

static bool has_extension(struct sr_bytes base)
{
    return base.len > 0 && memchr(base.ptr, '.', base.len) != NULL;
}

static enum sr_match match(const struct sr_subject *blob)
{
    struct sr_bytes base = sr_magic_base_name(blob->name);
    for (const char *const *name = NAMES; *name != NULL; name++) {
        if (!has_extension(base) && begins_any_case(base, *name)) {
            return SR_MATCH_NAME;
        }
    }
    return SR_MATCH_NO; /* but by its extension */
}

/* Lists of packages that a tool installs, which runs what is in them. */
static bool installs_packages(struct sr_bytes name)
{
    static const char *const LISTS[] = {"requirements", "constraints", "conda-", "packages.txt",
                                        "apt.txt",      "build.txt",   NULL};
    struct sr_bytes base = sr_magic_base_name(name);
    for (const char *const *list = LISTS; *list != NULL; list++) {
        if (begins_any_case(base, *list)) {
            return true;
        }
    }
    return false;
}

/* Where the text is none: a control character that text has no use for; len when it has none. */
static size_t find_control(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || c == 0x7f) {
            return i;
        }
    }
    return text.len;
}

static void ignore(void *ctx, const struct sr_event *event)
{
    (void)ctx;
    (void)event;
}

/* The settings at the top of a model card. A hub reads them, no loader does: what matters is that
 * they are data. */
static void check_card(struct sr_inspection *in, const struct sr_subject *blob)
{
    struct sr_card card = {.in = in};
    struct sr_bytes front = {0};
    struct sr_err err = {0};
    size_t offset = 0;
    if (!sr_yaml_front_matter(blob->bytes, &front, &offset)) {
        return;
    }
    enum sr_status status = sr_yaml_walk(front, ignore, NULL, &err);
    /* Only what is read whole says anything. */
    if (status == SR_OK && sr_card_is_card(blob->name)) {
        status = sr_yaml_walk(front, sr_card_visit, &card, &err);
    }
    if (status == SR_OK) {
        return;
    }
    enum sr_rule rule =
        sr_settings_makes_objects(front) ? SR_RULE_CARD_OBJECT : SR_RULE_CARD_UNREADABLE;
    sr_inspection_find(in, rule, offset, front.len, "%s", err.message);
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    size_t control = find_control(blob->bytes);
    if (!sr_text_is_utf8(blob->bytes)) {
        sr_inspection_find(in, SR_RULE_MALFORMED, 0, 0, "text that is not UTF-8");
        return;
    }
    if (control < blob->bytes.len) {
        sr_inspection_find(in, SR_RULE_MALFORMED, control, 1, "control character 0x%02x in a text",
                           blob->bytes.ptr[control]);
        return;
    }
    if (installs_packages(blob->name)) {
        sr_inspection_find(in, SR_RULE_TEXT_PACKAGES, 0, blob->bytes.len, "list of packages");
    }
    /* A template under another name: whoever renames it back has it rendered. */
    if (sr_template_is_attack(blob->bytes)) {
        sr_inspection_find(in, SR_RULE_TEXT_TEMPLATE, 0, blob->bytes.len, "in a text");
    }
    check_card(in, blob);
    sr_inspection_cover(in, 0, blob->bytes.len);
}

const struct sr_format sr_format_text = {
    .name = "text",
    .title = "text",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
