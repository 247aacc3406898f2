/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/format.h"
#include "artifact/magic.h"

/*
 * Formats that are known by name or first bytes and not parsed here: they are told as what they
 * are, and never pass.
 */

/* clang-format off */
static const struct sr_magic MAGICS[] = {
    SR_MAGIC("7z", 0, "7z\xbc\xaf\x27\x1c"),
    SR_MAGIC("rar", 0, "Rar!\x1a\7"),
    SR_MAGIC("zstd", 0, "\x28\xb5\x2f\xfd"),
    SR_MAGIC("lzip", 0, "LZIP"),
    SR_MAGIC("lzop", 0, "\x89LZO\0\r\n\x1a\n"),
    SR_MAGIC("lrzip", 0, "LRZI\0"),
    SR_MAGIC("compress", 0, "\x1f\x9d"),
    SR_MAGIC("snappy", 0, "\xff\6\0\0sNaPpY"),
    SR_MAGIC("cabinet", 0, "MSCF"),
    SR_MAGIC("xar", 0, "xar!"),
    SR_MAGIC("cpio", 0, "070701"),
    SR_MAGIC("cpio", 0, "070702"),
    SR_MAGIC("cpio", 0, "070707"),
    SR_MAGIC("squashfs", 0, "hsqs"),
    SR_MAGIC("an OLE compound file", 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    SR_MAGIC("R data", 0, "X\n\0\0\0\2"),
    SR_MAGIC("R data", 0, "X\n\0\0\0\3"),
    SR_MAGIC("R data", 0, "A\n2\n"),
    SR_MAGIC("R data", 0, "A\n3\n"),
    SR_MAGIC("R data", 0, "RDX2\n"),
    SR_MAGIC("R data", 0, "RDX3\n"),
    SR_MAGIC("R data", 0, "RDA2\n"),
    SR_MAGIC("R data", 0, "RDA3\n"),
    SR_MAGIC("MLIR bytecode", 0, "ML\xefR"),
    SR_MAGIC("a TensorRT engine", 0, "ftrt"),
    SR_MAGIC("a TensorRT engine", 0, "ptrt"),
    SR_MAGIC("MXNet parameters", 0, "\x12\1\0\0\0\0\0\0"),
    SR_MAGIC("CNTK", 0, "B\0C\0N\0"),
    SR_MAGIC("GGML", 0, "lmgg"),
    SR_MAGIC("GGML", 0, "fmgg"),
    SR_MAGIC("GGML", 0, "tjgg"),
    SR_MAGIC("GGML", 0, "algg"),
    SR_MAGIC("RKNN", 0, "RKNN"),
    SR_MAGIC("ncnn", 0, "7767517\n"),
    SR_MAGIC("ExecuTorch", 4, "ET12"),
    SR_MAGIC("LightGBM", 0, "tree\nversion="),
    SR_MAGIC("CatBoost", 0, "CBM1"),
    SR_MAGIC("fastText", 0, "\xba\x16\x4f\x2f"),
    SR_MAGIC("OCDBT", 0, "\x0c\xdb\x3a\x2a"),
    SR_MAGIC("a PNG image", 0, "\x89PNG\r\n\x1a\n"),
    SR_MAGIC("a JPEG image", 0, "\xff\xd8\xff"),
    SR_MAGIC("a GIF image", 0, "GIF87a"),
    SR_MAGIC("a GIF image", 0, "GIF89a"),
    SR_MAGIC("RIFF: sound or pictures", 0, "RIFF"),
    SR_MAGIC("a TIFF image", 0, "II*\0"),
    SR_MAGIC("a TIFF image", 0, "MM\0*"),
    SR_MAGIC("a Photoshop image", 0, "8BPS"),
    SR_MAGIC("a PDF document", 0, "%PDF-"),
    SR_MAGIC("PostScript", 0, "%!PS"),
    SR_MAGIC("sound", 0, "ID3\2"),
    SR_MAGIC("sound", 0, "ID3\3"),
    SR_MAGIC("sound", 0, "ID3\4"),
    SR_MAGIC("sound", 0, "fLaC"),
    SR_MAGIC("sound", 0, "OggS"),
    SR_MAGIC("a film", 4, "ftyp"),
    SR_MAGIC("a film", 0, "\x1a\x45\xdf\xa3"),
    SR_MAGIC("a font", 0, "wOFF"),
    SR_MAGIC("a font", 0, "wOF2"),
    SR_MAGIC("a font", 0, "OTTO\0"),
    SR_MAGIC("Parquet", 0, "PAR1\x15"),
    SR_MAGIC("Arrow", 0, "ARROW1"),
    SR_MAGIC("Feather", 0, "FEA1\0\0\0\0"),
    SR_MAGIC("a SQLite database", 0, "SQLite format 3\0"),
    SR_MAGIC("Avro", 0, "Obj\1"),
    SR_MAGIC("HDF4", 0, "\x0e\3\x13\1"),
    SR_MAGIC("NetCDF", 0, "CDF\1"),
    SR_MAGIC("NetCDF", 0, "CDF\2"),
    SR_MAGIC("a MATLAB file", 0, "MATLAB 5.0 MAT-file"),
};
/* clang-format on */

/* lz4 and zstd have frames that readers skip; a first one hides what follows. */
static bool is_skippable_frame(struct sr_bytes file)
{
    return file.len >= 4 && file.ptr[0] >= 0x50 && file.ptr[0] <= 0x5f &&
           memcmp(file.ptr + 1, "\x2a\x4d\x18", 3) == 0;
}

static const char *title_of(struct sr_bytes file)
{
    const struct sr_magic *m = sr_magic_find(MAGICS, sizeof MAGICS / sizeof MAGICS[0], file);
    if (m != NULL) {
        return m->title;
    }
    return is_skippable_frame(file) ? "a compressed file that begins with a frame to skip" : NULL;
}

static enum sr_match match(const struct sr_subject *blob)
{
    return title_of(blob->bytes) != NULL ? SR_MATCH_BYTES : SR_MATCH_NO;
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    char quoted[SR_EVIDENCE_BYTES];
    const char *title = title_of(blob->bytes);
    if (title != NULL) {
        sr_inspection_find(in, SR_RULE_UNSUPPORTED_FORMAT, 0, 0, "%s", title);
    } else {
        sr_inspection_find(in, SR_RULE_UNSUPPORTED_FORMAT, 0, 0, "named '%s'",
                           sr_inspection_quote(sr_magic_base_name(blob->name), quoted));
    }
}

static const char *const EXTENSIONS[] = {
    ".7z",        ".rar",     ".zst",   ".lz",      ".lzo",        ".cab",    ".iso",
    ".rds",       ".rda",     ".rdata", ".mlmodel", ".mlpackage",  ".engine", ".plan",
    ".trt",       ".msgpack", ".cntk",  ".params",  ".pdparams",   ".pdopt",  ".pdmodel",
    ".pdiparams", ".t7",      ".ubj",   ".cbm",     ".caffemodel", ".mlir",   ".mlirbc",
    ".stablehlo", ".ggml",    ".rknn",  ".mnn",     ".pte",        ".ocdbt",  ".ftz",
    ".png",       ".jpg",     ".jpeg",  ".gif",     ".webp",       ".bmp",    ".ico",
    ".tif",       ".tiff",    ".pdf",   ".mp3",     ".wav",        ".flac",   ".ogg",
    ".mp4",       ".webm",    ".mov",   ".avi",     ".mkv",        ".ttf",    ".otf",
    ".woff",      ".woff2",   ".docx",  ".xlsx",    ".pptx",       ".doc",    ".xls",
    ".ppt",       ".parquet", ".arrow", ".feather", ".sqlite",     ".db",     ".avro",
    ".mat",       ".nc",      ".om",    ".ncnn",    ".tmfile",     ".nb",     NULL};
const struct sr_format sr_format_unsupported = {
    .name = "unsupported",
    .title = "a format that is not supported",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};

/*
 * XML: PMML, OpenVINO's IR, pictures. Not parsed, but a document type of its own is an attack on
 * whoever parses it: entities that multiply, or that read other files.
 */

static bool has(struct sr_bytes file, const char *text)
{
    return file.len > 0 && memmem(file.ptr, file.len, text, strlen(text)) != NULL;
}

static enum sr_match match_xml(const struct sr_subject *blob)
{
    static const struct sr_magic XML[] = {
        SR_MAGIC("XML", 0, "<?xml"),
        SR_MAGIC("XML", 0, "\xef\xbb\xbf<?xml"),
        SR_MAGIC("XML", 0, "<PMML"),
        SR_MAGIC("XML", 0, "<svg"),
        SR_MAGIC("XML", 0, "\xff\xfe<\0?\0x\0"),
        SR_MAGIC("XML", 0, "\xfe\xff\0<\0?\0x"),
    };
    return sr_magic_find(XML, sizeof XML / sizeof XML[0], blob->bytes) != NULL ? SR_MATCH_BYTES
                                                                               : SR_MATCH_NO;
}

static void inspect_xml(struct sr_inspection *in, const struct sr_subject *blob)
{
    /* A picture may name the public document type, which nobody fetches. */
    bool is_picture = has(blob->bytes, "<!DOCTYPE svg PUBLIC") && !has(blob->bytes, "<!ENTITY");
    if ((has(blob->bytes, "<!DOCTYPE") || has(blob->bytes, "<!ENTITY")) && !is_picture) {
        sr_inspection_find(in, SR_RULE_XML_DTD, 0, 0, "<!DOCTYPE or <!ENTITY");
    }
    sr_inspection_find(in, SR_RULE_UNSUPPORTED_FORMAT, 0, 0, "XML");
}

static const char *const XML_EXTENSIONS[] = {".xml", ".pmml", ".svg", NULL};
const struct sr_format sr_format_xml = {
    .name = "xml",
    .title = "XML",
    .extensions = XML_EXTENSIONS,
    .match = match_xml,
    .inspect = inspect_xml,
};
