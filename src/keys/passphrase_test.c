/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passphrases: what we generate is recognised and a typing error in it is not; files, descriptors
 * and terminals give the same bytes, in secret memory only, and the terminal is as it was whatever
 * happened.
 */
#include "keys/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/fault.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/tmp/sr-passphrase-XXXXXX";
static char path[64];

static bool is_text(const struct sr_secret *p, const char *text)
{
    return p != NULL && sr_secret_len(p) == strlen(text) &&
           memcmp(sr_secret_view(p), text, strlen(text)) == 0;
}

static void generated_ones_differ_and_are_recognised(void)
{
    SR_AUTO(sr_secret) a = NULL;
    SR_AUTO(sr_secret) b = NULL;
    CHECK(sr_passphrase_generate(&a, NULL) == SR_OK);
    CHECK(sr_passphrase_generate(&b, NULL) == SR_OK);
    CHECK(sr_secret_len(a) == SR_PASSPHRASE_GENERATED_BYTES);
    CHECK(sr_passphrase_is_generated(a) && sr_passphrase_looks_generated(a));
    CHECK(!sr_secret_equal(a, b));
    for (size_t i = 0; i < sr_secret_len(a); i++) {
        CHECK(sr_secret_view(a)[i] > ' ' && sr_secret_view(a)[i] < 0x7f);
    }
}

static struct sr_secret *make_text(const char *text)
{
    struct sr_secret *p = NULL;
    CHECK(sr_secret_new(strlen(text), &p, NULL) == SR_OK);
    memcpy(sr_secret_bytes(p), text, strlen(text));
    return p;
}

/* Calculated by tests/vectors/open_slot.py --passphrase 000102..1f: the spelling is frozen. */
static const char FROZEN[] = "srk1-000g40r-40m30e2-09185gr-38e1w81-24gk2ga-hc5rr34-d1p70x3-rft5wf7";

static void the_spelling_is_frozen(void)
{
    SR_AUTO(sr_secret) p = make_text(FROZEN);
    CHECK(sr_passphrase_is_generated(p));
}

static void a_typing_error_is_found(void)
{
    SR_AUTO(sr_secret) p = make_text(FROZEN);
    uint8_t *text = sr_secret_bytes(p);
    for (size_t i = 0; i < SR_PASSPHRASE_GENERATED_BYTES; i++) {
        uint8_t right = text[i];
        for (unsigned c = 0; c < 256; c++) {
            text[i] = (uint8_t)c;
            CHECK(sr_passphrase_is_generated(p) == (c == right));
        }
        text[i] = right;
        if (i > 0 && text[i - 1] != right) { /* two neighbours exchanged */
            text[i] = text[i - 1];
            text[i - 1] = right;
            CHECK(!sr_passphrase_is_generated(p));
            text[i - 1] = text[i];
            text[i] = right;
        }
    }
    SR_AUTO(sr_secret) cut = make_text("srk1-0000000");
    SR_AUTO(sr_secret) typed = make_text("correct horse battery staple");
    SR_AUTO(sr_secret) brief = make_text("srk1");
    CHECK(!sr_passphrase_is_generated(cut) && sr_passphrase_looks_generated(cut));
    CHECK(!sr_passphrase_is_generated(typed) && !sr_passphrase_looks_generated(typed));
    CHECK(!sr_passphrase_is_generated(brief) && !sr_passphrase_looks_generated(brief));
}

static void write_file(const void *content, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && fchmod(fd, mode) == 0);
    CHECK(write(fd, content, len) == (ssize_t)len && close(fd) == 0);
}

/* What a file of this content gives; *out only from a success. */
static enum sr_status file_status(const char *content, size_t len, struct sr_secret **out)
{
    struct sr_err err = {0};
    write_file(content, len, 0600);
    enum sr_status status = sr_passphrase_from_file(path, out, &err);
    CHECK((status == SR_OK) == (*out != NULL));
    CHECK(status == SR_OK || strstr(err.message, path) != NULL);
    return status;
}

static void a_file_is_one_line(void)
{
    static const struct {
        const char *content;
        size_t len;
        enum sr_status status;
        const char *passphrase;
    } CASES[] = {
        {"a b", 3, SR_OK, "a b"},
        {"a b\n", 4, SR_OK, "a b"},
        {" a\t\n", 4, SR_OK, " a\t"},
        {"a\r\n", 3, SR_OK, "a\r"}, /* as given: nothing but the newline goes */
        {"", 0, SR_MALFORMED, NULL},
        {"\n", 1, SR_MALFORMED, NULL},
        {"a\n\n", 3, SR_MALFORMED, NULL},
        {"a\nb", 3, SR_MALFORMED, NULL},
        {"a\0b", 3, SR_MALFORMED, NULL},
        {"a\0", 2, SR_MALFORMED, NULL},
        {"\0", 1, SR_MALFORMED, NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        SR_AUTO(sr_secret) p = NULL;
        CHECK(file_status(CASES[i].content, CASES[i].len, &p) == CASES[i].status);
        CHECK(CASES[i].passphrase == NULL || is_text(p, CASES[i].passphrase));
    }
}

static void length_is_limited(void)
{
    char content[SR_PASSPHRASE_BYTES_MAX + 2];
    SR_AUTO(sr_secret) longest = NULL;
    SR_AUTO(sr_secret) with_newline = NULL;
    SR_AUTO(sr_secret) none = NULL;
    memset(content, 'x', sizeof content);
    CHECK(file_status(content, SR_PASSPHRASE_BYTES_MAX, &longest) == SR_OK);
    CHECK(sr_secret_len(longest) == SR_PASSPHRASE_BYTES_MAX);
    CHECK(file_status(content, SR_PASSPHRASE_BYTES_MAX + 1, &none) == SR_TOO_LARGE);
    CHECK(file_status(content, SR_PASSPHRASE_BYTES_MAX + 2, &none) == SR_TOO_LARGE);
    content[SR_PASSPHRASE_BYTES_MAX] = '\n';
    CHECK(file_status(content, SR_PASSPHRASE_BYTES_MAX + 1, &with_newline) == SR_OK);
    CHECK(sr_secret_equal(longest, with_newline));
}

static void a_file_is_private(void)
{
    static const mode_t OPEN[] = {0640, 0604, 0620, 0602};
    SR_AUTO(sr_secret) p = NULL;
    struct sr_err err = {0};
    for (size_t i = 0; i < sizeof OPEN / sizeof OPEN[0]; i++) {
        write_file("a", 1, OPEN[i]);
        CHECK(sr_passphrase_from_file(path, &p, &err) == SR_DENIED);
        CHECK(strstr(err.message, "chmod 600") != NULL);
    }
    CHECK(unlink(path) == 0);
    CHECK(sr_passphrase_from_file(path, &p, NULL) == SR_NOT_FOUND);
    CHECK(sr_passphrase_from_file(scratch_dir, &p, NULL) == SR_MALFORMED);
    CHECK(sr_passphrase_from_file("/dev/null", &p, NULL) == SR_MALFORMED);
    CHECK(p == NULL);
    /* A link to a private file will do, as systemd and Kubernetes hand out credentials. */
    char target[80];
    (void)snprintf(target, sizeof target, "%s/target", scratch_dir);
    write_file("a", 1, 0400);
    CHECK(rename(path, target) == 0 && symlink(target, path) == 0);
    CHECK(sr_passphrase_from_file(path, &p, NULL) == SR_OK && is_text(p, "a"));
    CHECK(unlink(path) == 0 && unlink(target) == 0);
}

static void a_descriptor_is_read_to_the_newline(void)
{
    int ends[2];
    char rest[8] = {0};
    char pipe_path[32];
    SR_AUTO(sr_secret) first = NULL;
    SR_AUTO(sr_secret) second = NULL;
    SR_AUTO(sr_secret) third = NULL;
    SR_AUTO(sr_secret) none = NULL;
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    CHECK(write(ends[1], "one\ntwo\nmore", 12) == 12);
    CHECK(sr_passphrase_from_fd(ends[0], &first, NULL) == SR_OK && is_text(first, "one"));
    CHECK(sr_passphrase_from_fd(ends[0], &second, NULL) == SR_OK && is_text(second, "two"));
    CHECK(read(ends[0], rest, sizeof rest) == 4 && strcmp(rest, "more") == 0);

    /* A shell's process substitution: a pipe by name. */
    CHECK(write(ends[1], "three\n", 6) == 6 && close(ends[1]) == 0);
    (void)snprintf(pipe_path, sizeof pipe_path, "/dev/fd/%d", ends[0]);
    CHECK(sr_passphrase_from_file(pipe_path, &third, NULL) == SR_OK && is_text(third, "three"));

    struct sr_err err = {0};
    CHECK(sr_passphrase_from_fd(ends[0], &none, &err) == SR_MALFORMED); /* at its end */
    CHECK(close(ends[0]) == 0);
    CHECK(sr_passphrase_from_fd(ends[0], &none, &err) == SR_IO);
    CHECK(strstr(err.message, "file descriptor '") != NULL);
    CHECK(none == NULL);
}

static void survives_every_failing_call(void)
{
    write_file("a", 1, 0600);
    FAULT_SWEEP {
        SR_AUTO(sr_secret) a = NULL;
        SR_AUTO(sr_secret) b = NULL;
        enum sr_status status = sr_passphrase_generate(&a, NULL);
        status = status != SR_OK ? status : sr_passphrase_from_file(path, &b, NULL);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((b != NULL) == (status == SR_OK));
    }
    CHECK(fault_sweep_faults() >= 10);
}

/*
 * Terminal tests: a child with a terminal of its own asks, this process plays the user. The child's
 * exit status says what came of it.
 */
struct user {
    int keys; /* our end */
    pid_t child;
    char screen[1024]; /* all that the terminal has shown */
    size_t shown;
};

static int survived_signals; /* in a child */

static void survive(int number)
{
    survived_signals += number;
}

/* In the child: ask, and exit with the status; 100 if the passphrase is not "right". */
static void ask_and_exit(bool confirm, bool survives_sigint)
{
    SR_AUTO(sr_secret) p = NULL;
    struct sr_err err = {0};
    if (survives_sigint) {
        (void)signal(SIGINT, survive);
    }
    enum sr_status status = sr_passphrase_from_terminal("the word", confirm, &p, &err);
    if (survives_sigint && survived_signals != SIGINT) {
        _exit(101);
    }
    _exit(status != SR_OK || is_text(p, "right") ? (int)status : 100);
}

static struct user start(bool confirm, bool survives_sigint)
{
    struct user u = {.keys = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    char name[64];
    CHECK(u.keys >= 0 && grantpt(u.keys) == 0 && unlockpt(u.keys) == 0);
    CHECK(ptsname_r(u.keys, name, sizeof name) == 0);
    u.child = fork();
    if (u.child == 0) {
        int fd = setsid() < 0 ? -1 : open(name, O_RDWR | O_CLOEXEC); /* becomes our /dev/tty */
        if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0) {
            _exit(102);
        }
        ask_and_exit(confirm, survives_sigint);
    }
    return u;
}

/* Read what is shown until text appears in it (then forget what was before), or nothing more. */
static bool sees(struct user *u, const char *text)
{
    struct pollfd wait = {.fd = u->keys, .events = POLLIN};
    for (;;) {
        const char *at = strstr(u->screen, text);
        if (at != NULL) {
            u->shown -= (size_t)(at - u->screen) + strlen(text);
            memmove(u->screen, at + strlen(text), u->shown + 1);
            return true;
        }
        if (u->shown + 1 >= sizeof u->screen || poll(&wait, 1, 20000) <= 0) {
            return false;
        }
        ssize_t got = read(u->keys, u->screen + u->shown, sizeof u->screen - 1 - u->shown);
        if (got <= 0) {
            return false; /* EIO when the child has gone */
        }
        u->shown += (size_t)got;
        u->screen[u->shown] = '\0';
    }
}

static void type(struct user *u, const char *text)
{
    CHECK(write(u->keys, text, strlen(text)) == (ssize_t)strlen(text));
}

static bool echoes(const struct user *u)
{
    struct termios now;
    CHECK(tcgetattr(u->keys, &now) == 0);
    return (now.c_lflag & ECHO) != 0;
}

/* How the child ended: its exit status, or minus the signal. */
static int ended(struct user *u)
{
    int status = 0;
    CHECK(waitpid(u->child, &status, 0) == u->child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void terminal_asks_without_echo(void)
{
    struct user u = start(false, false);
    CHECK(sees(&u, "the word: "));
    CHECK(!echoes(&u));
    type(&u, "wrong\x15right\n"); /* ^U: line editing works */
    CHECK(sees(&u, "\n"));
    CHECK(!sees(&u, "right"));
    CHECK(ended(&u) == SR_OK);
    CHECK(echoes(&u));
    CHECK(close(u.keys) == 0);
}

static void terminal_asks_twice_to_confirm(void)
{
    struct user u = start(true, false);
    CHECK(sees(&u, "the word: "));
    type(&u, "right\n");
    CHECK(sees(&u, "the word, once more: "));
    type(&u, "rihgt\n");
    CHECK(sees(&u, "the word: "));
    type(&u, "right\n");
    CHECK(sees(&u, "once more: "));
    type(&u, "right\n");
    CHECK(ended(&u) == SR_OK);
    CHECK(close(u.keys) == 0);
}

static void terminal_gives_up_after_three_pairs(void)
{
    struct user u = start(true, false);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(sees(&u, "the word: "));
        type(&u, "a\n");
        CHECK(sees(&u, "once more: "));
        type(&u, "b\n");
    }
    CHECK(ended(&u) == SR_USAGE);
    CHECK(close(u.keys) == 0);
}

static void terminal_lines_have_the_same_limits(void)
{
    static const struct {
        size_t len;
        enum sr_status status;
    } CASES[] = {{1024, SR_OK}, {1025, SR_TOO_LARGE}, {1026, SR_TOO_LARGE}, {3000, SR_TOO_LARGE}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char line[3002] = {0};
        memset(line, 'x', CASES[i].len);
        line[CASES[i].len] = '\n';
        struct user u = start(false, false);
        CHECK(sees(&u, "the word: "));
        type(&u, line);
        CHECK(ended(&u) == (CASES[i].status == SR_OK ? 100 : (int)CASES[i].status));
        CHECK(close(u.keys) == 0);
    }
    struct user u = start(false, false);
    CHECK(sees(&u, "the word: "));
    type(&u, "\n");
    CHECK(ended(&u) == SR_MALFORMED);
    CHECK(close(u.keys) == 0);
}

static void terminal_end_of_file_cancels(void)
{
    struct user u = start(false, false);
    CHECK(sees(&u, "the word: "));
    type(&u, "\x04");
    CHECK(ended(&u) == SR_CANCELLED);
    CHECK(echoes(&u));
    CHECK(close(u.keys) == 0);
}

static void terminal_is_restored_before_a_signal_kills(void)
{
    static const struct {
        const char *keys;
        int number;
    } CASES[] = {{"\x03", SIGINT}, {"\x1c", SIGQUIT}, {NULL, SIGTERM}, {NULL, SIGHUP}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct user u = start(false, false);
        CHECK(sees(&u, "the word: "));
        CHECK(!echoes(&u));
        type(&u, "rig");
        if (CASES[i].keys != NULL) {
            type(&u, CASES[i].keys);
        } else {
            CHECK(kill(u.child, CASES[i].number) == 0);
        }
        CHECK(ended(&u) == -CASES[i].number);
        CHECK(echoes(&u));
        CHECK(close(u.keys) == 0);
    }
}

static void terminal_signal_that_is_survived_cancels(void)
{
    struct user u = start(false, true);
    CHECK(sees(&u, "the word: "));
    type(&u, "\x03");
    CHECK(ended(&u) == SR_CANCELLED);
    CHECK(echoes(&u));
    CHECK(close(u.keys) == 0);
}

/* The child leads an orphaned group, which is not stopped; to be asked again is all there is. */
static void terminal_asks_again_after_a_stop(void)
{
    struct user u = start(false, false);
    CHECK(sees(&u, "the word: "));
    CHECK(kill(u.child, SIGTSTP) == 0);
    CHECK(sees(&u, "the word: "));
    type(&u, "right\n");
    CHECK(ended(&u) == SR_OK);
    CHECK(echoes(&u));
    CHECK(close(u.keys) == 0);
}

static void no_terminal_is_said(void)
{
    pid_t child = fork();
    if (child == 0) {
        (void)setsid(); /* away from whatever terminal the tests run on */
        ask_and_exit(false, false);
    }
    struct user u = {.child = child};
    CHECK(ended(&u) == SR_UNAVAILABLE);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/passphrase", scratch_dir);
    RUN(generated_ones_differ_and_are_recognised);
    RUN(the_spelling_is_frozen);
    RUN(a_typing_error_is_found);
    RUN(a_file_is_one_line);
    RUN(length_is_limited);
    RUN(a_file_is_private);
    RUN(a_descriptor_is_read_to_the_newline);
    RUN(survives_every_failing_call);
    RUN(terminal_asks_without_echo);
    RUN(terminal_asks_twice_to_confirm);
    RUN(terminal_gives_up_after_three_pairs);
    RUN(terminal_lines_have_the_same_limits);
    RUN(terminal_end_of_file_cancels);
    RUN(terminal_is_restored_before_a_signal_kills);
    RUN(terminal_signal_that_is_survived_cancels);
    RUN(terminal_asks_again_after_a_stop);
    RUN(no_terminal_is_said);
    scratch_remove(scratch_dir);
    return check_done();
}
