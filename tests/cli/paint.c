/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paint FROM OUT: an audit file with results chosen by hand. Standard input has
 * one line a row: issue bits, action, suggestion, el2n, suspicion. Near
 * duplicates form a set with the row before the first. */
#include <stdio.h>

#include "array/hdf5.h"
#include "audit/audit.h"
#include "audit/near_sets.h"

enum { MOST = 100000 };

static float el2n[MOST], suspicion[MOST];
static uint32_t issue[MOST];
static uint8_t action[MOST];
static int32_t suggestion[MOST];
static int64_t order[MOST]; /* as they come */

static size_t read_rows(void)
{
    size_t n = 0;
    unsigned bits, act;
    int class;

    while (n < MOST && scanf("%u %u %d %f %f", &bits, &act, &class, &el2n[n],
                             &suspicion[n]) == 5) {
        issue[n] = bits;
        order[n] = (int64_t)n;
        action[n] = (uint8_t)act;
        suggestion[n++] = class;
    }
    return n;
}

static int write_scores(const struct wn_audit *from, const char *path, size_t n,
                        struct wn_error *error)
{
    const size_t extent[3] = {n, 0, 0};
    struct wn_audit_writer *writer =
        wn_audit_create(path, true, from, WN_SCORE, error);

    if (!writer)
        return -1;
    if (wn_audit_write(writer, "score/el2n", WN_F32, extent, el2n, error)) {
        wn_audit_abandon(writer);
        return -1;
    }
    return wn_audit_finish(writer, error);
}

/* All rows with the bit of near_duplicate, after the row before them. */
static int write_set(struct wn_audit_writer *writer, size_t n,
                     struct wn_error *error)
{
    static int64_t row[MOST], partner[MOST];
    static int32_t set[MOST];
    static float distance[MOST];
    struct wn_near_sets sets = {0, 1, row, set, partner, distance};

    for (size_t i = 1; i < n; i++)
        if (issue[i] >> 1 & 1) {
            if (!sets.rows)
                row[sets.rows++] = (int64_t)i - 1;
            partner[sets.rows] = row[0];
            row[sets.rows++] = (int64_t)i;
        }
    partner[0] = row[1];
    return wn_near_sets_write(&sets, writer, error);
}

static int write_flags(const struct wn_audit *from, const char *path, size_t n,
                       struct wn_error *error)
{
    const size_t extent[3] = {n, 0, 0};
    struct wn_audit_writer *writer =
        wn_audit_create(path, true, from, WN_FLAGS, error);

    if (!writer)
        return -1;
    if (wn_audit_write(writer, "flag/issue", WN_U32, extent, issue, error) ||
        wn_audit_write(writer, "flag/action", WN_U8, extent, action, error) ||
        wn_audit_write(writer, "flag/suggestion", WN_I32, extent, suggestion,
                       error) ||
        wn_audit_write(writer, "flag/suspicion", WN_F32, extent, suspicion,
                       error) ||
        wn_audit_write(writer, "flag/order", WN_I64, extent, order, error) ||
        write_set(writer, n, error) ||
        wn_audit_write_text(writer, "flag/issue", "names",
                            "label,near_duplicate,outlier", error) ||
        wn_audit_write_text(writer, "flag/action", "names",
                            "keep,review,relabel,drop", error)) {
        wn_audit_abandon(writer);
        return -1;
    }
    return wn_audit_finish(writer, error);
}

static int paint(const char *from_path, const char *path,
                 struct wn_error *error)
{
    const size_t n = read_rows();
    struct wn_audit *from;
    int status;

    if (wn_hdf5_start(error))
        return -1;
    from = wn_audit_open(from_path, WN_DATA, error);
    status = from ? write_scores(from, path, n, error) : -1;
    wn_audit_close(from);
    if (status)
        return -1;
    from = wn_audit_open(path, WN_SCORE, error);
    status = from ? write_flags(from, path, n, error) : -1;
    wn_audit_close(from);
    return status;
}

int main(int argc, char **argv)
{
    struct wn_error error = {0};

    if (argc != 3 || paint(argv[1], argv[2], &error)) {
        fprintf(stderr, "paint: %s\n", error.text);
        return 2;
    }
    return 0;
}
