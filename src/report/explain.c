/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Find the row that --explain names, and load everything about it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise/order_statistics.h"
#include "report/report.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/spill.h"

/* A whole number of 0 or more. */
static bool parse_whole(const char *text, double *value)
{
    return wn_number_parse(text, strlen(text), value) && *value >= 0 &&
           *value == floor(*value);
}

/* `text` is "N", or of several files "NAME:N". */
static int find_row_by_line(const struct wn_report *report, const char *text,
                            size_t *row, struct wn_error *error)
{
    const struct wn_dataset *data = &report->data;
    const char *colon = data->files > 1 ? strrchr(text, ':') : NULL;
    const size_t length = colon ? (size_t)(colon - text) : 0;
    const char *in = NULL;
    size_t before = data->n;
    double line;

    if (!parse_whole(colon ? colon + 1 : text, &line))
        return wn_fail(error, WN_EUSAGE,
                       "--explain=line:%s: found no whole number, wanted "
                       "line:N%s",
                       text, data->files > 1 ? " or line:FILE:N" : "");
    for (size_t i = 0; i < data->n; i++) {
        const char *file = data->files > 1 ? wn_dataset_file(data, i) : NULL;

        if (colon && (strlen(file) != length || memcmp(file, text, length)))
            continue;
        if ((double)data->row_line[i] == line && in)
            return wn_fail(error, WN_EUSAGE,
                           "--explain=line:%s: rows of %s and %s begin there; "
                           "wanted line:FILE:%s",
                           text, in, file, text);
        if ((double)data->row_line[i] == line) {
            *row = i;
            if (!file || colon)
                return 0;
            in = file;
        }
        if ((double)data->row_line[i] < line)
            before = i;
    }
    if (in)
        return 0;
    if (before == data->n)
        return wn_fail(error, WN_EUSAGE,
                       "--explain: no row begins on line %.0f", line);
    return wn_fail(error, WN_EUSAGE,
                   "--explain: no row begins on line %.0f; row %zu begins on "
                   "line %llu",
                   line, before, (unsigned long long)data->row_line[before]);
}

static int find_row_by_id(const struct wn_report *report, const char *id,
                          size_t *row, struct wn_error *error)
{
    const size_t size = strlen(id);
    size_t found = report->data.n;

    if (!report->data.id)
        return wn_fail(error, WN_EUSAGE, "--explain=id:%s: %s", id,
                       report->no_values ? "--no-values keeps identifiers out"
                                         : "the audit has no identifiers");
    for (size_t i = 0; i < report->data.n; i++) {
        size_t length;
        const char *other = wn_report_id(report, i, &length);

        if (length != size || memcmp(other, id, size))
            continue;
        if (found < report->data.n)
            return wn_fail(error, WN_EUSAGE,
                           "--explain=id:%s: rows %zu and %zu both have that "
                           "identifier; give the row number",
                           id, found, i);
        found = i;
    }
    if (found == report->data.n)
        return wn_fail(error, WN_EUSAGE,
                       "--explain=id:%s: no row has that identifier", id);
    *row = found;
    return 0;
}

int wn_explain_find_row(const struct wn_report *report, const char *text,
                        size_t *row, struct wn_error *error)
{
    double value;

    if (strncmp(text, "id:", 3) == 0)
        return find_row_by_id(report, text + 3, row, error);
    if (strncmp(text, "line:", 5) == 0)
        return find_row_by_line(report, text + 5, row, error);
    if (!parse_whole(text, &value))
        return wn_fail(error, WN_EUSAGE,
                       "--explain: found '%s', wanted a row number from 0, "
                       "line:N or id:TEXT",
                       text);
    if (value >= (double)report->data.n)
        return wn_fail(error, WN_EUSAGE,
                       "--explain: found row %.0f, wanted 0 to %zu", value,
                       report->data.n ? report->data.n - 1 : 0);
    *row = (size_t)value;
    return 0;
}

/* The members' own probabilities of the row. */
static int load_members(struct wn_explanation *explanation,
                        const struct wn_report *report,
                        const struct wn_audit *audit, struct wn_error *error)
{
    static const char path[] = "score/member/probability";
    const size_t n = report->data.n, k = report->data.k;
    size_t members, names;

    if (!wn_audit_has(audit, path))
        return 0;
    if (wn_audit_extent(audit, path, 0, &members, error) ||
        wn_audit_words(audit, path, &explanation->member_name, &names, error))
        return -1;
    explanation->members = names;
    if (names != members)
        return wn_fail(error, WN_EDATA, "%s: %s: found %zu names, wanted %zu",
                       wn_audit_name(audit), path, names, members);
    float *all = wn_spill_new(wn_product(n, k, 1), sizeof *all);
    explanation->member_probability =
        wn_new(wn_product(members, k, 1), sizeof *all);
    int status = 0;
    for (size_t p = 0; status == 0 && p < members; p++) {
        float *own = explanation->member_probability + p * k;

        status = wn_audit_read_rows(audit, path, p, p + 1, n * k, all, error);
        memcpy(own, all + explanation->row * k, k * sizeof *own);
        for (size_t c = 0; status == 0 && c < k; c++)
            if (!(own[c] >= 0 && own[c] <= 1))
                status = wn_fail(error, WN_EDATA,
                                 "%s: %s: model %zu, row %zu: found %g, wanted "
                                 "0 to 1",
                                 wn_audit_name(audit), path, p,
                                 explanation->row, (double)own[c]);
    }
    wn_spill_free(all);
    return status;
}

int wn_explain_load(struct wn_explanation *explanation,
                    const struct wn_report *report,
                    const struct wn_audit *audit, size_t row,
                    struct wn_error *error)
{
    static const char probability_path[] = "score/probability";
    static const char index_path[] = "score/neighbor/index";
    const size_t n = report->data.n, k = report->data.k;
    int32_t *index = NULL;
    size_t m;

    *explanation = (struct wn_explanation){.row = row};
    if (report->scored && wn_audit_has(audit, probability_path)) {
        explanation->probability = wn_new(k, sizeof(float));
        explanation->by_probability = wn_new(k, sizeof(int32_t));
        if (wn_audit_read_rows(audit, probability_path, row, row + 1, k,
                               explanation->probability, error))
            goto failed;
        struct wn_ranked *ranked = wn_new(k, sizeof *ranked);

        for (size_t c = 0; c < k; c++) {
            const double p = (double)explanation->probability[c];

            ranked[c] = (struct wn_ranked){isnan(p) ? 1 : -p, c};
        }
        wn_rank(ranked, k);
        for (size_t c = 0; c < k; c++)
            explanation->by_probability[c] = (int32_t)ranked[c].row;
        free(ranked);
        if (load_members(explanation, report, audit, error))
            goto failed;
    }
    if (!report->scored || !wn_audit_has(audit, index_path))
        return 0;
    if (wn_audit_extent(audit, index_path, 1, &m, error))
        goto failed;
    explanation->neighbors = m;
    explanation->neighbor = wn_new(m, sizeof(int32_t));
    explanation->distance = wn_new(m, sizeof(float));
    index =
        wn_audit_read(audit, index_path, WN_I32, (size_t[3]){n, m, 0}, error);
    if (!index || wn_audit_read_rows(audit, "score/neighbor/distance", row,
                                     row + 1, m, explanation->distance, error))
        goto failed;
    memcpy(explanation->neighbor, index + row * m, m * sizeof *index);
    free(index);
    index = NULL;
    return 0;
failed:
    free(index);
    wn_explain_free(explanation);
    return -1;
}

void wn_explain_free(struct wn_explanation *explanation)
{
    free(explanation->probability);
    free(explanation->by_probability);
    wn_names_free(explanation->member_name, explanation->members);
    free(explanation->member_probability);
    free(explanation->neighbor);
    free(explanation->distance);
    *explanation = (struct wn_explanation){0};
}
