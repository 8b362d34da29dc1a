/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of a file, and records that may be longer; see window.h. */
#include "csv/window.h"

#include <stdlib.h>
#include <string.h>

#include "util/file.h"
#include "util/memory.h"

void wn_window_free(struct wn_window *window)
{
    free(window->bytes);
    window->bytes = NULL;
    window->room = window->length = 0;
}

int wn_window_load(struct wn_window *window, uint64_t at, size_t length,
                   struct wn_error *error)
{
    if (length > window->size - at)
        length = (size_t)(window->size - at);
    window->length = 0;
    wn_grow(&window->bytes, &window->room, length, 1);
    if (wn_read_at(window->descriptor, window->bytes, length, at, window->name,
                   error))
        return -1;
    window->at = at;
    window->length = length;
    return 0;
}

int wn_window_look(const struct wn_window *window, struct wn_scan *scan,
                   uint64_t at, uint64_t line, struct wn_record *record,
                   struct wn_error *error)
{
    const char *text = wn_window_find(window, at);
    const bool last = window->at + window->length == window->size;

    return text ? wn_scan_record(scan, text, window->bytes + window->length,
                                 last, line, record, error)
                : 0;
}

/* A record that does not fit doubles the window, so scanning it again costs no
 * more than twice. */
int wn_window_scan(struct wn_window *window, struct wn_scan *scan, uint64_t at,
                   uint64_t line, struct wn_record *record,
                   struct wn_error *error)
{
    size_t length = window->step;
    int status = wn_window_look(window, scan, at, line, record, error);

    for (; status == 0; length *= 2) {
        if (wn_window_load(window, at, length, error))
            return -1;
        scan->quote = scan->cr = scan->nul = NULL;
        status = wn_window_look(window, scan, at, line, record, error);
    }
    return status;
}

int wn_window_line_end(const struct wn_window *window, uint64_t at,
                       uint64_t *end, struct wn_error *error)
{
    const char *text = wn_window_find(window, at);
    const size_t have =
        text ? (size_t)(window->bytes + window->length - text) : 0;
    const char *feed = have ? memchr(text, '\n', have) : NULL;
    char part[4096];

    *end = at + (feed ? (size_t)(feed - text) + 1 : have);
    while (!feed && *end < window->size) {
        const uint64_t left = window->size - *end;
        const size_t length = left < sizeof part ? (size_t)left : sizeof part;

        if (wn_read_at(window->descriptor, part, length, *end, window->name,
                       error))
            return -1;
        feed = memchr(part, '\n', length);
        *end += feed ? (size_t)(feed - part) + 1 : length;
    }
    return 0;
}
