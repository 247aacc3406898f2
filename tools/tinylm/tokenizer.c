/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer.h"

#include <assert.h>
#include <stdio.h>

/* U+2581 LOWER ONE EIGHTH BLOCK */
#define SPACE_MARK "\xE2\x96\x81"

static const char *const special_texts[TL_TOKEN_BYTES] = {"<unk>", "<s>", "</s>"};

enum tl_token_type tl_token_type(size_t token)
{
    assert(token < TL_TOKEN_COUNT);
    if (token == TL_TOKEN_UNKNOWN) {
        return TL_TOKEN_TYPE_UNKNOWN;
    }
    if (token < TL_TOKEN_BYTES) {
        return TL_TOKEN_TYPE_CONTROL;
    }
    const size_t byte = token - TL_TOKEN_BYTES;
    return byte >= ' ' && byte <= '~' ? TL_TOKEN_TYPE_NORMAL : TL_TOKEN_TYPE_BYTE;
}

void tl_token_text(size_t token, char out[TL_TOKEN_TEXT_BYTES])
{
    assert(token < TL_TOKEN_COUNT);
    if (token < TL_TOKEN_BYTES) {
        (void)snprintf(out, TL_TOKEN_TEXT_BYTES, "%s", special_texts[token]);
        return;
    }
    const unsigned byte = (unsigned)(token - TL_TOKEN_BYTES) & 0xFF;
    if (byte == ' ') {
        (void)snprintf(out, TL_TOKEN_TEXT_BYTES, "%s", SPACE_MARK);
    } else if (tl_token_type(token) == TL_TOKEN_TYPE_NORMAL) {
        (void)snprintf(out, TL_TOKEN_TEXT_BYTES, "%c", (char)byte);
    } else {
        (void)snprintf(out, TL_TOKEN_TEXT_BYTES, "<0x%02X>", byte);
    }
}

static void added_tokens(struct tl_buf *out)
{
    tl_buf_printf(out, "  \"added_tokens\": [\n");
    for (size_t i = 0; i < TL_TOKEN_BYTES; i++) {
        tl_buf_printf(out,
                      "    {\"id\": %zu, \"content\": \"%s\", \"single_word\": false, "
                      "\"lstrip\": false, \"rstrip\": false, \"normalized\": false, "
                      "\"special\": true}%s\n",
                      i, special_texts[i], i + 1 < TL_TOKEN_BYTES ? "," : "");
    }
    tl_buf_printf(out, "  ],\n");
}

static void vocabulary(struct tl_buf *out)
{
    tl_buf_printf(out, "    \"vocab\": {\n");
    for (size_t i = 0; i < TL_TOKEN_COUNT; i++) {
        char text[TL_TOKEN_TEXT_BYTES];
        tl_token_text(i, text);
        const bool escaped = text[0] == '"' || text[0] == '\\';
        tl_buf_printf(out, "      \"%s%s\": %zu%s\n", escaped ? "\\" : "", text, i,
                      i + 1 < TL_TOKEN_COUNT ? "," : "");
    }
    tl_buf_printf(out, "    },\n    \"merges\": []\n");
}

void tl_tokenizer_json(struct tl_buf *out)
{
    tl_buf_printf(out, "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n"
                       "  \"padding\": null,\n");
    added_tokens(out);
    tl_buf_printf(out,
                  "  \"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, "
                  "\"content\": \"%s\"},\n"
                  "  \"pre_tokenizer\": null,\n"
                  "  \"post_processor\": {\"type\": \"TemplateProcessing\",\n"
                  "    \"single\": [{\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 0}}, "
                  "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}],\n"
                  "    \"pair\": [{\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 0}}, "
                  "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, "
                  "{\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 1}}, "
                  "{\"Sequence\": {\"id\": \"B\", \"type_id\": 1}}],\n"
                  "    \"special_tokens\": {\"<s>\": {\"id\": \"<s>\", \"ids\": [%d], "
                  "\"tokens\": [\"<s>\"]}}},\n",
                  SPACE_MARK, TL_TOKEN_BEGIN);
    tl_buf_printf(out,
                  "  \"decoder\": {\"type\": \"Sequence\", \"decoders\": ["
                  "{\"type\": \"Replace\", \"pattern\": {\"String\": \"%s\"}, "
                  "\"content\": \" \"}, {\"type\": \"ByteFallback\"}, {\"type\": \"Fuse\"}]},\n"
                  "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n"
                  "    \"unk_token\": \"<unk>\",\n    \"continuing_subword_prefix\": null,\n"
                  "    \"end_of_word_suffix\": null,\n    \"fuse_unk\": true,\n"
                  "    \"byte_fallback\": true,\n    \"ignore_merges\": false,\n",
                  SPACE_MARK);
    vocabulary(out);
    tl_buf_printf(out, "  }\n}\n");
}

void tl_tokenizer_config_json(struct tl_buf *out, size_t context)
{
    tl_buf_printf(out,
                  "{\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\",\n"
                  "  \"bos_token\": \"<s>\",\n  \"eos_token\": \"</s>\",\n"
                  "  \"unk_token\": \"<unk>\",\n  \"add_bos_token\": true,\n"
                  "  \"add_eos_token\": false,\n  \"clean_up_tokenization_spaces\": false,\n"
                  "  \"model_max_length\": %zu\n}\n",
                  context);
}
