/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"
#include "artifact/magic.h"
#include "artifact/source_names.h"
#include "base/text.h"

/*
 * Source code, by name: no bytes tell it from other text. It passes no inspection, because what it
 * does is for a person to read; but it has to be text.
 */

static const char *const EXTENSIONS[] = {
    ".py",   ".pyi",   ".pyx",    ".pxd",    ".ipynb", ".sh",  ".bash",  ".zsh",  ".fish",
    ".csh",  ".js",    ".mjs",    ".cjs",    ".jsx",   ".ts",  ".tsx",   ".lua",  ".r",
    ".rmd",  ".jl",    ".rb",     ".pl",     ".pm",    ".php", ".go",    ".rs",   ".java",
    ".kt",   ".scala", ".swift",  ".c",      ".h",     ".cc",  ".cpp",   ".cxx",  ".hpp",
    ".hh",   ".inl",   ".cu",     ".cuh",    ".cl",    ".hip", ".metal", ".m",    ".mm",
    ".cs",   ".fs",    ".vb",     ".sql",    ".asm",   ".s",   ".ptx",   ".tcl",  ".awk",
    ".mk",   ".cmake", ".gradle", ".groovy", ".html",  ".htm", ".xhtml", ".wgsl", ".glsl",
    ".hlsl", ".clj",   ".ex",     ".exs",    ".erl",   ".hs",  ".ml",    ".nix",  ".dart",
    ".zig",  ".nim",   ".mojo",   ".pth.py", NULL};

static const char *const NAMES[] = {"Makefile",    "makefile", "GNUmakefile",    "Dockerfile",
                                    "Jenkinsfile", "Rakefile", "CMakeLists.txt", "Vagrantfile",
                                    ".bashrc",     ".profile", ".zshrc",         NULL};

static bool has_name(struct sr_bytes path)
{
    struct sr_bytes base = sr_magic_base_name(path);
    for (const char *const *name = NAMES; *name != NULL; name++) {
        if (sr_text_equal(base, sr_text_view(*name))) {
            return true;
        }
    }
    return false;
}

bool sr_source_is_named(struct sr_bytes path)
{
    const struct sr_format source = {.extensions = EXTENSIONS};
    return sr_format_has_extension(&source, path) || has_name(path);
}

static enum sr_match match(const struct sr_subject *blob)
{
    return sr_source_is_named(blob->name) ? SR_MATCH_NAME : SR_MATCH_NO;
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    char quoted[SR_EVIDENCE_BYTES];
    sr_inspection_find(in, SR_RULE_SOURCE_CODE, 0, blob->bytes.len, "'%s'",
                       sr_inspection_quote(sr_magic_base_name(blob->name), quoted));
    if (!sr_text_is_utf8(blob->bytes)) {
        sr_inspection_find(in, SR_RULE_MALFORMED, 0, 0, "source code that is not UTF-8 text");
        return;
    }
    sr_inspection_cover(in, 0, blob->bytes.len);
}

const struct sr_format sr_format_source = {
    .name = "source-code",
    .title = "source code",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
