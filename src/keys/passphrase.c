/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/passphrase.h"
#include "base/folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/rand.h"

/*
 * Generated passphrases: 256 random bits and 24 of checksum, 5 in a character. The checksum is
 * CRC-24 (RFC 9580, section 6.1.1), which finds every wrong character and every two neighbours
 * exchanged. The alphabet is Crockford's: nothing that a reader takes for something else.
 */
static const char PREFIX[] = "srk1-";
static const char ALPHABET[] = "0123456789abcdefghjkmnpqrstvwxyz";

#define RANDOM_BYTES 32
#define CHECKSUM_BYTES 3
#define DIGITS ((RANDOM_BYTES + CHECKSUM_BYTES) * 8 / 5)
#define GROUP_DIGITS 7
#define CRC24_START 0xb704ceU
#define CRC24_POLYNOMIAL 0x864cfbU

/* Where the i-th digit is in the text. */
static size_t digit_at(size_t i)
{
    return sizeof PREFIX - 1 + i + i / GROUP_DIGITS;
}

/* Add the lowest `bits` bits of value, highest first. No branch and no table index is secret. */
static uint32_t crc24(uint32_t crc, uint32_t value, unsigned bits)
{
    for (unsigned i = bits; i-- > 0;) {
        uint32_t carry = (crc >> 23 ^ value >> i) & 1;
        crc = (crc << 1 ^ (CRC24_POLYNOMIAL & (0U - carry))) & 0xffffff;
    }
    return crc;
}

/* 5 bits of data, from bit i * 5. */
static unsigned take_5_bits(const uint8_t *data, size_t i)
{
    unsigned value = 0;
    for (size_t bit = i * 5; bit < i * 5 + 5; bit++) {
        value = value << 1 | ((unsigned)data[bit / 8] >> (7 - bit % 8) & 1);
    }
    return value;
}

enum sr_status sr_passphrase_generate(struct sr_secret **out, struct sr_err *err)
{
    SR_AUTO(sr_secret) raw = NULL;
    SR_AUTO(sr_secret) text = NULL;
    SR_TRY(sr_secret_new(RANDOM_BYTES + CHECKSUM_BYTES, &raw, err));
    SR_TRY(sr_secret_new(SR_PASSPHRASE_GENERATED_BYTES, &text, err));
    uint8_t *bytes = sr_secret_bytes(raw);
    enum sr_status status = sr_rand_bytes(bytes, RANDOM_BYTES);
    if (status != SR_OK) {
        return sr_fail(err, status, "random bytes for a passphrase");
    }
    uint32_t crc = CRC24_START;
    for (size_t i = 0; i < RANDOM_BYTES; i++) {
        crc = crc24(crc, bytes[i], 8);
    }
    for (size_t i = 0; i < CHECKSUM_BYTES; i++) {
        bytes[RANDOM_BYTES + i] = (uint8_t)(crc >> (16 - 8 * i));
    }
    uint8_t *at = sr_secret_bytes(text);
    memset(at, '-', SR_PASSPHRASE_GENERATED_BYTES);
    memcpy(at, PREFIX, sizeof PREFIX - 1);
    for (size_t i = 0; i < DIGITS; i++) {
        at[digit_at(i)] = (uint8_t)ALPHABET[take_5_bits(bytes, i)];
    }
    assert(sr_passphrase_is_generated(text));
    *out = SR_TAKE(text);
    return SR_OK;
}

bool sr_passphrase_looks_generated(const struct sr_secret *p)
{
    return sr_secret_len(p) >= sizeof PREFIX - 1 &&
           memcmp(sr_secret_view(p), PREFIX, sizeof PREFIX - 1) == 0;
}

/* The value of a digit, or 32. */
static uint32_t digit_value(uint8_t c)
{
    uint32_t value = 32;
    for (uint32_t i = 0; i < 32; i++) {
        value = (uint8_t)ALPHABET[i] == c ? i : value;
    }
    return value;
}

bool sr_passphrase_is_generated(const struct sr_secret *p)
{
    if (sr_secret_len(p) != SR_PASSPHRASE_GENERATED_BYTES || !sr_passphrase_looks_generated(p)) {
        return false;
    }
    const uint8_t *text = sr_secret_view(p);
    bool right = true;
    uint32_t crc = CRC24_START;
    for (size_t i = 0; i < DIGITS; i++) {
        uint32_t value = digit_value(text[digit_at(i)]);
        right = right && value < 32;
        crc = crc24(crc, value, 5);
        if (i > 0 && i % GROUP_DIGITS == 0) {
            right = right && text[digit_at(i) - 1] == '-';
        }
    }
    return right && crc == 0; /* a CRC over a text and its CRC is 0 */
}

/* Check a line of len bytes in line, without its newline, and make a secret of its exact size. */
static enum sr_status finish(const struct sr_secret *line, size_t len, struct sr_secret **out,
                             struct sr_err *err)
{
    const uint8_t *text = sr_secret_view(line);
    if (len > SR_PASSPHRASE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "passphrase over %u bytes", SR_PASSPHRASE_BYTES_MAX);
    }
    if (len == 0) {
        return sr_fail(err, SR_MALFORMED, "passphrase is empty");
    }
    if (memchr(text, '\0', len) != NULL) {
        return sr_fail(err, SR_MALFORMED, "passphrase has a NUL byte");
    }
    SR_AUTO(sr_secret) exact = NULL;
    SR_TRY(sr_secret_new(len, &exact, err));
    memcpy(sr_secret_bytes(exact), text, len);
    *out = SR_TAKE(exact);
    return SR_OK;
}

/* Read one byte; *out_got is 0 at the end. */
static enum sr_status read_byte(int fd, uint8_t *at, size_t *out_got, struct sr_err *err)
{
    ssize_t got = read(fd, at, 1);
    while (got < 0 && errno == EINTR) {
        got = read(fd, at, 1);
    }
    if (got < 0) {
        return sr_fail(err, SR_IO, "read a passphrase: %s", strerror(errno));
    }
    *out_got = (size_t)got;
    return SR_OK;
}

/*
 * Read to the first newline, the end, or one byte more than is allowed. One byte at a time: what
 * follows the newline belongs to somebody else. whole: nothing may follow.
 */
static enum sr_status read_line(int fd, bool whole, struct sr_secret **out, struct sr_err *err)
{
    SR_AUTO(sr_secret) line = NULL;
    SR_TRY(sr_secret_new(SR_PASSPHRASE_BYTES_MAX + 1, &line, err));
    uint8_t *text = sr_secret_bytes(line);
    size_t len = 0;
    size_t got = 1;
    while (got == 1 && len <= SR_PASSPHRASE_BYTES_MAX && (len == 0 || text[len - 1] != '\n')) {
        SR_TRY(read_byte(fd, text + len, &got, err));
        len += got;
    }
    bool ended_by_newline = len > 0 && text[len - 1] == '\n';
    if (ended_by_newline) {
        len--;
        text[len] = '\0';
        if (whole) {
            SR_TRY(read_byte(fd, text + len, &got, err));
        }
        if (whole && got != 0) {
            return sr_fail(err, SR_MALFORMED, "passphrase has more than one line");
        }
    }
    return finish(line, len, out, err);
}

enum sr_status sr_passphrase_from_fd(int fd, struct sr_secret **out, struct sr_err *err)
{
    enum sr_status status = read_line(fd, false, out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "file descriptor '%d'", fd);
}

enum sr_status sr_passphrase_from_file(const char *path, struct sr_secret **out, struct sr_err *err)
{
    SR_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        enum sr_status status = errno == ENOENT ? SR_NOT_FOUND : SR_IO;
        return sr_fail(err, status, "open passphrase file '%s': %s", path, strerror(errno));
    }
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return sr_fail(err, SR_IO, "stat passphrase file '%s': %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) {
        return sr_fail(err, SR_MALFORMED, "passphrase file '%s' is not a file", path);
    }
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return sr_fail(err, SR_DENIED, "passphrase file '%s' is open to others; chmod 600 it",
                       path);
    }
    enum sr_status status = read_line(fd, true, out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "passphrase file '%s'", path);
}

/* Signals that end or stop us: each must find the terminal as it was. */
static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define SIGNAL_COUNT (sizeof SIGNALS / sizeof SIGNALS[0])

static volatile sig_atomic_t signal_arrived;

static void note_signal(int number)
{
    signal_arrived = number;
}

/* The terminal with echo off, and what to put back. */
struct terminal {
    int fd;
    bool is_changed;
    struct termios before;
    sigset_t mask_before;
    sigset_t mask_waiting;
    struct sigaction actions_before[SIGNAL_COUNT];
};

/*
 * Our signals are blocked but for the moments in ppoll(), where they are noted: so none is missed
 * between a look at signal_arrived and the wait.
 */
static void catch_signals(struct terminal *t)
{
    sigset_t block;
    (void)sigemptyset(&block);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        (void)sigaddset(&block, SIGNALS[i]);
    }
    signal_arrived = 0;
    (void)pthread_sigmask(SIG_BLOCK, &block, &t->mask_before);
    t->mask_waiting = t->mask_before;
    struct sigaction note = {.sa_handler = note_signal};
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        (void)sigdelset(&t->mask_waiting, SIGNALS[i]);
        (void)sigaction(SIGNALS[i], NULL, &t->actions_before[i]);
        if (t->actions_before[i].sa_handler != SIG_IGN) {
            (void)sigaction(SIGNALS[i], &note, NULL);
        }
    }
}

static enum sr_status terminal_open(struct terminal *t, struct sr_err *err)
{
    t->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (t->fd < 0 || tcgetattr(t->fd, &t->before) != 0) {
        return sr_fail(err, SR_UNAVAILABLE, "no terminal to ask for a passphrase on");
    }
    catch_signals(t);
    t->is_changed = true;
    struct termios quiet = t->before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    quiet.c_lflag |= ICANON | ISIG;
    if (tcsetattr(t->fd, TCSAFLUSH, &quiet) != 0) {
        return sr_fail(err, SR_IO, "turn off the terminal's echo: %s", strerror(errno));
    }
    return SR_OK;
}

/* Put everything back; a signal that came meanwhile does now what it would have done then. */
static void terminal_close(struct terminal *t)
{
    if (t->is_changed) {
        (void)tcsetattr(t->fd, TCSAFLUSH, &t->before);
        for (size_t i = 0; i < SIGNAL_COUNT; i++) {
            (void)sigaction(SIGNALS[i], &t->actions_before[i], NULL);
        }
        if (signal_arrived != 0) {
            (void)raise(signal_arrived); /* pending until the mask is put back */
        }
        (void)pthread_sigmask(SIG_SETMASK, &t->mask_before, NULL);
    }
    sr_folder_close_fd(&t->fd);
}

static enum sr_status show(const struct terminal *t, const char *text, struct sr_err *err)
{
    size_t len = strlen(text);
    if (write(t->fd, text, len) != (ssize_t)len) {
        return sr_fail(err, SR_IO, "write to the terminal: %s", strerror(errno));
    }
    return SR_OK;
}

/* Wait for input and read up to len bytes of it; *out_got is 0 at ^D. */
static enum sr_status terminal_read(const struct terminal *t, uint8_t *out, size_t len,
                                    size_t *out_got, struct sr_err *err)
{
    struct pollfd wait = {.fd = t->fd, .events = POLLIN};
    ssize_t got;
    do { /* a signal that is not one of ours changes nothing */
        got = ppoll(&wait, 1, NULL, &t->mask_waiting) > 0 ? read(t->fd, out, len) : -1;
    } while (got < 0 && errno == EINTR && signal_arrived == 0);
    if (signal_arrived != 0) {
        return sr_fail(err, SR_CANCELLED, "interrupted at the passphrase");
    }
    if (got < 0) {
        return sr_fail(err, SR_IO, "read from the terminal: %s", strerror(errno));
    }
    *out_got = (size_t)got;
    return SR_OK;
}

/* Read a line; of one that is too long, all but the first bytes are dropped. */
static enum sr_status terminal_line(const struct terminal *t, struct sr_secret *line, size_t *out,
                                    struct sr_err *err)
{
    uint8_t *text = sr_secret_bytes(line);
    size_t len = 0;
    size_t got = 0;
    do {
        size_t keep = len < sr_secret_len(line) ? len : sr_secret_len(line) - 1;
        SR_TRY(terminal_read(t, text + keep, sr_secret_len(line) - keep, &got, err));
        len = keep + got;
    } while (got > 0 && text[len - 1] != '\n');
    if (len == 0) {
        return sr_fail(err, SR_CANCELLED, "no passphrase given");
    }
    *out = text[len - 1] == '\n' ? len - 1 : len;
    return SR_OK;
}

/* Ask once. */
static enum sr_status ask(const char *prompt, const char *suffix, struct sr_secret **out,
                          struct sr_err *err)
{
    SR_AUTO(sr_secret) line = NULL;
    SR_TRY(sr_secret_new(SR_PASSPHRASE_BYTES_MAX + 2, &line, err)); /* one too many, newline */
    SR_CLEANUP(terminal_close) struct terminal t = {.fd = -1};
    SR_TRY(terminal_open(&t, err));
    SR_TRY(show(&t, prompt, err));
    SR_TRY(show(&t, suffix, err));
    size_t len = 0;
    enum sr_status status = terminal_line(&t, line, &len, err);
    (void)show(&t, "\n", NULL); /* the user's own newline was not echoed */
    SR_TRY(status);
    return finish(line, len, out, err);
}

/* Ask once more whenever the user stopped this process meanwhile (^Z) and let it go on. */
static enum sr_status ask_through_stops(const char *prompt, const char *suffix,
                                        struct sr_secret **out, struct sr_err *err)
{
    enum sr_status status;
    do {
        signal_arrived = 0;
        status = ask(prompt, suffix, out, err);
    } while (status == SR_CANCELLED && signal_arrived == SIGTSTP);
    return status;
}

enum sr_status sr_passphrase_from_terminal(const char *prompt, bool confirm, struct sr_secret **out,
                                           struct sr_err *err)
{
    for (unsigned tries = 0; tries < 3; tries++) {
        SR_AUTO(sr_secret) first = NULL;
        SR_AUTO(sr_secret) second = NULL;
        SR_TRY(ask_through_stops(prompt, ": ", &first, err));
        if (confirm) {
            SR_TRY(ask_through_stops(prompt, ", once more: ", &second, err));
        }
        if (!confirm || sr_secret_equal(first, second)) {
            *out = SR_TAKE(first);
            return SR_OK;
        }
    }
    return sr_fail(err, SR_USAGE, "the two passphrases differ");
}

static_assert(sizeof PREFIX - 1 + DIGITS + DIGITS / GROUP_DIGITS - 1 ==
                  SR_PASSPHRASE_GENERATED_BYTES,
              "the documented length");
