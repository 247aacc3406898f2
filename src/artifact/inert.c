/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/inert.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/*
 * One pass over the text for each kind of sign. Signs that begin with a letter count only where a
 * word begins, so that few places are looked at closely; nothing looks back, and what is decoded of
 * a payload is its head, so that time is linear whatever the text.
 */

/* How far one sign is followed; what is longer is not looked at twice. */
#define LOOK_BYTES_MAX 256
/* No key that is looked for is longer. */
#define TOKEN_BYTES_MAX 64
/* A shorter text of word characters can hold none of the signs below. */
#define WORD_BYTES_SAFE 16
/* A run of base64 or hexadecimal this long is looked into. */
#define RUN_BYTES_MIN 12
/* What is decoded of it. */
#define HEAD_BYTES 192
/* A run that decodes to nothing known: digests and identifiers are shorter than this. */
#define BASE64_BYTES_MAX 192
#define HEX_BYTES_MAX 512
/* And what repeats itself is a pattern. */
#define BASE64_VARIETY_MIN 32
#define HEX_VARIETY_MIN 14
/* A run that decodes to plain text: shorter ones do so by chance. */
#define PLAIN_BYTES_MIN 18

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_word(uint8_t c)
{
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '_';
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static uint8_t byte_at(struct sr_bytes text, size_t at)
{
    return at < text.len ? text.ptr[at] : 0;
}

static bool begins(struct sr_bytes text, size_t at, const char *with)
{
    size_t len = strlen(with);
    return text.len - at >= len && memcmp(text.ptr + at, with, len) == 0;
}

static bool begins_any_case(struct sr_bytes text, size_t at, const char *with)
{
    size_t len = strlen(with);
    return text.len - at >= len && strncasecmp((const char *)text.ptr + at, with, len) == 0;
}

static struct sr_bytes from(struct sr_bytes text, size_t at)
{
    return sr_bytes(text.ptr + at, text.len - at);
}

static uint32_t u32le(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Programs. */

/* A PE file: the DOS header says where the real one is. */
static bool is_pe(struct sr_bytes text, size_t at)
{
    struct sr_bytes rest = from(text, at);
    if (rest.len < 64 || rest.ptr[0] != 'M' || rest.ptr[1] != 'Z') {
        return false;
    }
    size_t header = u32le(rest.ptr + 60);
    return header < rest.len && rest.len - header >= 4 &&
           memcmp(rest.ptr + header, "PE\0\0", 4) == 0;
}

/* An ELF header, wherever it stands: class, byte order and version make chance hits impossible. */
static bool is_elf(struct sr_bytes text, size_t at)
{
    const uint8_t *p = text.ptr + at;
    return text.len - at >= 7 && memcmp(p, "\177ELF", 4) == 0 && (p[4] == 1 || p[4] == 2) &&
           (p[5] == 1 || p[5] == 2) && p[6] == 1;
}

/* Magic numbers that count only at the start: four bytes occur by chance in binary data. */
static bool begins_as_program(struct sr_bytes text)
{
    static const char MAGIC[][5] = {"\177ELF",          "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf",
                                    "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"};
    for (size_t i = 0; i < sizeof MAGIC / sizeof MAGIC[0]; i++) {
        if (begins(text, 0, MAGIC[i])) {
            return true;
        }
    }
    /* WebAssembly's begins with a NUL; a script names its interpreter. */
    return (text.len >= 8 && memcmp(text.ptr, "\0asm\1\0\0\0", 8) == 0) || begins(text, 0, "#!/");
}

/* Pickles. */

static bool begins_as_pickle(struct sr_bytes text)
{
    if (text.len < 4 || text.ptr[0] != 0x80 || text.ptr[1] < 2 || text.ptr[1] > 5) {
        return false;
    }
    return text.ptr[text.len - 1] == '.' || text.ptr[2] == 0x95 || text.ptr[2] == 0x8c ||
           text.ptr[2] == 'c' || text.ptr[2] == '}' || text.ptr[2] == ']' || text.ptr[2] == '(';
}

/* PROTO and FRAME of protocol 4 and 5, wherever they stand, with a frame that can be there. */
static bool is_framed_pickle(struct sr_bytes text, size_t at)
{
    const uint8_t *p = text.ptr + at;
    return text.len - at >= 12 && p[0] == 0x80 && (p[1] == 4 || p[1] == 5) && p[2] == 0x95 &&
           u32le(p + 7) == 0;
}

static size_t word_end(struct sr_bytes text, size_t at)
{
    while (at < text.len && (is_word(text.ptr[at]) || text.ptr[at] == '.')) {
        at++;
    }
    return at;
}

/* A pickle of protocol 0: GLOBAL, with module and name on a line each, then a call of it. */
static bool is_text_pickle(struct sr_bytes text)
{
    size_t at = byte_at(text, 0) == '(' ? 1 : 0;
    if (byte_at(text, at) != 'c' && byte_at(text, at) != 'i') {
        return false;
    }
    size_t module = word_end(text, at + 1);
    size_t name = module < text.len ? word_end(text, module + 1) : module;
    return module > at + 1 && name > module + 1 && byte_at(text, module) == '\n' &&
           byte_at(text, name) == '\n' && name + 1 < text.len;
}

static enum sr_inert binary_class(struct sr_bytes text)
{
    if (begins_as_program(text)) {
        return SR_INERT_EXECUTABLE;
    }
    if (begins_as_pickle(text) || is_text_pickle(text)) {
        return SR_INERT_PICKLE;
    }
    enum sr_inert found = SR_INERT;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if ((c == 0x7f && is_elf(text, i)) || (c == 'M' && is_pe(text, i))) {
            return SR_INERT_EXECUTABLE;
        }
        if (c == 0x80 && is_framed_pickle(text, i)) {
            found = SR_INERT_PICKLE;
        }
    }
    return found;
}

/* Code. */

/* What has to follow a sign. */
enum after {
    ANYTHING,
    ARGUMENT,  /* not the parenthesis that closes: model.eval() is no evaluation */
    QUOTE,     /* a string */
    OPTION,    /* what a shell command is given: an option, a path, an address, a number */
    IMPORT,    /* a name, and then the end of the statement; where a statement begins */
    FROM,      /* a name, and `import`; where a statement begins */
    SIGNATURE, /* a name, and a parenthesis; where a statement begins */
    BODY,      /* names, and a colon */
    ASSIGNED   /* a name, and `=` or a parenthesis */
};

struct sign {
    const char *text;
    enum after after;
    bool is_any_case;
    bool is_bare; /* not as an attribute: without a dot before it */
};

static const struct sign SIGNS_UNDERSCORE[] = {
    {"__import__", ANYTHING, false, false},       {"__builtins__", ANYTHING, false, false},
    {"__globals__", ANYTHING, false, false},      {"__subclasses__", ANYTHING, false, false},
    {"__reduce", ANYTHING, false, false},         {"__class__", ANYTHING, false, false},
    {"__mro__", ANYTHING, false, false},          {"__bases__", ANYTHING, false, false},
    {"__getattribute__", ANYTHING, false, false},
};
static const struct sign SIGNS_B[] = {
    {"builtins.", ANYTHING, false, true},  {"b64decode(", ANYTHING, false, false},
    {"bash -", ANYTHING, true, false},     {"base64 -d", ANYTHING, true, false},
    {"bitsadmin ", ANYTHING, true, false},
};
static const struct sign SIGNS_C[] = {
    {"curl ", OPTION, true, false},      {"chmod ", OPTION, true, false},
    {"chown ", OPTION, true, false},     {"cmd.exe", ANYTHING, true, false},
    {"cmd /", ANYTHING, true, false},    {"certutil ", OPTION, true, false},
    {"compile(", QUOTE, false, true},    {"child_process", ANYTHING, false, false},
    {"ctypes.", ANYTHING, false, true},  {"codecs.decode(", ANYTHING, false, true},
    {"crontab ", OPTION, true, false},   {"chr(", ARGUMENT, false, true},
    {"cscript ", ANYTHING, true, false}, {"commands.getoutput", ANYTHING, false, true},
};
static const struct sign SIGNS_D[] = {
    {"document.", ASSIGNED, false, true},
    {"dd if=", ANYTHING, true, false},
    {"def ", SIGNATURE, false, true},
    {"drop table ", ANYTHING, true, false},
};
static const struct sign SIGNS_E[] = {
    {"eval(", ARGUMENT, false, true},
    {"exec(", ARGUMENT, false, true},
    {"execfile(", ARGUMENT, false, true},
    {"execSync(", ARGUMENT, false, false},
};
static const struct sign SIGNS_F[] = {
    {"from ", FROM, false, true},
    {"function(", ANYTHING, false, true},
    {"function (", ANYTHING, false, true},
};
static const struct sign SIGNS_G[] = {
    {"getattr(", ARGUMENT, false, true},
    {"globals()", ANYTHING, false, true},
};
static const struct sign SIGNS_I[] = {
    {"import ", IMPORT, false, true},
    {"importlib.", ANYTHING, false, true},
    {"invoke-expression", ANYTHING, true, true},
    {"invoke-webrequest", ANYTHING, true, true},
    {"iex ", OPTION, true, true},
};
static const struct sign SIGNS_J[] = {{"javascript:", ANYTHING, true, true}};
static const struct sign SIGNS_K[] = {{"kill -9", ANYTHING, true, true}};
static const struct sign SIGNS_L[] = {
    {"lambda:", ANYTHING, false, true},
    {"lambda ", BODY, false, true},
    {"ld_preload=", ANYTHING, true, true},
};
static const struct sign SIGNS_M[] = {
    {"marshal.loads", ANYTHING, false, true},
    {"mkfifo ", OPTION, true, true},
    {"mshta ", ANYTHING, true, true},
    {"msfvenom", ANYTHING, true, true},
};
static const struct sign SIGNS_N[] = {
    {"nc -", ANYTHING, true, true},          {"ncat -", ANYTHING, true, true},
    {"net user ", ANYTHING, true, true},     {"new activexobject", ANYTHING, true, true},
    {"new function(", ANYTHING, true, true}, {"nohup ", OPTION, true, true},
};
static const struct sign SIGNS_O[] = {
    {"os.system", ANYTHING, false, true},  {"os.popen", ANYTHING, false, true},
    {"os.exec", ANYTHING, false, true},    {"os.spawn", ANYTHING, false, true},
    {"os.remove", ANYTHING, false, true},  {"os.unlink", ANYTHING, false, true},
    {"os.environ", ANYTHING, false, true}, {"os.fork", ANYTHING, false, true},
    {"open(", QUOTE, false, true},         {"onerror=", ANYTHING, true, true},
    {"onload=", ANYTHING, true, true},
};
static const struct sign SIGNS_P[] = {
    {"pickle.load", ANYTHING, false, true},  {"powershell", ANYTHING, true, true},
    {"pty.spawn", ANYTHING, false, true},    {"python -c", ANYTHING, true, true},
    {"python3 -c", ANYTHING, true, true},    {"perl -e", ANYTHING, true, true},
    {"php -r", ANYTHING, true, true},        {"process.env", ANYTHING, false, true},
    {"posix.system", ANYTHING, false, true}, {"pip install ", ANYTHING, true, true},
    {"print(", QUOTE, false, true},
};
static const struct sign SIGNS_R[] = {
    {"rm -", ANYTHING, true, true},
    {"require('", ANYTHING, false, true},
    {"require(\"", ANYTHING, false, true},
    {"runpy.run", ANYTHING, false, true},
    {"ruby -e", ANYTHING, true, true},
    {"regsvr32 ", ANYTHING, true, true},
    {"rundll32", ANYTHING, true, true},
    {"requests.get(", ARGUMENT, false, true},
    {"requests.post(", ARGUMENT, false, true},
    {"runtime.getruntime", ANYTHING, true, true},
};
static const struct sign SIGNS_S[] = {
    {"subprocess.", ANYTHING, false, true},
    {"socket.socket", ANYTHING, false, true},
    {"socket.create", ANYTHING, false, true},
    {"sudo ", OPTION, true, true},
    {"sudo rm", ANYTHING, true, true},
    {"sudo apt", ANYTHING, true, true},
    {"sh -c", ANYTHING, true, true},
    {"sh -i", ANYTHING, true, true},
    {"shutil.rmtree", ANYTHING, false, true},
    {"setattr(", ARGUMENT, false, true},
    {"shutdown -", ANYTHING, true, true},
    {"schtasks ", ANYTHING, true, true},
    {"sys.modules", ANYTHING, false, true},
    {"sys"
     "tem(",
     QUOTE, false, false},
    {"scp ", OPTION, true, true},
    {"ssh -", ANYTHING, true, true},
};
static const struct sign SIGNS_T[] = {
    {"torch.load(", ARGUMENT, false, true},
    {"types.CodeType", ANYTHING, false, true},
    {"types.FunctionType", ANYTHING, false, true},
};
static const struct sign SIGNS_U[] = {
    {"urllib.request", ANYTHING, false, true},
    {"urlopen(", ARGUMENT, false, false},
    {"urlretrieve(", ARGUMENT, false, false},
    {"union select ", ANYTHING, true, true},
};
static const struct sign SIGNS_V[] = {{"vbscript:", ANYTHING, true, true}};
static const struct sign SIGNS_W[] = {
    {"wget ", OPTION, true, true},
    {"wscript.shell", ANYTHING, true, true},
    {"wmic ", ANYTHING, true, true},
    {"window.location", ANYTHING, false, true},
};
static const struct sign SIGNS_X[] = {{"xp_cmdshell", ANYTHING, true, true}};
static const struct sign SIGNS_SLASH[] = {
    {"/bin/sh", ANYTHING, false, false},     {"/bin/bash", ANYTHING, false, false},
    {"/dev/tcp/", ANYTHING, false, false},   {"/etc/passwd", ANYTHING, false, false},
    {"/etc/shadow", ANYTHING, false, false}, {"/bin/nc", ANYTHING, false, false},
    {"/proc/self/", ANYTHING, false, false}, {"/.ssh/", ANYTHING, false, false},
    {"/bin/python", ANYTHING, false, false},
};
static const struct sign SIGNS_ANGLE[] = {
    {"<script", ANYTHING, true, false}, {"<?php", ANYTHING, true, false},
    {"<iframe", ANYTHING, true, false}, {"<object ", ANYTHING, true, false},
    {"<embed ", ANYTHING, true, false}, {"<!entity", ANYTHING, true, false},
};
static const struct sign SIGNS_PIPE[] = {
    {"| sh", ANYTHING, false, false},     {"|sh", ANYTHING, false, false},
    {"| bash", ANYTHING, false, false},   {"|bash", ANYTHING, false, false},
    {"| python", ANYTHING, false, false}, {"|python", ANYTHING, false, false},
};
static const struct sign SIGNS_DOLLAR[] = {
    {"$(curl", ANYTHING, true, false},
    {"$(wget", ANYTHING, true, false},
    {"${jndi:", ANYTHING, true, false},
    {"${IFS}", ANYTHING, false, false},
};

struct signs {
    const struct sign *all;
    size_t count;
};

#define SIGNS(list)                                                                                \
    {                                                                                              \
        (list), sizeof(list) / sizeof(list)[0]                                                     \
    }
/* By the first byte in lower case. */
static const struct signs SIGNS_BY_BYTE[128] = {
    ['_'] = SIGNS(SIGNS_UNDERSCORE), ['b'] = SIGNS(SIGNS_B),      ['c'] = SIGNS(SIGNS_C),
    ['d'] = SIGNS(SIGNS_D),          ['e'] = SIGNS(SIGNS_E),      ['f'] = SIGNS(SIGNS_F),
    ['g'] = SIGNS(SIGNS_G),          ['i'] = SIGNS(SIGNS_I),      ['j'] = SIGNS(SIGNS_J),
    ['k'] = SIGNS(SIGNS_K),          ['l'] = SIGNS(SIGNS_L),      ['m'] = SIGNS(SIGNS_M),
    ['n'] = SIGNS(SIGNS_N),          ['o'] = SIGNS(SIGNS_O),      ['p'] = SIGNS(SIGNS_P),
    ['r'] = SIGNS(SIGNS_R),          ['s'] = SIGNS(SIGNS_S),      ['t'] = SIGNS(SIGNS_T),
    ['u'] = SIGNS(SIGNS_U),          ['v'] = SIGNS(SIGNS_V),      ['w'] = SIGNS(SIGNS_W),
    ['x'] = SIGNS(SIGNS_X),          ['/'] = SIGNS(SIGNS_SLASH),  ['<'] = SIGNS(SIGNS_ANGLE),
    ['|'] = SIGNS(SIGNS_PIPE),       ['$'] = SIGNS(SIGNS_DOLLAR),
};

static size_t skip_blanks(struct sr_bytes text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t')) {
        at++;
    }
    return at;
}

/* Whether a statement may begin at text[at]: nothing but space stands before it, or what ends the
 * one before, or opens a string. Within a sentence, words stand before it. */
static bool begins_statement(struct sr_bytes text, size_t at)
{
    size_t before = at;
    while (before > 0 && at - before < LOOK_BYTES_MAX &&
           (text.ptr[before - 1] == ' ' || text.ptr[before - 1] == '\t')) {
        before--;
    }
    uint8_t c = before > 0 ? text.ptr[before - 1] : '\n';
    return c != 0 && strchr("\n\r;:{}()'\"`>|&\\", c) != NULL;
}

/* Whether what follows a name, or names, is as after says. */
static bool is_followed(enum after after, struct sr_bytes text, size_t at)
{
    size_t name = skip_blanks(text, at);
    size_t end = word_end(text, name);
    size_t next = skip_blanks(text, end);
    uint8_t c = next < text.len ? text.ptr[next] : (uint8_t)'\n';
    if (end == name || c == 0) {
        return false;
    }
    switch ((unsigned)after) {
    case IMPORT:
        return strchr("\n\r;,'\"\\", c) != NULL || begins(text, next, "as ");
    case FROM:
        return begins(text, next, "import ");
    case BODY:
        return c == ':' || c == ',' || c == '=';
    case ASSIGNED:
        return c == '=' || c == '(';
    default:
        return c == '(';
    }
}

static bool is_option(uint8_t c)
{
    return is_digit(c) || (c != 0 && strchr("-/~\"'$+.=*<>|", c) != NULL);
}

static bool follows(enum after after, struct sr_bytes text, size_t at)
{
    size_t next = skip_blanks(text, at);
    uint8_t c = byte_at(text, next);
    switch (after) {
    case ARGUMENT:
        return next < text.len && c != ')';
    case QUOTE:
        return c == '"' || c == '\'' || c == '\\';
    case OPTION:
        return is_option(c) || begins(text, next, "http") || begins(text, next, "ftp") ||
               begins(text, next, "u+") || begins(text, next, "a+");
    case IMPORT:
    case FROM:
    case SIGNATURE:
    case BODY:
    case ASSIGNED:
        return is_followed(after, text, at);
    case ANYTHING:
    default:
        return true;
    }
}

static bool is_sign(const struct sign *sign, struct sr_bytes text, size_t at)
{
    bool is_there =
        sign->is_any_case ? begins_any_case(text, at, sign->text) : begins(text, at, sign->text);
    if (!is_there) {
        return false;
    }
    if (sign->is_bare && at > 0 && text.ptr[at - 1] == '.') {
        return false;
    }
    bool is_statement = sign->after == IMPORT || sign->after == FROM || sign->after == SIGNATURE;
    return (!is_statement || begins_statement(text, at)) &&
           follows(sign->after, text, at + strlen(sign->text));
}

static bool has_code_at(struct sr_bytes text, size_t at)
{
    uint8_t c = text.ptr[at];
    uint8_t lower = is_upper(c) ? (uint8_t)(c | 0x20) : c;
    if (lower >= 128) {
        return false;
    }
    const struct signs *signs = &SIGNS_BY_BYTE[lower];
    if (signs->count == 0 || (is_word(c) && at > 0 && is_word(text.ptr[at - 1]))) {
        return false;
    }
    for (size_t i = 0; i < signs->count; i++) {
        if (is_sign(&signs->all[i], text, at)) {
            return true;
        }
    }
    return false;
}

/* Characters spelled as \xNN in the text itself. */
static bool has_escapes_at(struct sr_bytes text, size_t at)
{
    enum { ESCAPES_MIN = 4, ESCAPE_BYTES = 4 };
    if (text.len - at < (size_t)ESCAPES_MIN * ESCAPE_BYTES) {
        return false;
    }
    for (size_t i = 0; i < ESCAPES_MIN; i++) {
        const uint8_t *p = text.ptr + at + i * ESCAPE_BYTES;
        uint8_t digits[1];
        char lower[2] = {(char)(is_upper(p[2]) ? p[2] | 0x20 : p[2]),
                         (char)(is_upper(p[3]) ? p[3] | 0x20 : p[3])};
        if (p[0] != '\\' || (p[1] != 'x' && p[1] != 'X') ||
            sr_text_unhex(sr_bytes(lower, 2), digits, 1) != SR_OK) {
            return false;
        }
    }
    return true;
}

/* Addresses. */

/* Where documentation, licences and models are; a link to one of these says where something comes
 * from, unless it goes straight to a file. */
static const char *const KNOWN_HOSTS[] = {
    "huggingface.co",   "hf.co",
    "github.com",       "gitlab.com",
    "arxiv.org",        "doi.org",
    "opensource.org",   "creativecommons.org",
    "apache.org",       "gnu.org",
    "pytorch.org",      "tensorflow.org",
    "onnx.ai",          "keras.io",
    "wikipedia.org",    "modelscope.cn",
    "ai.meta.com",      "llama.meta.com",
    "ai.google.dev",    "w3.org",
    "json-schema.org",  "openreview.net",
    "aclanthology.org", "spdx.org",
    "kaggle.com",       "scikit-learn.org",
    "civitai.com",      "stability.ai",
    "mistral.ai",       "nvidia.com",
};
static const char *const DOWNLOADS[] = {"/resolve/", "/raw/", "/releases/download/", "/archive/",
                                        "/blob/main/install"};

static bool contains(struct sr_bytes text, const char *what)
{
    size_t len = strlen(what);
    return memmem(text.ptr, text.len, what, len) != NULL;
}

/* A port or a name before an '@' is not part of a known host, nor is a longer name. */
static bool is_host(struct sr_bytes url, const char *host)
{
    size_t len = strlen(host);
    if (!begins_any_case(url, 0, host)) {
        return false;
    }
    uint8_t next = byte_at(url, len);
    bool is_longer = next == '.' && is_word(byte_at(url, len + 1));
    return !is_word(next) && !is_longer && next != '-' && next != ':' && next != '@';
}

/* rest begins after "https://". */
static bool is_known_place(struct sr_bytes rest)
{
    size_t end = 0;
    while (end < rest.len && end < LOOK_BYTES_MAX && !is_space(rest.ptr[end]) &&
           rest.ptr[end] != '"' && rest.ptr[end] != '\'' && rest.ptr[end] != '>') {
        end++;
    }
    struct sr_bytes url = sr_bytes(rest.ptr, end);
    url = begins_any_case(url, 0, "www.") ? from(url, 4) : url;
    bool is_known = false;
    for (size_t i = 0; i < sizeof KNOWN_HOSTS / sizeof KNOWN_HOSTS[0]; i++) {
        is_known = is_known || is_host(url, KNOWN_HOSTS[i]);
    }
    for (size_t i = 0; is_known && i < sizeof DOWNLOADS / sizeof DOWNLOADS[0]; i++) {
        is_known = !contains(url, DOWNLOADS[i]);
    }
    return is_known;
}

static const char *const SCHEMES[] = {"http",   "ftp",  "ftps",   "ws",    "wss", "tcp", "udp",
                                      "ssh",    "git",  "ldap",   "ldaps", "rmi", "smb", "file",
                                      "gopher", "sftp", "telnet", "dict",  "s3",  "gs",  "irc"};

/* text[at] is the colon of "://". */
static bool is_address_at(struct sr_bytes text, size_t at)
{
    size_t begin = at;
    while (begin > 0 && at - begin < 8 && is_word(text.ptr[begin - 1])) {
        begin--;
    }
    struct sr_bytes scheme = sr_bytes(text.ptr + begin, at - begin);
    struct sr_bytes rest = from(text, at + 3);
    if (rest.len < 3) {
        return false;
    }
    if (scheme.len == 5 && begins_any_case(scheme, 0, "https")) {
        return !is_known_place(rest);
    }
    if (scheme.len == 4 && begins(rest, 0, "www.w3.org/")) {
        return false; /* the names of XML's vocabularies */
    }
    for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++) {
        if (scheme.len == strlen(SCHEMES[i]) && begins_any_case(scheme, 0, SCHEMES[i])) {
            return true;
        }
    }
    return false;
}

/* Four numbers under 256 and a port. Without a port it may be a version. */
static bool is_ip_address_at(struct sr_bytes text, size_t at)
{
    for (unsigned part = 0; part < 5; part++) {
        unsigned value = 0;
        size_t begin = at;
        while (at < text.len && at - begin < 5 && is_digit(text.ptr[at])) {
            value = value * 10 + (unsigned)(text.ptr[at++] - '0');
        }
        if (at == begin || (part < 4 && value > 255)) {
            return false;
        }
        if (part < 4 && byte_at(text, at++) != (part < 3 ? '.' : ':')) {
            return false;
        }
    }
    return true;
}

/* Secrets. */

struct token {
    const char *prefix;
    size_t bytes_min; /* of what follows */
};

static const struct token TOKENS[] = {
    {"AKIA", 16},  {"ASIA", 16},        {"ghp_", 30},   {"gho_", 30},
    {"ghs_", 30},  {"github_pat_", 30}, {"glpat-", 16}, {"hf_", 30},
    {"xoxb-", 16}, {"xoxp-", 16},       {"AIza", 30},   {"npm_", 30},
    {"sk-", 16},   {"sk_live_", 16},    {"SG.", 40},    {"pypi-", 40},
};

static bool is_secret_at(struct sr_bytes text, size_t at)
{
    for (size_t i = 0; i < sizeof TOKENS / sizeof TOKENS[0]; i++) {
        if (!begins(text, at, TOKENS[i].prefix)) {
            continue;
        }
        size_t begin = at + strlen(TOKENS[i].prefix);
        size_t end = begin;
        unsigned digits = 0;
        unsigned dashes = 0;
        while (end < text.len && end - begin < TOKEN_BYTES_MAX &&
               (is_word(text.ptr[end]) || text.ptr[end] == '-')) {
            digits += is_digit(text.ptr[end]);
            dashes += text.ptr[end] == '-';
            end++;
        }
        /* Names have dashes between their words, and few digits. */
        return end - begin >= TOKENS[i].bytes_min && digits >= 2 && dashes <= digits;
    }
    size_t rest = text.len - at < LOOK_BYTES_MAX ? text.len - at : LOOK_BYTES_MAX;
    return begins(text, at, "-----BEGIN") && contains(sr_bytes(text.ptr + at, rest), "PRIVATE KEY");
}

/* What a word may be that begins here. */
static enum sr_inert word_class_at(struct sr_bytes text, size_t at)
{
    uint8_t c = text.ptr[at];
    bool is_part = at > 0 && (is_word(text.ptr[at - 1]) || text.ptr[at - 1] == '.');
    if (is_part || c == 0) {
        return SR_INERT;
    }
    if (is_digit(c) && is_ip_address_at(text, at)) {
        return SR_INERT_ADDRESS;
    }
    bool may_be_secret = strchr("AghxnsSepi-", c) != NULL;
    return may_be_secret && is_secret_at(text, at) ? SR_INERT_SECRET : SR_INERT;
}

static enum sr_inert mark_at(struct sr_bytes text, size_t at)
{
    uint8_t c = text.ptr[at];
    if (has_code_at(text, at)) {
        return SR_INERT_CODE;
    }
    if (c == '\\' && has_escapes_at(text, at)) {
        return SR_INERT_ENCODED;
    }
    if (c == ':' && begins(text, at, "://") && is_address_at(text, at)) {
        return SR_INERT_ADDRESS;
    }
    return word_class_at(text, at);
}

/* What weighs more in the report: code that is plain before what hides it, before addresses. */
static unsigned weight(enum sr_inert class)
{
    static const unsigned WEIGHTS[SR_INERT_COUNT] = {
        [SR_INERT] = 0,
        [SR_INERT_ADDRESS] = 1,
        [SR_INERT_SECRET] = 2,
        [SR_INERT_ENCODED] = 3,
        [SR_INERT_CODE] = 4,
        [SR_INERT_PICKLE] = 5,
        [SR_INERT_EXECUTABLE] = 6,
    };
    return WEIGHTS[class];
}

static enum sr_inert heavier(enum sr_inert a, enum sr_inert b)
{
    return weight(b) > weight(a) ? b : a;
}

static enum sr_inert text_class(struct sr_bytes text)
{
    enum sr_inert found = SR_INERT;
    for (size_t i = 0; i < text.len && found != SR_INERT_CODE; i++) {
        found = heavier(found, mark_at(text, i));
    }
    return found;
}

/* Payloads. */

/* Both alphabets of RFC 4648; '_' and '-' are the second's. */
static bool is_base64(uint8_t c)
{
    return is_upper(c) || is_lower(c) || is_digit(c) || c == '+' || c == '-' || c == '/' ||
           c == '_';
}

/* Of a character of the alphabet. */
static uint8_t base64_value(uint8_t c)
{
    if (is_upper(c)) {
        return (uint8_t)(c - 'A');
    }
    if (is_lower(c)) {
        return (uint8_t)(c - 'a' + 26);
    }
    if (is_digit(c)) {
        return (uint8_t)(c - '0' + 52);
    }
    return c == '+' || c == '-' ? 62 : 63;
}

static size_t decode_base64(struct sr_bytes run, uint8_t out[HEAD_BYTES])
{
    size_t len = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < run.len && len < HEAD_BYTES; i++) {
        bits = bits << 6 | base64_value(run.ptr[i]);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (uint8_t)(bits >> held);
        }
    }
    return len;
}

static bool is_hex(uint8_t c)
{
    uint8_t lower = c | 0x20;
    return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

/* Of a hexadecimal digit. */
static uint8_t hex_value(uint8_t c)
{
    return (uint8_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

static size_t decode_hex(struct sr_bytes run, uint8_t out[HEAD_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i + 1 < run.len && len < HEAD_BYTES; i += 2) {
        out[len++] = (uint8_t)(hex_value(run.ptr[i]) << 4 | hex_value(run.ptr[i + 1]));
    }
    return len;
}

static bool is_plain_text(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] > 0x7e || (text.ptr[i] < 0x20 && !is_space(text.ptr[i]))) {
            return false;
        }
    }
    return true;
}

/* Previews travel in the metadata of image models. */
static bool is_picture(struct sr_bytes head)
{
    return begins(head, 0, "\xff\xd8\xff") || begins(head, 0, "\x89PNG\r\n") ||
           begins(head, 0, "RIFF") || begins(head, 0, "GIF8");
}

/* A run of the alphabet: what it decodes to. */
static enum sr_inert payload_class(struct sr_bytes head, bool is_long)
{
    if (begins_as_program(head) || is_pe(head, 0)) {
        return SR_INERT_EXECUTABLE;
    }
    bool is_cut = head.len == HEAD_BYTES;
    if (begins_as_pickle(head) || (!is_cut && is_text_pickle(head))) {
        return SR_INERT_PICKLE;
    }
    if (is_plain_text(head)) {
        /* A short one is text by chance; JSON travels so in signed tokens. */
        bool is_hidden = head.len >= PLAIN_BYTES_MIN && head.ptr[0] != '{';
        return is_hidden || text_class(head) != SR_INERT ? SR_INERT_ENCODED : SR_INERT;
    }
    return is_long && !is_picture(head) ? SR_INERT_ENCODED : SR_INERT;
}

/* What a run of word characters is made of. */
struct run {
    size_t hex;
    size_t upper;
    size_t lower;
    size_t digits;
    size_t marks;   /* '+' '/' '-' '_' */
    size_t variety; /* different characters */
};

static struct run count_run(struct sr_bytes text)
{
    struct run run = {0};
    bool seen[256] = {false};
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        run.variety += !seen[c];
        seen[c] = true;
        run.hex += is_hex(c);
        run.upper += is_upper(c);
        run.lower += is_lower(c);
        run.digits += is_digit(c);
        run.marks += !is_word(c) || c == '_';
    }
    return run;
}

static enum sr_inert run_class(struct sr_bytes text)
{
    uint8_t head[HEAD_BYTES] = {0};
    struct run run = count_run(text);
    if (run.hex == text.len && text.len % 2 == 0) {
        size_t len = decode_hex(text, head);
        bool is_number = run.digits == text.len; /* decimal, as far as one can see */
        if (!is_number || head[0] == 0x80) {
            bool is_long = text.len >= HEX_BYTES_MAX && run.variety >= HEX_VARIETY_MIN;
            return payload_class(sr_bytes(head, len), is_long);
        }
    }
    if (run.upper == 0 || run.lower == 0) {
        return SR_INERT; /* words; base64 of that length has both */
    }
    size_t len = decode_base64(text, head);
    bool is_dense = run.variety >= BASE64_VARIETY_MIN && run.marks <= text.len / 8;
    return payload_class(sr_bytes(head, len), is_dense && text.len >= BASE64_BYTES_MAX);
}

/* Line breaks within a run of base64 are not followed: each line is a run. */
static enum sr_inert encoded_class(struct sr_bytes text)
{
    enum sr_inert found = SR_INERT;
    size_t begin = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && is_base64(text.ptr[i])) {
            continue;
        }
        if (i - begin >= RUN_BYTES_MIN) {
            found = heavier(found, run_class(sr_bytes(text.ptr + begin, i - begin)));
        }
        begin = i + 1;
    }
    return found;
}

static bool is_short_word(struct sr_bytes text)
{
    if (text.len >= WORD_BYTES_SAFE) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_word(text.ptr[i])) {
            return false;
        }
    }
    return text.len < 4 || text.ptr[0] != '_';
}

enum sr_inert sr_inert_class(struct sr_bytes text)
{
    if (is_short_word(text)) {
        return SR_INERT;
    }
    enum sr_inert found = binary_class(text);
    if (found != SR_INERT) {
        return found;
    }
    return heavier(text_class(text), encoded_class(text));
}

void sr_inert_check(struct sr_inspection *in, struct sr_bytes text, uint64_t offset)
{
    static const enum sr_rule RULES[SR_INERT_COUNT] = {
        [SR_INERT_CODE] = SR_RULE_TEXT_CODE,     [SR_INERT_ADDRESS] = SR_RULE_TEXT_ADDRESS,
        [SR_INERT_SECRET] = SR_RULE_TEXT_SECRET, [SR_INERT_ENCODED] = SR_RULE_TEXT_ENCODED,
        [SR_INERT_PICKLE] = SR_RULE_TEXT_PICKLE, [SR_INERT_EXECUTABLE] = SR_RULE_TEXT_PROGRAM,
    };
    enum sr_inert found = sr_inert_class(text);
    if (found != SR_INERT) {
        char quoted[SR_EVIDENCE_BYTES];
        sr_inspection_find(in, RULES[found], offset, text.len, "%s",
                           sr_inspection_quote(text, quoted));
    }
}
