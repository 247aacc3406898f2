/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules SA-1 and SA-2 of docs/formats/ssh-agent.md. */
#include "acts/ssh_connection.h"

#include "base/text.h"
#include "formats/ssh_agent.h"
#include "tests/fake_agent.h"

static const uint8_t REQUEST[] = {0, 0, 0, 1, 11};

static enum sr_status open_status(const char *path)
{
    SR_AUTO(sr_ssh_connection) c = NULL;
    return sr_ssh_connection_open(path, 1000, &c, NULL);
}

static void test_paths(void)
{
    char path[200] = "/tmp/";
    CHECK(open_status(NULL) == SR_USAGE);
    CHECK(open_status("") == SR_USAGE);
    CHECK(open_status("relative") == SR_USAGE);
    CHECK(open_status("/nowhere/at/all") == SR_UNAVAILABLE);
    CHECK(open_status("/dev/null") == SR_UNAVAILABLE);
    memset(path + 5, 'x', 102);
    CHECK(open_status(path) == SR_UNAVAILABLE);
    path[107] = 'x';
    CHECK(open_status(path) == SR_USAGE);
}

/* What becomes of one request to an agent that answers so, and then of a second. */
static enum sr_status ask(struct fake_agent *a, unsigned patience_ms, struct sr_buf *answer,
                          enum sr_status *second, struct sr_err *err)
{
    enum sr_status status;
    fake_agent_start(a);
    {
        SR_AUTO(sr_ssh_connection) c = NULL;
        struct sr_bytes request = sr_bytes(REQUEST, sizeof REQUEST);
        CHECK(sr_ssh_connection_open(a->path, patience_ms, &c, err) == SR_OK);
        status = sr_ssh_connection_ask(c, request, answer, err);
        *second = sr_ssh_connection_ask(c, request, answer, NULL);
    }
    fake_agent_stop(a);
    return status;
}

static void test_answers_come_whole(void)
{
    struct fake_agent a = {
        .answers = {{(const uint8_t *)"\0\0\0\3abc", 7}, {(const uint8_t *)"\0\0\0\1d", 5}},
        .count = 2,
    };
    enum sr_status second;
    SR_AUTO(sr_buf) answer = NULL;
    CHECK(sr_buf_new(16, &answer) == SR_OK);
    CHECK(ask(&a, 60000, answer, &second, NULL) == SR_OK);
    CHECK(second == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(answer), sr_text_view("abcd")));
    CHECK(a.request_bytes == sizeof REQUEST && memcmp(a.request, REQUEST, sizeof REQUEST) == 0);
}

/* After a failure nothing more is asked. */
static void fails(const char *data, size_t len, bool hangs_up, enum sr_status expected,
                  const char *why)
{
    struct fake_agent a = {
        .answers = {{(const uint8_t *)data, len}}, .count = 1, .hangs_up = hangs_up};
    enum sr_status second;
    struct sr_err err = {0};
    SR_AUTO(sr_buf) answer = NULL;
    CHECK(sr_buf_new(64, &answer) == SR_OK);
    CHECK(ask(&a, hangs_up ? 60000 : 50, answer, &second, &err) == expected);
    CHECK(strstr(err.message, why) != NULL);
    CHECK(second == SR_UNAVAILABLE);
}

static void test_failures(void)
{
    fails("", 0, true, SR_UNAVAILABLE, "closed the connection");
    fails("\0\0\0", 3, true, SR_UNAVAILABLE, "closed the connection");
    fails("\0\0\0\2a", 5, true, SR_UNAVAILABLE, "closed the connection");
    fails("\0\0\0\0", 4, true, SR_MALFORMED, "empty answer");
    fails("\0\4\0\1x", 5, true, SR_TOO_LARGE, "an answer of 262145 bytes");
    fails("\xff\xff\xff\xff", 4, true, SR_TOO_LARGE, "an answer of 4294967295 bytes");
    fails("", 0, false, SR_UNAVAILABLE, "no answer within");
    fails("\0\0\0\2a", 5, false, SR_UNAVAILABLE, "no answer within");
}

/* What would come next might be the answer to the request before. */
static void test_nothing_is_asked_after_a_failure(void)
{
    struct fake_agent a = {
        .answers = {{(const uint8_t *)"\0\0\0\0", 4}, {(const uint8_t *)"\0\0\0\1d", 5}},
        .count = 2,
    };
    enum sr_status second;
    SR_AUTO(sr_buf) answer = NULL;
    CHECK(sr_buf_new(16, &answer) == SR_OK);
    CHECK(ask(&a, 60000, answer, &second, NULL) == SR_MALFORMED);
    CHECK(second == SR_UNAVAILABLE);
    CHECK(sr_buf_view(answer).len == 0);
}

static void test_an_answer_over_the_buffer(void)
{
    struct fake_agent a = {
        .answers = {{(const uint8_t *)"\0\0\0\3abc", 7}}, .count = 1, .hangs_up = true};
    enum sr_status second;
    SR_AUTO(sr_buf) answer = NULL;
    CHECK(sr_buf_new(2, &answer) == SR_OK);
    CHECK(ask(&a, 60000, answer, &second, NULL) == SR_TOO_LARGE);
    CHECK(second == SR_UNAVAILABLE);
}

static void test_an_agent_that_goes_before_the_request(void)
{
    struct fake_agent a = {.hangs_up = true};
    enum sr_status second;
    SR_AUTO(sr_buf) answer = NULL;
    CHECK(sr_buf_new(64, &answer) == SR_OK);
    CHECK(ask(&a, 60000, answer, &second, NULL) == SR_UNAVAILABLE);
}

int main(void)
{
    RUN(test_paths);
    RUN(test_answers_come_whole);
    RUN(test_failures);
    RUN(test_nothing_is_asked_after_a_failure);
    RUN(test_an_answer_over_the_buffer);
    RUN(test_an_agent_that_goes_before_the_request);
    return check_done();
}
