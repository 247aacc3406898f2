/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each path has its method and its answer, and the operator is told of each. */
#include "server/witness_server.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/folder.h"
#include "formats/add_checkpoint.h"
#include "net/client.h"
#include "tests/log_keys.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/tmp/sr-witness-server-XXXXXX";
static unsigned told;
static unsigned last_status;

static void on_answer(void *ctx, const struct sr_witness_server_event *event)
{
    CHECK(ctx == &told && event->method[0] != '\0' && event->path[0] == '/');
    told++;
    last_status = event->status;
}

/* The status that comes back for path; body NULL: GET. */
static unsigned ask(const struct sr_witness_server *s, const char *path, const char *body)
{
    char url[256];
    SR_CLEANUP(sr_client_reply_clear) struct sr_client_reply reply = {0};
    (void)snprintf(url, sizeof url, "http://%s%s", sr_witness_server_address(s), path);
    const struct sr_client_request request = {.url = url,
                                              .is_post = body != NULL,
                                              .body = sr_text_view(body == NULL ? "" : body),
                                              .reply_bytes_max = 65536,
                                              .timeout_ms = 20000};
    CHECK(sr_client_ask(&request, &reply, NULL) == SR_OK);
    CHECK(reply.status == last_status);
    return reply.status;
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void paths_have_their_methods(void)
{
    SR_AUTO_FD folder = -1;
    SR_AUTO(sr_signer) signer = log_signer(2);
    SR_AUTO(sr_witness) w = NULL;
    SR_AUTO(sr_witness_server) s = NULL;
    CHECK(sr_folder_open(AT_FDCWD, scratch_dir, &folder, NULL) == SR_OK);
    CHECK(sr_witness_open(sr_text_view("w.example"), signer, folder, &w, NULL) == SR_OK);
    const struct sr_witness_server_options o = {.witness = w, .on_answer = on_answer, .ctx = &told};
    CHECK(sr_witness_server_open(&o, &s, NULL) == SR_OK);
    CHECK(ask(s, "/add-checkpoint", "nonsense") == 400);
    CHECK(ask(s, "/add-checkpoint", NULL) == 405);
    CHECK(ask(s, "/add-checkpoint/", "old 0") == 404);
    CHECK(ask(s, "/" HASH "/checkpoint", NULL) == 404);
    CHECK(ask(s, "/" HASH "/checkpoint", "x") == 405);
    CHECK(ask(s, "/../witness.key/checkpoint", NULL) == 404);
    CHECK(ask(s, "/", NULL) == 404);
    CHECK(ask(s, "//checkpoint", NULL) == 404);
    CHECK(told == 8);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(paths_have_their_methods);
    scratch_remove(scratch_dir);
    return check_done();
}
