/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flag --previous: label issues that do not come and go.
 *
 * The suspicions of all rows move a little whenever any row does. A row whose
 * suspicion is near the cut would be flagged one night and not the next. So a
 * row with the content of a row of the audit before stays flagged, or stays not
 * flagged, until the odds of its suspicion are clearly beyond those of the cut,
 * by CLEAR. Rows that are new, relabelled or edited meet the cut itself. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prog/flag/flag.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/spill.h"

#define CLEAR 2.0        /* factor of the odds of a suspicion */
#define CLEAR_GRADE 1.25 /* factor of the expected distance in grades */

/* The rows of `audit` by their hashes, with label 1 where the label was
 * flagged, else 0; *count of them; NULL on failure. */
static struct wn_hashed_row *list_before(const struct wn_audit *audit,
                                         size_t *count, struct wn_error *error)
{
    struct wn_dataset data = {0};
    struct wn_hashed_row *list = NULL;
    uint32_t *issue = NULL, bit = 0;
    char **names = NULL;
    size_t checks = 0;

    if (wn_dataset_load(&data, audit, WN_PART_ROW, error) == 0 &&
        !data.row_hash)
        wn_fail(error, WN_EDATA, "%s: has no data/row_hash",
                wn_audit_name(audit));
    *count = data.n;
    if (!error->code)
        issue = wn_audit_read(audit, "flag/issue", WN_U32,
                              (size_t[3]){data.n, 0, 0}, error);
    if (issue && data.row_hash &&
        wn_audit_words(audit, "flag/issue", &names, &checks, error) == 0) {
        for (size_t c = 0; c < checks && c < 32; c++)
            if (strcmp(names[c], "label") == 0)
                bit = UINT32_C(1) << c;
        list = wn_new(data.n, sizeof *list);
        for (size_t i = 0; i < data.n; i++)
            list[i] = (struct wn_hashed_row){data.row_hash[i],
                                             (issue[i] & bit) != 0, i};
        wn_order_by_hash(list, data.n);
    }
    wn_names_free(names, checks);
    wn_spill_free(issue);
    wn_dataset_free(&data);
    return list;
}

/* Whether a row with that content was flagged: 1, 0, or -1 without such a row.
 * Of copies, any: the last of them is flagged if one is. */
static int was_flagged(const struct wn_hashed_row *list, size_t count,
                       uint64_t hash)
{
    size_t low = 0,
           high = count; /* list[low - 1].hash <= hash < that of high */

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (list[middle].hash <= hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low && list[low - 1].hash == hash ? list[low - 1].label : -1;
}

int flag_read_previous(const struct wn_run *run, struct work *work,
                       struct wn_error *error)
{
    const char *file = wn_option_text(run->options, "previous");
    struct wn_dataset data = {0};
    size_t count = 0;

    if (!file)
        return 0;
    struct wn_audit *audit = wn_audit_open(file, WN_FLAGS, error);
    struct wn_hashed_row *list =
        audit ? list_before(audit, &count, error) : NULL;
    if (list && wn_dataset_load(&data, work->audit, WN_PART_ROW, error) == 0 &&
        !data.row_hash)
        wn_fail(error, WN_EDATA, "%s: has no data/row_hash",
                wn_audit_name(work->audit));
    if (!error->code && data.row_hash) {
        work->was = wn_arena_spill(&work->own, 1, data.n, 1);
        for (size_t i = 0; i < data.n; i++)
            work->was[i] = (int8_t)was_flagged(list, count, data.row_hash[i]);
        wn_text_format(&work->previous, "%s", wn_audit_digest(audit, WN_DATA));
    }
    free(list);
    wn_dataset_free(&data);
    wn_audit_close(audit);
    return error->code ? -1 : 0;
}

/* What the rows are ranked by, as a ratio: odds, or a distance in grades. */
static double strength(const struct work *work, size_t i)
{
    const double suspicion = work->judged.verdict[i].suspicion;

    if (work->evidence.shift)
        return work->evidence.shift[i];
    return suspicion < 1 ? suspicion / (1 - suspicion) : INFINITY;
}

void flag_hold_flags(struct work *work)
{
    const struct wn_evidence *evidence = &work->evidence;
    const double clear = work->evidence.shift ? CLEAR_GRADE : CLEAR;
    double cut = INFINITY;
    bool cut_off = false; /* the list ends before the rule does */

    if (!work->was || !evidence->label || !evidence->noise ||
        work->settings.rule != wn_label_rule_find("posterior") ||
        work->claim.kind == WN_CLAIM_NOTHING)
        return;
    for (size_t i = 0; i < evidence->n; i++) {
        if (evidence->label[i] < 0)
            continue;
        if (work->hit[i])
            cut = fmin(cut, strength(work, i));
        cut_off |= !work->hit[i] && work->judged.verdict[i].suspicion > 0.5 &&
                   !(evidence->trusted && evidence->trusted[i]);
    }
    if (!work->evidence.shift && !cut_off)
        cut = fmin(cut, 1);
    for (size_t i = 0; i < evidence->n; i++) {
        if (evidence->label[i] < 0 ||
            (evidence->trusted && evidence->trusted[i]))
            continue;
        if (work->was[i] == 1 && strength(work, i) >= cut / clear)
            work->hit[i] = 1;
        else if (work->was[i] == 0 && strength(work, i) < cut * clear)
            work->hit[i] = 0;
    }
}
