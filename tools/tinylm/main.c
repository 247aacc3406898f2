/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gguf.h"
#include "hf.h"
#include "json.h"
#include "tokenizer.h"
#include "train.h"

/*
 * tinylm: train a small Llama model, and be the unmodified program that loads and runs it.
 * docs/tinylm.md is the manual.
 */

#define SEED_DEFAULT 1
#define THREADS_DEFAULT 2
#define TOKENS_DEFAULT 100
#define EXIT_USAGE 2

static const char usage_text[] =
    "usage: tinylm train OUTDIR [--size full|quarter] [--seed N] [--steps N] [--threads N]\n"
    "                    [--gguf FILE] [--text PATH...]\n"
    "       tinylm run DIR [--prompt TEXT] [--tokens N] [--ids]\n"
    "       tinylm loss DIR [--text PATH...]\n"
    "       tinylm gguf DIR OUT.gguf\n";

struct options {
    const char *operands[2];
    size_t operand_count;
    const char *size;
    const char *prompt;
    const char *gguf;
    uint64_t seed;
    uint64_t steps; /* 0: as the recipe says */
    uint64_t threads;
    uint64_t tokens;
    bool ids;
    const char *const *texts;
    size_t text_count;
};

/* Decimal digits only, at most max. */
static bool parse_number(const char *name, const char *text, uint64_t max, uint64_t *out,
                         struct tl_err *err)
{
    const struct tl_json_value number = {.kind = TL_JSON_NUMBER, .text = text, .len = strlen(text)};
    if (number.len == 0 || !tl_json_u64(&number, max, out)) {
        return tl_fail(err, "option '%s': '%s' is not a number from 0 to %" PRIu64, name, text,
                       max);
    }
    return true;
}

static bool set_option(struct options *o, const char *name, const char *value, struct tl_err *err)
{
    const struct {
        const char *name;
        const char **text;
        uint64_t *number;
        uint64_t max;
    } options[] = {
        {"--size", &o->size, NULL, 0},           {"--prompt", &o->prompt, NULL, 0},
        {"--gguf", &o->gguf, NULL, 0},           {"--seed", NULL, &o->seed, UINT64_MAX},
        {"--steps", NULL, &o->steps, 1000000},   {"--threads", NULL, &o->threads, TL_SHARDS},
        {"--tokens", NULL, &o->tokens, 1000000},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(options[i].name, name) != 0) {
            continue;
        }
        if (value == NULL) {
            return tl_fail(err, "option '%s' needs a value", name);
        }
        if (options[i].text != NULL) {
            *options[i].text = value;
            return true;
        }
        return parse_number(name, value, options[i].max, options[i].number, err);
    }
    return tl_fail(err, "unknown option '%s'", name);
}

static bool parse(struct options *o, char *const *args, size_t count, struct tl_err *err)
{
    *o = (struct options){.size = "full",
                          .prompt = "",
                          .seed = SEED_DEFAULT,
                          .threads = THREADS_DEFAULT,
                          .tokens = TOKENS_DEFAULT};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(args[i], "--text") == 0) {
            /* Takes all that follows. */
            o->texts = (const char *const *)(args + i + 1);
            o->text_count = count - i - 1;
            return o->text_count > 0 || tl_fail(err, "option '--text' needs a path");
        }
        if (strcmp(args[i], "--ids") == 0) {
            o->ids = true;
        } else if (strncmp(args[i], "--", 2) == 0) {
            if (!set_option(o, args[i], i + 1 < count ? args[i + 1] : NULL, err)) {
                return false;
            }
            i++;
        } else if (o->operand_count < sizeof o->operands / sizeof *o->operands) {
            o->operands[o->operand_count++] = args[i];
        } else {
            return tl_fail(err, "unexpected argument '%s'", args[i]);
        }
    }
    return true;
}

static void report(size_t step, size_t steps, double loss)
{
    (void)fprintf(stderr, "step %zu of %zu: loss %.3f\n", step, steps, loss);
}

static bool train(const struct options *o, struct tl_err *err)
{
    const struct tl_recipe *recipe = tl_recipe_find(o->size);
    if (recipe == NULL) {
        return tl_fail(err, "no size '%s'; there are 'full' and 'quarter'", o->size);
    }
    if (o->threads == 0) {
        return tl_fail(err, "at least one thread is needed");
    }
    TL_AUTO_CORPUS corpus = {0};
    SR_AUTO(tl_model) model = NULL;
    if (!tl_corpus_load(o->texts, o->text_count, recipe->shape.context, &corpus, err) ||
        !tl_model_new(&recipe->shape, &model, err)) {
        return false;
    }
    tl_model_init(model, o->seed);
    const uint8_t *text = (const uint8_t *)corpus.text.at;
    const struct tl_training training = {
        .text = text,
        .len = corpus.train_len,
        .seed = o->seed,
        .steps = o->steps != 0 ? (size_t)o->steps : recipe->steps,
        .threads = (size_t)o->threads,
        .report = report,
    };
    if (!tl_train(model, recipe, &training, err)) {
        return false;
    }
    const struct tl_card card = {
        .size = o->size,
        .seed = o->seed,
        .steps = training.steps,
        .text_len = corpus.text.len,
        .train_len = corpus.train_len,
        .train_loss = tl_evaluate(model, text, corpus.train_len),
        .held_out_loss =
            tl_evaluate(model, text + corpus.train_len, corpus.text.len - corpus.train_len),
    };
    printf("parameters %zu\ntrain loss %.17g\nheld-out loss %.17g\n", model->weight_count,
           card.train_loss, card.held_out_loss);
    return tl_hf_write(model, &card, o->operands[0], err) &&
           (o->gguf == NULL || tl_gguf_write(model, "tinylm", o->gguf, err));
}

static void print_tokens(const uint16_t *tokens, size_t count, bool ids)
{
    for (size_t i = 0; i < count; i++) {
        if (ids) {
            printf("%s%d", i > 0 ? "," : "", tokens[i]);
        } else if (tokens[i] >= TL_TOKEN_BYTES) {
            (void)putchar(tokens[i] - TL_TOKEN_BYTES);
        }
    }
    (void)putchar('\n');
}

static bool run(const struct options *o, struct tl_err *err)
{
    SR_AUTO(tl_model) model = NULL;
    if (!tl_hf_read(o->operands[0], &model, err)) {
        return false;
    }
    size_t count = 1 + strlen(o->prompt);
    if (count > model->shape.context) {
        return tl_fail(err, "the prompt is over the context of %zu tokens", model->shape.context);
    }
    uint16_t *tokens = tl_alloc(model->shape.context, sizeof *tokens);
    tokens[0] = TL_TOKEN_BEGIN;
    for (size_t i = 1; i < count; i++) {
        tokens[i] = tl_token_of((uint8_t)o->prompt[i - 1]);
    }
    const size_t first = o->ids ? count : 1;
    tl_generate(model, tokens, &count, (size_t)o->tokens);
    print_tokens(tokens + first, count - first, o->ids);
    free(tokens);
    return true;
}

static bool loss(const struct options *o, struct tl_err *err)
{
    SR_AUTO(tl_model) model = NULL;
    TL_AUTO_CORPUS corpus = {0};
    if (!tl_hf_read(o->operands[0], &model, err) ||
        !tl_corpus_load(o->texts, o->text_count, model->shape.context, &corpus, err)) {
        return false;
    }
    const uint8_t *held_out = (const uint8_t *)corpus.text.at + corpus.train_len;
    printf("%.17g\n", tl_evaluate(model, held_out, corpus.text.len - corpus.train_len));
    return true;
}

static bool gguf(const struct options *o, struct tl_err *err)
{
    SR_AUTO(tl_model) model = NULL;
    return tl_hf_read(o->operands[0], &model, err) &&
           tl_gguf_write(model, "tinylm", o->operands[1], err);
}

static const struct {
    const char *name;
    size_t operands;
    bool (*run)(const struct options *o, struct tl_err *err);
} commands[] = {{"train", 1, train}, {"run", 1, run}, {"loss", 1, loss}, {"gguf", 2, gguf}};

int main(int argc, char **argv)
{
    struct tl_err err = {0};
    for (size_t i = 0; argc >= 2 && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) {
            continue;
        }
        struct options o;
        if (!parse(&o, argv + 2, (size_t)argc - 2, &err) ||
            (o.operand_count != commands[i].operands &&
             !tl_fail(&err, "'%s' takes %zu path(s)", argv[1], commands[i].operands))) {
            (void)fprintf(stderr, "tinylm: %s\n%s", err.text, usage_text);
            return EXIT_USAGE;
        }
        if (!commands[i].run(&o, &err)) {
            (void)fprintf(stderr, "tinylm: %s\n", err.text);
            return EXIT_FAILURE;
        }
        if (fflush(stdout) != 0) {
            (void)fprintf(stderr, "tinylm: standard output cannot be written\n");
            return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
    }
    (void)fputs(usage_text, stderr);
    return EXIT_USAGE;
}
