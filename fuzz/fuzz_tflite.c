/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    fuzz_inspect("model.tflite", data, size);
    return 0;
}
