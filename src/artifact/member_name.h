/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_MEMBER_NAME_H
#define SR_ARTIFACT_MEMBER_NAME_H

#include "artifact/inspection.h"

/*
 * Report a member's name (hostile) that would leave the folder it is unpacked into, or that two
 * systems would take for different files. offset: of the name, in the blob that is being looked at.
 */
void sr_member_name_check(struct sr_inspection *in, struct sr_bytes name, uint64_t offset);

/* Report members whose names differ in the case of their letters only: on some systems one
 * overwrites the other. at() gives name number index of count. */
struct sr_member_names {
    size_t count;
    struct sr_bytes (*at)(const void *ctx, size_t index);
    const void *ctx;
};
void sr_member_name_check_folded(struct sr_inspection *in, const struct sr_member_names *names);

#endif /* SR_ARTIFACT_MEMBER_NAME_H */
