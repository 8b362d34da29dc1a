/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/simd.h: loops as wide as the processor.
 *
 * A function marked WN_MULTIVERSION is compiled for several vector widths, of
 * which the loader picks one. It may hold only loops whose lanes do not meet,
 * or sums over lanes of a fixed number (WN_SIMD_LANES): then every width gives
 * the same bytes, as products and sums are never contracted
 * (-ffp-contract=off). Sanitizers cannot watch a function that is picked while
 * loading, and clang (14) does not find one of another file when it links. */
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
