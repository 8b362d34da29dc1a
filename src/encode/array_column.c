/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names, flags and amounts from arrays; see array_column.h. */
#include "encode/array_column.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/boolean.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/text.h"

struct names {
    const struct wn_array *array;
    struct wn_dictionary *names;
    int32_t *code;
};

static int check_vector(const struct wn_array *array, struct wn_error *error)
{
    if (array->columns == 1)
        return 0;
    return wn_fail(error, WN_EDATA,
                   "%s: found rows of %zu cells, wanted one "
                   "a row",
                   array->name, array->columns);
}

static int add_name(const struct names *names, size_t row, const char *text,
                    size_t length, struct wn_error *error)
{
    const size_t known = names->names->count;

    if (length > WN_NAME_BYTES)
        return wn_fail(error, WN_EDATA,
                       "%s: row %zu: found a name of %zu "
                       "bytes, wanted at most %d",
                       names->array->name, row, length, WN_NAME_BYTES);
    const size_t number = wn_dictionary_add(names->names, text, length, 1, row);
    if (names->names->count > known &&
        (!wn_text_is_utf8(text, length) || memchr(text, '\0', length)))
        return wn_fail(error, WN_EDATA,
                       "%s: row %zu: found '%.*s', wanted "
                       "UTF-8",
                       names->array->name, row, wn_text_told(length), text);
    names->code[row] = (int32_t)number;
    return 0;
}

static int take_text(void *context, size_t cell, const char *text,
                     size_t length, struct wn_error *error)
{
    const struct names *names = context;

    names->code[cell] = -1;
    return length ? add_name(names, cell, text, length, error) : 0;
}

static int fail_whole(const struct wn_array *array, size_t row, double value,
                      struct wn_error *error)
{
    char text[32];

    wn_number_format(value, text);
    return wn_fail(error, WN_EDATA,
                   "%s: row %zu: found %s, wanted a whole "
                   "number",
                   array->name, row, text);
}

/* The number in a row, or -1 for none. */
static int whole_at(struct wn_array_rows *rows, size_t row, double *value,
                    struct wn_error *error)
{
    const double *cell = wn_array_row(rows, row, error);

    if (!cell)
        return -1;
    *value = isnan(*cell) || *cell < 0 ? -1 : *cell;
    return *value <= 0x1p53 && *value == floor(*value)
               ? 0
               : fail_whole(rows->array, row, *cell, error);
}

/* `least`: see wn_array_column_names(). */
static int name_numbers(const struct names *names, size_t least,
                        struct wn_error *error)
{
    struct wn_array_rows rows;
    int status = 0;
    double most = -1;
    char text[32];

    wn_array_rows_open(&rows, names->array);
    for (size_t i = 0; i < names->array->rows && status == 0; i++) {
        double value;

        status = whole_at(&rows, i, &value, error);
        names->code[i] = -1;
        if (status == 0 && value >= 0)
            status =
                add_name(names, i, text, wn_number_format(value, text), error);
        most = fmax(most, value);
    }
    wn_array_rows_free(&rows);
    for (size_t c = 0; status == 0 && most < (double)least && c < least; c++)
        wn_dictionary_add(names->names, text, wn_number_format((double)c, text),
                          0, 0);
    return status;
}

/* Codes of rows by the places in a list; names get no counts from it. */
static int name_codes(const struct names *names, const int32_t *list_code,
                      size_t listed, struct wn_error *error)
{
    struct wn_array_rows rows;
    int status = 0;

    wn_array_rows_open(&rows, names->array);
    for (size_t i = 0; i < names->array->rows && status == 0; i++) {
        double value;

        status = whole_at(&rows, i, &value, error);
        names->code[i] = -1;
        if (status || value < 0)
            continue;
        if (value >= (double)listed) {
            status = wn_fail(error, WN_EDATA,
                             "%s: row %zu: found %.0f, "
                             "wanted the place of one of %zu names, from 0",
                             names->array->name, i, value, listed);
            continue;
        }
        names->code[i] = list_code[(size_t)value];
        names->names->value[names->code[i]].count++;
    }
    wn_array_rows_free(&rows);
    return status;
}

/* The list itself: names, none of them empty or twice. */
static int array_column_read_list(const struct wn_array *list,
                                  struct wn_dictionary *names, int32_t *code,
                                  struct wn_error *error)
{
    const struct names all = {list, names, code};

    if (check_vector(list, error) ||
        (list->text ? wn_array_texts(list, take_text, (void *)&all, error)
                    : name_numbers(&all, 0, error)))
        return -1;
    for (size_t i = 0; i < list->rows; i++) {
        const struct wn_value *value =
            code[i] < 0 ? NULL : &names->value[code[i]];

        if (!value)
            return wn_fail(error, WN_EDATA, "%s: row %zu: wanted a name",
                           list->name, i);
        if (value->row != i)
            return wn_fail(error, WN_EDATA,
                           "%s: rows %zu and %zu have the "
                           "same name",
                           list->name, value->row, i);
    }
    for (size_t v = 0; v < names->count; v++)
        names->value[v].count = 0;
    return 0;
}

/* Numbers of names in the order of their bytes, in codes and places too. */
static int array_column_sort_names(struct wn_dictionary *names, int32_t *code,
                                   size_t n, int32_t **number)
{
    *number = wn_new(names->count, sizeof **number);
    wn_dictionary_sort(names, *number);
    for (size_t row = 0; row < n; row++)
        if (code[row] >= 0)
            code[row] = (*number)[code[row]];
    return 0;
}

static int array_column_find_places(const int32_t *list_code, size_t listed,
                                    const int32_t *number, size_t **place)
{
    *place = wn_new(listed, sizeof **place);
    for (size_t i = 0; i < listed; i++)
        (*place)[number[list_code[i]]] = i;
    return 0;
}

int wn_array_column_names(const struct wn_array *array,
                          const struct wn_array *list, size_t least,
                          struct wn_dictionary *names, int32_t *code,
                          size_t **place, struct wn_error *error)
{
    const struct names all = {array, names, code};
    const bool coded = list && !array->text;
    int32_t *list_code = NULL, *number = NULL;
    int status = -1;

    *place = NULL;
    if (check_vector(array, error))
        return -1;
    if (list) {
        list_code = wn_new(list->rows, sizeof *list_code);
        if (!list_code || array_column_read_list(list, names, list_code, error))
            goto done;
    }
    if (coded)
        status = name_codes(&all, list_code, list->rows, error);
    else
        status = array->text
                     ? wn_array_texts(array, take_text, (void *)&all, error)
                     : name_numbers(&all, least, error);
    if (status == 0 && list && names->count > list->rows)
        status = wn_fail(error, WN_EDATA,
                         "%s: row %zu: found '%.*s', which "
                         "is not in %s",
                         array->name, names->value[list->rows].row,
                         (int)names->value[list->rows].length,
                         wn_dictionary_text(names, list->rows), list->name);
    if (status == 0)
        status = array_column_sort_names(names, code, array->rows, &number);
    if (status == 0 && list)
        status = array_column_find_places(list_code, list->rows, number, place);
done:
    free(list_code);
    free(number);
    return status;
}

/* --- flags, amounts, texts ---------------------------------------------- */

struct flags {
    const struct wn_array *array;
    uint8_t *flag;
};

static int take_flag(void *context, size_t cell, const char *text,
                     size_t length, struct wn_error *error)
{
    const struct flags *flags = context;
    const int truth = length ? wn_boolean_parse(text, length) : 0;

    if (truth < 0)
        return wn_fail(error, WN_EDATA,
                       "%s: row %zu: found '%.*s', wanted "
                       "true or false",
                       flags->array->name, cell, wn_text_told(length), text);
    flags->flag[cell] = (uint8_t)truth;
    return 0;
}

/* A number that is 0 or 1, or 0 and more; the rest is refused. */
static int read_numbers(const struct wn_array *array, uint8_t *flag,
                        float *amount, struct wn_error *error)
{
    struct wn_array_rows rows;
    int status = 0;

    wn_array_rows_open(&rows, array);
    for (size_t i = 0; i < array->rows && status == 0; i++) {
        const double *cell = wn_array_row(&rows, i, error);
        char text[32];

        if (!cell) {
            status = -1;
        } else if (flag ? *cell != 0 && *cell != 1 && !isnan(*cell)
                        : !(*cell >= 0 && *cell <= FLT_MAX)) {
            wn_number_format(*cell, text);
            status = wn_fail(error, WN_EDATA,
                             "%s: row %zu: found %s, wanted "
                             "%s",
                             array->name, i, text,
                             flag ? "0 or 1" : "a number of 0 or more");
        } else if (flag) {
            flag[i] = *cell == 1;
        } else {
            amount[i] = (float)*cell;
        }
    }
    wn_array_rows_free(&rows);
    return status;
}

static int check_role(const struct wn_array *array,
                      const struct wn_role_kind *kind,
                      const struct wn_role_values *values,
                      struct wn_error *error)
{
    size_t heavy = 0;

    if (values->code && values->names.count == 0)
        return wn_fail(error, WN_EDATA, "%s: found no %s in it, wanted some",
                       array->name, kind->name);
    while (values->amount && heavy < array->rows && values->amount[heavy] == 0)
        heavy++;
    if (values->amount && heavy == array->rows && kind->role == WN_ROLE_WEIGHT)
        return wn_fail(error, WN_EDATA,
                       "%s: found only weights of 0, wanted "
                       "some above",
                       array->name);
    return 0;
}

int wn_array_column_role(const struct wn_array *array,
                         const struct wn_role_kind *kind,
                         struct wn_role_values *values, struct wn_error *error)
{
    const size_t n = array->rows;
    size_t *place;
    int status = -1;

    values->there = true;
    if (check_vector(array, error))
        return -1;
    if (kind->content == WN_ROLE_NAMES) {
        values->code = wn_new(n, sizeof *values->code);
        if (values->code)
            status = wn_array_column_names(array, NULL, 0, &values->names,
                                           values->code, &place, error);
    } else if (kind->content == WN_ROLE_FLAG) {
        struct flags flags = {array, wn_new(n, 1)};

        values->flag = flags.flag;
        if (flags.flag)
            status = array->text
                         ? wn_array_texts(array, take_flag, &flags, error)
                         : read_numbers(array, flags.flag, NULL, error);
    } else if (array->text) {
        return wn_fail(error, WN_EDATA, "%s: found text, wanted numbers",
                       array->name);
    } else {
        values->amount = wn_new(n, sizeof *values->amount);
        if (values->amount)
            status = read_numbers(array, NULL, values->amount, error);
    }
    return status ? -1 : check_role(array, kind, values, error);
}

struct texts {
    struct wn_text *text;
    uint64_t *offset;
};

static int take_any(void *context, size_t cell, const char *text, size_t length,
                    struct wn_error *error)
{
    const struct texts *texts = context;

    wn_text_add(texts->text, text, length);
    texts->offset[cell + 1] = texts->text->length;
    return 0;
}

int wn_array_column_text(const struct wn_array *array, struct wn_text *text,
                         uint64_t *offset, struct wn_error *error)
{
    struct texts texts = {text, offset};
    struct wn_array_rows rows;
    int status = 0;

    if (check_vector(array, error))
        return -1;
    if (array->text)
        return wn_array_texts(array, take_any, &texts, error);
    wn_array_rows_open(&rows, array);
    for (size_t i = 0; i < array->rows && status == 0; i++) {
        const double *cell = wn_array_row(&rows, i, error);
        char number[32];

        status = cell ? take_any(&texts, i, number,
                                 wn_number_format(*cell, number), error)
                      : -1;
    }
    wn_array_rows_free(&rows);
    return status;
}
