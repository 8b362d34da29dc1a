/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/render.h: the formats of report(1). A format is one file and one row
 * of wn_formats[]. */
#ifndef WN_RENDER_RENDER_H
#define WN_RENDER_RENDER_H

#include "report/report.h"

struct wn_format {
    const char *name; /* --format=NAME */
    bool lists;       /* lists rows or columns: takes --top and --columns */
    bool fields;      /* takes --fields */
    bool escapes;     /* has escapes of its own for controls in lines */
    bool nights;      /* can show a history without an audit */
    /* NULL if the format has only figures. */
    void (*report)(const struct wn_report *report, struct wn_text *out);
    /* For --explain; NULL if the format has no such form. */
    void (*explain)(const struct wn_report *report,
                    const struct wn_explanation *explanations, size_t count,
                    struct wn_text *out);
    /* When the report shows cells of the source, if --no-values does not keep
     * them out. An explanation always does. */
    enum { WN_CELLS_SHOWN, WN_CELLS_ASKED, WN_CELLS_NEVER } cells;
};

/* The table, and what --format and --help say of it. The last row has no name.
 */
extern const struct wn_format wn_formats[];
extern const char wn_format_choices[], wn_format_help[];

/* Drain the report's list where it is long. */
void wn_report_drain(const struct wn_report *report, struct wn_text *out);

void wn_text_report(const struct wn_report *report, struct wn_text *out);
void wn_text_explain(const struct wn_report *report,
                     const struct wn_explanation *explanations, size_t count,
                     struct wn_text *out);
void wn_html_report(const struct wn_report *report, struct wn_text *out);
/* The section of the page that lists suspects. */
void wn_html_suspects(const struct wn_report *report, struct wn_text *page);
/* The sections on what changed since another audit, and on the nights. */
void wn_html_changes(const struct wn_report *report, struct wn_text *page);
void wn_html_decided(const struct wn_report *report, struct wn_text *page);
void wn_html_trend(const struct wn_report *report, struct wn_text *page);
void wn_markdown_report(const struct wn_report *report, struct wn_text *out);
void wn_json_report(const struct wn_report *report, struct wn_text *out);
void wn_json_explain(const struct wn_report *report,
                     const struct wn_explanation *explanations, size_t count,
                     struct wn_text *out);
void wn_nagios_report(const struct wn_report *report, struct wn_text *out);
void wn_prometheus_report(const struct wn_report *report, struct wn_text *out);
void wn_tsv_report(const struct wn_report *report, struct wn_text *out);
void wn_csv_report(const struct wn_report *report, struct wn_text *out);

/* A line for each option that the audit was made with: its stage, name and
 * value, with "\\x20" for blanks and "\\x5c" for backslashes. Of --previous it
 * is the digest of its data, of --decisions the number of verdicts. */
void wn_origin_list(const struct wn_report *report, struct wn_text *out);

/* Add colours, as escape sequences, to a text report whose lines were made
 * visible. */
void wn_text_color(struct wn_text *text);

/* What text calls classes, for report->class_title and wn_names_free(): without
 * a prefix like a path's that all names share, *prefix bytes; without blanks at
 * the ends; in at most `cells` terminal cells, cut in the middle. Names that
 * differ in blanks alone are quoted; what is alike even so, for the cut, ends
 * in
 * "#" and the number of the class. */
char **wn_class_titles(char *const *name, size_t k, size_t cells,
                       size_t *prefix);

/* Tables for flag --decisions, whatever the format: `count` rows with empty
 * verdicts, with their strata if a review plan drew them; and the decisions
 * that the audit has, with their ages at `now`, in seconds since 1970. */
void wn_decisions_tsv(const struct wn_report *report, const int64_t *rows,
                      size_t count, bool planned, struct wn_text *out);
void wn_decided_tsv(const struct wn_report *report, double now,
                    struct wn_text *out);

/* Their columns, and the head and a line of theirs without line end; the cells
 * of a line in the order of `column`, one that has another name stays empty. */
enum { WN_DECISION_COLUMNS = 12 };
extern const char *const wn_decision_columns[WN_DECISION_COLUMNS];
struct wn_decision_line {
    size_t row;
    float suspicion;
    size_t reason;       /* of report->reason_name; more: none */
    const char *verdict; /* "relabel:cat"; this and the others may be NULL */
    const char *who, *when, *note;
    bool planned; /* a review plan drew the row */
};
void wn_decision_head_add(struct wn_text *out);
void wn_decision_line_add(const struct wn_report *report,
                          const struct wn_decision_line *line,
                          const char *const *column, size_t columns,
                          struct wn_text *out);
/* Add a verdict as the column has it. */
void wn_decision_add(const struct wn_report *report, enum wn_decision decision,
                     int32_t class, struct wn_text *out);

#endif
