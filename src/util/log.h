/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/log.h: messages on stderr, one line each.
 *
 * Every line reads `program: text`. Bytes that could drive a terminal are
 * shown as \xNN. Progress rewrites one line, on a terminal only. */
#ifndef WN_UTIL_LOG_H
#define WN_UTIL_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/error.h"

enum wn_level { WN_QUIET, WN_NORMAL, WN_VERBOSE };

struct wn_log {
    const char *program;
    FILE *stream; /* stderr */
    enum wn_level level;
    bool terminal;  /* stream is one */
    bool line_open; /* a progress line is on the screen */
    double started; /* monotonic seconds, of the current progress */
    double shown;
    double stage; /* when the current stage began */
};

/* Attach to stderr; `program` is kept, not copied. */
void wn_log_open(struct wn_log *log, const char *program);

/* An error, always shown. */
void wn_log_error(struct wn_log *log, const struct wn_error *error);
/* A warning or a note: dropped by --quiet, or if `log` is NULL. */
void wn_log_note(struct wn_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Only with --verbose. */
void wn_log_verbose(struct wn_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* End a stage of the work and begin the next one. Returns its seconds;
 * --verbose shows them and the current anonymous memory. */
double wn_log_stage(struct wn_log *log, const char *name);

/* `done` of `total` units of `what`: on a terminal, show the share, the rate
 * and the time left, at most five times a second. The first call of a task has
 * done = 0; done = total erases the line. Call from one thread. No effect if
 * `log` is NULL. */
void wn_log_progress(struct wn_log *log, const char *what, uint64_t done,
                     uint64_t total);

#endif
