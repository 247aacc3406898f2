/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FUZZ_REQUIRE_H
#define SR_FUZZ_REQUIRE_H

#include <stdlib.h>

/* What has to hold whatever the input; when it does not, the fuzzer has found something. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif /* SR_FUZZ_REQUIRE_H */
