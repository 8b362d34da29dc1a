/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer's entry: the target that WN_FUZZ_TARGET names, or else the end of
 * the program's own name, as in fuzz-csv. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util/random.h"

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t most,
                               unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t most);

void __real___sanitizer_cov_8bit_counters_init(uint8_t *begin, uint8_t *end);
void __wrap___sanitizer_cov_8bit_counters_init(uint8_t *begin, uint8_t *end);

/* clang says where it counts which edges were taken; the linker lets that come
 * here. Put the counters into memory that children share, so that what only a
 * child runs (sandbox.h) guides the search as well. Up to a page at either end
 * stays, because other variables may lie on it. */
void __wrap___sanitizer_cov_8bit_counters_init(uint8_t *begin, uint8_t *end)
{
    enum { PAGE = 4096 };
    uint8_t *first = begin + (PAGE - (uintptr_t)begin % PAGE) % PAGE;
    uint8_t *last = end - (uintptr_t)end % PAGE;

    if (first < last)
        mmap(first, (size_t)(last - first), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    __real___sanitizer_cov_8bit_counters_init(begin, end);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("WN_FUZZ_TARGET");
    const char *dash = strrchr((*argv)[0], '-');

    (void)argc;
    if (!name && dash)
        name = dash + 1;
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

/* Mostly the target's own mutation; never other bytes where it has no tokens,
 * which means that only whole files lead anywhere. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t most,
                               unsigned seed)
{
    static char room[FUZZ_MOST];
    struct fuzz_bytes shaped = {room, length};
    struct wn_random random;

    wn_random_start(&random, seed, WN_RANDOM_SAMPLE, 0, 0);
    if (!target->shape || length > FUZZ_MOST ||
        (target->token && wn_random_below(&random, 8) == 0))
        return LLVMFuzzerMutate(bytes, length, most);
    memcpy(room, bytes, length);
    target->shape(&shaped, &random);
    if (shaped.length > most)
        return length;
    memcpy(bytes, room, shaped.length);
    return shaped.length;
}
