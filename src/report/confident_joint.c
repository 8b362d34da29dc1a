/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What confident learning found: its counts of wrong labels and the cells of
 * its matrices, from an audit file and checked. */
#include <math.h>
#include <stdlib.h>

#include "report/report.h"
#include "util/memory.h"

enum { GIVEN, TRUTH, PLACES };
enum { NOISE, INVERSE, MATRICES };

static void fail_value(const struct wn_audit *audit, const char *path,
                       size_t cell, double value, struct wn_error *error)
{
    if (!error->code)
        wn_fail(error, WN_EDATA, "%s: %s: cell %zu is %g, out of range",
                wn_audit_name(audit), path, cell, value);
}

static void load_counts(struct wn_confident *out, const struct wn_audit *audit,
                        size_t n, struct wn_error *error)
{
    static const char path[] = "flag/noise/issue_counts";
    int64_t *count = wn_audit_read(audit, path, WN_I64,
                                   (size_t[3]){WN_ISSUE_COUNTS, 0, 0}, error);

    if (!count)
        return;
    for (size_t c = 0; c < WN_ISSUE_COUNTS; c++) {
        if (count[c] < 0 || (uint64_t)count[c] > n)
            fail_value(audit, path, c, (double)count[c], error);
        out->count[c] = (size_t)count[c];
    }
    free(count);
    out->health = wn_report_number(audit, path, "health", 0, 1);
    out->known = true;
}

/* The cells with rows, from matrices or lists of cells that may hold others.
 * place[]: NULL for matrices. */
static void keep_cells(struct wn_confident *out, const struct wn_audit *audit,
                       size_t k, size_t cells, int32_t *const *place,
                       const int64_t *rows, double *const *matrix,
                       struct wn_error *error)
{
    out->cell = wn_new(cells, sizeof *out->cell);
    for (size_t i = 0; i < cells && !error->code; i++) {
        const size_t given = place ? (size_t)place[GIVEN][i] : i / k;
        const size_t truth = place ? (size_t)place[TRUTH][i] : i % k;
        const size_t turned = place ? i : truth * k + given;
        const double noise = matrix[NOISE][i],
                     inverse = matrix[INVERSE][turned];

        if (rows[i] < 0)
            fail_value(audit, "flag/noise/confident_joint", i, (double)rows[i],
                       error);
        if (!(noise >= 0 && noise <= 1 && inverse >= 0 && inverse <= 1))
            fail_value(audit, "flag/noise/noise_matrix", i, noise, error);
        if (rows[i])
            out->cell[out->cells++] = (struct wn_confident_cell){
                given, truth, (size_t)rows[i], noise, inverse};
    }
}

/* The share of wrong labels by neighbours alone. */
static void load_neighbor_rate(struct wn_confident *out,
                               const struct wn_audit *audit, size_t k,
                               struct wn_error *error)
{
    static const char path[] = "flag/noise/neighbor_matrix";
    static const char prior_path[] = "flag/noise/neighbor_prior";
    const size_t extent[3] = {k, k, 0};
    double right = 0;

    if (!wn_audit_has(audit, path))
        return;
    double *matrix = wn_audit_read(audit, path, WN_F64, extent, error);
    double *prior =
        error->code ? NULL
                    : wn_audit_read(audit, prior_path, WN_F64, extent, error);
    for (size_t t = 0; prior && t < k; t++) {
        const double stay = matrix[t * k + t];

        if (!(stay >= 0 && stay <= 1 && prior[t] >= 0 && prior[t] <= 1))
            fail_value(audit, path, t * k + t, stay, error);
        right += stay * prior[t];
    }
    free(matrix);
    free(prior);
    out->neighbor_rate = fmin(fmax(1 - right, 0), 1);
}

int wn_confident_load(struct wn_confident *out, const struct wn_audit *audit,
                      size_t n, size_t k, struct wn_error *error)
{
    static const char *const whole[] = {"flag/noise/confident_joint",
                                        "flag/noise/noise_matrix",
                                        "flag/noise/inverse_noise_matrix"};
    static const char *const cells[] = {"flag/noise/cell_confident_joint",
                                        "flag/noise/cell_noise_matrix",
                                        "flag/noise/cell_inverse_noise_matrix"};
    static const char *const places[] = {"flag/noise/cell_given",
                                         "flag/noise/cell_true"};
    size_t extent[3] = {k, k, 0}, count = wn_product(k, k, 1);
    const bool matrices = wn_audit_has(audit, whole[0]);
    const char *const *path = matrices ? whole : cells;
    int32_t *place[PLACES] = {NULL, NULL};
    double *matrix[MATRICES] = {NULL, NULL};
    int64_t *rows = NULL;

    *out = (struct wn_confident){.health = NAN, .neighbor_rate = NAN};
    if (!wn_audit_has(audit, "flag/noise/issue_counts") ||
        (!matrices && !wn_audit_has(audit, cells[0])))
        return 0;
    load_counts(out, audit, n, error);
    if (!error->code)
        load_neighbor_rate(out, audit, k, error);
    if (!matrices && !error->code) {
        extent[0] = extent[1] = 0;
        if (wn_audit_extent(audit, cells[0], 0, extent, error))
            return -1;
        count = extent[0];
        for (int a = 0; a < PLACES && !error->code; a++)
            place[a] = wn_audit_read(audit, places[a], WN_I32, extent, error);
    }
    if (!error->code)
        rows = wn_audit_read(audit, path[0], WN_I64, extent, error);
    for (int m = 0; m < MATRICES && !error->code; m++)
        matrix[m] = wn_audit_read(audit, path[m + 1], WN_F64, extent, error);
    if (!error->code)
        keep_cells(out, audit, k, count, matrices ? NULL : place, rows, matrix,
                   error);
    for (int a = 0; a < PLACES; a++)
        free(place[a]);
    for (int m = 0; m < MATRICES; m++)
        free(matrix[m]);
    free(rows);
    return error->code ? -1 : 0;
}
