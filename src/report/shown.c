/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choosing the cells to show; see shown.h. */
#include "report/shown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/pattern.h"
#include "noise/order_statistics.h"
#include "util/date.h"
#include "util/memory.h"
#include "util/number.h"

enum { LONG_VECTOR = 100 };
static const char index_path[] = "score/neighbor/index";

struct wn_shown {
    const struct wn_report *report;
    const struct wn_audit *audit;
    struct wn_source_rows *rows;
    size_t columns;
    size_t *chosen, chosens; /* by --show */
    bool by_pattern;
    long text;      /* the first text column, or -1 */
    double *spread; /* columns, 0: not a number; NULL: not measured yet */
    double *sample; /* columns x sampled: the numbers it was measured on, */
    size_t *found;  /* columns: so many of each, ascending */
    size_t sampled;
    size_t neighbors;  /* of each row */
    int32_t *neighbor; /* of the row at hand */
};

/* --- numbers ------------------------------------------------------------- */

double wn_shown_number(const struct wn_shown *shown, size_t column,
                       const struct wn_cell *cell)
{
    const char *text = cell->text;
    size_t length = cell->length;
    struct wn_date date;
    double value = NAN;

    wn_text_trim(&text, &length);
    if (strcmp(wn_source_rows_kind(shown->rows, column), "date") != 0) {
        const bool is_number = shown->report->data.decimal_comma
                                   ? wn_number_parse_comma(text, length, &value)
                                   : wn_number_parse(text, length, &value);

        return is_number ? value : NAN;
    }
    for (int order = 0; order < WN_DATE_ORDERS; order++)
        if (wn_date_parse(text, length, (enum wn_date_order)order, &date))
            return wn_date_instant(&date);
    return NAN;
}

/* Of count >= 1 numbers, which it sorts. */
static double median_of(double *value, size_t count)
{
    qsort(value, count, sizeof *value, wn_number_ascending);
    return (value[(count - 1) / 2] + value[count / 2]) / 2;
}

/* Whether its cells may be compared: features, and columns of unknown kind. */
static bool shown_compares(const struct wn_shown *shown, size_t column)
{
    static const char *const kinds[] = {"numeric", "boolean", "date",
                                        "categorical", NULL};
    const char *kind = wn_source_rows_kind(shown->rows, column);
    size_t k = 0;

    while (kinds[k] && strcmp(kinds[k], kind))
        k++;
    return kinds[k] || !*kind;
}

/* The spread of every column that holds numbers. */
static void measure_spread(struct wn_shown *shown)
{
    enum { NUMBERS = 1 << 20, FEW = 16 };
    const size_t n = shown->report->data.n, columns = shown->columns;
    size_t count = WN_SHOWN_SAMPLE;
    struct wn_row_cells cells = {0};

    shown->spread = wn_new(columns, sizeof *shown->spread);
    if (count * columns > NUMBERS)
        count = NUMBERS / columns < FEW ? FEW : NUMBERS / columns;
    if (count > n)
        count = n;
    int64_t *row = wn_new(count, sizeof *row);
    double *value = wn_new(wn_product(count, columns, 1), sizeof *value);
    size_t *found = wn_new(columns, sizeof *found);
    for (size_t s = 0; s < count; s++)
        row[s] = (int64_t)(s * n / count);
    wn_source_rows_fetch(shown->rows, row, count);
    for (size_t s = 0; s < count; s++) {
        if (!wn_source_rows_read(shown->rows, (size_t)row[s], &cells))
            continue;
        for (size_t c = 0; c < columns; c++) {
            const double number =
                shown_compares(shown, c)
                    ? wn_shown_number(shown, c, &cells.cell[c])
                    : NAN;

            if (isfinite(number))
                value[c * count + found[c]++] = number;
        }
    }
    for (size_t c = 0; c < columns; c++) {
        const double *own = value + c * count;
        double sum = 0;

        if (found[c] == 0)
            continue;
        const double median = median_of(value + c * count, found[c]);
        for (size_t s = 0; s < found[c]; s++)
            sum += fabs(own[s] - median);
        shown->spread[c] = sqrt(M_PI_2) * sum / (double)found[c];
    }
    wn_row_cells_free(&cells);
    free(row);
    shown->sample = value;
    shown->found = found;
    shown->sampled = count;
}

size_t wn_shown_sample(struct wn_shown *shown, size_t column,
                       const double **value)
{
    if (column >= shown->columns)
        return 0;
    if (!shown->spread)
        measure_spread(shown);
    *value = shown->sample + column * shown->sampled;
    return shown->found[column];
}

/* --- opening ------------------------------------------------------------- */

static int match_columns(struct wn_shown *shown,
                         const struct wn_shown_request *request,
                         struct wn_error *error)
{
    const char *option = request->option ? request->option : "show";
    const char *text = request->pattern;
    struct wn_pattern *pattern = wn_pattern_new(option, text, error);
    int match = pattern ? 0 : -1;

    shown->chosen = wn_new(shown->columns, sizeof *shown->chosen);
    for (size_t c = 0; c < shown->columns && match >= 0; c++) {
        const char *name = wn_source_rows_column(shown->rows, c);

        match = wn_pattern_matches(pattern, name, strlen(name), error);
        if (match > 0)
            shown->chosen[shown->chosens++] = c;
    }
    wn_pattern_free(pattern);
    if (match >= 0 && shown->columns && !shown->chosens)
        match = wn_fail(error, WN_EUSAGE, "--%s: no column's name matches '%s'",
                        option, text);
    return match < 0 ? -1 : 0;
}

struct wn_shown *wn_shown_open(const struct wn_report *report,
                               const struct wn_audit *audit,
                               const struct wn_shown_request *request,
                               struct wn_error *error)
{
    struct wn_shown *shown = wn_new(1, sizeof *shown);

    shown->report = report;
    shown->audit = audit;
    shown->rows = wn_source_rows_open(&report->data, audit, &request->where);
    shown->columns = wn_source_rows_columns(shown->rows);
    /* Some cells of a long vector tell nothing, unless they are asked for or
     * make a picture. */
    if (!request->pattern && report->data.form &&
        report->data.d > LONG_VECTOR && !report->image.rows)
        shown->columns = 0;
    shown->text = -1;
    for (size_t c = shown->columns; c-- > 0;)
        if (strcmp(wn_source_rows_kind(shown->rows, c), "text") == 0)
            shown->text = (long)c;
    shown->by_pattern = request->pattern != NULL;
    if ((request->pattern && match_columns(shown, request, error)) ||
        wn_audit_extent(audit, index_path, 1, &shown->neighbors, error)) {
        wn_shown_close(shown);
        return NULL;
    }
    shown->neighbor = wn_new(shown->neighbors, sizeof *shown->neighbor);
    return shown;
}

void wn_shown_close(struct wn_shown *shown)
{
    if (!shown)
        return;
    wn_source_rows_close(shown->rows);
    free(shown->chosen);
    free(shown->spread);
    free(shown->sample);
    free(shown->found);
    free(shown->neighbor);
    free(shown);
}

const char *wn_shown_reason(const struct wn_shown *shown)
{
    return wn_source_rows_reason(shown->rows);
}

size_t wn_shown_columns(const struct wn_shown *shown, const size_t **column)
{
    *column = shown->chosen;
    return shown->chosens;
}

const char *wn_shown_name(const struct wn_shown *shown, size_t column)
{
    return wn_source_rows_column(shown->rows, column);
}

const char *wn_shown_kind(const struct wn_shown *shown, size_t column)
{
    return wn_source_rows_kind(shown->rows, column);
}

bool wn_shown_is_text(const struct wn_shown *shown, size_t column)
{
    return strcmp(wn_shown_kind(shown, column), "text") == 0;
}

/* --- rows ---------------------------------------------------------------- */

/* Read the neighbours of a row into shown->neighbor; their number. A graph that
 * cannot be read has none: the report has said so, or will. */
static size_t read_neighbors(struct wn_shown *shown, size_t row)
{
    struct wn_error quiet = {0};

    return shown->neighbors &&
                   wn_audit_read_indices(shown->audit, index_path, row, row + 1,
                                         shown->neighbors, shown->neighbor,
                                         &quiet) == 0
               ? shown->neighbors
               : 0;
}

size_t wn_shown_neighbors(struct wn_shown *shown, size_t row,
                          const int32_t **neighbor)
{
    *neighbor = shown->neighbor;
    return read_neighbors(shown, row);
}

size_t *wn_shown_pixels(const struct wn_shown *shown, size_t wanted,
                        size_t *found)
{
    size_t *column = wn_new(shown->columns, sizeof *column);

    *found = 0;
    for (size_t c = 0; c < shown->columns; c++) {
        bool chosen = !shown->by_pattern && shown_compares(shown, c);

        for (size_t s = 0; shown->by_pattern && s < shown->chosens; s++)
            chosen |= shown->chosen[s] == c;
        if (chosen)
            column[(*found)++] = c;
    }
    if (*found == wanted)
        return column;
    free(column);
    return NULL;
}

int wn_image_parse(const char *text, struct wn_image_shape *image,
                   struct wn_error *error)
{
    enum { MOST = 256 }; /* pixels in a row or column */
    size_t number[3] = {0, 0, 1};
    const char *at = text;
    size_t count = 0;

    for (; count < 3; count++) {
        const size_t digits = strspn(at, "0123456789");

        if (digits < 1 || digits > 3)
            break;
        number[count] = (size_t)strtoul(at, NULL, 10);
        at += digits;
        if (*at != 'x')
            break;
        at++;
    }
    if (count < 1 || *at || at[-1] == 'x' || !number[0] || !number[1] ||
        number[0] > MOST || number[1] > MOST ||
        (number[2] != 1 && number[2] != 3))
        return wn_fail(error, WN_EUSAGE,
                       "--image: found '%s', wanted ROWSxCOLUMNS or "
                       "ROWSxCOLUMNSx3, at most %d each",
                       text, (int)MOST);
    *image = (struct wn_image_shape){number[0], number[1], number[2]};
    return 0;
}

int wn_shown_check_image(const struct wn_report *report, struct wn_error *error)
{
    const struct wn_image_shape *image = &report->image;
    const size_t wanted = image->rows * image->columns * image->channels;
    size_t found;
    size_t *pixel;

    if (!wanted || !report->shown || wn_shown_reason(report->shown))
        return 0;
    pixel = wn_shown_pixels(report->shown, wanted, &found);
    if (!pixel)
        wn_fail(error, WN_EUSAGE,
                "--image: found %zu columns of features, wanted %zu x %zu x "
                "%zu = %zu; choose them with --show",
                found, image->rows, image->columns, image->channels, wanted);
    free(pixel);
    return pixel ? 0 : -1;
}

size_t wn_shown_fetch(struct wn_shown *shown, const int64_t *row, size_t count)
{
    return shown->columns ? wn_source_rows_fetch(shown->rows, row, count)
                          : count;
}

void wn_shown_fetch_near(struct wn_shown *shown, const int64_t *row,
                         size_t count)
{
    if (shown->report->data.row_offset || !shown->columns || !count)
        return;
    if (!shown->spread)
        measure_spread(shown);
    int64_t *all =
        wn_new(wn_product(count, 1 + shown->neighbors, 1), sizeof *all);
    size_t found = 0;
    for (size_t r = 0; r < count; r++) {
        const size_t m = read_neighbors(shown, (size_t)row[r]);

        all[found++] = row[r];
        for (size_t j = 0; j < m; j++)
            all[found++] = shown->neighbor[j];
    }
    wn_source_rows_fetch(shown->rows, all, found);
    free(all);
}

bool wn_shown_read(struct wn_shown *shown, size_t row,
                   struct wn_row_cells *cells)
{
    return wn_source_rows_read(shown->rows, row, cells);
}

static bool same_bytes(const struct wn_cell *one, const struct wn_cell *two)
{
    return wn_text_compare(one->text, one->length, two->text, two->length) == 0;
}

bool wn_shown_differ(struct wn_shown *shown, size_t column,
                     const struct wn_cell *one, const struct wn_cell *two)
{
    if (same_bytes(one, two) || !shown_compares(shown, column))
        return false;
    if (!shown->spread)
        measure_spread(shown);
    const double first = wn_shown_number(shown, column, one);
    const double second = wn_shown_number(shown, column, two);
    return isnan(first) || isnan(second) ||
           fabs(first - second) >= shown->spread[column];
}

/* --- the columns that differ most ---------------------------------------- */

/* How much the row's cell differs from those of `count` other rows. */
static double difference_of(const struct wn_shown *shown, size_t column,
                            const struct wn_row_cells *cells,
                            const struct wn_row_cells *others, size_t count,
                            double *number)
{
    const struct wn_cell *own = &cells->cell[column];
    const double value = wn_shown_number(shown, column, own);
    size_t numbers = 0, other = 0;

    if (!shown_compares(shown, column))
        return 0;
    for (size_t j = 0; j < count; j++) {
        const struct wn_cell *cell = &others[j].cell[column];

        number[numbers] = wn_shown_number(shown, column, cell);
        numbers += isfinite(number[numbers]) ? 1 : 0;
        other += !same_bytes(own, cell);
    }
    if (isfinite(value) && numbers && shown->spread[column] > 0)
        return fabs(value - median_of(number, numbers)) / shown->spread[column];
    return count ? (double)other / (double)count : 0;
}

/* The cells of the neighbours with the class that the row looks like, or of
 * all; *count of them. */
static struct wn_row_cells *read_class(struct wn_shown *shown, size_t row,
                                       size_t *count)
{
    const struct wn_report *report = shown->report;
    const size_t m = read_neighbors(shown, row);
    struct wn_row_cells *others = wn_new(m, sizeof *others);
    const int32_t class = wn_report_other(report, row);
    bool any = false;

    for (size_t j = 0; j < m; j++)
        any = any || report->data.label[shown->neighbor[j]] == class;
    *count = 0;
    for (size_t j = 0; j < m; j++) {
        const size_t near = (size_t)shown->neighbor[j];

        if ((!any || report->data.label[near] == class) &&
            wn_source_rows_read(shown->rows, near, &others[*count]))
            ++*count;
    }
    return others;
}

size_t *wn_shown_choose(struct wn_shown *shown, size_t row,
                        const struct wn_row_cells *cells, size_t *count)
{
    size_t *column = wn_new(shown->chosens + 1 + WN_SHOWN, sizeof *column);
    size_t others_count = 0;

    *count = 0;
    if (shown->by_pattern) {
        *count = shown->chosens;
        if (*count)
            memcpy(column, shown->chosen, *count * sizeof *column);
        return column;
    }
    if (!shown->columns)
        return column;
    if (shown->text >= 0)
        column[(*count)++] = (size_t)shown->text;
    if (!shown->spread)
        measure_spread(shown);
    struct wn_row_cells *others = read_class(shown, row, &others_count);
    struct wn_ranked *all = wn_new(shown->columns, sizeof *all);
    double *number = wn_new(shown->neighbors + 1, sizeof *number);
    for (size_t c = 0; c < shown->columns; c++)
        all[c] = (struct wn_ranked){
            -difference_of(shown, c, cells, others, others_count, number), c};
    wn_rank(all, shown->columns);
    for (size_t c = 0; c < WN_SHOWN && c < shown->columns && all[c].key < 0;
         c++)
        column[(*count)++] = all[c].row;
    for (size_t j = 0; j < shown->neighbors && others_count; j++)
        wn_row_cells_free(&others[j]);
    free(others);
    free(all);
    free(number);
    return column;
}
