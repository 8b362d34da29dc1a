/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/program.h: what every main() does around its own work. */
#ifndef WN_PROG_PROGRAM_H
#define WN_PROG_PROGRAM_H

#include <stdbool.h>

#include "audit/audit.h"
#include "audit/source.h"
#include "util/error.h"
#include "util/log.h"
#include "util/options.h"

/* A command line that is being carried out. */
struct wn_run {
    const char *name; /* as it was called, without directory */
    struct wn_options *options;
    struct wn_log *log;
    int threads;    /* resolved -j; 1 for programs without it */
    bool renames;   /* it has --as */
    bool continues; /* its output may replace the audit file that it reads */
};

/* The work of a program: 0 done, 1 done, with findings, -1 failed. */
typedef int wn_work(struct wn_run *run, struct wn_error *error);

/* OpenBLAS and OpenMP read the environment when they are loaded, before main:
 * begin the program again, once, if `changed` says that there is something new
 * in it for them, or if it does not say how long threads without work are to
 * spin, or that OpenBLAS has one thread. winnow calls it from threads of its
 * own; and where memory for its other threads is refused, exit() waits for them
 * for ever. By default libgomp's spin for 300,000 turns at the end of each
 * loop, and take that time from the others wherever more than winnow runs:
 * five times as slow beside one busy process. Where it fails we go on. */
void wn_program_reexec(char **argv, bool changed);

/* The whole of main(): open the standard descriptors, restrict HDF5, parse the
 * options, answer --help, --version and the hidden --options, do the work,
 * print the error. Returns the exit status. */
int wn_program_main(const struct wn_program *program, int argc, char **argv,
                    wn_work *work);

/* The audit file operand, NULL for standard input; and the value of --output,
 * NULL for standard output. */
const char *wn_run_input(const struct wn_run *run);
const char *wn_run_output(const struct wn_run *run);
/* Whether that output is a terminal. */
bool wn_run_is_terminal(const struct wn_run *run);

/* Where the source of that audit may be; the program has --source. */
struct wn_source_where wn_run_source(const struct wn_run *run);

/* Open the audit file named by the operand. A terminal as standard input is
 * WN_EUSAGE: nobody types HDF5. */
struct wn_audit *wn_run_open(const struct wn_run *run, enum wn_stage need,
                             struct wn_error *error) WN_MUST_CHECK;

/* Refuse work that needs more than --memory, or without --memory more than is
 * free (util/free_memory.h). `what` needs the bytes: "40000 rows of 120
 * features". WN_EUSAGE with both numbers; a note where it is close. */
int wn_run_check_memory(const struct wn_run *run, double need, const char *what,
                        struct wn_error *error) WN_MUST_CHECK;

/* The same for work that can put its large arrays into files (util/spill.h) and
 * then needs only `anonymous` bytes of anonymous memory. If --memory is below
 * `need`, they go there from now on; below `anonymous` the work is refused.
 * Without --memory the refusal names one that would do. */
int wn_run_limit_memory(const struct wn_run *run, double need, double anonymous,
                        const char *what, struct wn_error *error) WN_MUST_CHECK;

/* Check before long work that the output of --output, --in-place and --force
 * can be created. */
int wn_run_check_output(const struct wn_run *run,
                        struct wn_error *error) WN_MUST_CHECK;

/* Create the output of --output, --in-place and --force: copy the earlier
 * stages of `from`, begin `stage` and write its provenance, that is this
 * program, its recorded options and the digest of the stage before. */
struct wn_audit_writer *wn_run_create(const struct wn_run *run,
                                      const struct wn_audit *from,
                                      enum wn_stage stage,
                                      struct wn_error *error) WN_MUST_CHECK;

/* The time in seconds since 1970; SOURCE_DATE_EPOCH holds it still. */
double wn_run_clock(void);
/* The width of text for the output of --output, in terminal cells: that of the
 * terminal, else of the environment's COLUMNS, else 80. */
size_t wn_run_width(const struct wn_run *run);
/* Whether to colour it by --color: `auto` does so on a terminal that can,
 * unless the environment has NO_COLOR. */
bool wn_run_color(const struct wn_run *run);

/* Write text to --output or standard output, whole or not at all. */
int wn_run_print(const struct wn_run *run, const struct wn_text *text,
                 struct wn_error *error) WN_MUST_CHECK;

#endif
