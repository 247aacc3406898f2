/* SPDX-License-Identifier: Apache-2.0 */
/* The process does what sr_convert() does, and nothing that it says is believed. */
#include "artifact/convert_process.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/folder.h"
#include "formats/safetensors.h"
#include "tests/check.h"

#define HEADER "{'descr': '<f4', 'fortran_order': False, 'shape': (50000,), }\n"
#define ELEMENTS 50000

static uint8_t input[10 + sizeof HEADER - 1 + 4 * ELEMENTS];
static bool stop;

/* A file in memory with these bytes. */
static void make_file(const void *bytes, size_t len, int *out)
{
    *out = memfd_create("test", MFD_CLOEXEC);
    CHECK(*out >= 0 && write(*out, bytes, len) == (ssize_t)len);
}

static void make_input(void)
{
    memcpy(input, "\x93NUMPY\1\0", 8);
    input[8] = sizeof HEADER - 1;
    memcpy(input + 10, HEADER, sizeof HEADER - 1);
    for (size_t i = 10 + sizeof HEADER - 1; i < sizeof input; i++) {
        input[i] = (uint8_t)(i * 31 + i / 256);
    }
}

static bool cancelled(void *ctx)
{
    (void)ctx;
    return stop;
}

static enum sr_status convert(const void *bytes, size_t len, int output,
                              struct sr_converted *converted, struct sr_err *err)
{
    SR_AUTO_FD fd = -1;
    make_file(bytes, len, &fd);
    struct sr_convert_params params = {.name = "a.npy",
                                       .input_fd = fd,
                                       .input_bytes = len,
                                       .output_fd = output,
                                       .cancelled = cancelled};
    return sr_convert_isolated(&params, converted, err);
}

static void the_output_comes_through_whole(void)
{
    static uint8_t output[sizeof input + 4096];
    struct sr_converted converted = {0};
    struct sr_err err = {0};
    SR_AUTO_FD fd = -1;
    SR_AUTO(sr_tensors) tensors = NULL;
    make_file("", 0, &fd);
    enum sr_status status = convert(input, sizeof input, fd, &converted, &err);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    CHECK(status == SR_OK && converted.tensors == 1 && converted.verdict == SR_VERDICT_PASS);
    if (status != SR_OK) {
        return;
    }
    CHECK(pread(fd, output, sizeof output, 0) == (ssize_t)converted.bytes);
    CHECK(sr_safetensors_decode(sr_bytes(output, (size_t)converted.bytes), converted.bytes,
                                &tensors, &err) == SR_OK);
    size_t data = (size_t)converted.bytes - (size_t)4 * ELEMENTS;
    CHECK(memcmp(output + data, input + 10 + sizeof HEADER - 1, (size_t)4 * ELEMENTS) == 0);
}

static void what_the_conversion_says_is_told(void)
{
    struct sr_converted converted = {0};
    struct sr_err err = {0};
    SR_AUTO_FD fd = -1;
    make_file("", 0, &fd);
    CHECK(convert(input, sizeof input - 1, fd, &converted, &err) == SR_UNINSPECTED);
    CHECK(strstr(err.message, "its verdict is UNPARSABLE: truncated at byte 0: npy: data") != NULL);
    CHECK(convert(NULL, 0, fd, &converted, &err) == SR_UNINSPECTED);
    CHECK(lseek(fd, 0, SEEK_END) == 0);
}

static void it_can_be_stopped(void)
{
    struct sr_converted converted = {0};
    struct sr_err err = {0};
    SR_AUTO_FD fd = -1;
    make_file("", 0, &fd);
    stop = true;
    CHECK(convert(input, sizeof input, fd, &converted, &err) == SR_CANCELLED);
    stop = false;
}

static void an_output_that_cannot_be_written_is_told(void)
{
    struct sr_converted converted = {0};
    struct sr_err err = {0};
    SR_AUTO_FD fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    CHECK(convert(input, sizeof input, fd, &converted, &err) == SR_IO);
    CHECK(strstr(err.message, "cannot write the output: ") != NULL);
}

int main(void)
{
    make_input();
    RUN(the_output_comes_through_whole);
    RUN(what_the_conversion_says_is_told);
    RUN(it_can_be_stopped);
    RUN(an_output_that_cannot_be_written_is_told);
    return check_done();
}
