/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_SIGNALS_H
#define SR_CLI_SIGNALS_H

#include <stdbool.h>

/*
 * Stopping a long operation in good order: the first SIGINT, SIGTERM or SIGHUP asks it to stop, a
 * second one ends the process at once, which is safe too (every operation survives kill -9).
 */

/* From now on signals ask instead of ending the process. */
void sr_signals_catch(void);

/* Whether one has asked; for struct sr_progress. ctx is not used. Any thread. */
bool sr_signals_cancelled(void *ctx);

#endif /* SR_CLI_SIGNALS_H */
