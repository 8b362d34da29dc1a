/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/hash.h: content digests (XXH3, 128 and 64 bits).
 *
 * They find damage and change, not malice: XXH3 is no cryptographic hash. */
#ifndef WN_UTIL_HASH_H
#define WN_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum { WN_DIGEST_TEXT = 33 }; /* 32 hexadecimal digits and NUL */

struct wn_hash; /* a running digest */

struct wn_hash *wn_hash_new(void) WN_MUST_CHECK;
void wn_hash_add(struct wn_hash *hash, const void *bytes, size_t length);
void wn_hash_text(const struct wn_hash *hash, char out[WN_DIGEST_TEXT]);
void wn_hash_free(struct wn_hash *hash);

/* 64 bits of bytes[0..length), in one call. */
uint64_t wn_hash_bits(const void *bytes, size_t length);

#endif
