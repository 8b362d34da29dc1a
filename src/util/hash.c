/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XXH3; no other file includes xxhash.h. It is inlined because most inputs are
 * cells of a few bytes, for which a call would cost as much as the hash. */
#include "util/hash.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "util/memory.h"

struct wn_hash *wn_hash_new(void)
{
    XXH3_state_t *state = XXH3_createState();

    if (!state)
        wn_die("no memory for a digest");
    XXH3_128bits_reset(state);
    return (struct wn_hash *)state;
}

void wn_hash_add(struct wn_hash *hash, const void *bytes, size_t length)
{
    if (length)
        XXH3_128bits_update((XXH3_state_t *)hash, bytes, length);
}

void wn_hash_text(const struct wn_hash *hash, char out[WN_DIGEST_TEXT])
{
    const XXH128_hash_t sum = XXH3_128bits_digest((const XXH3_state_t *)hash);

    snprintf(out, WN_DIGEST_TEXT, "%016llx%016llx",
             (unsigned long long)sum.high64, (unsigned long long)sum.low64);
}

void wn_hash_free(struct wn_hash *hash)
{
    XXH3_freeState((XXH3_state_t *)hash);
}

uint64_t wn_hash_bits(const void *bytes, size_t length)
{
    return XXH3_64bits(length ? bytes : "", length);
}
