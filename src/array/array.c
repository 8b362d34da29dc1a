/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays in temporary files; see array.h. */
#include "array/array.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"

enum { BUFFER = 1 << 16, BLOCK_CELLS = 1 << 16 };
static const char spool_name[] = "temporary file";

int wn_array_begin(struct wn_array *array, const char *name,
                   struct wn_error *error)
{
    *array = (struct wn_array){.name = wn_copy_text(name, strlen(name)),
                               .spool = -1};
    if (!array->name)
        return -1;
    array->spool = wn_temporary(error);
    if (array->spool >= 0)
        return 0;
    wn_array_free(array);
    return -1;
}

void wn_array_free(struct wn_array *array)
{
    if (array->name && array->spool >= 0)
        close(array->spool);
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
    /* Narrow numbers go to the end of the room and are widened in place. */
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

int wn_array_rows_open(struct wn_array_rows *rows, const struct wn_array *array)
{
    *rows = (struct wn_array_rows){
        .array = array, .step = BLOCK_CELLS / (array->columns + 1) + 1};
    rows->block =
        wn_new(wn_product(rows->step, array->columns, 1), sizeof *rows->block);
    return 0;
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
struct window {
    const struct wn_array *array;
    char *bytes;
    size_t room, used, at;
    uint64_t next; /* place in the file behind the window */
};

/* Let `length` more bytes be in the window. */
static int reach(struct window *window, size_t length, struct wn_error *error)
{
    const uint64_t left = window->array->bytes - window->next;
    size_t more;

    if (window->used - window->at >= length)
        return 0;
    window->used -= window->at;
    if (window->used)
        memmove(window->bytes, window->bytes + window->at, window->used);
    window->at = 0;
    wn_grow(&window->bytes, &window->room, length > BUFFER ? length : BUFFER,
            1);
    more = window->room - window->used;
    if (more > left)
        more = (size_t)left;
    if (window->used + more < length)
        return wn_fail(error, WN_EIO, "%s: the temporary file is not whole",
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
    struct window window = {.array = array};
    const size_t cells = array->rows * array->columns;
    int status = 0;

    for (size_t cell = 0; status == 0 && cell < cells; cell++) {
        uint32_t length;

        status = reach(&window, sizeof length, error);
        if (status)
            break;
        memcpy(&length, window.bytes + window.at, sizeof length);
        window.at += sizeof length;
        status = reach(&window, length, error);
        if (status == 0)
            status =
                take(context, cell, window.bytes + window.at, length, error);
        window.at += length;
    }
    free(window.bytes);
    return status ? -1 : 0;
}

int wn_array_sink_open(struct wn_array_sink *sink, struct wn_array *array)
{
    *sink = (struct wn_array_sink){array, wn_new(BUFFER, 1), 0};
    return sink->buffer ? 0 : -1;
}

static int flush(struct wn_array_sink *sink, struct wn_error *error)
{
    const size_t used = sink->used;

    sink->used = 0;
    return wn_write_all(sink->array->spool, sink->buffer, used, spool_name,
                        error);
}

int wn_array_put(struct wn_array_sink *sink, const void *bytes, size_t length,
                 struct wn_error *error)
{
    sink->array->bytes += length;
    if (length > BUFFER - sink->used && flush(sink, error))
        return -1;
    if (length > BUFFER)
        return wn_write_all(sink->array->spool, bytes, length, spool_name,
                            error);
    memcpy(sink->buffer + sink->used, bytes, length);
    sink->used += length;
    return 0;
}

int wn_array_put_text(struct wn_array_sink *sink, const char *text,
                      size_t length, struct wn_error *error)
{
    const uint32_t size = (uint32_t)length;

    if (length > WN_ARRAY_TEXT)
        return wn_fail(error, WN_EDATA, "%s: a string of more than 16 MiB",
                       sink->array->name);
    return wn_array_put(sink, &size, sizeof size, error) ||
                   wn_array_put(sink, text, length, error)
               ? -1
               : 0;
}

int wn_array_sink_close(struct wn_array_sink *sink, bool keep,
                        struct wn_error *error)
{
    const int status = keep ? flush(sink, error) : -1;

    free(sink->buffer);
    sink->buffer = NULL;
    return status;
}
