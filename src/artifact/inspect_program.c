/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/format.h"
#include "artifact/magic.h"
#include "artifact/source_names.h"
#include "base/reader.h"
#include "base/text.h"

/* Programs, by what systems and interpreters look at before they run them. */

/* clang-format off */
static const struct sr_magic MAGICS[] = {
    SR_MAGIC("an ELF program or library", 0, "\x7f" "ELF"),
    SR_MAGIC("an actually portable executable", 0, "MZqFpD="),
    SR_MAGIC("an actually portable executable", 0, "jartsr="),
    SR_MAGIC("an actually portable executable", 0, "APEDBG="),
    SR_MAGIC("a Mach-O program or library", 0, "\xfe\xed\xfa\xce"),
    SR_MAGIC("a Mach-O program or library", 0, "\xfe\xed\xfa\xcf"),
    SR_MAGIC("a Mach-O program or library", 0, "\xce\xfa\xed\xfe"),
    SR_MAGIC("a Mach-O program or library", 0, "\xcf\xfa\xed\xfe"),
    SR_MAGIC("a Mach-O program or a Java class", 0, "\xca\xfe\xba\xbe"),
    SR_MAGIC("a Mach-O program of several", 0, "\xca\xfe\xba\xbf"),
    SR_MAGIC("a Mach-O program of several", 0, "\xbe\xba\xfe\xca"),
    SR_MAGIC("a Mach-O program of several", 0, "\xbf\xba\xfe\xca"),
    SR_MAGIC("a packed Java class", 0, "\xca\xfe\xd0\x0d"),
    SR_MAGIC("a WebAssembly module", 0, "\0asm"),
    SR_MAGIC("a Dalvik program", 0, "dex\n0"),
    SR_MAGIC("a Dalvik program", 0, "dey\n0"),
    SR_MAGIC("an archive of object code, or a Debian package", 0, "!<arch>\n"),
    SR_MAGIC("an archive of object code", 0, "!<thin>\n"),
    SR_MAGIC("an RPM package", 0, "\xed\xab\xee\xdb"),
    SR_MAGIC("LLVM bitcode", 0, "BC\xc0\xde"),
    SR_MAGIC("LLVM bitcode", 0, "\xde\xc0\x17\x0b"),
    SR_MAGIC("programs for a GPU", 0, "\x50\xed\x55\xba"),
    SR_MAGIC("Lua bytecode", 0, "\x1bLua"),
    SR_MAGIC("Lua bytecode", 0, "\x1bLJ"),
    SR_MAGIC("a Windows shortcut", 0, "L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"),
    SR_MAGIC("an Erlang module", 0, "FOR1\0"),
    SR_MAGIC("compiled Emacs Lisp", 0, ";ELC"),
    SR_MAGIC("a batch file", 0, "@echo off"),
    SR_MAGIC("a batch file", 0, "@ECHO OFF"),
};
/* clang-format on */

/* MZ at the beginning, and PE, NE or LE where its header says. */
static bool is_windows_program(struct sr_bytes file)
{
    struct sr_reader r = sr_reader(file);
    struct sr_bytes head = {0};
    uint32_t at = 0;
    if (sr_reader_take(&r, 60, &head) != SR_OK || memcmp(head.ptr, "MZ", 2) != 0 ||
        sr_reader_u32le(&r, &at) != SR_OK || at > file.len || file.len - at < 2) {
        return false;
    }
    const uint8_t *next = file.ptr + at;
    return memcmp(next, "PE", 2) == 0 || memcmp(next, "NE", 2) == 0 || memcmp(next, "LE", 2) == 0 ||
           memcmp(next, "LX", 2) == 0;
}

/* Ranges of the numbers with which CPython's bytecode begins, each followed by CR LF.
 * source  CPython, Include/internal/pycore_magic_number.h and Lib/importlib */
static bool is_python_number(unsigned number)
{
    bool is_python_3 = number >= 3000 && number < 4200;
    bool is_python_2 = number >= 20121 && number <= 62300;
    return is_python_3 || is_python_2;
}

static bool is_python_bytecode(struct sr_bytes file)
{
    /* Number, CR LF, and either flags of which two bits are in use, or a time; then marshalled
     * code, whose type is 'c' with or without the bit of a reference. */
    if (file.len < 9 || file.ptr[2] != '\r' || file.ptr[3] != '\n' ||
        !is_python_number((unsigned)file.ptr[0] | (unsigned)file.ptr[1] << 8)) {
        return false;
    }
    return (file.ptr[8] & 0x7f) == 'c' || (file.len > 12 && (file.ptr[12] & 0x7f) == 'c') ||
           (file.len > 16 && (file.ptr[16] & 0x7f) == 'c');
}

/* "#!" and a path. A script whose name says its language is source code. */
static bool is_script(const struct sr_subject *blob)
{
    struct sr_bytes file = blob->bytes;
    size_t at = 2;
    if (file.len < 4 || file.ptr[0] != '#' || file.ptr[1] != '!' ||
        sr_source_is_named(blob->name)) {
        return false;
    }
    while (at < file.len && at < 16 && (file.ptr[at] == ' ' || file.ptr[at] == '\t')) {
        at++;
    }
    return at < file.len && file.ptr[at] == '/';
}

/* What the bytes are; NULL: no program. */
static const char *title_of(const struct sr_subject *blob)
{
    const struct sr_magic *m = sr_magic_find(MAGICS, sizeof MAGICS / sizeof MAGICS[0], blob->bytes);
    if (m != NULL) {
        return m->title;
    }
    if (is_windows_program(blob->bytes)) {
        return "a Windows program or library";
    }
    if (is_python_bytecode(blob->bytes)) {
        return "Python bytecode";
    }
    return is_script(blob) ? "a script" : NULL;
}

/* "libcuda.so.12.1": a library with its version. */
static bool is_versioned_library(struct sr_bytes name)
{
    struct sr_bytes base = sr_magic_base_name(name);
    const uint8_t *so = base.len > 4 ? memmem(base.ptr, base.len, ".so.", 4) : NULL;
    if (so == NULL || so + 4 == base.ptr + base.len) {
        return false;
    }
    for (const uint8_t *p = so + 4; p < base.ptr + base.len; p++) {
        if (*p != '.' && (*p < '0' || *p > '9')) {
            return false;
        }
    }
    return true;
}

static enum sr_match match(const struct sr_subject *blob)
{
    if (title_of(blob) != NULL) {
        return SR_MATCH_BYTES;
    }
    return is_versioned_library(blob->name) ? SR_MATCH_NAME : SR_MATCH_NO;
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    char quoted[SR_EVIDENCE_BYTES];
    const char *title = title_of(blob);
    if (title != NULL) {
        sr_inspection_find(in, SR_RULE_PROGRAM, 0, 0, "%s", title);
    } else {
        sr_inspection_find(in, SR_RULE_PROGRAM_NAMED, 0, 0, "'%s'",
                           sr_inspection_quote(sr_magic_base_name(blob->name), quoted));
    }
}

static const char *const EXTENSIONS[] = {
    ".so",  ".dll", ".dylib", ".pyd",   ".node",   ".exe",      ".com",       ".scr",
    ".cpl", ".msi", ".bat",   ".cmd",   ".ps1",    ".psm1",     ".vbs",       ".vbe",
    ".wsf", ".hta", ".jar",   ".war",   ".class",  ".dex",      ".apk",       ".ipa",
    ".deb", ".rpm", ".ko",    ".sys",   ".wasm",   ".pyc",      ".pyo",       ".o",
    ".a",   ".lib", ".elf",   ".cubin", ".fatbin", ".hsaco",    ".llamafile", ".desktop",
    ".lnk", ".reg", ".url",   ".scpt",  ".beam",   ".appimage", ".command",   ".bc",
    ".xpi", ".crx", ".whl",   ".egg",   ".gem",    ".nupkg",    ".run",       NULL};
const struct sr_format sr_format_program = {
    .name = "program",
    .title = "a program",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
