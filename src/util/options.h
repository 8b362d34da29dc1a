/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/options.h: one table of options per program.
 *
 * Parsing, bounds, --help and the provenance kept with the results derive from
 * the rows. getopt_long() parses: `--name=value` or `--name value`, letters,
 * `--` ends the options, and a long name may be shortened while it stays
 * unique. */
#ifndef WN_UTIL_OPTIONS_H
#define WN_UTIL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util/error.h"
#include "util/text.h"

enum wn_option_kind {
    WN_FLAG,   /* no value; may be repeated without effect */
    WN_TEXT,   /* any text */
    WN_WHOLE,  /* a whole number in low .. high */
    WN_REAL,   /* a number in low .. high */
    WN_SIZE,   /* bytes, "64M", in low .. high */
    WN_CHOICE, /* one of `choices` */
    WN_SUBSET, /* comma-separated, each one of `choices`, or all, or none */
    WN_LIST    /* any text, may be repeated */
};

struct wn_option {
    const char *topic; /* heading in --help; NULL: that of the row before */
    const char *name;  /* long name, without "--" */
    char letter;       /* 0 if none */
    enum wn_option_kind kind;
    const char *value;         /* placeholder in --help, "N"; NULL for a flag */
    const char *default_value; /* default as the user would type it, or NULL */
    double low, high;          /* inclusive, for numbers */
    const char *choices; /* "euclidean|cosine", for WN_CHOICE, WN_SUBSET */
    bool recorded;       /* goes into the provenance: it changes results */
    const char *help;    /* one line, no capital, no stop */
};

/* An option that only some parts of a program (methods, checks) read, and the
 * names of those; the second is NULL if there is only one. */
struct wn_setting {
    struct wn_option option;
    const char *readers[2];
};

/* A program as its command line sees it. `rows` ends with {0}. */
struct wn_program {
    const char *brief;    /* one line: what it does */
    const char *synopsis; /* after the name: "[OPTION...] [FILE]" */
    const struct wn_option *rows;
    size_t min_operands, max_operands;
};

struct wn_options; /* the parsed command line */

/* Rows with the same meaning in all programs; a program copies what applies. */
extern const struct wn_option wn_option_output, wn_option_in_place,
    wn_option_force, wn_option_as, wn_option_threads, wn_option_memory,
    wn_option_seed, wn_option_source, wn_option_show, wn_option_no_values,
    wn_option_color, wn_option_quiet, wn_option_verbose, wn_option_help,
    wn_option_version;

/* Append a row, or rows up to {0} (none if NULL), to a table of `capacity` rows
 * including the final {0}. Asserts that it fits. */
void wn_option_add(struct wn_option *table, size_t capacity,
                   const struct wn_option *row);
void wn_option_add_rows(struct wn_option *table, size_t capacity,
                        const struct wn_option *rows);

/* Parse argv. The program's rows and argv must outlive the result. WN_EUSAGE
 * names the option, what was found and what was wanted; only a flag or a
 * WN_LIST may be given twice. With --help or --version nothing else is
 * checked. */
struct wn_options *wn_options_parse(const struct wn_program *program, int argc,
                                    char **argv,
                                    struct wn_error *error) WN_MUST_CHECK;
void wn_options_free(struct wn_options *options);

/* These assert that the name is in the table. */
bool wn_option_given(const struct wn_options *options, const char *name);
/* A flag. */
bool wn_option_on(const struct wn_options *options, const char *name);
/* The text or the choice, else the default, else NULL. */
const char *wn_option_text(const struct wn_options *options, const char *name);
/* The place of the choice, or of the default, in `choices`, from 0. */
int wn_option_choice(const struct wn_options *options, const char *name);
/* A number or a size in bytes, else the default, else 0. */
double wn_option_number(const struct wn_options *options, const char *name);
/* Whether a WN_SUBSET option's value holds `member`. */
bool wn_option_holds(const struct wn_options *options, const char *name,
                     const char *member);
/* The values of a WN_LIST option; *count may be 0. */
const char *const *wn_option_list(const struct wn_options *options,
                                  const char *name, size_t *count);
/* Set an option to a value that the program chose, as if the user had given it;
 * the provenance records it. `text` is kept, not copied; NULL for a flag. */
void wn_option_set(struct wn_options *options, const char *name,
                   const char *text);
/* Replace value i of an option that has several. */
void wn_option_replace(struct wn_options *options, const char *name, size_t i,
                       const char *text);
/* Operands in order. */
size_t wn_option_operands(const struct wn_options *options);
const char *wn_option_operand(const struct wn_options *options, size_t i);

/* "neighbors=10 metric=auto": every recorded option with its resolved value,
 * in table order, blanks and backslashes in values as \xNN; for provenance. */
int wn_options_describe(const struct wn_options *options, struct wn_text *text);

/* The --help text, from the table. */
void wn_options_help(const struct wn_program *program, const char *name,
                     struct wn_text *text);

/* One line "name letter value" per option, "-" for none: what `--options`
 * prints for other programs (audit). */
void wn_options_list(const struct wn_program *program, struct wn_text *text);

#endif
