/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page/figure.h: the figures of an audit: their numbers, and what is drawn.
 *
 * A figure is first a small table: some columns of names, some of numbers. The
 * SVG, the table below it on a page and the TSV all come from that table, whose
 * size does not grow with the rows of the data. A figure is one row of
 * wn_figure_kinds[]. */
#ifndef WN_PAGE_FIGURE_H
#define WN_PAGE_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "page/markup.h"
#include "report/report.h"

enum { WN_FIGURE_COLUMNS = 11 };
/* The hexagons of the data map: how many, how wide in variability (0 .. 1/2),
 * and how far their rows are apart in confidence (0 .. 1). */
enum { WN_MAP_COLUMNS = 24, WN_MAP_ROWS = 32 };
#define WN_MAP_WIDTH (0.5 / WN_MAP_COLUMNS)
#define WN_MAP_STEP (1.0 / (WN_MAP_ROWS - 1))

struct wn_figure; /* below */

struct wn_figure_kind {
    const char *name;  /* --figure=NAME */
    const char *title; /* of the figure, as a heading */
    const char *brief; /* what it shows and how to read it */
    const char *needs; /* what an audit without it lacks */
    size_t names;      /* columns of names; the others are numbers */
    /* The head of each column, words with blanks; NULL after the last. */
    const char *head[WN_FIGURE_COLUMNS + 1];
    /* A letter for each column of numbers: how a page shows it.
     * n whole, p share in percent, r real, "-" for NaN */
    const char *form;
    /* Fill the table. false: the audit has not what is needed. */
    bool (*find)(const struct wn_report *report, struct wn_figure *figure);
    /* Add the figure as SVG, alone or within a page. */
    void (*draw)(const struct wn_figure *figure, struct wn_text *out,
                 bool alone);
};

/* All kinds; the last has no name. */
extern const struct wn_figure_kind wn_figure_kinds[];

struct wn_figure {
    const struct wn_figure_kind *kind;
    size_t rows;
    char **name;         /* rows x names */
    double *number;      /* rows x numbers; NaN = unknown */
    size_t most;         /* sets of rows to show: all of them in a table */
    double mark;         /* where a line stands; NaN = none */
    size_t left_out;     /* things that did not fit into the rows */
    struct wn_text says; /* the most important numbers in words, for those who
                            do not see it */
    size_t room;         /* of name and number, in rows */
};

/* false: the audit has not what the figure needs. Of sets of rows it has
 * `most`, the worst. wn_figure_free() in any case. */
enum { WN_FIGURE_ROWS = 20 };
bool wn_figure_make(struct wn_figure *figure, const struct wn_figure_kind *kind,
                    const struct wn_report *report, size_t most);
void wn_figure_free(struct wn_figure *figure);
/* Add a row; its names (NULL: "") are copied. */
void wn_figure_add(struct wn_figure *figure, const char *const *name,
                   const double *number);
/* The numbers of row r. */
const double *wn_figure_row(const struct wn_figure *figure, size_t r);
const char *wn_figure_name(const struct wn_figure *figure, size_t r, size_t c);
/* Columns of numbers. */
size_t wn_figure_numbers(const struct wn_figure_kind *kind);

/* A number of column c as a page shows it. */
void wn_figure_show(const struct wn_figure_kind *kind, size_t c, double value,
                    char out[32]);
/* The figure as a table of a page. */
void wn_figure_table(const struct wn_figure *figure, struct wn_text *page);

/* The kind called `name`; NULL if there is none. */
const struct wn_figure_kind *wn_figure_find(const char *name);
/* A line for each kind: its name and title. */
void wn_figure_list(struct wn_text *out);
/* A figure in a file of its own, SVG or TSV. WN_EDATA names what the audit
 * lacks. */
int wn_figure_print(const struct wn_report *report,
                    const struct wn_figure_kind *kind, bool table,
                    struct wn_text *out, struct wn_error *error) WN_MUST_CHECK;

/* Draw: histogram of rows by suspicion, ... (draw.c) */
void wn_draw_histogram(const struct wn_figure *figure, struct wn_text *out,
                       bool alone);
void wn_draw_matrix(const struct wn_figure *figure, struct wn_text *out,
                    bool alone);
void wn_draw_classes(const struct wn_figure *figure, struct wn_text *out,
                     bool alone);
void wn_draw_bars(const struct wn_figure *figure, struct wn_text *out,
                  bool alone);
void wn_draw_reliability(const struct wn_figure *figure, struct wn_text *out,
                         bool alone);
void wn_draw_curve(const struct wn_figure *figure, struct wn_text *out,
                   bool alone);
void wn_draw_depth(const struct wn_figure *figure, struct wn_text *out,
                   bool alone);
void wn_draw_nights(const struct wn_figure *figure, struct wn_text *out,
                    bool alone);
void wn_draw_map(const struct wn_figure *figure, struct wn_text *out,
                 bool alone);

#endif
