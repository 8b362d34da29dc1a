/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/duplicate_key.h: groups of rows whose features are equal. */
#ifndef WN_CHECK_DUPLICATE_KEY_H
#define WN_CHECK_DUPLICATE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* One row of a group. */
struct wn_duplicate_key {
    uint64_t hash;
    int32_t label;
    size_t row;
};

/* Rows by hash[n], then label (NULL: all equal), then row, into out[n]. */
void wn_duplicate_key_sort(const uint64_t *hash, const int32_t *label, size_t n,
                           struct wn_duplicate_key *out);

#endif
