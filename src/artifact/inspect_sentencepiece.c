/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"
#include "artifact/magic.h"
#include "base/text.h"
#include "formats/protobuf.h"

/*
 * A vocabulary of SentencePiece: `tokenizer.model`, a protocol buffer. Pieces are data, whatever
 * they spell; the rest are numbers and the names of files at training, which nothing opens.
 * source  sentencepiece_model.proto of google/sentencepiece
 */

#define FIELD(number, name, kind)                                                                  \
    {                                                                                              \
        number, name, SR_PROTOBUF_##kind, false, 0, NULL                                           \
    }
#define LIST(number, name, kind)                                                                   \
    {                                                                                              \
        number, name, SR_PROTOBUF_##kind, true, 0, NULL                                            \
    }
#define PART(number, name, message, is_repeated)                                                   \
    {                                                                                              \
        number, name, SR_PROTOBUF_MESSAGE, is_repeated, 0, &(message)                              \
    }
#define MESSAGE(name, fields)                                                                      \
    {                                                                                              \
        name, 0, fields, sizeof(fields) / sizeof(fields)[0]                                        \
    }

static const struct sr_protobuf_field PIECE_FIELDS[] = {
    FIELD(1, "piece", STRING), FIELD(2, "score", FIXED32), FIELD(3, "type", INT32)};
static const struct sr_protobuf_message PIECE = MESSAGE("SentencePiece", PIECE_FIELDS);

static const struct sr_protobuf_field TRAINER_FIELDS[] = {
    LIST(1, "input", STRING),
    FIELD(2, "model_prefix", STRING),
    FIELD(3, "model_type", INT32),
    FIELD(4, "vocab_size", INT32),
    LIST(5, "accept_language", STRING),
    FIELD(6, "self_test_sample_size", INT32),
    FIELD(7, "input_format", STRING),
    FIELD(10, "character_coverage", FIXED32),
    FIELD(11, "input_sentence_size", UINT64),
    FIELD(12, "mining_sentence_size", INT32),
    FIELD(13, "training_sentence_size", INT32),
    FIELD(14, "seed_sentencepiece_size", INT32),
    FIELD(15, "shrinking_factor", FIXED32),
    FIELD(16, "num_threads", INT32),
    FIELD(17, "num_sub_iterations", INT32),
    FIELD(18, "max_sentence_length", INT32),
    FIELD(19, "shuffle_input_sentence", BOOL),
    FIELD(20, "max_sentencepiece_length", INT32),
    FIELD(21, "split_by_unicode_script", BOOL),
    FIELD(22, "split_by_whitespace", BOOL),
    FIELD(23, "split_by_number", BOOL),
    FIELD(24, "treat_whitespace_as_suffix", BOOL),
    FIELD(25, "split_digits", BOOL),
    FIELD(26, "allow_whitespace_only_pieces", BOOL),
    LIST(30, "control_symbols", STRING),
    LIST(31, "user_defined_symbols", STRING),
    FIELD(32, "vocabulary_output_piece_score", BOOL),
    FIELD(33, "hard_vocab_limit", BOOL),
    FIELD(34, "use_all_vocab", BOOL),
    FIELD(35, "byte_fallback", BOOL),
    FIELD(36, "required_chars", STRING),
    FIELD(40, "unk_id", INT32),
    FIELD(41, "bos_id", INT32),
    FIELD(42, "eos_id", INT32),
    FIELD(43, "pad_id", INT32),
    FIELD(44, "unk_surface", STRING),
    FIELD(45, "unk_piece", STRING),
    FIELD(46, "bos_piece", STRING),
    FIELD(47, "eos_piece", STRING),
    FIELD(48, "pad_piece", STRING),
    FIELD(49, "train_extremely_large_corpus", BOOL),
    FIELD(50, "enable_differential_privacy", BOOL),
    FIELD(51, "differential_privacy_noise_level", FIXED32),
    FIELD(52, "differential_privacy_clipping_threshold", UINT64),
    FIELD(53, "pretokenization_delimiter", STRING),
    FIELD(54, "seed_sentencepieces_file", STRING),
};
static const struct sr_protobuf_message TRAINER = MESSAGE("TrainerSpec", TRAINER_FIELDS);

static const struct sr_protobuf_field NORMALIZER_FIELDS[] = {
    FIELD(1, "name", STRING),
    FIELD(2, "precompiled_charsmap", BYTES),
    FIELD(3, "add_dummy_prefix", BOOL),
    FIELD(4, "remove_extra_whitespaces", BOOL),
    FIELD(5, "escape_whitespaces", BOOL),
    FIELD(6, "normalization_rule_tsv", STRING),
};
static const struct sr_protobuf_message NORMALIZER = MESSAGE("NormalizerSpec", NORMALIZER_FIELDS);

static const struct sr_protobuf_field SAMPLE_FIELDS[] = {FIELD(1, "input", STRING),
                                                         FIELD(2, "expected", STRING)};
static const struct sr_protobuf_message SAMPLE = MESSAGE("Sample", SAMPLE_FIELDS);
static const struct sr_protobuf_field SELF_TEST_FIELDS[] = {PART(1, "samples", SAMPLE, true)};
static const struct sr_protobuf_message SELF_TEST = MESSAGE("SelfTestData", SELF_TEST_FIELDS);

static const struct sr_protobuf_field MODEL_FIELDS[] = {
    PART(1, "pieces", PIECE, true),
    PART(2, "trainer_spec", TRAINER, false),
    PART(3, "normalizer_spec", NORMALIZER, false),
    PART(4, "self_test_data", SELF_TEST, false),
    PART(5, "denormalizer_spec", NORMALIZER, false),
};
static const struct sr_protobuf_message MODEL = MESSAGE("ModelProto", MODEL_FIELDS);

static const char *const NAMES[] = {"tokenizer.model", "sentencepiece.bpe.model", "spiece.model",
                                    "spm.model",       "sentencepiece.model",     NULL};

static enum sr_match match(const struct sr_subject *blob)
{
    enum { FIELDS_MAX = 4 };
    struct sr_bytes base = sr_magic_base_name(blob->name);
    struct sr_bytes piece = {0};
    for (const char *const *name = NAMES; *name != NULL; name++) {
        if (sr_text_equal(base, sr_text_view(*name)) &&
            sr_protobuf_peek(blob->bytes, 1, FIELDS_MAX, &piece)) {
            return SR_MATCH_BYTES;
        }
    }
    return SR_MATCH_NO;
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    struct sr_protobuf p;
    struct sr_protobuf_item item = {.event = SR_PROTOBUF_VALUE};
    struct sr_err err = {0};
    sr_protobuf_init(&p, blob->bytes, &MODEL);
    while (item.event != SR_PROTOBUF_END) {
        enum sr_status status = sr_protobuf_next(&p, &item, &err);
        if (status != SR_OK) {
            sr_inspection_fail(in, status, 0, &err);
            return;
        }
        if (item.event == SR_PROTOBUF_UNKNOWN) {
            sr_inspection_find(in, SR_RULE_MALFORMED, item.offset, item.bytes.len,
                               "field %u of %s is not known", (unsigned)item.number,
                               item.message->name);
            return;
        }
    }
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const char *const EXTENSIONS[] = {".model", NULL};
const struct sr_format sr_format_sentencepiece = {
    .name = "sentencepiece",
    .title = "SentencePiece vocabulary",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
