/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The survey reads all cells once, for the statistics of the columns, the
 * labels, the columns with a role and the user's probabilities, and a second
 * time for dates and texts, once their kinds are known. Each piece of rows
 * counts on its own, and the counts are merged in file order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/survey.h"
#include "clean/label_type.h"
#include "encode/boolean.h"
#include "encode/calendar.h"
#include "encode/roles.h"
#include "encode/sketch.h"
#include "encode/user_probability.h"
#include "util/hash.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/spill.h"

enum { LINES_SHOWN = 10 }; /* in a message */

/* Counts over one column in one piece of rows. */
struct tally {
    uint64_t numbers, padded, commas, missing;
    uint64_t dates[WN_DATE_ORDERS], booleans, trues;
    uint64_t sampled, words; /* cells in the sample, and words in them */
    double min, max;
    bool many;
    struct wn_dictionary values;
};

struct survey {
    struct wn_table *table;
    struct wn_survey_sample sample;
    uint64_t unlabelled;
    size_t shown[LINES_SHOWN]; /* the first rows without a label */
};

struct piece {
    const struct survey *survey;
    struct tally *tally; /* one a column */
    struct wn_dictionary classes;
    int32_t *label;     /* of the piece's rows, into its own classes */
    uint8_t *registers; /* of the thread's rows */
    size_t begin;
    bool spooled;    /* all feature cells so far are numbers or missing */
    double *numbers; /* rows x spool->width */
    size_t numbers_capacity;
};

/* --- a piece ------------------------------------------------------------ */

static void *survey_start(void *shared)
{
    const struct survey *survey = shared;
    const size_t columns = survey->table->csv->columns;
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->survey = survey;
    piece->tally = wn_new(columns, sizeof *piece->tally);
    piece->label = wn_new(WN_PIECE_ROWS, sizeof *piece->label);
    if (survey->sample.bits)
        piece->registers = wn_new(columns << survey->sample.bits, 1);
    return piece;
}

static void survey_stop(void *state)
{
    struct piece *piece = state;
    const struct wn_survey_sample *sample = &piece->survey->sample;
    const size_t columns = piece->survey->table->csv->columns;

    /* Sketches do not depend on the order in which they are merged. */
#pragma omp critical(wn_survey_registers)
    for (size_t c = 0; piece->registers && c < columns; c++)
        wn_sketch_merge(sample->registers + (c << sample->bits),
                        piece->registers + (c << sample->bits), sample->bits);
    for (size_t c = 0; c < columns; c++)
        wn_dictionary_free(&piece->tally[c].values);
    free(piece->registers);
    free(piece->tally);
    free(piece->label);
    free(piece->numbers);
    wn_dictionary_free(&piece->classes);
    free(piece);
}

static void survey_begin(void *state, size_t begin, size_t end)
{
    struct piece *piece = state;
    const struct wn_numeric_spool *spool = piece->survey->table->numbers;

    piece->begin = begin;
    piece->spooled = spool && !atomic_load(&spool->dropped);
    if (piece->spooled)
        wn_grow(&piece->numbers, &piece->numbers_capacity,
                (end - begin) * spool->width, sizeof *piece->numbers);
    wn_dictionary_clear(&piece->classes);
    for (size_t c = 0; c < piece->survey->table->csv->columns; c++) {
        struct wn_dictionary values = piece->tally[c].values;

        wn_dictionary_clear(&values);
        piece->tally[c] = (struct tally){.values = values};
    }
}

/* Count a cell of a feature column that is not missing. Returns its number, or
 * NaN. */
static double survey_feature(struct piece *piece, size_t row, size_t c,
                             const struct wn_cell *cell, bool sampled)
{
    const struct wn_table *table = piece->survey->table;
    const struct wn_survey_sample *sample = &piece->survey->sample;
    struct tally *tally = &piece->tally[c];
    uint8_t *registers =
        piece->registers ? piece->registers + (c << sample->bits) : NULL;
    uint64_t digest = 0;
    double value;

    /* The registers of all columns do not fit the fastest cache: ask early. */
    if (registers || sampled)
        digest = wn_hash_bits(cell->text, cell->length);
    if (registers)
        wn_sketch_prefetch(registers, sample->bits, digest);
    if (wn_cell_number(cell, table->column[c].comma, &value)) {
        tally->padded += cell->length > 1 && cell->text[0] == '0' &&
                         cell->text[1] >= '0' && cell->text[1] <= '9';
        if (tally->numbers++ == 0)
            tally->min = tally->max = value;
        tally->min = value < tally->min ? value : tally->min;
        tally->max = value > tally->max ? value : tally->max;
    } else {
        const unsigned orders = wn_date_orders(cell->text, cell->length);

        for (int order = 0; orders && order < WN_DATE_ORDERS; order++)
            tally->dates[order] += orders >> order & 1;
        if (memchr(cell->text, ',', cell->length))
            tally->commas +=
                wn_number_parse_comma(cell->text, cell->length, &value);
        value = NAN;
        piece->spooled = false;
    }
    if (table->column[c].kind == WN_KIND_BOOLEAN) {
        const int truth = wn_boolean_parse(cell->text, cell->length);

        tally->booleans += truth >= 0;
        tally->trues += truth > 0;
    }
    if (registers)
        wn_sketch_add(registers, sample->bits, digest);
    if (sampled) {
        const size_t at = c * sample->rows + row / sample->stride;
        bool inside = false; /* a word */

        sample->number[at] = value;
        sample->digest[at] = digest | 1; /* 0 is a missing cell */
        tally->sampled++;
        for (size_t i = 0; isnan(value) && i < cell->length; i++) {
            const bool space = cell->text[i] == ' ' || cell->text[i] == '\n';

            tally->words += !space && !inside;
            inside = !space;
        }
    }
    if (tally->many ||
        __atomic_load_n(&table->column[c].many, __ATOMIC_RELAXED))
        return value;
    if (cell->length <= WN_NAME_BYTES)
        wn_dictionary_add(&tally->values, cell->text, cell->length, 1, row);
    tally->many =
        cell->length > WN_NAME_BYTES || tally->values.count > table->one_hot;
    return value;
}

static int survey_row(void *state, size_t row, const struct wn_cell *cells,
                      struct wn_error *error)
{
    struct piece *piece = state;
    const struct wn_table *table = piece->survey->table;
    const struct wn_numeric_spool *spool = table->numbers;
    const size_t columns = table->csv->columns;
    const size_t stride = piece->survey->sample.stride;
    const bool sampled =
        row == wn_sample_row(row / stride, stride, table->csv->rows);
    int32_t *label = &piece->label[row - piece->begin];

    *label = -1;
    for (size_t c = 0; c < columns; c++) {
        const enum wn_role role = table->column[c].role;
        const struct wn_cell *cell = &cells[c];
        double value = NAN;

        if (role == WN_ROLE_IGNORED)
            continue;
        if (wn_table_is_missing(table, cell)) {
            piece->tally[c].missing++;
        } else if (role == WN_ROLE_FEATURE) {
            value = survey_feature(piece, row, c, cell, sampled);
        } else if (sampled && (role == WN_ROLE_ID || role == WN_ROLE_GROUP)) {
            const struct wn_survey_sample *sample = &piece->survey->sample;

            sample->digest[c * sample->rows + row / stride] =
                wn_hash_bits(cell->text, cell->length) | 1;
        } else if (role == WN_ROLE_LABEL) {
            const size_t known = piece->classes.count;

            if (cell->length > WN_NAME_BYTES)
                return wn_csv_fail(table->csv, row, c, error,
                                   "found a label of %zu bytes, wanted a class "
                                   "name of at most %d",
                                   cell->length, WN_NAME_BYTES);
            *label = (int32_t)wn_dictionary_add(&piece->classes, cell->text,
                                                cell->length, 1, row);
            if (piece->classes.count > known &&
                !wn_text_is_utf8(cell->text, cell->length))
                return wn_csv_fail(table->csv, row, c, error,
                                   "found '%.*s', wanted %s",
                                   wn_text_shown(cell->length), cell->text,
                                   wn_csv_wanted_text(table->csv));
        }
        if (role == WN_ROLE_FEATURE && piece->spooled)
            piece->numbers[(row - piece->begin) * spool->width +
                           spool->slot[c]] = value;
    }
    return 0;
}

/* --- merging ------------------------------------------------------------ */

static int survey_finish(void *shared, void *state, size_t begin, size_t end,
                         struct wn_error *error)
{
    struct survey *survey = shared;
    struct wn_table *table = survey->table;
    const struct piece *piece = state;
    int32_t *number = wn_new(piece->classes.count, sizeof *number);

    (void)error;
    if (table->numbers)
        wn_numeric_spool_write(table->numbers, begin, end,
                               piece->spooled ? piece->numbers : NULL);
    for (size_t c = 0; c < table->csv->columns; c++) {
        struct wn_column *column = &table->column[c];
        const struct tally *tally = &piece->tally[c];

        survey->sample.in[c].cells += tally->sampled;
        survey->sample.in[c].words += tally->words;
        column->missing += tally->missing;
        if (column->role != WN_ROLE_FEATURE)
            continue;
        if (tally->numbers) {
            if (column->numbers == 0 || tally->min < column->min)
                column->min = tally->min;
            if (column->numbers == 0 || tally->max > column->max)
                column->max = tally->max;
        }
        column->numbers += tally->numbers;
        column->padded += tally->padded;
        column->commas += tally->commas;
        for (int order = 0; order < WN_DATE_ORDERS; order++)
            column->dates[order] += tally->dates[order];
        column->booleans += tally->booleans;
        column->trues += tally->trues;
        if (column->many)
            continue;
        if (!tally->many)
            wn_dictionary_merge(&column->values, &tally->values, NULL);
        /* Other threads read `many` to skip work. Their results do not depend
         * on when they see it. */
        if (tally->many || column->values.count > table->one_hot) {
            __atomic_store_n(&column->many, true, __ATOMIC_RELAXED);
            wn_dictionary_free(&column->values);
        }
    }
    wn_dictionary_merge(&table->classes, &piece->classes, number);
    for (size_t row = begin; row < end; row++) {
        const int32_t own = piece->label[row - begin];

        table->label[row] = own < 0 ? -1 : number[own];
        if (own >= 0)
            continue;
        if (survey->unlabelled < LINES_SHOWN)
            survey->shown[survey->unlabelled] = row;
        survey->unlabelled++;
    }
    free(number);
    return 0;
}

/* --- conclusions -------------------------------------------------------- */

static int conclude_labels(struct survey *survey, struct wn_error *error)
{
    struct wn_table *table = survey->table;
    const struct wn_dictionary *declared = &table->declared;
    const size_t rows = table->csv->rows;
    const size_t found = table->classes.count;

    if (survey->unlabelled) {
        const char *plural = survey->unlabelled == 1 ? "" : "s";
        const uint64_t *line = table->csv->line;
        struct wn_text lines = {0};

        for (size_t i = 0; i < LINES_SHOWN && i < survey->unlabelled; i++) {
            uint64_t at = line[survey->shown[i]];
            const char *name = wn_csv_where(&table->csv->form, NULL, &at);

            wn_text_format(&lines, "%s%s%s%llu", i ? ", " : "",
                           name ? name : "", name ? ":" : "",
                           (unsigned long long)at);
        }
        wn_csv_fail(table->csv, survey->shown[0], table->label_column, error,
                    "found no label in %llu row%s (line%s %s%s), wanted one in "
                    "every row; --missing-label=drop leaves them out",
                    (unsigned long long)survey->unlabelled, plural, plural,
                    wn_text_of(&lines),
                    survey->unlabelled > LINES_SHOWN ? ", ..." : "");
        wn_text_free(&lines);
        return -1;
    }
    if (!table->any_classes && !declared->count && !table->user_class.count) {
        struct wn_text where = {0};

        wn_text_format(&where, "%s: column %s", table->csv->name,
                       table->csv->column[table->label_column]);
        const int status =
            wn_labels_check(&table->classes, rows, wn_text_of(&where), error);
        wn_text_free(&where);
        if (status)
            return -1;
    }
    /* Found classes must be declared; declared ones need not be found. */
    for (size_t v = 0; v < found && declared->count; v++) {
        const struct wn_value *value = &table->classes.value[v];
        const char *text = wn_dictionary_text(&table->classes, v);

        if (wn_dictionary_find(declared, text, value->length) < 0)
            return wn_csv_fail(table->csv, value->row, table->label_column,
                               error,
                               "found '%.*s', wanted a class of --classes",
                               wn_text_shown(value->length), text);
    }
    wn_dictionary_merge(&table->classes, declared, NULL);
    if (wn_user_probability_match(table, error))
        return -1;
    int32_t *place = wn_new(table->classes.count, sizeof *place);
    wn_dictionary_sort(&table->classes, place);
    for (size_t row = 0; row < rows; row++)
        table->label[row] = place[table->label[row]];
    free(place);
    wn_user_probability_reorder(table);
    return 0;
}

/* The first reading. */
static int read_cells(struct survey *survey, struct wn_roles *roles,
                      struct wn_error *error)
{
    /* Registers of all sketches: 4 MiB, or 256 bytes each. */
    enum { REGISTERS = 1 << 22, MAX_BITS = 12, MIN_BITS = 8 };
    struct wn_table *table = survey->table;
    struct wn_survey_sample *sample = &survey->sample;
    const size_t rows = table->csv->rows;
    const size_t columns = table->csv->columns;
    const size_t max = wn_sample_rows(columns);
    const struct wn_csv_pass reading = {.csv = table->csv,
                                        .threads = table->threads,
                                        .rows = WN_PIECE_ROWS,
                                        .log = table->log,
                                        .what = "reading"};
    struct wn_csv_visitor visitors[3] = {{.shared = survey,
                                          .start = survey_start,
                                          .begin = survey_begin,
                                          .row = survey_row,
                                          .finish = survey_finish,
                                          .stop = survey_stop}};
    size_t count = 1;

    for (size_t c = 0; c < columns; c++)
        table->column[c].comma = table->csv->form.decimal_comma;
    table->label = wn_new(rows, sizeof *table->label);
    table->numbers = wn_numeric_spool_new(table);
    sample->stride = (rows + max - 1) / max;
    sample->rows = (rows + sample->stride - 1) / sample->stride;
    const size_t cells = wn_product(columns, sample->rows, 1);
    sample->number = wn_new(cells, sizeof *sample->number);
    sample->digest = wn_new(cells, sizeof *sample->digest);
    sample->in = wn_new(columns, sizeof *sample->in);
    for (size_t i = 0; i < cells; i++)
        sample->number[i] = NAN;
    if (sample->stride > 1) {
        sample->bits = MAX_BITS;
        while (sample->bits > MIN_BITS && columns << sample->bits > REGISTERS)
            sample->bits--;
        sample->registers = wn_new(columns << sample->bits, 1);
    }
    count += wn_roles_visit(roles, table, &visitors[count]);
    count += wn_user_probability_visit(table, &visitors[count]);
    return wn_csv_foreach(&reading, visitors, count, error);
}

/* The second reading, if any column holds dates or texts. */
static int read_dates_and_texts(struct wn_table *table, struct wn_error *error)
{
    const size_t columns = table->csv->columns;
    const struct wn_csv_pass reading = {.csv = table->csv,
                                        .threads = table->threads,
                                        .rows = WN_PIECE_ROWS,
                                        .log = table->log,
                                        .what = "reading dates and texts"};
    struct wn_csv_visitor *visitors = wn_new(columns + 1, sizeof *visitors);
    struct wn_text_fit **text = wn_new(columns, sizeof *text);
    struct wn_calendar_fit *dates;
    const int any_dates =
        wn_calendar_fit_new(table, &dates, &visitors[0], error);
    size_t count = any_dates == 1, texts = 0;
    int status = any_dates < 0 ? -1 : 0;

    for (size_t c = 0; c < columns && status == 0; c++)
        if (table->column[c].role == WN_ROLE_FEATURE &&
            table->column[c].kind == WN_KIND_TEXT)
            text[texts++] = wn_text_fit_new(table, c, &visitors[count++]);
    if (status == 0 && count)
        status = wn_csv_foreach(&reading, visitors, count, error);
    if (status == 0 && any_dates == 1)
        wn_calendar_fit_conclude(dates);
    wn_calendar_fit_free(dates);
    for (size_t t = 0; t < texts; t++) {
        if (status == 0)
            status = wn_text_fit_conclude(text[t], error);
        wn_text_fit_free(text[t]);
    }
    free(text);
    free(visitors);
    return status;
}

int wn_survey(struct wn_table *table, struct wn_roles *roles,
              struct wn_error *error)
{
    struct survey survey = {.table = table};
    struct wn_survey_sample *sample = &survey.sample;
    bool two = false, numbers_only = true;
    int status = read_cells(&survey, roles, error) ||
                 conclude_labels(&survey, error) ||
                 wn_roles_conclude(roles, error);

    if (status == 0) {
        wn_votes_find(table, sample);
        wn_columns_fit(table, sample);
    }
    free(sample->number);
    free(sample->digest);
    free(sample->in);
    free(sample->registers);
    if (status || read_dates_and_texts(table, error) ||
        wn_columns_number(table, error))
        return -1;
    for (size_t c = 0; c < table->csv->columns; c++) {
        const struct wn_column *column = &table->column[c];

        two |= column->second;
        numbers_only &= column->role != WN_ROLE_FEATURE ||
                        column->kind == WN_KIND_NUMERIC ||
                        column->kind == WN_KIND_IDENTIFIER;
    }
    /* With numbers only, and none of them invalid, the features need no second
     * reading of the cells. */
    if (table->numbers &&
        (!numbers_only || atomic_load(&table->numbers->dropped))) {
        wn_numeric_spool_free(table->numbers);
        table->numbers = NULL;
    }
    if (table->numbers)
        wn_log_verbose(table->log,
                       "%s: numbers only: made features in one reading",
                       table->csv->name);
    if (table->d == 0 && table->user_class.count == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: found no feature: the columns beside the label are "
                       "constant, identifiers or ignored; see --verbose",
                       table->csv->name);
    if (two && (table->second_block == 0 || table->second_block == table->d))
        return wn_fail(error, WN_EDATA,
                       "%s: --features-b: found no feature in the %s block, "
                       "wanted some in both; see --verbose",
                       table->csv->name,
                       table->second_block ? "first" : "second");
    return 0;
}
