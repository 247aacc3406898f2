/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/signals.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/* Read by worker threads, so sig_atomic_t would not do; a lock-free atomic may be set in a handler
 * (C17, 7.14.1.1). */
static atomic_bool asked;
static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "a signal handler needs a lock-free flag");

static void on_signal(int number)
{
    (void)number;
    atomic_store(&asked, true);
}

void sr_signals_catch(void)
{
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof SIGNALS / sizeof SIGNALS[0]; i++) {
        struct sigaction action = {0};
        (void)sigaction(SIGNALS[i], NULL, &action);
        if (action.sa_handler == SIG_IGN) {
            continue; /* nohup and the like: whoever started us wants it ignored */
        }
        action = (struct sigaction){.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(SIGNALS[i], &action, NULL);
    }
}

bool sr_signals_cancelled(void *ctx)
{
    (void)ctx;
    return atomic_load(&asked);
}
