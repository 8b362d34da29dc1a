/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first pass: every cell of every column is looked at once; each piece of
 * rows has counts of its own, which are merged in the order of the file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/numeric_spool.h"
#include "encode/user_probability.h"
#include "encode/calendar.h"
#include "encode/columns.h"
#include "encode/sketch.h"
#include "csv/csv_foreach.h"
#include "encode/boolean.h"
#include "util/hash.h"
#include "util/memory.h"
#include "util/number.h"

enum { CLASSES_FEW = 20 };
enum { TOLD_LINES = 10 };  /* in a message */
enum { NUMBER_LEAST = 2 }; /* bytes of a number and its delimiter */

/* Of one feature column in one piece. */
struct tally {
    uint64_t numbers, padded, missing;
    uint64_t dates[WN_DATE_ORDERS], truths, trues;
    uint64_t sampled, words; /* cells of the sample, and what is in them */
    double min, max;
    bool many;
    struct wn_dictionary values;
};

struct survey {
    struct wn_table *table;
    struct wn_survey_sample sample;
    uint64_t unlabelled;
    size_t told[TOLD_LINES]; /* the first rows without a label */
};

struct piece {
    const struct survey *survey;
    struct tally *tally; /* one a column */
    struct wn_dictionary classes;
    int32_t *label;     /* of the piece's rows, into its own classes */
    uint8_t *registers; /* of the thread's rows */
    size_t begin;
    struct wn_numeric_spool *ahead; /* NULL once a cell was no number */
    float *features;                /* rows x d of it */
};

/* In which order threads do that makes no difference. */
static void add_registers(const struct piece *piece)
{
    const struct wn_survey_sample *sample = &piece->survey->sample;
    const size_t columns = wn_csv_columns(piece->survey->table->csv);

#pragma omp critical(wn_survey_registers)
    for (size_t c = 0; c < columns; c++)
        wn_sketch_merge(sample->registers + (c << sample->bits),
                        piece->registers + (c << sample->bits), sample->bits);
}

static void survey_stop_piece(void *own)
{
    struct piece *piece = own;

    if (!piece)
        return;
    if (piece->registers)
        add_registers(piece);
    free(piece->registers);
    if (piece->tally)
        for (size_t c = 0; c < wn_csv_columns(piece->survey->table->csv); c++)
            wn_dictionary_free(&piece->tally[c].values);
    free(piece->tally);
    free(piece->label);
    wn_dictionary_free(&piece->classes);
    free(piece->features);
    free(piece);
}

static void *survey_start_piece(void *shared)
{
    const struct survey *survey = shared;
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->survey = survey;
    piece->tally =
        wn_new(wn_csv_columns(survey->table->csv), sizeof *piece->tally);
    piece->label = wn_new(WN_PIECE_ROWS, sizeof *piece->label);
    const unsigned bits = survey->sample.bits;
    if (bits)
        piece->registers =
            wn_new(wn_csv_columns(survey->table->csv) << bits, 1);
    const struct wn_numeric_spool *ahead = survey->table->ahead;
    if (ahead)
        piece->features = wn_new(WN_PIECE_BYTES / NUMBER_LEAST + ahead->d,
                                 sizeof *piece->features);
    if (piece->tally && piece->label && (piece->registers || !bits) &&
        (piece->features || !ahead))
        return piece;
    survey_stop_piece(piece);
    return NULL;
}

static void survey_begin_piece(void *own, size_t begin, size_t end)
{
    struct piece *piece = own;

    (void)end;
    piece->begin = begin;
    piece->ahead = piece->survey->table->ahead;
    if (piece->ahead && atomic_load(&piece->ahead->wrong))
        piece->ahead = NULL;
    wn_dictionary_clear(&piece->classes);
    for (size_t c = 0; c < wn_csv_columns(piece->survey->table->csv); c++) {
        struct wn_dictionary values = piece->tally[c].values;

        wn_dictionary_clear(&values);
        piece->tally[c] = (struct tally){.values = values};
    }
}

/* What a cell is as a number, a date, a word for yes or no. */
static void add_number(struct tally *tally, const struct wn_cell *cell,
                       double value)
{
    tally->padded += cell->length > 1 && cell->text[0] == '0' &&
                     cell->text[1] >= '0' && cell->text[1] <= '9';
    if (tally->numbers++ == 0)
        tally->min = tally->max = value;
    tally->min = value < tally->min ? value : tally->min;
    tally->max = value > tally->max ? value : tally->max;
}

static void add_date(struct tally *tally, const struct wn_cell *cell)
{
    const unsigned orders = wn_date_orders(cell->text, cell->length);

    for (int order = 0; orders && order < WN_DATE_ORDERS; order++)
        tally->dates[order] += orders >> order & 1;
}

static void add_truth(struct tally *tally, const struct wn_cell *cell)
{
    const int truth = wn_boolean_parse(cell->text, cell->length);

    tally->truths += truth >= 0;
    tally->trues += truth > 0;
}

static int survey_add_value(const struct wn_table *table, struct tally *tally,
                            const struct wn_cell *cell, size_t row,
                            struct wn_error *error)
{
    if (tally->many)
        return 0;
    if (cell->length > WN_NAME_BYTES) {
        tally->many = true;
        return 0;
    }
    wn_dictionary_add(&tally->values, cell->text, cell->length, 1, row);
    tally->many = tally->values.count > table->one_hot;
    return 0;
}

static int survey_take_label(struct piece *piece, size_t row,
                             const struct wn_cell *cell, struct wn_error *error)
{
    const struct wn_table *table = piece->survey->table;
    const size_t known = piece->classes.count;
    int32_t *label = &piece->label[row - piece->begin];

    if (wn_table_is_missing(table, cell)) {
        *label = -1;
        return 0;
    }
    if (cell->length > WN_NAME_BYTES)
        return wn_csv_fail(table->csv, row, table->label_column, error,
                           "found a label of %zu bytes, wanted a class name "
                           "of at most %d",
                           cell->length, WN_NAME_BYTES);
    *label = (int32_t)wn_dictionary_add(&piece->classes, cell->text,
                                        cell->length, 1, row);
    if (piece->classes.count > known &&
        !wn_text_is_utf8(cell->text, cell->length))
        return wn_csv_fail(table->csv, row, table->label_column, error,
                           "found '%.*s', wanted UTF-8: see iconv(1)",
                           wn_text_told(cell->length), cell->text);
    return 0;
}

static size_t count_words(const struct wn_cell *cell)
{
    size_t words = 0;
    bool inside = false;

    for (size_t i = 0; i < cell->length; i++) {
        const bool space = cell->text[i] == ' ' || cell->text[i] == '\n';

        words += !space && !inside;
        inside = !space;
    }
    return words;
}

static void sample_cell(const struct survey *survey, struct tally *tally,
                        size_t row, size_t c, const struct wn_cell *cell)
{
    const struct wn_survey_sample *sample = &survey->sample;
    const size_t at = c * sample->rows + row / sample->stride;
    double value;

    /* 0 is what missing cells have. */
    sample->mark[at] = wn_hash_bits(cell->text, cell->length) | 1;
    tally->sampled++;
    if (wn_number_parse_padded(cell->text, cell->length, &value))
        sample->number[at] = value;
    else
        tally->words += count_words(cell);
}

/* A cell of a feature column that is not missing. */
static int take_feature(struct piece *piece, size_t row, size_t c,
                        const struct wn_cell *cell, bool sampled,
                        struct wn_error *error)
{
    const struct wn_table *table = piece->survey->table;
    const unsigned bits = piece->survey->sample.bits;
    struct tally *tally = &piece->tally[c];
    double value;

    if (wn_number_parse_padded(cell->text, cell->length, &value)) {
        add_number(tally, cell, value);
        if (piece->ahead)
            wn_numeric_spool_put(piece->ahead, c, value,
                                 piece->features +
                                     (row - piece->begin) * piece->ahead->d);
    } else {
        add_date(tally, cell);
        piece->ahead = NULL;
    }
    if (table->column[c].kind == WN_KIND_BOOLEAN)
        add_truth(tally, cell);
    if (piece->registers)
        wn_sketch_add(piece->registers + (c << bits), bits,
                      wn_hash_bits(cell->text, cell->length));
    if (sampled)
        sample_cell(piece->survey, tally, row, c, cell);
    if (__atomic_load_n(&table->column[c].many, __ATOMIC_RELAXED))
        return 0;
    return survey_add_value(table, tally, cell, row, error);
}

static int survey_take_row(void *own, size_t row, const struct wn_cell *cells,
                           struct wn_error *error)
{
    struct piece *piece = own;
    const struct wn_table *table = piece->survey->table;
    const size_t columns = wn_csv_columns(table->csv);
    const size_t stride = piece->survey->sample.stride;
    const bool sampled =
        row == wn_sample_row(row / stride, stride, wn_csv_rows(table->csv));

    for (size_t c = 0; c < columns; c++) {
        const enum wn_role role = table->column[c].role;

        if (role == WN_ROLE_IGNORED)
            continue;
        if (role == WN_ROLE_LABEL &&
            survey_take_label(piece, row, &cells[c], error))
            return -1;
        if (wn_table_is_missing(table, &cells[c])) {
            piece->tally[c].missing++;
            if (role == WN_ROLE_FEATURE)
                piece->ahead = NULL;
        } else if (role == WN_ROLE_FEATURE &&
                   take_feature(piece, row, c, &cells[c], sampled, error)) {
            return -1;
        }
    }
    return 0;
}

/* --- merging ------------------------------------------------------------ */

static void merge_numbers(struct wn_column *column, const struct tally *tally)
{
    if (tally->numbers == 0)
        return;
    if (column->numbers == 0 || tally->min < column->min)
        column->min = tally->min;
    if (column->numbers == 0 || tally->max > column->max)
        column->max = tally->max;
    column->numbers += tally->numbers;
    column->padded += tally->padded;
}

static int merge_column(const struct wn_table *table, struct wn_column *column,
                        const struct tally *tally, struct wn_error *error)
{
    column->missing += tally->missing;
    if (column->role != WN_ROLE_FEATURE)
        return 0;
    merge_numbers(column, tally);
    for (int order = 0; order < WN_DATE_ORDERS; order++)
        column->dates[order] += tally->dates[order];
    column->truths += tally->truths;
    column->trues += tally->trues;
    if (column->many)
        return 0;
    if (!tally->many)
        wn_dictionary_merge(&column->values, &tally->values, NULL);
    /* Other threads read it to save themselves work; they decide nothing by
     * it, so it does not matter when they see it. */
    if (tally->many || column->values.count > table->one_hot) {
        __atomic_store_n(&column->many, true, __ATOMIC_RELAXED);
        wn_dictionary_free(&column->values);
    }
    return 0;
}

static int merge_labels(struct survey *survey, const struct piece *piece,
                        size_t end, struct wn_error *error)
{
    struct wn_table *table = survey->table;
    int32_t *number = wn_new(piece->classes.count, sizeof *number);

    wn_dictionary_merge(&table->classes, &piece->classes, number);
    for (size_t row = piece->begin; row < end; row++) {
        const int32_t own = piece->label[row - piece->begin];

        table->label[row] = own < 0 ? -1 : number[own];
        if (own >= 0)
            continue;
        if (survey->unlabelled < TOLD_LINES)
            survey->told[survey->unlabelled] = row;
        survey->unlabelled++;
    }
    free(number);
    return 0;
}

static int survey_finish_piece(void *shared, void *own, size_t begin,
                               size_t end, struct wn_error *error)
{
    struct survey *survey = shared;
    struct wn_table *table = survey->table;
    const struct piece *piece = own;

    if (table->ahead)
        wn_numeric_spool_keep(table->ahead, begin, end,
                              piece->ahead ? piece->features : NULL);
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        survey->sample.in[c].cells += piece->tally[c].sampled;
        survey->sample.in[c].words += piece->tally[c].words;
        if (merge_column(table, &table->column[c], &piece->tally[c], error))
            return -1;
    }
    return merge_labels(survey, piece, end, error);
}

/* --- conclusions -------------------------------------------------------- */

static int survey_fail_unlabelled(const struct survey *survey,
                                  struct wn_error *error)
{
    const struct wn_csv *csv = survey->table->csv;
    const size_t told = survey->unlabelled < TOLD_LINES
                            ? (size_t)survey->unlabelled
                            : TOLD_LINES;
    struct wn_text lines = {0};

    for (size_t i = 0; i < told; i++)
        wn_text_format(&lines, "%s%llu", i ? ", " : "",
                       (unsigned long long)wn_csv_line(csv)[survey->told[i]]);
    wn_csv_fail(csv, survey->told[0], survey->table->label_column, error,
                "found no label in %llu row%s (line%s %s%s), wanted one in "
                "every row; --missing-label=drop leaves them out",
                (unsigned long long)survey->unlabelled,
                survey->unlabelled == 1 ? "" : "s",
                survey->unlabelled == 1 ? "" : "s", wn_text_of(&lines),
                survey->unlabelled > TOLD_LINES ? ", ..." : "");
    wn_text_free(&lines);
    return -1;
}

/* Classes that were found must be declared; declared ones need not be found. */
static int add_declared(struct wn_table *table, struct wn_error *error)
{
    const struct wn_dictionary *declared = &table->declared;
    const size_t found = table->classes.count;

    for (size_t v = 0; v < found && declared->count; v++) {
        const struct wn_value *value = &table->classes.value[v];
        const char *text = wn_dictionary_text(&table->classes, v);

        if (wn_dictionary_find(declared, text, value->length) < 0)
            return wn_csv_fail(table->csv, value->row, table->label_column,
                               error,
                               "found '%.*s', wanted a class of --classes",
                               wn_text_told(value->length), text);
    }
    wn_dictionary_merge(&table->classes, declared, NULL);
    return 0;
}

static int conclude_labels(struct survey *survey, struct wn_error *error)
{
    struct wn_table *table = survey->table;
    const size_t rows = wn_csv_rows(table->csv);
    const size_t found = table->classes.count;

    if (survey->unlabelled)
        return survey_fail_unlabelled(survey, error);
    if (found > CLASSES_FEW && found > rows / 2)
        return wn_fail(error, WN_EDATA,
                       "%s: column %s: found %zu different labels in %zu "
                       "rows, wanted classes with several rows each",
                       wn_csv_name(table->csv),
                       wn_csv_column(table->csv, table->label_column), found,
                       rows);
    if (add_declared(table, error) || wn_user_probability_match(table, error))
        return -1;
    const size_t classes = table->classes.count;
    int32_t *place = wn_new(classes, sizeof *place);
    wn_dictionary_sort(&table->classes, place);
    for (size_t row = 0; row < rows; row++)
        table->label[row] = place[table->label[row]];
    free(place);
    return 0;
}

/* Rows at equal distances, so many that all columns together stay small. */
static int choose_sample(struct survey *survey)
{
    /* Registers of all sketches: 4 MiB, or 256 bytes each. */
    enum { REGISTERS = 1 << 22, MOST_BITS = 12, LEAST_BITS = 8 };
    struct wn_survey_sample *sample = &survey->sample;
    const size_t rows = wn_csv_rows(survey->table->csv);
    const size_t columns = wn_csv_columns(survey->table->csv);
    const size_t most = wn_sample_most(columns);

    sample->stride = (rows + most - 1) / most;
    survey->table->ahead = wn_numeric_spool_new(survey->table, sample->stride);
    sample->rows = (rows + sample->stride - 1) / sample->stride;
    sample->number =
        wn_new(wn_product(columns, sample->rows, 1), sizeof *sample->number);
    sample->mark =
        wn_new(wn_product(columns, sample->rows, 1), sizeof *sample->mark);
    sample->in = wn_new(columns, sizeof *sample->in);
    for (size_t i = 0; i < columns * sample->rows; i++)
        sample->number[i] = NAN;
    if (sample->stride == 1)
        return 0;
    sample->bits = MOST_BITS;
    while (sample->bits > LEAST_BITS && columns << sample->bits > REGISTERS)
        sample->bits--;
    sample->registers = wn_new(columns << sample->bits, 1);
    return 0;
}

static void survey_free_sample(struct wn_survey_sample *sample)
{
    free(sample->number);
    free(sample->mark);
    free(sample->in);
    free(sample->registers);
}

/* Two blocks are to be compared. */
static int check_blocks(const struct wn_table *table, struct wn_error *error)
{
    const size_t p = table->second_block;
    bool two = false;

    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        two = two || table->column[c].second;
    if (!two || (p && p < table->d))
        return 0;
    return wn_fail(error, WN_EDATA,
                   "%s: --features-b: found no feature in the %s block, "
                   "wanted some in both; see --verbose",
                   wn_csv_name(table->csv), p ? "first" : "second");
}

int wn_survey(struct wn_table *table, struct wn_error *error)
{
    struct survey survey = {.table = table};
    const struct wn_csv_pass pass_over = {.csv = table->csv,
                                          .threads = table->threads,
                                          .rows = WN_PIECE_ROWS,
                                          .log = table->talk,
                                          .what = "reading"};
    const struct wn_csv_visitor visitor = {.shared = &survey,
                                           .start = survey_start_piece,
                                           .begin = survey_begin_piece,
                                           .row = survey_take_row,
                                           .finish = survey_finish_piece,
                                           .stop = survey_stop_piece};

    table->label = wn_new(wn_csv_rows(table->csv), sizeof *table->label);
    const int status = !table->label || choose_sample(&survey) ||
                       wn_csv_foreach(&pass_over, &visitor, 1, error) ||
                       conclude_labels(&survey, error) ||
                       wn_columns_fit(table, &survey.sample, error);
    survey_free_sample(&survey.sample);
    if (status || wn_calendar_fit(table, error) ||
        wn_table_fit_text(table, error))
        return -1;
    if (wn_columns_number(table, error))
        return -1;
    if (table->ahead && !wn_numeric_spool_holds(table->ahead, table)) {
        wn_numeric_spool_free(table->ahead);
        table->ahead = NULL;
    }
    if (table->ahead)
        wn_log_verbose(table->talk,
                       "%s: numbers only: made features in one "
                       "reading",
                       wn_csv_name(table->csv));
    if (table->d == 0 && table->brought.count == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: found no feature: the columns beside the label are "
                       "constant, identifiers or ignored; see --verbose",
                       wn_csv_name(table->csv));
    return check_blocks(table, error) ? -1 : wn_columns_name(table, error);
}
