/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/simd.h: loops for the vector width of the processor.
 *
 * A function marked WN_MULTIVERSION is compiled for several vector widths, and
 * the loader picks one. All widths give the same bytes as long as its loops
 * have independent lanes, or sum over a fixed number of lanes (WN_SIMD_LANES),
 * and the compiler does not contract products and sums (-ffp-contract=off).
 * Off with sanitizers, which do not support ifuncs, and with clang (14), which
 * cannot link one from another file. */
#ifndef WN_UTIL_SIMD_H
#define WN_UTIL_SIMD_H

#if defined(__x86_64__) && defined(__gnu_linux__) &&                           \
    !defined(__SANITIZE_ADDRESS__) && !defined(__clang__) &&                   \
    defined(__has_attribute)
#if __has_attribute(target_clones)
#define WN_MULTIVERSION                                                        \
    __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef WN_MULTIVERSION
#define WN_MULTIVERSION
#endif

enum { WN_SIMD_LANES = 16 };

#endif
