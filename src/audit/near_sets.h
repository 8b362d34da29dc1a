/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/near_sets.h: sets of near duplicates, as in /flag/set.
 *
 * Rows of one set have equal or nearly equal features. The members of a set
 * stand together, the one that should stay first: trusted before others, then
 * the lower suspicion, then the earlier row. */
#ifndef WN_AUDIT_NEAR_SETS_H
#define WN_AUDIT_NEAR_SETS_H

#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "util/error.h"

struct wn_near_sets {
    size_t rows, sets; /* members of all sets, 2 or more of each */
    int64_t *row;      /* rows, each at most once */
    int32_t *set;      /* rows, 0 .. sets-1, rising */
    int64_t *partner;  /* rows, the nearest other member of the set */
    float *distance;   /* rows, from row to partner, 0 for equal features */
};

/* The place after the members of the set that begins at `begin`. */
size_t wn_near_set_end(const struct wn_near_sets *sets, size_t begin);

/* Read the sets of n rows; none is no error. WN_EDATA where they are no sets as
 * above. After a failure there is nothing to free. */
int wn_near_sets_load(struct wn_near_sets *sets, const struct wn_audit *audit,
                      size_t n, struct wn_error *error) WN_MUST_CHECK;
/* Write them, if there are any. */
int wn_near_sets_write(const struct wn_near_sets *sets,
                       struct wn_audit_writer *writer,
                       struct wn_error *error) WN_MUST_CHECK;
void wn_near_sets_free(struct wn_near_sets *sets);

#endif
