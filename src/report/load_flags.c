/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What flag found: issues, decisions and the noise; see load.h. */
#include "report/load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

/* The names that a dataset's numbers stand for. */
static int load_names(const struct wn_audit *audit, const char *path,
                      char ***names, size_t *count, struct wn_error *error)
{
    if (wn_audit_words(audit, path, names, count, error))
        return -1;
    for (size_t i = 0; i < *count; i++)
        if (wn_load_check_word(audit, path, (*names)[i], error))
            return -1;
    return 0;
}

/* Whether `name` is one of a comma-separated list. */
static bool load_flags_holds(const char *list, const char *name)
{
    const size_t length = strlen(name);

    for (; *list; list += *list == ',') {
        const size_t size = strcspn(list, ",");

        if (size == length && memcmp(list, name, length) == 0)
            return true;
        list += size;
    }
    return false;
}

/* The names of the checks, and which of them flag was told to run: all, where
 * it does not say. */
static int load_checks(struct wn_report *report, const struct wn_audit *audit,
                       struct wn_error *error)
{
    char *ran = NULL;
    int status = -1;

    if (load_names(audit, "flag/issue", &report->check_name, &report->checks,
                   error))
        return -1;
    ran = wn_audit_text(audit, "flag/issue", "ran", error);
    if (!ran && error->code)
        return -1;
    report->check_ran = wn_new(report->checks, sizeof *report->check_ran);
    for (size_t c = 0; c < report->checks; c++)
        report->check_ran[c] =
            !ran || load_flags_holds(ran, report->check_name[c]);
    status = 0;
    free(ran);
    return status;
}

static int misfit(const struct wn_audit *audit, const char *path, size_t i,
                  long long found, struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s: row %zu of %s is %lld, out of range",
                   wn_audit_name(audit), i, path, found);
}

static int check_order(const struct wn_report *report,
                       const struct wn_audit *audit, struct wn_error *error)
{
    const size_t n = report->data.n;
    uint8_t *seen = wn_new(n, 1);
    int status = seen ? 0 : -1;

    for (size_t i = 0; status == 0 && i < n; i++) {
        const int64_t row = report->order[i];

        if (row < 0 || (uint64_t)row >= n || seen[row])
            status = misfit(audit, "flag/order", i, row, error);
        else
            seen[row] = 1;
    }
    free(seen);
    return status;
}

static int load_flags_check_codes(const struct wn_report *report,
                                  const struct wn_audit *audit,
                                  struct wn_error *error)
{
    const uint32_t known =
        report->checks < 32 ? (UINT32_C(1) << report->checks) - 1 : UINT32_MAX;

    for (size_t i = 0; i < report->data.n; i++) {
        const int32_t class = report->suggestion[i];

        if (report->issue[i] & ~known)
            return misfit(audit, "flag/issue", i, report->issue[i], error);
        if (class < -1 || (class >= 0 && (size_t) class >= report->data.k))
            return misfit(audit, "flag/suggestion", i, class, error);
        if (report->action[i] >= report->actions)
            return misfit(audit, "flag/action", i, report->action[i], error);
        if (report->reason && report->reason[i] >= report->reasons)
            return misfit(audit, "flag/reason", i, report->reason[i], error);
    }
    return 0;
}

/* A dataset that /flag may lack: *out stays NULL then. */
static int read_optional(const struct wn_audit *audit, const char *path,
                         enum wn_type type, const size_t extent[3], void *out,
                         struct wn_error *error)
{
    void **place = out;

    *place = NULL;
    if (!wn_audit_has(audit, path))
        return 0;
    *place = wn_audit_read(audit, path, type, extent, error);
    return *place ? 0 : -1;
}

/* The pairs of classes in rising order, each once and with the diagonal, which
 * is what wn_sparse_make() would make of them. */
static int check_cells(const struct wn_audit *audit, const int32_t *given,
                       const int32_t *truth, size_t cells, size_t k,
                       struct wn_error *error)
{
    size_t diagonal = 0;

    for (size_t q = 0; q < cells; q++) {
        if (given[q] < 0 || (size_t)given[q] >= k)
            return misfit(audit, "flag/noise/posterior_given", q, given[q],
                          error);
        if (truth[q] < 0 || (size_t)truth[q] >= k ||
            (q && given[q] == given[q - 1] && truth[q] <= truth[q - 1]))
            return misfit(audit, "flag/noise/posterior_true", q, truth[q],
                          error);
        if (q && given[q] < given[q - 1])
            return misfit(audit, "flag/noise/posterior_given", q, given[q],
                          error);
        diagonal += given[q] == truth[q];
    }
    if (diagonal != k)
        return wn_fail(error, WN_EDATA,
                       "%s: flag/noise/posterior_true: found %zu of %zu "
                       "classes on the diagonal, wanted all",
                       wn_audit_name(audit), diagonal, k);
    return 0;
}

/* The joint of many classes, of which the audit keeps some cells. */
static int load_cells(struct wn_report *report, const struct wn_audit *audit,
                      struct wn_error *error)
{
    const size_t k = report->data.k;
    int32_t *given = NULL, *truth = NULL;
    size_t extent[3] = {0, 0, 0};
    int status = -1;

    if (!wn_audit_has(audit, "flag/noise/posterior_cell"))
        return 0;
    if (wn_audit_extent(audit, "flag/noise/posterior_cell", 0, extent, error))
        return -1;
    if (read_optional(audit, "flag/noise/posterior_given", WN_I32, extent,
                      &given, error) ||
        read_optional(audit, "flag/noise/posterior_true", WN_I32, extent,
                      &truth, error) ||
        read_optional(audit, "flag/noise/posterior_cell", WN_F64, extent,
                      &report->joint, error))
        goto done;
    if (!given || !truth) {
        wn_fail(error, WN_EDATA,
                "%s: flag/noise/posterior_cell is not of use "
                "without its classes",
                wn_audit_name(audit));
        goto done;
    }
    if (check_cells(audit, given, truth, extent[0], k, error))
        goto done;
    status = wn_sparse_make(&report->at, k, given, truth, extent[0]);
done:
    free(given);
    free(truth);
    return status;
}

/* The places of a whole matrix. */
static int place_all(struct wn_report *report)
{
    const size_t k = report->data.k, cells = wn_product(k, k, 1);
    int32_t *given = wn_new(cells, sizeof *given);
    int32_t *truth = wn_new(cells, sizeof *truth);
    int status = -1;

    for (size_t cell = 0; given && truth && cell < cells; cell++) {
        given[cell] = (int32_t)(cell / k);
        truth[cell] = (int32_t)(cell % k);
    }
    if (given && truth)
        status = wn_sparse_make(&report->at, k, given, truth, cells);
    free(given);
    free(truth);
    return status;
}

static int load_noise(struct wn_report *report, const struct wn_audit *audit,
                      struct wn_error *error)
{
    const size_t k = report->data.k;
    double *rate = NULL;
    int status = 0;

    if (read_optional(audit, "flag/noise/threshold", WN_F64,
                      (size_t[3]){k, 0, 0}, &report->threshold, error) ||
        read_optional(audit, "flag/noise/posterior_joint", WN_F64,
                      (size_t[3]){k, k, 0}, &report->joint, error) ||
        (report->joint ? place_all(report)
                       : load_cells(report, audit, error)) ||
        read_optional(audit, "flag/noise/rate", WN_F64, (size_t[3]){3, 0, 0},
                      &rate, error))
        return -1;
    if (!rate)
        return 0;
    for (int r = 0; status == 0 && r < 3; r++)
        if (rate[r] < 0 || rate[r] > 1)
            status = wn_fail(error, WN_EDATA,
                             "%s: flag/noise/rate: found %g, wanted 0 to 1",
                             wn_audit_name(audit), rate[r]);
    report->rate = rate[0];
    report->rate_low = rate[1];
    report->rate_high = rate[2];
    free(rate);
    return status;
}

int wn_load_flags(struct wn_report *report, const struct wn_audit *audit,
                  struct wn_error *error)
{
    const size_t rows[3] = {report->data.n, 0, 0};

    report->rate = report->rate_low = report->rate_high = NAN;
    report->flagged = wn_audit_has_stage(audit, WN_FLAGS);
    if (!report->flagged)
        return 0;
    if (load_checks(report, audit, error) ||
        load_names(audit, "flag/action", &report->action_name, &report->actions,
                   error))
        return -1;
    report->issue = wn_audit_read(audit, "flag/issue", WN_U32, rows, error);
    if (!report->issue)
        return -1;
    report->suspicion =
        wn_audit_read(audit, "flag/suspicion", WN_F32, rows, error);
    if (!report->suspicion)
        return -1;
    report->order = wn_audit_read(audit, "flag/order", WN_I64, rows, error);
    if (!report->order)
        return -1;
    report->suggestion =
        wn_audit_read(audit, "flag/suggestion", WN_I32, rows, error);
    if (!report->suggestion)
        return -1;
    report->action = wn_audit_read(audit, "flag/action", WN_U8, rows, error);
    if (!report->action ||
        read_optional(audit, "flag/reason", WN_U8, rows, &report->reason,
                      error) ||
        (report->reason &&
         load_names(audit, "flag/reason", &report->reason_name,
                    &report->reasons, error)) ||
        read_optional(audit, "flag/label_quality", WN_F32, rows,
                      &report->quality, error) ||
        load_noise(report, audit, error) || check_order(report, audit, error))
        return -1;
    return load_flags_check_codes(report, audit, error);
}
