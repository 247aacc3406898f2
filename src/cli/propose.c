/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/propose.h"

#include <string.h>

#include "cli/fields.h"
#include "cli/request_view.h"
#include "cli/screen.h"
#include "cli/terms.h"
#include "policy/grants.h"

enum sr_status sr_propose_request(struct sr_room *room, const struct sr_identity *identity,
                                  const struct sr_args *args, const struct sr_act *act,
                                  const uint8_t *digest, uint8_t out_digest[SR_SHA256_BYTES],
                                  struct sr_err *err)
{
    struct sr_act request = *act;
    struct sr_custody_result result = {0};
    request.verb = SR_VERB_REQUEST;
    sr_act_set_word(&request, SR_FIELD_what, sr_verb_info(act->verb)->word);
    SR_TRY(sr_terms_set(args, &request, err));
    SR_TRY(sr_custody_do(room, &identity->as, &request, digest, NULL, &result, err));
    memcpy(out_digest, result.digest, SR_SHA256_BYTES);
    return SR_OK;
}

static enum sr_status perform(struct sr_room *room, const struct sr_identity *identity,
                              struct sr_act *act, const uint8_t *digest, struct sr_proposed *out,
                              struct sr_err *err)
{
    struct sr_custody_result result = {0};
    SR_TRY(sr_custody_do(room, &identity->as, act, digest, NULL, &result, err));
    *out = (struct sr_proposed){.is_done = true};
    memcpy(out->digest, result.digest, SR_SHA256_BYTES);
    return SR_OK;
}

/* The request of the actor's own that waits already, if there is one for this act. */
static enum sr_status find_open(struct sr_room *room, const struct sr_identity *identity,
                                const struct sr_act *act, const uint8_t *digest,
                                const struct sr_request **out, struct sr_err *err)
{
    const struct sr_state *state = NULL;
    struct sr_moment moment = {0};
    struct sr_act draft = *act;
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject;
    SR_TRY(sr_custody_draft(room, identity->name, &draft, digest, name, &subject, err));
    SR_TRY(sr_custody_state(room, &state, err));
    SR_TRY(sr_custody_moment(room, &moment, err));
    *out = sr_grants_find(state, &draft, NULL, NULL, &moment).open;
    return SR_OK;
}

/* Whether all that is missing is a request; everything else is said when the act comes in. */
static bool needs_request(struct sr_room *room, const struct sr_identity *identity,
                          const struct sr_act *act, const uint8_t *digest)
{
    struct sr_act asked = *act;
    struct sr_custody_result result = {0};
    struct sr_err ignored = {0};
    return sr_custody_ask(room, &identity->as, &asked, digest, &result, &ignored) != SR_OK &&
           result.decision.reason == SR_REASON_NEEDS_REQUEST;
}

enum sr_status sr_propose(struct sr_room *room, const struct sr_identity *identity,
                          const struct sr_args *args, struct sr_act *act, const uint8_t *digest,
                          struct sr_proposed *out, struct sr_err *err)
{
    const struct sr_request *open = NULL;
    if (!needs_request(room, identity, act, digest)) {
        return perform(room, identity, act, digest, out, err); /* or be told why not */
    }
    SR_TRY(find_open(room, identity, act, digest, &open, err));
    struct sr_proposed proposed = {.is_new = open == NULL};
    if (open != NULL) {
        memcpy(proposed.digest, open->digest, sizeof proposed.digest);
    } else {
        SR_TRY(sr_propose_request(room, identity, args, act, digest, proposed.digest, err));
    }
    *out = proposed;
    return SR_OK;
}

static enum sr_status print_json(struct sr_cli *cli, const struct sr_proposed *proposed)
{
    struct sr_json_writer *w = &cli->json;
    struct sr_bytes digest = sr_bytes(proposed->digest, SR_SHA256_BYTES);
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_bool(w, "done", proposed->is_done));
    SR_TRY(proposed->is_done ? sr_fields_hex(w, "act", digest) : sr_fields_null(w, "act"));
    SR_TRY(proposed->is_done ? sr_fields_null(w, "request") : sr_fields_hex(w, "request", digest));
    cli->has_result = true;
    return sr_json_close_object(w);
}

enum sr_status sr_propose_report(struct sr_cli *cli, const struct sr_proposed *proposed,
                                 const char *done, struct sr_err *err)
{
    char id[SR_REQUEST_VIEW_ID_BYTES];
    sr_request_view_id(proposed->digest, id);
    if (cli->is_json) {
        SR_TRY(print_json(cli, proposed));
    } else if (proposed->is_done) {
        sr_screen_line("%s", done);
    }
    if (proposed->is_done) {
        return SR_OK;
    }
    return sr_fail(
        err, SR_PENDING,
        "request %s %s; 'strongroom review %s' shows whose approval it needs, 'strongroom "
        "request wait %s' waits for it",
        id, proposed->is_new ? "is made and waits for approvals" : "waits still", id, id);
}
