/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_FAILURE_H
#define SR_CLI_FAILURE_H

#include "cli/cli.h"

/*
 * Report a failure on stderr: "strongroom: <name>: <message>", one line, or with --json an object
 * after RFC 9457 with the members type, title, status, detail, code and exit. The caller is the
 * machine's own user, so the message is shown whatever the list's `expose` says.
 */
void sr_failure_report(const struct sr_cli *cli, enum sr_status status, const struct sr_err *err);

#endif /* SR_CLI_FAILURE_H */
