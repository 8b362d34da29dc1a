/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer's entry: the target that WN_FUZZ_TARGET names. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("WN_FUZZ_TARGET");

    (void)argc;
    (void)argv;
    target = name ? fuzz_find(name) : NULL;
    if (!target) {
        fputs("libfuzzer: WN_FUZZ_TARGET names no target\n", stderr);
        exit(2);
    }
    fuzz_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = malloc(length + 1);

    if (!text)
        return 0;
    memcpy(text, bytes, length);
    text[length] = '\0';
    target->run(text, length);
    free(text);
    return 0;
}
