/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages and progress; see log.h. */
#include "util/log.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/free_memory.h"
#include "util/text.h"

static double now(void)
{
    struct timespec spec;

    clock_gettime(CLOCK_MONOTONIC, &spec);
    return (double)spec.tv_sec + 1e-9 * (double)spec.tv_nsec;
}

void wn_log_open(struct wn_log *log, const char *program)
{
    const char *kind = getenv("TERM");

    *log = (struct wn_log){.program = program,
                           .stream = stderr,
                           .level = WN_NORMAL,
                           .stage = now()};
    log->terminal = isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb");
}

static void erase_line(struct wn_log *log)
{
    if (log->line_open)
        fputs("\r\033[K", log->stream);
    log->line_open = false;
}

static void print_line(struct wn_log *log, const char *text)
{
    struct wn_text line = {0};

    erase_line(log);
    wn_text_add_visible(&line, log->program, strlen(log->program));
    wn_text_add(&line, ": ", 2);
    wn_text_add_visible(&line, text, strlen(text));
    fprintf(log->stream, "%s\n", wn_text_of(&line));
    wn_text_free(&line);
}

static void log_format(struct wn_log *log, const char *format, va_list list)
{
    char text[2000];

    vsnprintf(text, sizeof text, format, list);
    print_line(log, text);
}

void wn_log_error(struct wn_log *log, const struct wn_error *error)
{
    print_line(log, error->text);
    if (*error->excerpt)
        fprintf(log->stream, "%s\n", error->excerpt);
}

void wn_log_note(struct wn_log *log, const char *format, ...)
{
    va_list list;

    if (!log || log->level == WN_QUIET)
        return;
    va_start(list, format);
    log_format(log, format, list);
    va_end(list);
}

void wn_log_verbose(struct wn_log *log, const char *format, ...)
{
    va_list list;

    if (log->level != WN_VERBOSE)
        return;
    va_start(list, format);
    log_format(log, format, list);
    va_end(list);
}

double wn_log_stage(struct wn_log *log, const char *name)
{
    const double end = now(), seconds = end - log->stage;

    log->stage = end;
    wn_log_verbose(log, "%s: %.2f s, %.0f MiB", name, seconds,
                   ceil(wn_anonymous_memory() / 0x1p20));
    return seconds;
}

void wn_log_progress(struct wn_log *log, const char *what, uint64_t done,
                     uint64_t total)
{
    if (!log || !log->terminal || log->level == WN_QUIET)
        return;
    const double time = now();
    if (done == 0) {
        log->started = time;
        log->shown = time;
        return;
    }
    if (done >= total) {
        erase_line(log);
        fflush(log->stream);
        return;
    }
    const double spent = time - log->started;
    if (time - log->shown < 0.2 || spent < 0.5)
        return;
    log->shown = time;
    fprintf(log->stream, "\r\033[K%s: %s %.0f %%, %.3g/s, %.0f s left",
            log->program, what, 100.0 * (double)done / (double)total,
            (double)done / spent,
            spent * (double)(total - done) / (double)done);
    log->line_open = true;
    fflush(log->stream);
}
