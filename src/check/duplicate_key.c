/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Equal features stand side by side after sorting; see duplicate_key.h. */
#include "check/duplicate_key.h"

#include <stdlib.h>

static int duplicate_key_compare(const void *a, const void *b)
{
    const struct wn_duplicate_key *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

void wn_duplicate_key_sort(const uint64_t *hash, const int32_t *label, size_t n,
                           struct wn_duplicate_key *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (struct wn_duplicate_key){hash[i], label ? label[i] : 0, i};
    qsort(out, n, sizeof *out, duplicate_key_compare);
}
