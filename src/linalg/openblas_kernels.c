/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which kernel set OpenBLAS runs, and how to change it.
 *
 * OpenBLAS reads OPENBLAS_CORETYPE only while it is loaded, and then runs that
 * set even if the processor lacks its instructions. Versions before 0.3.22 do
 * not know newer processors and choose AVX2 kernels where AVX-512 runs twice as
 * fast. So a program that wants another set puts its name into the environment
 * and executes itself again (wn_program_reexec()).
 *
 * When OpenBLAS 0.3.22 is the oldest supported version, delete
 * wn_openblas_better() and its callers. If --kernels goes, too, delete this
 * file except for the functions named wn_linear_. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "linalg/kernels/kernels.h"
#include "util/free_memory.h"

/* OpenBLAS maps 128 MiB for each thread that calls it, glibc 72 MiB for its
 * stack and heap. */
#define THREAD_ADDRESSES 210e6

enum level { BASE, SSSE3, SSE41, SSE42, AVX, FMA4, AVX2, AVX512 };

static const char *const level_names[] = {"SSE3", "SSSE3", "SSE4.1", "SSE4.2",
                                          "AVX",  "FMA4",  "AVX2",   "AVX-512"};

/* The instructions that a set needs; those not listed here need SSE3. */
static const struct {
    const char *name;
    enum level level;
} sets[] = {{"Core2", SSSE3},       {"Penryn", SSE41},
            {"Dunnington", SSE41},  {"Nehalem", SSE42},
            {"Sandybridge", AVX},   {"Bulldozer", FMA4},
            {"Piledriver", FMA4},   {"Steamroller", FMA4},
            {"Excavator", FMA4},    {"Haswell", AVX2},
            {"Zen", AVX2},          {"SkylakeX", AVX512},
            {"Cooperlake", AVX512}, {"SapphireRapids", AVX512}};

static enum level level_of(const char *name)
{
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
        if (strcasecmp(sets[s].name, name) == 0)
            return sets[s].level;
    return BASE;
}

static bool has_level(enum level level)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    switch (level) {
    case SSSE3:
        return __builtin_cpu_supports("ssse3");
    case SSE41:
        return __builtin_cpu_supports("sse4.1");
    case SSE42:
        return __builtin_cpu_supports("sse4.2");
    case AVX:
        return __builtin_cpu_supports("avx");
    case FMA4:
        return __builtin_cpu_supports("fma4");
    case AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case AVX512:
        return __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl");
    case BASE:
        break;
    }
#endif
    return level == BASE;
}

static bool runs_avx512(void)
{
    return level_of(openblas_get_corename()) == AVX512 && has_level(AVX512);
}

const char *wn_openblas_better(void)
{
    static const char *const older[] = {"Haswell", "Zen", "Sandybridge",
                                        "Nehalem", "Prescott"};

    for (size_t i = 0; i < sizeof older / sizeof *older; i++)
        if (strcmp(openblas_get_corename(), older[i]) == 0)
            return has_level(AVX512) ? "SkylakeX" : NULL;
    return NULL;
}

bool wn_openblas_request(const char *name)
{
    const char *set = getenv("OPENBLAS_CORETYPE");

    if (name ? set && strcmp(set, name) == 0 : set != NULL)
        return false;
    if (!name)
        name = wn_openblas_better();
    return name && has_level(level_of(name)) &&
           setenv("OPENBLAS_CORETYPE", name, 1) == 0;
}

int wn_openblas_check(const char *name, struct wn_error *error)
{
    const char *found = openblas_get_corename();
    const enum level need = level_of(name ? name : found);
    enum level best = AVX512;

    while (!has_level(best))
        best--;
    if (!has_level(need))
        return wn_fail(error, WN_EUSAGE,
                       "%s: found '%s', which needs %s; this processor has %s",
                       name ? "--kernels" : "OPENBLAS_CORETYPE",
                       name ? name : found, level_names[need],
                       level_names[best]);
    if (name && strcasecmp(name, found))
        return wn_fail(error, WN_EUSAGE,
                       "--kernels: found '%s', which OpenBLAS does not run "
                       "here; by itself it takes %s",
                       name, found);
    return 0;
}

int wn_linear_check_addresses(int threads, struct wn_error *error)
{
    const struct wn_free_memory memory = wn_free_memory_find("");
    const double need = threads * THREAD_ADDRESSES;

    if (!memory.addresses || need <= memory.bytes)
        return 0;
    return wn_fail(error, WN_EUSAGE,
                   "%d threads need %.0f MiB of addresses, %s %.0f free: "
                   "wanted fewer --threads or a higher limit",
                   threads, ceil(need / 0x1p20), memory.what,
                   floor(memory.bytes / 0x1p20));
}

void wn_linear_start(void)
{
    openblas_set_num_threads(1);
    if (runs_avx512())
        wn_kernels_use_avx512();
}

void wn_linear_use_matrix_unit(void)
{
    const struct wn_kernels *amx = runs_avx512() ? wn_kernels_amx() : NULL;

    if (amx)
        wn_kernels = amx;
}

const char *wn_linear_kernels(void)
{
    static char name[64];

    snprintf(name, sizeof name, "%s%s", openblas_get_corename(),
             wn_kernels->gemm ? " and AMX" : "");
    return name;
}
