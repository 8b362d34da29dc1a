/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An audit against an older one: which flags are new, which are gone, and what
 * may have caused it. Only the two audits are read, not the data. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/features.h"
#include "report/report.h"
#include "util/hash.h"
#include "util/memory.h"
#include "util/text.h"

const char *const wn_gone_names[WN_GONES] = {"cleared", "confirmed",
                                             "relabelled", "edited", "removed"};
const char *const wn_change_names[WN_CHANGES] = {
    "", "still", "new", "new row", "relabelled", "edited"};

/* Features of a row that nobody edited may differ by this many standard
 * deviations, because edits of other rows moved the scale. */
#define SAME_FEATURE 0.02

/* --- rows ---------------------------------------------------------------- */

/* A row under the hash of its content or of its identifier. */
struct key {
    uint64_t value;
    size_t row;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The sorted keys of the rows that have no partner yet. */
static struct key *list_keys(const struct wn_report *report,
                             const int64_t *partner, bool by_id, size_t *count)
{
    struct key *keys = wn_new(report->data.n, sizeof *keys);

    *count = 0;
    for (size_t i = 0; i < report->data.n; i++) {
        size_t length = 0;
        const char *id = by_id ? wn_report_id(report, i, &length) : NULL;

        if (partner[i] < 0 && (!by_id || length))
            keys[(*count)++] = (struct key){
                by_id ? wn_hash_bits(id, length) : report->data.row_hash[i], i};
    }
    qsort(keys, *count, sizeof *keys, compare_keys);
    return keys;
}

/* Give rows without a partner one with the same key; copies match in order. */
static void match_rows(struct wn_comparison *against,
                       const struct wn_report *report, int64_t *then,
                       bool by_id)
{
    size_t olds, news, o = 0, i = 0;
    struct key *old = list_keys(&against->old, against->now, by_id, &olds);
    struct key *new = list_keys(report, then, by_id, &news);

    while (o < olds && i < news) {
        if (old[o].value < new[i].value) {
            o++;
        } else if (old[o].value > new[i].value) {
            i++;
        } else {
            against->now[old[o].row] = (int64_t) new[i].row;
            against->edited[old[o].row] = by_id;
            then[new[i++].row] = (int64_t)old[o++].row;
        }
    }
    free(old);
    free(new);
}

int wn_comparison_gone(const struct wn_comparison *against,
                       const struct wn_report *report, size_t i)
{
    const int64_t now = against->now[i];

    if (!wn_report_is_flagged(&against->old, i) ||
        (now >= 0 && wn_report_is_flagged(report, (size_t)now)))
        return -1;
    if (now < 0)
        return WN_REMOVED;
    if (against->confirmed[i])
        return WN_CONFIRMED;
    if (against->relabelled[i])
        return WN_RELABELLED;
    return against->edited[i] ? WN_EDITED : WN_CLEARED;
}

/* Rows marked as right: 1 by the role trusted or by a verdict; free(). */
static uint8_t *list_right(const struct wn_report *report,
                           const struct wn_audit *audit, struct wn_error *error)
{
    static const char path[] = "data/trusted";
    const size_t n = report->data.n;
    uint8_t *right =
        wn_audit_has(audit, path)
            ? wn_audit_read(audit, path, WN_U8, (size_t[3]){n, 0, 0}, error)
            : wn_new(n, 1);

    for (size_t i = 0; right && report->decided.of && i < n; i++)
        if (report->decided.of[i] != WN_UNDECIDED)
            right[i] = report->decided.of[i] == WN_SAID_OK;
    return right;
}

/* Whether two rows have the same class. */
static bool same_class(const struct wn_report *old, size_t i,
                       const struct wn_report *new, size_t j)
{
    const char *was = wn_report_class(old, old->data.label[i]);
    const char *is = wn_report_class(new, new->data.label[j]);

    return was && is && strcmp(was, is) == 0;
}

/* Whether the features of two rows are the same. Features that cannot be read
 * are not. */
static bool same_features(const struct wn_report *old, struct wn_features *then,
                          size_t i, const struct wn_report *new,
                          struct wn_features *now, size_t j)
{
    const size_t d = old->data.d;
    struct wn_error unread = {0};
    bool same = then && now && d == new->data.d;

    if (!same)
        return false;
    float *x = wn_new(d, sizeof *x), *y = wn_new(d, sizeof *y);
    same = wn_features_read(then, i, i + 1, x, &unread) == 0 &&
           wn_features_read(now, j, j + 1, y, &unread) == 0;
    for (size_t f = 0; same && f < d; f++)
        same = fabs((double)x[f] - (double)y[f]) <= SAME_FEATURE;
    free(x);
    free(y);
    return same;
}

/* Find the rows that a person marked as right since, and that are the same but
 * for the mark; and those that are the same but for their label. */
static int find_same(struct wn_comparison *against, const struct wn_audit *then,
                     const struct wn_report *report, const struct wn_audit *now,
                     struct wn_error *error)
{
    const struct wn_report *old = &against->old;
    struct wn_error unread = {0};
    uint8_t *was = list_right(old, then, error);
    uint8_t *is = was ? list_right(report, now, error) : NULL;
    struct wn_features *x = is ? wn_features_open(then, &unread) : NULL;
    struct wn_features *y = x ? wn_features_open(now, &unread) : NULL;

    against->confirmed = wn_new(old->data.n, 1);
    against->relabelled = wn_new(old->data.n, 1);
    for (size_t i = 0; is && i < old->data.n; i++) {
        const int64_t j = against->now[i];
        const bool flagged = wn_report_is_flagged(old, i);

        if (j < 0 || !(flagged || wn_report_is_flagged(report, (size_t)j)))
            continue;
        const bool same = !against->edited[i] ||
                          same_features(old, x, i, report, y, (size_t)j);
        const bool label =
            !against->edited[i] || same_class(old, i, report, (size_t)j);
        against->confirmed[i] = flagged && !was[i] && is[j] && same && label;
        against->relabelled[i] = same && !label;
    }
    wn_features_close(x);
    wn_features_close(y);
    free(was);
    free(is);
    return error->code ? -1 : 0;
}

/* What is new about row i that is flagged; `then` is its row in the old audit,
 * -1 for none. A row that a person judged is no news. */
static enum wn_change find_change(const struct wn_comparison *against,
                                  const struct wn_report *report, size_t i,
                                  int64_t then)
{
    if (report->decided.of && report->decided.of[i] != WN_UNDECIDED)
        return WN_STILL_FLAGGED;
    if (then < 0)
        return WN_NEW_ROW;
    if (against->relabelled[then])
        return WN_NEW_LABEL;
    if (wn_report_is_flagged(&against->old, (size_t)then))
        return WN_STILL_FLAGGED;
    return against->edited[then] ? WN_NEW_CONTENT : WN_NEW_FLAG;
}

size_t wn_comparison_new(const struct wn_comparison *against)
{
    size_t count = 0;

    for (int change = WN_NEW_FLAG; change < WN_CHANGES; change++)
        count += against->changes[change];
    return count;
}

size_t wn_comparison_ended(const struct wn_comparison *against)
{
    size_t count = 0;

    for (int gone = 0; gone < WN_GONES; gone++)
        count += against->gones[gone];
    return count;
}

static int compare_rows(struct wn_comparison *against,
                        const struct wn_audit *old_audit,
                        const struct wn_report *report,
                        const struct wn_audit *audit, struct wn_error *error)
{
    const size_t n = report->data.n, old_n = against->old.data.n;
    int64_t *then = wn_new(n, sizeof *then);

    against->change = wn_new(n, 1);
    against->now = wn_new(old_n, sizeof *against->now);
    against->edited = wn_new(old_n, 1);
    for (size_t i = 0; i < n; i++)
        then[i] = -1;
    for (size_t i = 0; i < old_n; i++)
        against->now[i] = -1;
    match_rows(against, report, then, false);
    match_rows(against, report, then, true);
    if (find_same(against, old_audit, report, audit, error)) {
        free(then);
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        const enum wn_change change =
            wn_report_is_flagged(report, i)
                ? find_change(against, report, i, then[i])
                : WN_NOT_FLAGGED;

        against->change[i] = (uint8_t)change;
        against->changes[change]++;
    }
    for (size_t i = 0; i < old_n; i++) {
        const int gone = wn_comparison_gone(against, report, i);

        if (gone >= 0)
            against->gones[gone]++;
    }
    free(then);
    return 0;
}

/* --- causes -------------------------------------------------------------- */

/* Whether `word`, up to a blank, is one of `options`. */
static bool has_word(const char *options, const char *word)
{
    return wn_text_lists(options, ' ', word, strcspn(word, " "));
}

/* The first of `options` that sets the same option as `word` and is not among
 * `others`; NULL if there is none. */
static const char *counterpart(const char *options, const char *others,
                               const char *word)
{
    const size_t name = strcspn(word, "= ") + 1;

    for (const char *at = options; *at; at += *at == ' ') {
        if (strncmp(at, word, name) == 0 && !has_word(others, at))
            return at;
        at += strcspn(at, " ");
    }
    return NULL;
}

/* A line for every option whose value differs: "score: replicates=5, was
 * replicates=10". */
static void compare_options(struct wn_lines *causes, const char *program,
                            const char *old, const char *new)
{
    for (const char *at = new; *at; at += *at == ' ') {
        const int size = (int)strcspn(at, " ");
        const char *was = counterpart(old, new, at);

        if (!has_word(old, at))
            wn_lines_add(causes, "%s: %.*s, was %.*s", program, size, at,
                         was ? (int)strcspn(was, " ") : 7,
                         was ? was : "not set");
        at += size;
    }
    for (const char *at = old; *at; at += *at == ' ') {
        const int size = (int)strcspn(at, " ");

        if (!has_word(new, at) && !counterpart(new, old, at))
            wn_lines_add(causes, "%s: not set, was %.*s", program, size, at);
        at += size;
    }
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void find_causes(struct wn_comparison *against,
                        const struct wn_report *report)
{
    static const char *const program[] = {"ingest", "score", "flag"};

    if (strcmp(or_empty(against->old.data.source_digest),
               or_empty(report->data.source_digest)))
        wn_lines_add(&against->causes, "the data have changed");
    for (int stage = WN_DATA; stage <= WN_FLAGS; stage++) {
        const char *old_version = or_empty(against->old.origin[stage].version);
        const char *new_version = or_empty(report->origin[stage].version);

        if (strcmp(old_version, new_version))
            wn_lines_add(&against->causes, "%s: version %s, was %s",
                         program[stage], new_version, old_version);
        compare_options(&against->causes, program[stage],
                        or_empty(against->old.origin[stage].options),
                        or_empty(report->origin[stage].options));
    }
    const char *was = against->old.model_quality.kernels;
    const char *is = report->model_quality.kernels;
    if (was && is && strcmp(was, is))
        wn_lines_add(&against->causes,
                     "another processor: kernels %s of OpenBLAS, were %s", is,
                     was);
}

int wn_comparison_load(struct wn_comparison *against,
                       const struct wn_report *report,
                       const struct wn_audit *now, const char *file,
                       struct wn_error *error)
{
    struct wn_audit *audit;
    int status;

    *against = (struct wn_comparison){.file = file};
    if (!report->flagged)
        return wn_fail(error, WN_EUSAGE,
                       "--against: nothing has been flagged yet; run flag");
    audit = wn_audit_open(file, WN_FLAGS, error);
    if (!audit)
        return -1;
    status = wn_report_load(&against->old, audit, error);
    if (status == 0)
        status = compare_rows(against, audit, report, now, error);
    if (status == 0)
        find_causes(against, report);
    wn_audit_close(audit);
    return status;
}

void wn_comparison_free(struct wn_comparison *against)
{
    wn_report_free(&against->old);
    wn_lines_free(&against->causes);
    free(against->change);
    free(against->now);
    free(against->edited);
    free(against->confirmed);
    free(against->relabelled);
    *against = (struct wn_comparison){0};
}
