/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The choice of kernels; see kernels.h. */
#include "linalg/kernels/kernels.h"

#ifdef WN_TILED
#include <immintrin.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const struct wn_kernels sgemm = {.gemm_roundings = 1,
                                        .scan = &wn_scan_sgemm};

const struct wn_kernels *wn_kernels = &sgemm;

void wn_kernels_use_avx512(void)
{
#if defined(__x86_64__)
    static const struct wn_kernels avx512 = {.gemm_roundings = 1,
                                             .scan = &wn_scan_avx512};

    wn_kernels = &avx512;
#endif
}

#ifdef WN_TILED

const struct wn_kernels *wn_kernels_amx(void)
{
    enum { ASK = 0x1023, TILE_DATA = 18 };
    static const struct wn_kernels amx = {.gemm = wn_amx_gemm,
                                          .gemm_roundings = 6,
                                          .layer = &wn_layer_amx,
                                          .scan = &wn_scan_avx512,
                                          .scan_rounded = &wn_scan_amx};
    unsigned a, b, c, d;

    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512f") ||
        !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl"))
        return NULL;
    __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(0));
    /* amx-bf16 and amx-tile. */
    if (!(d >> 22 & 1) || !(d >> 24 & 1))
        return NULL;
    return syscall(SYS_arch_prctl, ASK, TILE_DATA) == 0 ? &amx : NULL;
}

WN_TILED void wn_amx_open(void)
{
    struct {
        uint8_t palette, start, zero[14];
        uint16_t bytes[16];
        uint8_t lines[16];
    } form = {.palette = 1};

    for (int t = 0; t < 8; t++) {
        form.bytes[t] = 64;
        form.lines[t] = 16;
    }
    __asm__ volatile("ldtilecfg %0" : : "m"(form));
}

WN_TILED void wn_amx_close(void)
{
    _tile_release();
}

#else

const struct wn_kernels *wn_kernels_amx(void)
{
    return NULL;
}

#endif
