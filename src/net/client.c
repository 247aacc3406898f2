/* SPDX-License-Identifier: Apache-2.0 */
#include "net/client.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_ready;

static void start(void)
{
    is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

static void free_easy(CURL **curl)
{
    curl_easy_cleanup(*curl);
}

static void free_list(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

/* Where the answer goes. */
struct sink {
    struct sr_buf *body;
    enum sr_status status;
};

static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
    struct sink *sink = ctx;
    sink->status = sr_buf_append(sink->body, sr_bytes(data, size * count));
    return sink->status == SR_OK ? size * count : 0;
}

void sr_client_reply_clear(struct sr_client_reply *reply)
{
    sr_buf_free(reply->body);
    *reply = (struct sr_client_reply){0};
}

/* What is the same for every question. */
static bool set_rules(CURL *curl, const struct sr_client_request *request, struct sink *sink)
{
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERAGENT, "strongroom") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink) == CURLE_OK;
}

static bool set_body(CURL *curl, const struct sr_client_request *request, struct curl_slist *header)
{
    return !request->is_post ||
           (curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) ==
                CURLE_OK &&
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                             request->body.len == 0 ? "" : (const char *)request->body.ptr) ==
                CURLE_OK &&
            curl_easy_setopt(curl, CURLOPT_HTTPHEADER, header) == CURLE_OK);
}

static enum sr_status judge(CURLcode code, const struct sink *sink,
                            const struct sr_client_request *request, const char *detail,
                            struct sr_err *err)
{
    const char *what = detail[0] != '\0' ? detail : curl_easy_strerror(code);
    switch ((int)code) {
    case CURLE_OK:
        return SR_OK;
    case CURLE_WRITE_ERROR:
        return sr_fail(err, sink->status == SR_OK ? SR_INTERNAL : sink->status,
                       "'%.128s' answers with over %zu bytes", request->url,
                       request->reply_bytes_max);
    case CURLE_URL_MALFORMAT:
        return sr_fail(err, SR_MALFORMED, "'%.128s' is no URL of HTTP: %s", request->url, what);
    case CURLE_OUT_OF_MEMORY:
        return sr_fail(err, SR_NO_MEMORY, "no memory for a question");
    default:
        return sr_fail(err, SR_UNAVAILABLE, "'%.128s': %s", request->url, what);
    }
}

static enum sr_status check(const struct sr_client_request *request, struct sr_err *err)
{
    assert(request->timeout_ms > 0);
    if (strncmp(request->url, "http://", 7) != 0 && strncmp(request->url, "https://", 8) != 0) {
        return sr_fail(err, SR_MALFORMED, "'%.128s' does not begin with http:// or https://",
                       request->url);
    }
    (void)pthread_once(&once, start);
    return is_ready ? SR_OK : sr_fail(err, SR_INTERNAL, "libcurl does not start");
}

static bool set_all(CURL *curl, const struct sr_client_request *request, struct curl_slist *headers,
                    struct sink *sink, char *detail)
{
    return curl != NULL && headers != NULL && set_rules(curl, request, sink) &&
           set_body(curl, request, headers) &&
           curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_URL, request->url) == CURLE_OK;
}

enum sr_status sr_client_ask(const struct sr_client_request *request, struct sr_client_reply *out,
                             struct sr_err *err)
{
    SR_CLEANUP(sr_client_reply_clear) struct sr_client_reply reply = {0};
    char detail[CURL_ERROR_SIZE] = {0};
    char header[128];
    long status = 0;
    SR_TRY(check(request, err));
    SR_CLEANUP(free_easy) CURL *curl = curl_easy_init();
    (void)snprintf(header, sizeof header, "Content-Type: %.100s",
                   request->type == NULL ? "text/plain" : request->type);
    SR_CLEANUP(free_list) struct curl_slist *headers = curl_slist_append(NULL, header);
    SR_TRY(sr_buf_new(request->reply_bytes_max, &reply.body));
    struct sink sink = {.body = reply.body, .status = SR_OK};
    if (!set_all(curl, request, headers, &sink, detail)) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a question");
    }
    SR_TRY(judge(curl_easy_perform(curl), &sink, request, detail, err));
    if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 100 ||
        status > 999) {
        return sr_fail(err, SR_UNAVAILABLE, "'%.128s' does not answer in HTTP", request->url);
    }
    reply.status = (unsigned)status;
    *out = reply;
    reply.body = NULL;
    return SR_OK;
}
