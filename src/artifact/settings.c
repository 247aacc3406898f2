/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "artifact/format.h"
#include "artifact/inert.h"
#include "artifact/magic.h"
#include "artifact/template.h"
#include "base/limits.h"
#include "base/text.h"
#include "formats/json_walk.h"
#include "formats/yaml.h"

#define DEPTH_MAX 64
/* Values that are compared with one another at the end. */
#define CLAIM_BYTES 128
/* What says of itself what it is, is short. */
#define DECLARATION_BYTES_MAX 64

extern const struct sr_format sr_format_jinja;

/* A map or list that is open. */
struct level {
    struct sr_bytes key; /* under which it stands; an element of a list: the list's */
    size_t index;        /* of the next member or element */
};

struct claim {
    char text[CLAIM_BYTES];
    size_t len;
    size_t offset;
};

struct sr_settings {
    struct sr_inspection *in;
    bool is_index;      /* *.index.json */
    bool is_pipeline;   /* model_index.json: parts of a diffusion pipeline */
    bool is_modules;    /* modules.json: parts of a sentence transformer */
    bool is_vocabulary; /* holds the tokens of one */
    struct level levels[DEPTH_MAX];
    struct claim author;
    struct claim name; /* namespace/name */
    uint64_t hidden;   /* width of the model; 0: not said */
};

static bool is_text(struct sr_bytes text, const char *what)
{
    return sr_text_equal(text, sr_text_view(what));
}

static bool is_one_of(struct sr_bytes text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (is_text(text, *words)) {
            return true;
        }
    }
    return false;
}

static bool ends(struct sr_bytes text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && strncasecmp((const char *)text.ptr + text.len - len, with, len) == 0;
}

static bool has(struct sr_bytes text, const char *what)
{
    return text.len > 0 && memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool is_alnum(uint8_t c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

/* The next word of a name that is written with '_', '-', '.', spaces or capitals; from *at. */
static bool next_word(struct sr_bytes name, size_t *at, char *out, size_t out_bytes)
{
    size_t i = *at;
    size_t len = 0;
    while (i < name.len && !is_alnum(name.ptr[i])) {
        i++;
    }
    size_t begin = i;
    while (i < name.len && is_alnum(name.ptr[i])) {
        bool is_capital = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z';
        bool after_small = i > begin && name.ptr[i - 1] >= 'a' && name.ptr[i - 1] <= 'z';
        if (is_capital && after_small) {
            break;
        }
        if (len + 1 < out_bytes) {
            out[len++] = (char)lower(name.ptr[i]);
        }
        i++;
    }
    out[len] = '\0';
    *at = i;
    return i > begin;
}

enum sr_status sr_settings_new(struct sr_inspection *in, struct sr_bytes name,
                               struct sr_settings **out)
{
    struct sr_settings *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return SR_NO_MEMORY;
    }
    struct sr_bytes base = sr_magic_base_name(name);
    s->in = in;
    s->is_index = ends(base, ".index.json");
    s->is_pipeline = is_text(base, "model_index.json");
    s->is_modules = is_text(base, "modules.json");
    s->is_vocabulary = is_text(base, "tokenizer.json") || is_text(base, "vocab.json") ||
                       is_text(base, "vocabulary.json");
    *out = s;
    return SR_OK;
}

void sr_settings_free(struct sr_settings *s)
{
    free(s);
}

static void find_quoted(struct sr_settings *s, enum sr_rule rule, size_t offset,
                        struct sr_bytes key, struct sr_bytes text)
{
    char quoted_key[SR_EVIDENCE_BYTES];
    char quoted[SR_EVIDENCE_BYTES];
    struct sr_bytes head = sr_bytes(key.ptr, key.len > 64 ? 64 : key.len);
    sr_inspection_find(s->in, rule, offset, text.len, "%s: %s",
                       sr_inspection_quote(head, quoted_key), sr_inspection_quote(text, quoted));
}

/* Whether the event stands under a key of that name, however deep. */
static bool is_under(const struct sr_settings *s, const struct sr_event *event, const char *key)
{
    for (unsigned i = 1; i < event->depth && i < DEPTH_MAX; i++) {
        if (is_text(s->levels[i].key, key)) {
            return true;
        }
    }
    return false;
}

/* The key of a value; of an element of a list, the list's. */
static struct sr_bytes key_of(const struct sr_settings *s, const struct sr_event *event)
{
    if (event->has_key || event->depth == 0) {
        return event->key;
    }
    return event->depth <= DEPTH_MAX ? s->levels[event->depth - 1].key : sr_bytes(NULL, 0);
}

/* What loaders run. */

/* `file.Class` is in file.py beside it; `repository--file.Class` is somebody else's, and what it
 * will be on the day of loading nobody knows. */
static void refer_to_code(struct sr_settings *s, const struct sr_event *event)
{
    char file[SR_LIMIT_PATH_BYTES];
    struct sr_bytes text = event->text;
    if (has(text, "--")) {
        find_quoted(s, SR_RULE_SETTING_FOREIGN, event->offset, key_of(s, event), text);
        return;
    }
    size_t len = 0;
    while (len < text.len && text.ptr[len] != '.') {
        len++;
    }
    if (len == 0 || len + sizeof ".py" > sizeof file) {
        return; /* it names no module; the key itself has been reported */
    }
    memcpy(file, text.ptr, len);
    memcpy(file + len, ".py", sizeof ".py");
    sr_inspection_refer(s->in, sr_text_view(file), event->offset);
}

/* Keys of which the value, or what is under them, names code. */
static const char *const RUNNING[] = {"auto_map",      "custom_pipelines", "custom_generate",
                                      "kernel_config", "loader_module",    NULL};
/* Keys of serialisers that make objects of any class. */
static const char *const MAKING[] = {"__class__", "__reduce__", "__type__", "__py__",
                                     "__pyobj__", "__object__", NULL};

static bool makes_objects(struct sr_bytes key)
{
    return is_one_of(key, MAKING) || sr_text_begins(key, "py/");
}

static void check_running(struct sr_settings *s, const struct sr_event *event)
{
    struct sr_bytes key = event->key;
    if (event->kind == SR_EVENT_NULL) {
        return;
    }
    bool is_trusted = is_text(key, "trust_remote_code") &&
                      (is_text(event->text, "true") || is_text(event->text, "True"));
    if (is_one_of(key, RUNNING) || makes_objects(key) || is_trusted) {
        find_quoted(s, SR_RULE_SETTING_LOADS_CODE, event->offset, key, event->text);
    }
}

/* Letters, digits and dots, and '_' within a word: where the last part begins; 0: it is not so. */
static size_t last_part(struct sr_bytes text)
{
    size_t last = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool begins_part = i == 0 || text.ptr[i - 1] == '.';
        if (!is_alnum(c) && (begins_part || (c != '.' && c != '_'))) {
            return 0;
        }
        last = c == '.' ? i + 1 : last;
    }
    return last;
}

/* Hydra makes an object of any dotted name, or calls it. Only classes of these packages pass: what
 * a package imports for itself has a small first letter, or is not under it. */
static bool is_known_target(struct sr_bytes text)
{
    static const char *const PACKAGES[] = {"torch.nn.",
                                           "torch.optim.",
                                           "nemo.collections.",
                                           "nemo.core.",
                                           "pytorch_lightning.",
                                           "lightning.",
                                           "transformers.models.",
                                           "diffusers.models.",
                                           NULL};
    bool is_known = false;
    for (const char *const *p = PACKAGES; *p != NULL; p++) {
        is_known = is_known || sr_text_begins(text, *p);
    }
    size_t last = last_part(text);
    is_known = is_known && last > 0 && last < text.len;
    return is_known && text.ptr[last] >= 'A' && text.ptr[last] <= 'Z' && !has(text, ".os.") &&
           !has(text, ".sys.") && !has(text, ".subprocess.");
}

/* The parts of a diffusion pipeline: [library, class], or [file beside it, class]. */
static void check_pipeline_part(struct sr_settings *s, const struct sr_event *event)
{
    static const char *const LIBRARIES[] = {
        "diffusers", "transformers", "onnxruntime", "flax", "optimum", "k_diffusion",
        /* modules of diffusers itself, which older pipelines name */
        "stable_diffusion", "latent_diffusion", "paint_by_example", "deepfloyd_if", "audioldm2",
        "shap_e", "wuerstchen", "stable_audio", "kandinsky", "unidiffuser", "ledits_pp", NULL};
    bool is_library = event->depth == 2 && !event->has_key && s->levels[1].index == 0;
    if (!is_library || is_one_of(event->text, LIBRARIES)) {
        return;
    }
    find_quoted(s, SR_RULE_SETTING_LOADS_CODE, event->offset, key_of(s, event), event->text);
    refer_to_code(s, event);
}

static bool has_code_reference(const struct sr_settings *s, const struct sr_event *event)
{
    struct sr_bytes key = key_of(s, event);
    return is_text(key, "auto_map") || is_under(s, event, "auto_map") ||
           (is_text(key, "impl") && is_under(s, event, "custom_pipelines"));
}

/* Values that name code, of settings that also have values which do not. */
static bool names_code(const struct sr_settings *s, const struct sr_event *event)
{
    struct sr_bytes key = key_of(s, event);
    struct sr_bytes text = event->text;
    if (has(text, "/")) { /* a kernel from a hub */
        return sr_text_begins(key, "_attn_implementation") ||
               sr_text_begins(key, "attn_implementation") ||
               is_under(s, event, "_attn_implementation");
    }
    if (!has(text, ".")) {
        return false;
    }
    bool is_function = is_text(key, "activation_function") || is_text(key, "activation_fn");
    bool is_module = s->is_modules && is_text(key, "type");
    return (is_module && !sr_text_begins(text, "sentence_transformers.")) ||
           (is_function && !sr_text_begins(text, "torch.nn.modules."));
}

static void check_code_text(struct sr_settings *s, const struct sr_event *event)
{
    struct sr_bytes key = key_of(s, event);
    if (is_text(key, "_target_") && !is_known_target(event->text)) {
        find_quoted(s, SR_RULE_SETTING_TARGET, event->offset, key, event->text);
    }
    if (has_code_reference(s, event)) {
        refer_to_code(s, event);
    }
    if (names_code(s, event)) {
        find_quoted(s, SR_RULE_SETTING_LOADS_CODE, event->offset, key, event->text);
    }
    if (s->is_pipeline) {
        check_pipeline_part(s, event);
    }
}

/* Keys that promise something that no setting of a model does. */

static bool promises_alone(const char *word)
{
    static const char *const WORDS[] = {
        "exec",   "shell",      "cmd",         "command", "webhook",    "payload",
        "exfil",  "backdoor",   "password",    "passwd",  "passphrase", "secret",
        "apikey", "credential", "credentials", "execute", NULL};
    return is_one_of(sr_text_view(word), WORDS);
}

static bool promises_together(const char *first, const char *second)
{
    static const char *const PAIRS[][2] = {
        {"callback", "url"},  {"api", "key"},     {"access", "key"},   {"access", "token"},
        {"auth", "token"},    {"api", "token"},   {"private", "key"},  {"hook", "url"},
        {"on", "load"},       {"post", "load"},   {"pre", "load"},     {"startup", "script"},
        {"bearer", "token"},  {"remote", "url"},  {"download", "url"}, {"hf", "token"},
        {"deploy", "script"}, {"init", "script"}, {"setup", "script"}, {"install", "script"},
    };
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        if (strcmp(first, PAIRS[i][0]) == 0 && strcmp(second, PAIRS[i][1]) == 0) {
            return true;
        }
    }
    return false;
}

static bool promises_execution(struct sr_bytes key)
{
    char before[24] = "";
    char word[24] = "";
    for (size_t at = 0; next_word(key, &at, word, sizeof word);) {
        if (promises_alone(word) || promises_together(before, word)) {
            return true;
        }
        memcpy(before, word, sizeof before);
    }
    return false;
}

/* What a file says of itself. */

static bool is_declaring_key(struct sr_bytes key)
{
    static const char *const KEYS[] = {
        "name",        "model_name",    "type",    "model_type", "status",  "title",        "label",
        "description", "_name_or_path", "warning", "note",       "comment", "architecture", NULL};
    return is_one_of(key, KEYS);
}

/* Models that look for such things are called after them. */
static bool is_about_detection(struct sr_bytes text)
{
    static const char *const WORDS[] = {"detect", "detection", "detector",   "classifier",
                                        "guard",  "filter",    "scanner",    "classification",
                                        "shield", "safety",    "moderation", NULL};
    char word[24];
    for (size_t at = 0; next_word(text, &at, word, sizeof word);) {
        if (is_one_of(sr_text_view(word), WORDS)) {
            return true;
        }
    }
    return false;
}

static bool declares_itself_hostile(struct sr_bytes text)
{
    static const char *const WORDS[] = {"malicious",   "backdoor", "backdoored", "backdoors",
                                        "evil",        "trojan",   "trojaned",   "malware",
                                        "poisoned",    "exploit",  "ransomware", "compromised",
                                        "blacklisted", NULL};
    char before[24] = "";
    char word[24] = "";
    if (text.len > DECLARATION_BYTES_MAX || is_about_detection(text)) {
        return false;
    }
    for (size_t at = 0; next_word(text, &at, word, sizeof word);) {
        bool is_warning =
            (strcmp(before, "not") == 0) && (strcmp(word, "load") == 0 || strcmp(word, "use") == 0);
        if (is_warning || is_one_of(sr_text_view(word), WORDS)) {
            return true;
        }
        memcpy(before, word, sizeof before);
    }
    return false;
}

static void keep_claim(struct claim *claim, const struct sr_event *event)
{
    if (event->text.len < sizeof claim->text) {
        memcpy(claim->text, event->text.ptr, event->text.len);
        claim->len = event->text.len;
        claim->offset = event->offset;
    }
}

static void check_claims(struct sr_settings *s, const struct sr_event *event)
{
    struct sr_bytes key = key_of(s, event);
    if (event->depth == 1 && event->has_key && is_text(key, "author")) {
        keep_claim(&s->author, event);
    }
    if (event->depth == 1 && event->has_key && is_text(key, "_name_or_path")) {
        keep_claim(&s->name, event);
    }
    if (is_declaring_key(key) && declares_itself_hostile(event->text)) {
        find_quoted(s, SR_RULE_SETTING_DECLARED, event->offset, key, event->text);
    }
}

/* Letters and digits only, small: `Meta Llama` and `meta-llama` are one. Returns the length. */
static size_t normalised(struct sr_bytes text, char out[CLAIM_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < CLAIM_BYTES; i++) {
        if (is_alnum(text.ptr[i])) {
            out[len++] = (char)lower(text.ptr[i]);
        }
    }
    return len;
}

/* The slash of `namespace/name`; 0: it is no such name, but maybe a path. */
static size_t slash_of(const struct claim *name)
{
    const char *slash = memchr(name->text, '/', name->len);
    if (slash == NULL || slash == name->text || name->text[0] == '.' || name->text[0] == '~' ||
        memchr(slash + 1, '/', name->len - (size_t)(slash + 1 - name->text)) != NULL) {
        return 0;
    }
    return (size_t)(slash - name->text);
}

static void check_author(struct sr_settings *s)
{
    char author[CLAIM_BYTES];
    char space[CLAIM_BYTES];
    size_t slash = slash_of(&s->name);
    if (slash == 0 || s->author.len == 0) {
        return;
    }
    size_t author_len = normalised(sr_bytes(s->author.text, s->author.len), author);
    size_t space_len = normalised(sr_bytes(s->name.text, slash), space);
    if (!sr_text_equal(sr_bytes(author, author_len), sr_bytes(space, space_len))) {
        char quoted[SR_EVIDENCE_BYTES];
        char quoted_name[SR_EVIDENCE_BYTES];
        sr_inspection_find(s->in, SR_RULE_SETTING_AUTHOR, s->author.offset, s->author.len,
                           "'%s', but '%s'",
                           sr_inspection_quote(sr_bytes(s->author.text, s->author.len), quoted),
                           sr_inspection_quote(sr_bytes(s->name.text, s->name.len), quoted_name));
    }
}

/* The least width that a model of such a name has. 0: the word says nothing of it. */
static uint64_t width_of_word(const char *word)
{
    static const char *const LARGE[] = {"large", "xl",     "xxl",     "huge",
                                        "giant", "xlarge", "xxlarge", NULL};
    size_t digits = strspn(word, "0123456789");
    bool is_billions = digits > 0 && word[digits] == 'b' && word[digits + 1] == '\0';
    if (is_billions) {
        return 512;
    }
    return is_one_of(sr_text_view(word), LARGE) ? 256 : 0;
}

static void check_size(struct sr_settings *s)
{
    static const char *const SMALL[] = {"tiny", "random", "test", "dummy", "mini", "small", NULL};
    char word[24];
    size_t slash = slash_of(&s->name);
    struct sr_bytes name = sr_bytes(s->name.text + slash, s->name.len - slash);
    uint64_t least = 0;
    for (size_t at = 0; next_word(name, &at, word, sizeof word);) {
        uint64_t width = width_of_word(word);
        least = width > least ? width : least;
        if (is_one_of(sr_text_view(word), SMALL)) {
            return;
        }
    }
    if (s->hidden > 0 && s->hidden < least) {
        char quoted[SR_EVIDENCE_BYTES];
        sr_inspection_find(s->in, SR_RULE_SETTING_SIZE, s->name.offset, s->name.len,
                           "'%s' is %llu wide", sr_inspection_quote(name, quoted),
                           (unsigned long long)s->hidden);
    }
}

void sr_settings_end(struct sr_settings *s)
{
    check_author(s);
    check_size(s);
}

/* Shards. */

static void check_index_text(struct sr_settings *s, const struct sr_event *event)
{
    bool is_mapped = event->depth == 2 && event->has_key && is_text(s->levels[1].key, "weight_map");
    if (!is_mapped) {
        return;
    }
    struct sr_claim claim = {.file = event->text, .tensor = event->key, .offset = event->offset};
    sr_inspection_claim(s->in, &claim);
}

/* Numbers. */

static void check_number(struct sr_settings *s, const struct sr_event *event)
{
    static const char *const WIDTHS[] = {"hidden_size", "d_model", "n_embd", "dim", NULL};
    uint64_t value = 0;
    if (!event->has_key || sr_text_parse_u64(event->text, 0, UINT64_MAX, &value) != SR_OK) {
        return;
    }
    if (event->depth == 1 && is_one_of(event->key, WIDTHS)) {
        s->hidden = value > s->hidden ? value : s->hidden;
    }
    if (s->is_index && event->depth == 2 && is_text(event->key, "total_size") &&
        is_text(s->levels[1].key, "metadata")) {
        sr_inspection_claim_total(s->in, value, event->offset);
    }
}

/* Texts. */

/* Keys under which renderers look for templates, in whatever file. */
static const char *const TEMPLATES[] = {"template",
                                        "prompt_template",
                                        "jinja_template",
                                        "system_template",
                                        "chat_templates",
                                        "default_chat_template",
                                        NULL};

static bool is_chat_template(const struct sr_settings *s, const struct sr_event *event)
{
    return is_text(key_of(s, event), "chat_template") ||
           (is_text(event->key, "template") && is_under(s, event, "chat_template"));
}

static bool may_have_address(struct sr_bytes key)
{
    static const char *const PARTS[] = {"license", "licence", "homepage", "citation",
                                        "paper",   "website", NULL};
    for (const char *const *p = PARTS; *p != NULL; p++) {
        if (has(key, *p)) {
            return true;
        }
    }
    return false;
}

static void check_inert(struct sr_settings *s, const struct sr_event *event, struct sr_bytes key)
{
    if (sr_inert_class(event->text) == SR_INERT_ADDRESS && may_have_address(key) &&
        sr_text_begins(event->text, "https://")) {
        return;
    }
    sr_inert_check(s->in, event->text, event->offset);
}

static void check_text(struct sr_settings *s, const struct sr_event *event)
{
    struct sr_bytes key = key_of(s, event);
    if (is_chat_template(s, event)) {
        (void)sr_inspection_member(s->in, sr_text_view("chat_template"), event->text,
                                   &sr_format_jinja);
        return;
    }
    if (sr_template_is_attack(event->text)) {
        bool is_rendered = is_one_of(key, TEMPLATES);
        find_quoted(s, is_rendered ? SR_RULE_TEMPLATE_ATTRIBUTE : SR_RULE_TEXT_TEMPLATE,
                    event->offset, key, event->text);
    }
    check_code_text(s, event);
    check_claims(s, event);
    check_inert(s, event, key);
    if (event->has_key && event->text.len > 0 && promises_execution(key)) {
        find_quoted(s, SR_RULE_SETTING_KEY, event->offset, key, event->text);
    }
    if (s->is_index) {
        check_index_text(s, event);
    }
}

/* Tokens are data, whatever they spell: a vocabulary of code has all of it. */
static bool is_token(const struct sr_settings *s, const struct sr_event *event)
{
    return s->is_vocabulary && (is_under(s, event, "vocab") || is_under(s, event, "merges"));
}

static void enter(struct sr_settings *s, const struct sr_event *event)
{
    if (event->depth < DEPTH_MAX) {
        s->levels[event->depth] = (struct level){.key = key_of(s, event)};
    }
}

static bool is_opening(const struct sr_event *event)
{
    return event->kind == SR_EVENT_MAP || event->kind == SR_EVENT_LIST;
}

static bool is_closing(const struct sr_event *event)
{
    return event->kind == SR_EVENT_MAP_END || event->kind == SR_EVENT_LIST_END;
}

static void check_key(struct sr_settings *s, const struct sr_event *event)
{
    /* Keys that long are prose, or hide something. */
    enum { KEY_BYTES_PLAIN = 32 };
    if (event->key.len > KEY_BYTES_PLAIN) {
        sr_inert_check(s->in, event->key, event->offset);
    }
    check_running(s, event);
}

void sr_settings_visit(void *ctx, const struct sr_event *event)
{
    struct sr_settings *s = ctx;
    bool is_data = is_token(s, event);
    if (!is_data && event->has_key && !is_closing(event)) {
        check_key(s, event);
    }
    if (is_opening(event)) {
        enter(s, event);
        return;
    }
    if (event->kind == SR_EVENT_TEXT && !is_data) {
        check_text(s, event);
    } else if (event->kind == SR_EVENT_NUMBER) {
        check_number(s, event);
    }
    if (event->depth > 0 && event->depth <= DEPTH_MAX) {
        s->levels[event->depth - 1].index++;
    }
}

/* Judge what walk meets in the blob. */
static bool check(struct sr_inspection *in, const struct sr_subject *blob,
                  enum sr_status (*walk)(struct sr_bytes text,
                                         void (*visit)(void *ctx, const struct sr_event *event),
                                         void *ctx, struct sr_err *err))
{
    SR_AUTO(sr_settings) settings = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_settings_new(in, blob->name, &settings);
    if (status == SR_OK) {
        status = walk(blob->bytes, sr_settings_visit, settings, &err);
    }
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return false;
    }
    sr_settings_end(settings);
    return true;
}

bool sr_settings_check_json(struct sr_inspection *in, const struct sr_subject *blob)
{
    return check(in, blob, sr_json_walk);
}

bool sr_settings_makes_objects(struct sr_bytes text)
{
    static const char *const TAGS[] = {"!!python/", "!python/", "tag:yaml.org,2002:python/",
                                       "!!java",    "!!ruby/",  "!ruby/",
                                       "!!js/",     "!!perl/",  NULL};
    for (const char *const *tag = TAGS; *tag != NULL; tag++) {
        if (has(text, *tag)) {
            return true;
        }
    }
    return false;
}

bool sr_settings_check_yaml(struct sr_inspection *in, const struct sr_subject *blob)
{
    bool is_read = check(in, blob, sr_yaml_walk);
    if (!is_read && sr_settings_makes_objects(blob->bytes)) {
        sr_inspection_find(in, SR_RULE_YAML_OBJECT, 0, 0, "a tag of a programming language");
    }
    return is_read;
}
