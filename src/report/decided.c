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
    const double value =
        wn_audit_has(audit, path)
            ? wn_report_number(audit, path, attribute, 0, 0x1p53)
            : NAN;

    return isnan(value) ? 0 : (size_t)value;
}

static int fail_code(const struct wn_audit *audit, const char *path, size_t d,
                     long long found, struct wn_error *error)
{
    return wn_fail(error, WN_EDATA,
                   "%s: element %zu of %s is %lld, out of range",
                   wn_audit_name(audit), d, path, found);
}

static int read_texts(const struct wn_audit *audit, const char *path,
                      char ***texts, size_t *count, size_t wanted,
                      struct wn_error *error)
{
    if (wn_audit_read_names(audit, path, texts, count, error))
        return -1;
    return *count == wanted
               ? 0
               : wn_fail(error, WN_EDATA, "%s: %s has %zu elements, wanted %zu",
                         wn_audit_name(audit), path, *count, wanted);
}

/* The names of an attribute must be ours, or the first of them: their order is
 * the meaning of the codes. */
static int check_names(const struct wn_audit *audit, const char *path,
                       const char *wanted, struct wn_error *error)
{
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
struct columns {
    int64_t *row;
    uint8_t *verdict, *planned, *reason;
    int32_t *class;
    uint32_t *issue;
    float *suspicion;
};

static int take_columns(struct wn_report *report, const struct wn_audit *audit,
                        const struct columns *in, struct wn_error *error)
{
    struct wn_decided_rows *decided = &report->decided;
    int64_t before = -1;

    for (size_t d = 0; d < decided->count; d++) {
        if (in->row[d] <= before || (uint64_t)in->row[d] >= report->data.n)
            return fail_code(audit, "flag/decided/row", d, in->row[d], error);
        if (in->verdict[d] == 0 || in->verdict[d] >= WN_DECISION_KINDS)
            return fail_code(audit, "flag/decided/verdict", d, in->verdict[d],
                             error);
        if (in->class[d] < -1 ||
            (in->class[d] >= 0 && (size_t)in->class[d] >= report->data.k) ||
            (in->verdict[d] == WN_SAID_RELABEL) != (in->class[d] >= 0))
            return fail_code(audit, "flag/decided/class", d, in->class[d],
                             error);
        if (in->reason[d] >= report->reasons)
            return fail_code(audit, "flag/decided/reason", d, in->reason[d],
                             error);
        before = in->row[d];
        decided->row[d] = (struct wn_decided_row){
            .row = (size_t)before,
            .decision = (enum wn_decision)in->verdict[d],
            .class = in->class[d],
            .planned = in->planned[d] != 0,
            .suspicion = in->suspicion[d],
            .issue = in->issue[d],
            .reason = in->reason[d]};
        decided->of[before] = in->verdict[d];
    }
    return 0;
}

int wn_decided_load(struct wn_report *report, const struct wn_audit *audit,
                    struct wn_error *error)
{
    struct wn_decided_rows *decided = &report->decided;
    const size_t n = report->data.n;
    struct columns in = {0};
    size_t count = 0, texts = 0;
    int status = -1;

    decided->stale = read_count(audit, "flag/action", "stale");
    decided->gone = read_count(audit, "flag/action", "gone");
    if (wn_audit_has(audit, "flag/stratum")) {
        decided->stratum = wn_audit_read(audit, "flag/stratum", WN_U8,
                                         (size_t[3]){n, 0, 0}, error);
        if (!decided->stratum)
            return -1;
        for (size_t i = 0; i < n; i++)
            if (decided->stratum[i] > WN_STRATA)
                return fail_code(audit, "flag/stratum", i, decided->stratum[i],
                                 error);
        decided->trusted = read_count(audit, "flag/stratum", "trusted");
        decided->trusted_suspects =
            read_count(audit, "flag/stratum", "trusted_suspects");
    }
    if (!wn_audit_has(audit, "flag/decided/row"))
        return 0;
    if (wn_audit_extent(audit, "flag/decided/row", 0, &count, error))
        return -1;
    const size_t extent[3] = {count, 0, 0};
    if (!(in.row = wn_audit_read(audit, "flag/decided/row", WN_I64, extent,
                                 error)) ||
        !(in.verdict = wn_audit_read(audit, "flag/decided/verdict", WN_U8,
                                     extent, error)) ||
        !(in.planned = wn_audit_read(audit, "flag/decided/planned", WN_U8,
                                     extent, error)) ||
        !(in.reason = wn_audit_read(audit, "flag/decided/reason", WN_U8, extent,
                                    error)) ||
        !(in.class = wn_audit_read(audit, "flag/decided/class", WN_I32, extent,
                                   error)) ||
        !(in.issue = wn_audit_read(audit, "flag/decided/issue", WN_U32, extent,
                                   error)) ||
        !(in.suspicion = wn_audit_read(audit, "flag/decided/suspicion", WN_F32,
                                       extent, error)) ||
        check_names(audit, "flag/decided/verdict", wn_decision_names, error))
        goto done;
    decided->count = count;
    decided->row = wn_new(count, sizeof *decided->row);
    decided->of = wn_new(n, 1);
    if (read_texts(audit, "flag/decided/who", &decided->who, &texts, count,
                   error) ||
        read_texts(audit, "flag/decided/when", &decided->when, &texts, count,
                   error) ||
        read_texts(audit, "flag/decided/note", &decided->note, &texts, count,
                   error))
        goto done;
    status = take_columns(report, audit, &in, error);
done:
    free(in.row);
    free(in.verdict);
    free(in.planned);
    free(in.reason);
    free(in.class);
    free(in.issue);
    free(in.suspicion);
    return status;
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

static void add_verdict(struct wn_precision *precision,
                        const struct wn_decided_row *row)
{
    const bool wrong =
        row->decision == WN_SAID_WRONG || row->decision == WN_SAID_RELABEL;

    precision->reviewed += wrong || row->decision == WN_SAID_OK;
    precision->wrong += wrong;
}

struct wn_precision wn_precision_of(const struct wn_report *report,
                                    enum wn_precision_of what, size_t reason)
{
    struct wn_precision precision = {0, 0, 0, 1};

    for (size_t d = 0; d < report->decided.count; d++) {
        const struct wn_decided_row *row = &report->decided.row[d];

        if (what == WN_OF_ALL ||
            (what == WN_OF_SUSPECTS && row->issue & report->label_bit) ||
            (what == WN_OF_REASON && row->reason == reason))
            add_verdict(&precision, row);
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
        struct wn_precision verdict = {0};

        add_verdict(&verdict, one);
        if (!h || !one->planned)
            continue;
        planned[h - 1] += verdict.reviewed;
        wrong[h - 1] += verdict.wrong;
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
