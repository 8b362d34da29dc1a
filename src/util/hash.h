/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/hash.h: content digests (XXH3, 128 and 64 bits).
 *
 * They detect damage and changes, not forgery: XXH3 is not cryptographic. */
#ifndef WN_UTIL_HASH_H
#define WN_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { WN_DIGEST_TEXT = 33 }; /* 32 hexadecimal digits and NUL */

struct wn_hash; /* a digest in progress */

struct wn_hash *wn_hash_new(void) __attribute__((returns_nonnull));
void wn_hash_add(struct wn_hash *hash, const void *bytes, size_t length);
void wn_hash_text(const struct wn_hash *hash, char out[WN_DIGEST_TEXT]);
void wn_hash_free(struct wn_hash *hash);

/* The 64-bit hash of bytes[0..length). */
uint64_t wn_hash_bits(const void *bytes, size_t length);

#endif
