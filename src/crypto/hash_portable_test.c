/* SPDX-License-Identifier: Apache-2.0 */
/* hash_test.c once more, as on a CPU without SHA extensions. */
#define TEST_PORTABLE
#include "crypto/hash_test.c"
