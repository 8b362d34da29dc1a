/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people decided: loaded from /flag/decided, how often flag was right
 * there, and which rows to ask them about next. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise/verdicts.h"
#include "report/report.h"
#include "util/memory.h"
#include "util/random.h"

/* A whole number of 0 or more from an attribute; 0 if it is missing. */
static size_t read_count(const struct wn_audit *audit, const char *path,
                         const char *attribute)
{
    const double value = wn_report_number(audit, path, attribute, 0, 0x1p53);

    return isnan(value) ? 0 : (size_t)value;
}

static int fail_code(const struct wn_audit *audit, const char *path, size_t d,
                     long long found, struct wn_error *error)
{
    return wn_fail(error, WN_EDATA,
                   "%s: element %zu of %s is %lld, out of range",
                   wn_audit_name(audit), d, path, found);
}

/* The names of an attribute must be ours, or the first of them: their order is
 * the meaning of the codes. */
static int check_names(const struct wn_audit *audit, const char *path,
                       struct wn_error *error)
{
    const char *const wanted = wn_decision_names;
    char *names = wn_audit_text(audit, path, "names", error);
    const size_t length = names ? strlen(names) : 0;
    const bool same = names && strncmp(names, wanted, length) == 0 &&
                      (wanted[length] == '\0' || wanted[length] == ',');

    free(names);
    if (error->code || same)
        return error->code ? -1 : 0;
    return wn_fail(error, WN_EDATA, "%s: %s: wanted the names %s",
                   wn_audit_name(audit), path, wanted);
}

/* The columns of /flag/decided. */
enum { ROW, VERDICT, PLANNED, REASON, CLASS, ISSUE, SUSPICION, COLUMNS };
static const struct {
    const char *path;
    enum wn_type type;
} columns[COLUMNS] = {[ROW] = {"flag/decided/row", WN_I64},
                      [VERDICT] = {"flag/decided/verdict", WN_U8},
                      [PLANNED] = {"flag/decided/planned", WN_U8},
                      [REASON] = {"flag/decided/reason", WN_U8},
                      [CLASS] = {"flag/decided/class", WN_I32},
                      [ISSUE] = {"flag/decided/issue", WN_U32},
                      [SUSPICION] = {"flag/decided/suspicion", WN_F32}};

static void take_columns(struct wn_report *report, const struct wn_audit *audit,
                         void *const in[COLUMNS], struct wn_error *error)
{
    struct wn_decided_rows *decided = &report->decided;
    const int64_t *row = in[ROW];
    const uint8_t *verdict = in[VERDICT], *planned = in[PLANNED];
    const uint8_t *reason = in[REASON];
    const int32_t *class = in[CLASS];
    const uint32_t *issue = in[ISSUE];
    const float *suspicion = in[SUSPICION];

    for (size_t d = 0; d < decided->count; d++) {
        /* layout.def has the other bounds. */
        const struct {
            bool wrong;
            int column;
            long long found;
        } checks[] = {{d && row[d] <= row[d - 1], ROW, row[d]},
                      {verdict[d] == 0 || verdict[d] >= WN_DECISION_KINDS,
                       VERDICT, verdict[d]},
                      {(verdict[d] == WN_SAID_RELABEL) != (class[d] >= 0),
                       CLASS, class[d]},
                      {reason[d] >= report->reasons, REASON, reason[d]}};

        for (size_t c = 0; c < sizeof checks / sizeof *checks; c++)
            if (checks[c].wrong) {
                fail_code(audit, columns[checks[c].column].path, d,
                          checks[c].found, error);
                return;
            }
        decided->row[d] =
            (struct wn_decided_row){.row = (size_t)row[d],
                                    .decision = (enum wn_decision)verdict[d],
                                    .class = class[d],
                                    .planned = planned[d] != 0,
                                    .suspicion = suspicion[d],
                                    .issue = issue[d],
                                    .reason = reason[d]};
        decided->of[row[d]] = verdict[d];
    }
}

int wn_decided_load(struct wn_report *report, const struct wn_audit *audit,
                    struct wn_error *error)
{
    struct wn_decided_rows *decided = &report->decided;
    const size_t n = report->data.n;
    const struct {
        const char *path;
        char ***to;
    } texts[] = {{"flag/decided/who", &decided->who},
                 {"flag/decided/when", &decided->when},
                 {"flag/decided/note", &decided->note}};
    void *in[COLUMNS] = {NULL};
    size_t count = 0;

    decided->stale = read_count(audit, "flag/action", "stale");
    decided->gone = read_count(audit, "flag/action", "gone");
    if (wn_audit_has(audit, "flag/stratum")) {
        decided->stratum = wn_audit_read(audit, "flag/stratum", WN_U8,
                                         (size_t[3]){n, 0, 0}, error);
        if (!decided->stratum)
            return -1;
        decided->trusted = read_count(audit, "flag/stratum", "trusted");
        decided->trusted_suspects =
            read_count(audit, "flag/stratum", "trusted_suspects");
    }
    if (!wn_audit_has(audit, "flag/decided/row"))
        return 0;
    if (wn_audit_extent(audit, "flag/decided/row", 0, &count, error))
        return -1;
    for (size_t c = 0; c < COLUMNS && !error->code; c++)
        in[c] = wn_audit_read(audit, columns[c].path, columns[c].type,
                              (size_t[3]){count, 0, 0}, error);
    if (!error->code && check_names(audit, columns[VERDICT].path, error) == 0) {
        decided->count = count;
        decided->row = wn_new(count, sizeof *decided->row);
        decided->of = wn_new(n, 1);
        for (size_t t = 0; t < sizeof texts / sizeof *texts && !error->code;
             t++) {
            size_t found = 0;

            if (wn_audit_read_names(audit, texts[t].path, texts[t].to, &found,
                                    error) == 0 &&
                found != count)
                wn_fail(error, WN_EDATA, "%s: %s has %zu elements, wanted %zu",
                        wn_audit_name(audit), texts[t].path, found, count);
        }
    }
    if (!error->code)
        take_columns(report, audit, in, error);
    for (size_t c = 0; c < COLUMNS; c++)
        free(in[c]);
    return error->code ? -1 : 0;
}

void wn_decided_free(struct wn_decided_rows *decided)
{
    wn_names_free(decided->who, decided->count);
    wn_names_free(decided->when, decided->count);
    wn_names_free(decided->note, decided->count);
    free(decided->row);
    free(decided->of);
    free(decided->stratum);
    *decided = (struct wn_decided_rows){0};
}

/* --- how often flag was right -------------------------------------------- */

struct wn_precision wn_precision_of(const struct wn_report *report,
                                    enum wn_precision_of what, size_t reason)
{
    struct wn_precision precision = {0, 0, 0, 1};

    for (size_t d = 0; d < report->decided.count; d++) {
        const struct wn_decided_row *row = &report->decided.row[d];

        if (what == WN_OF_ALL ||
            (what == WN_OF_SUSPECTS && row->issue & report->label_bit) ||
            (what == WN_OF_REASON && row->reason == reason)) {
            precision.reviewed += wn_says_of_label(row->decision);
            precision.wrong += wn_says_wrong(row->decision);
        }
    }
    wn_share_interval(precision.wrong, precision.reviewed, 0.95, &precision.low,
                      &precision.high);
    return precision;
}

/* --- which rows to review ------------------------------------------------ */

int64_t *wn_review_plan(const struct wn_report *report, size_t count,
                        uint64_t seed, size_t *found)
{
    const struct wn_decided_rows *decided = &report->decided;
    const size_t n = report->data.n;
    size_t all[WN_STRATA] = {0}, open[WN_STRATA] = {0};
    size_t planned[WN_STRATA] = {0}, wrong[WN_STRATA] = {0}, plan[WN_STRATA];
    int64_t *row = wn_new(n, sizeof *row);
    int32_t *order = wn_new(n, sizeof *order);
    struct wn_random random;

    *found = 0;
    for (size_t i = 0; i < n; i++)
        if (decided->stratum[i]) {
            all[decided->stratum[i] - 1]++;
            open[decided->stratum[i] - 1] += !decided->of || !decided->of[i];
        }
    for (size_t d = 0; d < decided->count; d++) {
        const struct wn_decided_row *one = &decided->row[d];
        const size_t h = decided->stratum[one->row];

        if (!h || !one->planned)
            continue;
        planned[h - 1] += wn_says_of_label(one->decision);
        wrong[h - 1] += wn_says_wrong(one->decision);
    }
    wn_strata_plan(all, open, planned, wrong, count, plan);
    wn_random_start(&random, seed, WN_RANDOM_REVIEW, decided->count, 0);
    wn_random_order(&random, order, n);
    /* In random order, too: whoever stops half way has seen a sample. */
    for (size_t at = 0; at < n; at++) {
        const size_t i = (size_t)order[at], h = decided->stratum[i];

        if (!h || !plan[h - 1] || (decided->of && decided->of[i]))
            continue;
        plan[h - 1]--;
        row[(*found)++] = (int64_t)i;
    }
    free(order);
    return row;
}
