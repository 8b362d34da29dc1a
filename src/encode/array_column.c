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
                   "%s: found rows of %zu cells, wanted one a row", array->name,
                   array->columns);
}

static int add_name(const struct names *names, size_t row, const char *text,
                    size_t length, struct wn_error *error)
{
    const size_t known = names->names->count;

    if (length > WN_NAME_BYTES)
        return wn_fail(
            error, WN_EDATA,
            "%s: row %zu: found a name of %zu bytes, wanted at most %d",
            names->array->name, row, length, WN_NAME_BYTES);
    const size_t number = wn_dictionary_add(names->names, text, length, 1, row);
    if (names->names->count > known &&
        (!wn_text_is_utf8(text, length) || memchr(text, '\0', length)))
        return wn_fail(error, WN_EDATA,
                       "%s: row %zu: found '%.*s', wanted UTF-8",
                       names->array->name, row, wn_text_shown(length), text);
    names->code[row] = (int32_t)number;
    return 0;
}

static int add_text(void *context, size_t cell, const char *text, size_t length,
                    struct wn_error *error)
{
    const struct names *names = context;

    names->code[cell] = -1;
    return length ? add_name(names, cell, text, length, error) : 0;
}

/* Name rows whose cells are whole numbers. With a list, list_code[number] is
 * the name; without one, the number in decimal is. Without a list all of
 * 0 .. min_names-1 become names, unless a number is larger. */
static int name_numbers(const struct names *names, const int32_t *list_code,
                        size_t listed, size_t min_names, struct wn_error *error)
{
    const struct wn_array *array = names->array;
    struct wn_array_rows rows;
    int status = 0;
    double max = -1;
    char text[32];

    wn_array_rows_open(&rows, array);
    for (size_t i = 0; i < array->rows && status == 0; i++) {
        const double *cell = wn_array_row(&rows, i, error);
        const double value = cell && *cell >= 0 ? *cell : -1;

        names->code[i] = -1;
        if (!cell)
            status = -1;
        else if (!(value <= 0x1p53 && value == floor(value)))
            status = wn_fail(error, WN_EDATA,
                             "%s: row %zu: found %.*s, wanted a whole number",
                             array->name, i, (int)wn_number_format(value, text),
                             text);
        else if (value < 0)
            continue;
        else if (!list_code)
            status =
                add_name(names, i, text, wn_number_format(value, text), error);
        else if (value >= (double)listed)
            status = wn_fail(error, WN_EDATA,
                             "%s: row %zu: found %.0f, wanted the place of one "
                             "of %zu names, from 0",
                             array->name, i, value, listed);
        else
            names->names->value[names->code[i] = list_code[(size_t)value]]
                .count++;
        max = fmax(max, value);
    }
    wn_array_rows_free(&rows);
    for (size_t c = 0; status == 0 && max < (double)min_names && c < min_names;
         c++)
        wn_dictionary_add(names->names, text, wn_number_format((double)c, text),
                          0, 0);
    return status;
}

int wn_array_column_names(const struct wn_array *array,
                          const struct wn_array *list, size_t min_names,
                          struct wn_dictionary *names, int32_t *code,
                          size_t **place, struct wn_error *error)
{
    struct names all = {array, names, code};
    int32_t *list_code = list ? wn_new(list->rows, sizeof *list_code) : NULL;
    int status = check_vector(array, error);

    *place = NULL;
    if (status == 0 && list) {
        struct names listed = {list, names, list_code};

        status = check_vector(list, error);
        if (status == 0)
            status = list->text ? wn_array_texts(list, add_text, &listed, error)
                                : name_numbers(&listed, NULL, 0, 0, error);
        for (size_t i = 0; status == 0 && i < list->rows; i++) {
            struct wn_value *value =
                list_code[i] < 0 ? NULL : &names->value[list_code[i]];

            if (!value)
                status = wn_fail(error, WN_EDATA, "%s: row %zu: wanted a name",
                                 list->name, i);
            else if (value->row != i)
                status = wn_fail(error, WN_EDATA,
                                 "%s: rows %zu and %zu have the same name",
                                 list->name, value->row, i);
            else
                value->count = 0;
        }
    }
    if (status == 0)
        status = array->text
                     ? wn_array_texts(array, add_text, &all, error)
                     : name_numbers(&all, list_code, list ? list->rows : 0,
                                    list ? 0 : min_names, error);
    if (status == 0 && list && names->count > list->rows)
        status = wn_fail(error, WN_EDATA,
                         "%s: row %zu: found '%.*s', which is not in %s",
                         array->name, names->value[list->rows].row,
                         (int)names->value[list->rows].length,
                         wn_dictionary_text(names, list->rows), list->name);
    if (status == 0) {
        int32_t *number = wn_new(names->count, sizeof *number);

        wn_dictionary_sort(names, number);
        for (size_t row = 0; row < array->rows; row++)
            if (code[row] >= 0)
                code[row] = number[code[row]];
        if (list)
            *place = wn_new(list->rows, sizeof **place);
        for (size_t i = 0; list && i < list->rows; i++)
            (*place)[number[list_code[i]]] = i;
        free(number);
    }
    free(list_code);
    return status;
}

/* --- flags, amounts, texts ---------------------------------------------- */

struct flags {
    const struct wn_array *array;
    uint8_t *flag;
};

static int add_flag(void *context, size_t cell, const char *text, size_t length,
                    struct wn_error *error)
{
    const struct flags *flags = context;
    const int truth = length ? wn_boolean_parse(text, length) : 0;

    if (truth < 0)
        return wn_fail(error, WN_EDATA,
                       "%s: row %zu: found '%.*s', wanted true or false",
                       flags->array->name, cell, wn_text_shown(length), text);
    flags->flag[cell] = (uint8_t)truth;
    return 0;
}

/* Numbers into flags, which must be 0 or 1, or into amounts >= 0. */
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
                             "%s: row %zu: found %s, wanted %s", array->name, i,
                             text, flag ? "0 or 1" : "a number of 0 or more");
        } else if (flag) {
            flag[i] = *cell == 1;
        } else {
            amount[i] = (float)*cell;
        }
    }
    wn_array_rows_free(&rows);
    return status;
}

int wn_array_column_role(const struct wn_array *array,
                         const struct wn_role_kind *kind,
                         struct wn_role_values *values, struct wn_error *error)
{
    const size_t n = array->rows;
    size_t *place, zeros = 0;
    int status;

    values->there = true;
    if (check_vector(array, error))
        return -1;
    if (kind->content == WN_ROLE_NAMES) {
        values->code = wn_new(n, sizeof *values->code);
        status = wn_array_column_names(array, NULL, 0, &values->names,
                                       values->code, &place, error);
        if (status == 0 && values->names.count == 0)
            status =
                wn_fail(error, WN_EDATA, "%s: found no %s in it, wanted some",
                        array->name, kind->name);
        return status;
    }
    if (kind->content == WN_ROLE_FLAG) {
        struct flags flags = {array, wn_new(n, 1)};

        values->flag = flags.flag;
        return array->text ? wn_array_texts(array, add_flag, &flags, error)
                           : read_numbers(array, flags.flag, NULL, error);
    }
    if (array->text)
        return wn_fail(error, WN_EDATA, "%s: found text, wanted numbers",
                       array->name);
    values->amount = wn_new(n, sizeof *values->amount);
    if (read_numbers(array, NULL, values->amount, error))
        return -1;
    while (zeros < n && values->amount[zeros] == 0)
        zeros++;
    if (zeros == n && kind->role == WN_ROLE_WEIGHT)
        return wn_fail(error, WN_EDATA,
                       "%s: found only weights of 0, wanted some above",
                       array->name);
    return 0;
}

struct texts {
    struct wn_text *text;
    uint64_t *offset;
};

static int keep_text(void *context, size_t cell, const char *text,
                     size_t length, struct wn_error *error)
{
    const struct texts *texts = context;

    (void)error;
    wn_text_add(texts->text, text, length);
    texts->offset[cell + 1] = texts->text->length;
    return 0;
}

int wn_array_column_text(const struct wn_array *array, struct wn_text *text,
                         uint64_t *offset, struct wn_error *error)
{
    struct texts texts = {text, offset};

    return check_vector(array, error)
               ? -1
               : wn_array_texts(array, keep_text, &texts, error);
}
