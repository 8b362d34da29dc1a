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

void wn_log_open(struct wn_log *talk, const char *program)
{
    const char *kind = getenv("TERM");

    *talk = (struct wn_log){.program = program,
                            .stream = stderr,
                            .level = WN_NORMAL,
                            .stage = now()};
    talk->terminal = isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb");
}

static void erase_line(struct wn_log *talk)
{
    if (talk->line_open)
        fputs("\r\033[K", talk->stream);
    talk->line_open = false;
}

static void say(struct wn_log *talk, const char *text)
{
    struct wn_text line = {0};

    erase_line(talk);
    wn_text_add_visible(&line, talk->program, strlen(talk->program));
    wn_text_add(&line, ": ", 2);
    wn_text_add_visible(&line, text, strlen(text));
    fprintf(talk->stream, "%s\n", wn_text_of(&line));
    wn_text_free(&line);
}

static void say_list(struct wn_log *talk, const char *format, va_list list)
{
    char text[2000];

    vsnprintf(text, sizeof text, format, list);
    say(talk, text);
}

void wn_log_error(struct wn_log *talk, const struct wn_error *error)
{
    say(talk, error->text);
}

void wn_log_note(struct wn_log *talk, const char *format, ...)
{
    va_list list;

    if (!talk || talk->level == WN_QUIET)
        return;
    va_start(list, format);
    say_list(talk, format, list);
    va_end(list);
}

void wn_log_verbose(struct wn_log *talk, const char *format, ...)
{
    va_list list;

    if (talk->level != WN_VERBOSE)
        return;
    va_start(list, format);
    say_list(talk, format, list);
    va_end(list);
}

double wn_log_stage(struct wn_log *talk, const char *name)
{
    const double end = now(), seconds = end - talk->stage;

    talk->stage = end;
    wn_log_verbose(talk, "%s: %.2f s, %.0f MiB", name, seconds,
                   ceil(wn_anonymous_memory() / 0x1p20));
    return seconds;
}

void wn_log_progress(struct wn_log *talk, const char *what, uint64_t done,
                     uint64_t total)
{
    if (!talk || !talk->terminal || talk->level == WN_QUIET)
        return;
    const double time = now();
    if (done == 0) {
        talk->started = time;
        talk->shown = time;
        return;
    }
    if (done >= total) {
        erase_line(talk);
        fflush(talk->stream);
        return;
    }
    const double spent = time - talk->started;
    if (time - talk->shown < 0.2 || spent < 0.5)
        return;
    talk->shown = time;
    fprintf(talk->stream, "\r\033[K%s: %s %.0f %%, %.3g/s, %.0f s left",
            talk->program, what, 100.0 * (double)done / (double)total,
            (double)done / spent,
            spent * (double)(total - done) / (double)done);
    talk->line_open = true;
    fflush(talk->stream);
}
