/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_TOKENIZER_H
#define TL_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "file.h"

/*
 * One vocabulary for every model of this tool, so that relatives can be merged and distilled: three
 * special tokens, then the 256 bytes. Text of any language is representable and nothing is unknown.
 *
 * In the files of other programs a printable ASCII byte is the token of that character (the space
 * as U+2581, as SentencePiece writes it) and any other byte is the byte token <0xNN>. That is a
 * character model without merges for Hugging Face tokenizers (BPE with byte_fallback) and for
 * llama.cpp (the "llama" vocabulary), and all three give the same numbers.
 */
enum {
    TL_TOKEN_UNKNOWN = 0,
    TL_TOKEN_BEGIN = 1,
    TL_TOKEN_END = 2,
    TL_TOKEN_BYTES = 3, /* the token of byte b is TL_TOKEN_BYTES + b */
    TL_TOKEN_COUNT = TL_TOKEN_BYTES + 256,
};

/* The types of llama.cpp's tokenizer.ggml.token_type. */
enum tl_token_type {
    TL_TOKEN_TYPE_NORMAL = 1,
    TL_TOKEN_TYPE_UNKNOWN = 2,
    TL_TOKEN_TYPE_CONTROL = 3,
    TL_TOKEN_TYPE_BYTE = 6,
};

#define TL_TOKEN_TEXT_BYTES 8

/* The token's text as other programs have it, NUL-terminated UTF-8. token < TL_TOKEN_COUNT. */
void tl_token_text(size_t token, char out[TL_TOKEN_TEXT_BYTES]);
enum tl_token_type tl_token_type(size_t token);

static inline uint16_t tl_token_of(uint8_t byte)
{
    return (uint16_t)(TL_TOKEN_BYTES + byte);
}

/* Hugging Face's tokenizer.json and tokenizer_config.json. */
void tl_tokenizer_json(struct tl_buf *out);
void tl_tokenizer_config_json(struct tl_buf *out, size_t context);

#endif /* TL_TOKENIZER_H */
