/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays in temporary files; see array.h. */
#include "array/array.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"
#include "util/number.h"

enum { BUFFER = 1 << 16, BLOCK_CELLS = 1 << 16 };
static const char spool_name[] = "temporary file";

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [WN_U8] = {"u8", 1},   [WN_I32] = {"i32", 4},    [WN_U32] = {"u32", 4},
    [WN_I64] = {"i64", 8}, [WN_U64] = {"u64", 8},    [WN_F32] = {"f32", 4},
    [WN_F64] = {"f64", 8}, [WN_NAMES] = {"names", 1}};

const char *wn_type_name(enum wn_type type)
{
    return types[type].name;
}

size_t wn_type_size(enum wn_type type)
{
    return types[type].size;
}

int wn_array_begin(struct wn_array *array, const char *name,
                   struct wn_error *error)
{
    const int spool = wn_temporary(error);

    *array = (struct wn_array){0};
    if (spool < 0)
        return -1;
    array->name = wn_copy_text(name, strlen(name));
    array->spool = spool;
    return 0;
}

void wn_array_free(struct wn_array *array)
{
    if (array->name)
        wn_temporary_close(array->spool);
    free(array->name);
    *array = (struct wn_array){0};
}

bool wn_array_shape(struct wn_array *array)
{
    array->rows = array->extent[0];
    array->columns = 1;
    for (int r = 1; r < array->rank; r++)
        array->columns = wn_product(array->columns, array->extent[r], 1);
    return wn_product(array->rows, array->columns, 8) < SIZE_MAX / 2;
}

int wn_array_numbers(const struct wn_array *array, size_t begin, size_t end,
                     double *out, struct wn_error *error)
{
    const size_t cells = (end - begin) * array->columns;
    /* f32 goes to the end of `out` and is widened in place. */
    char *at = (char *)out + cells * (8 - array->width);

    if (wn_read_at(array->spool, at, cells * array->width,
                   (uint64_t)begin * array->columns * array->width, spool_name,
                   error))
        return -1;
    for (size_t c = 0; array->width == 4 && c < cells; c++) {
        float narrow;

        memcpy(&narrow, at + c * sizeof narrow, sizeof narrow);
        out[c] = narrow;
    }
    return 0;
}

void wn_array_rows_open(struct wn_array_rows *rows,
                        const struct wn_array *array)
{
    *rows = (struct wn_array_rows){
        .array = array, .step = BLOCK_CELLS / (array->columns + 1) + 1};
    rows->block =
        wn_new(wn_product(rows->step, array->columns, 1), sizeof *rows->block);
}

void wn_array_rows_free(struct wn_array_rows *rows)
{
    free(rows->block);
    rows->block = NULL;
}

const double *wn_array_row(struct wn_array_rows *rows, size_t row,
                           struct wn_error *error)
{
    const struct wn_array *array = rows->array;

    if (row < rows->begin || row >= rows->end) {
        const size_t left = array->rows - row;

        rows->begin = rows->end = row;
        rows->end += left < rows->step ? left : rows->step;
        if (wn_array_numbers(array, row, rows->end, rows->block, error)) {
            rows->end = row;
            return NULL;
        }
    }
    return rows->block + (row - rows->begin) * array->columns;
}

/* A window on the temporary file that moves forward. */
struct text_window {
    const struct wn_array *array;
    char *bytes;
    size_t capacity, used, at;
    uint64_t next; /* offset in the file after the window */
};

/* Read on until the window holds `length` bytes from window->at. */
static int fill_window(struct text_window *window, size_t length,
                       struct wn_error *error)
{
    const uint64_t left = window->array->bytes - window->next;
    size_t more;

    if (window->used - window->at >= length)
        return 0;
    window->used -= window->at;
    if (window->used)
        memmove(window->bytes, window->bytes + window->at, window->used);
    window->at = 0;
    wn_grow(&window->bytes, &window->capacity,
            length > BUFFER ? length : BUFFER, 1);
    more = window->capacity - window->used;
    if (more > left)
        more = (size_t)left;
    if (window->used + more < length)
        return wn_fail(error, WN_EIO, "%s: the temporary file is incomplete",
                       window->array->name);
    if (wn_read_at(window->array->spool, window->bytes + window->used, more,
                   window->next, spool_name, error))
        return -1;
    window->used += more;
    window->next += more;
    return 0;
}

int wn_array_texts(const struct wn_array *array,
                   int (*take)(void *context, size_t cell, const char *text,
                               size_t length, struct wn_error *error),
                   void *context, struct wn_error *error)
{
    struct text_window window = {.array = array};
    const size_t cells = array->rows * array->columns;
    struct wn_array_rows rows = {0};
    int status = 0;

    if (!array->text)
        wn_array_rows_open(&rows, array);
    for (size_t cell = 0; !array->text && status == 0 && cell < cells; cell++) {
        const double *row = wn_array_row(&rows, cell / array->columns, error);
        char text[32];

        status = row ? take(context, cell, text,
                            wn_number_format(row[cell % array->columns], text),
                            error)
                     : -1;
    }
    wn_array_rows_free(&rows);
    for (size_t cell = 0; array->text && status == 0 && cell < cells; cell++) {
        uint32_t length;

        status = fill_window(&window, sizeof length, error);
        if (status)
            break;
        memcpy(&length, window.bytes + window.at, sizeof length);
        window.at += sizeof length;
        status = fill_window(&window, length, error);
        if (status == 0)
            status =
                take(context, cell, window.bytes + window.at, length, error);
        window.at += length;
    }
    free(window.bytes);
    return status ? -1 : 0;
}

void wn_array_sink_open(struct wn_array_sink *sink, struct wn_array *array)
{
    *sink = (struct wn_array_sink){array, wn_new(BUFFER, 1), 0};
}

static int flush_sink(struct wn_array_sink *sink, struct wn_error *error)
{
    const size_t used = sink->used;

    sink->used = 0;
    return wn_temporary_write(sink->array->spool, sink->buffer, used,
                              sink->array->name, error);
}

int wn_array_put(struct wn_array_sink *sink, const void *bytes, size_t length,
                 struct wn_error *error)
{
    sink->array->bytes += length;
    if (length > BUFFER - sink->used && flush_sink(sink, error))
        return -1;
    if (length > BUFFER)
        return wn_temporary_write(sink->array->spool, bytes, length,
                                  sink->array->name, error);
    memcpy(sink->buffer + sink->used, bytes, length);
    sink->used += length;
    return 0;
}

int wn_array_put_number(struct wn_array_sink *sink, double value,
                        struct wn_error *error)
{
    const float narrow = (float)value;

    return sink->array->width == 4
               ? wn_array_put(sink, &narrow, sizeof narrow, error)
               : wn_array_put(sink, &value, sizeof value, error);
}

int wn_array_put_text(struct wn_array_sink *sink, const char *text,
                      size_t length, struct wn_error *error)
{
    const uint32_t size = (uint32_t)length;

    if (length > WN_ARRAY_TEXT)
        return wn_fail(error, WN_EDATA,
                       "%s: found a string of more than 16 MiB",
                       sink->array->name);
    return wn_array_put(sink, &size, sizeof size, error) ||
                   wn_array_put(sink, text, length, error)
               ? -1
               : 0;
}

int wn_array_sink_close(struct wn_array_sink *sink, bool keep,
                        struct wn_error *error)
{
    const int status = keep ? flush_sink(sink, error) : -1;

    free(sink->buffer);
    sink->buffer = NULL;
    return status;
}
