/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of near duplicates in the audit file; see near_sets.h. */
#include "audit/near_sets.h"

#include "util/memory.h"
#include "util/spill.h"

static const char row_path[] = "flag/set/row", set_path[] = "flag/set/set",
                  partner_path[] = "flag/set/partner",
                  distance_path[] = "flag/set/distance";

size_t wn_near_set_end(const struct wn_near_sets *sets, size_t begin)
{
    size_t end = begin + 1;

    while (end < sets->rows && sets->set[end] == sets->set[begin])
        end++;
    return end;
}

static int fail_member(const struct wn_audit *audit, const char *path, size_t m,
                       long long found, const char *wanted,
                       struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s: element %zu of %s is %lld, wanted %s",
                   wn_audit_name(audit), m, path, found, wanted);
}

/* What the table of datasets does not say: sets are numbered in order, have two
 * members or more, share none, and hold the partners. */
static int check_sets(struct wn_near_sets *sets, const struct wn_audit *audit,
                      size_t n, struct wn_error *error)
{
    int32_t *of = wn_spill_new(n, sizeof *of); /* set + 1 */
    int status = 0;

    for (size_t begin = 0, end; begin < sets->rows && status == 0;
         begin = end) {
        end = wn_near_set_end(sets, begin);
        if (sets->set[begin] != (int32_t)sets->sets || end - begin < 2)
            status = fail_member(audit, set_path, begin, sets->set[begin],
                                 "sets of two or more, in order", error);
        sets->sets++;
        for (size_t m = begin; m < end && status == 0; m++) {
            if (sets->row[m] < 0 || (uint64_t)sets->row[m] >= n ||
                of[sets->row[m]])
                status = fail_member(audit, row_path, m, sets->row[m],
                                     "a row of no other set", error);
            else
                of[sets->row[m]] = sets->set[m] + 1;
        }
    }
    for (size_t m = 0; m < sets->rows && status == 0; m++)
        if (sets->partner[m] < 0 || (uint64_t)sets->partner[m] >= n ||
            sets->partner[m] == sets->row[m] ||
            of[sets->partner[m]] != sets->set[m] + 1)
            status = fail_member(audit, partner_path, m, sets->partner[m],
                                 "another row of the same set", error);
    wn_spill_free(of);
    return status;
}

int wn_near_sets_load(struct wn_near_sets *sets, const struct wn_audit *audit,
                      size_t n, struct wn_error *error)
{
    size_t extent[3] = {0, 0, 0};

    *sets = (struct wn_near_sets){0};
    if (!wn_audit_has(audit, row_path))
        return 0;
    if (wn_audit_extent(audit, row_path, 0, extent, error))
        return -1;
    sets->rows = extent[0];
    sets->row = wn_audit_read(audit, row_path, WN_I64, extent, error);
    if (sets->row)
        sets->set = wn_audit_read(audit, set_path, WN_I32, extent, error);
    if (sets->set)
        sets->partner =
            wn_audit_read(audit, partner_path, WN_I64, extent, error);
    if (sets->partner)
        sets->distance =
            wn_audit_read(audit, distance_path, WN_F32, extent, error);
    if (sets->row && sets->set && sets->partner && sets->distance &&
        check_sets(sets, audit, n, error) == 0)
        return 0;
    wn_near_sets_free(sets);
    return -1;
}

int wn_near_sets_write(const struct wn_near_sets *sets,
                       struct wn_audit_writer *writer, struct wn_error *error)
{
    const struct wn_vector vectors[] = {{row_path, sets->row},
                                        {set_path, sets->set},
                                        {partner_path, sets->partner},
                                        {distance_path, sets->distance}};

    return sets->rows
               ? wn_audit_write_vectors(writer, sets->rows, vectors, 4, error)
               : 0;
}

void wn_near_sets_free(struct wn_near_sets *sets)
{
    wn_spill_free(sets->row);
    wn_spill_free(sets->set);
    wn_spill_free(sets->partner);
    wn_spill_free(sets->distance);
    *sets = (struct wn_near_sets){0};
}
