/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/phrases.h: phrases and sections of the text formats. */
#ifndef WN_RENDER_PHRASES_H
#define WN_RENDER_PHRASES_H

#include <stddef.h>
#include <stdint.h>

#include "report/report.h"
#include "report/strange.h"

struct wn_grid; /* grid.h */

/* Add data, with controls and invalid UTF-8 as \xNN; NULL as "-". */
void wn_phrase_data(struct wn_text *out, const char *text);

/* The same in at most `cells` cells, cut in the middle; and in at most 40. */
void wn_phrase_data_cut(struct wn_text *out, const char *text, size_t cells);
void wn_phrase_data_short(struct wn_text *out, const char *text);

/* Add a paragraph: the words of `text` in lines of at most wn_width() - 2 cells
 * and at most 98, indented by two. */
void wn_phrase_paragraph(struct wn_text *out, const char *text);

/* The same with "! " before it, for what a reader must not miss. */
void wn_phrase_warning(struct wn_text *out, const char *text);

/* The same as a paragraph for formatted text of up to 1,000 bytes, without data
 * in it. */
void wn_phrase_say(struct wn_text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What a check says of the rows that it flags. */
const char *wn_phrase_check_reason(const struct wn_report *report,
                                   const char *name);

/* The estimated share of wrong labels as far as it can be told: "5.1 %",
 * "0-24 %" where the classes overlap, "-". */
void wn_phrase_rate(const struct wn_report *report, char out[40]);

/* A share in percent, without the sign: "5.1"; three digits below .1 %. */
const char *wn_phrase_percent(double share, char out[16]);

/* The same for an end of an interval where the classes overlap: "24", "3.5". */
const char *wn_phrase_end(double share, char out[16]);

/* The suspicion of row i: "0.123"; "> 0.999" for one that rounds to 1; "-"
 * where the features do not predict the label. */
void wn_phrase_suspicion(const struct wn_report *report, size_t i,
                         char out[16]);

/* The typical values of a column: "1 .. 30 .. 90" or "Oslo 40, Rome 20, ...";
 * on a page with ellipses. Nothing where none are known. */
void wn_phrase_values(const struct wn_dataset *data, size_t column, bool page,
                      struct wn_text *out);

/* "1 row", "2 rows". */
const char *wn_plural(size_t count, const char *one, const char *many);

/* What row_line counts: "line", or "source row" for arrays. */
const char *wn_phrase_place(const struct wn_dataset *data);
/* Whether that may differ from the number of the row: not in arrays of which
 * every row was audited. */
bool wn_phrase_has_place(const struct wn_dataset *data);

/* Add where row i begins: "26", or "b.csv:26" where several files are one
 * table; visible bytes, the name in at most 24 cells. */
void wn_phrase_line(const struct wn_dataset *data, size_t i,
                    struct wn_text *out);
/* The same as a cell. */
void wn_phrase_add_line(const struct wn_dataset *data, size_t i,
                        struct wn_grid *grid);

/* What all formats for people say in the same words (sentences.c), without a
 * newline: the headline; what may be said of the labels as a whole, and what
 * the flags mean then; how errors that stand everywhere differ from overlap,
 * nothing where that is not known. */
void wn_sentence_headline(const struct wn_report *report, struct wn_text *out);
/* "letters.csv: 20,000 rows, 14 new suspects, est. 3.1 % (2.6-3.7) wrong", the
 * subject of a mail. */
void wn_sentence_subject(const struct wn_report *report, struct wn_text *out);
void wn_sentence_rate(const struct wn_report *report, struct wn_text *out);
/* Why no row is listed, of so many with findings. */
const char *wn_sentence_no_rows(const struct wn_report *report,
                                size_t findings);
void wn_sentence_depths(const struct wn_report *report, struct wn_text *out);
void wn_sentence_equal(const struct wn_report *report, struct wn_text *out);
/* What to look at before the rest is believed: columns that predict the label
 * alone, mistakes in columns, records that are missing, copies, spellings, the
 * order of rows. Visible text. */
struct wn_lines wn_warnings(const struct wn_report *report);
/* Whether all that speaks against row i is the order of the file, of which it
 * is only where that shows most. */
bool wn_is_of_the_order(const struct wn_report *report, size_t i);

/* What a list for people says of row i, as plain text: given and suggested
 * class in 40 cells, the latter in parentheses where it is not sure enough;
 * suspicion and action; the checks, the reason, the kind of row. */
struct wn_suspect {
    struct wn_text given, suggested, why;
    const char *action;
    char suspicion[16];
};
void wn_suspect_make(const struct wn_report *report, size_t i,
                     struct wn_suspect *suspect);
void wn_suspect_free(struct wn_suspect *suspect);

/* The commands to run next, as a shell takes them; free() each line. */
enum { WN_COMMANDS = 6 };
struct wn_command {
    const char *purpose;
    char *line;
};
/* PROGRAM BEFORE AUDIT AFTER [> TO], for free(). Programs are named the way
 * this one was called: winnow-report names winnow-prune. What is not ours goes
 * through wn_text_add_shell(), for the line will be pasted. */
char *wn_sibling_command(const struct wn_report *report, const char *program,
                         const char *before, const char *after, const char *to);
size_t wn_next_commands(const struct wn_report *report,
                        struct wn_command command[WN_COMMANDS]);

/* The evidence about one row in sentences, with blanks between them. */
void wn_explain_sentences(const struct wn_report *report,
                          const struct wn_explanation *explanation,
                          struct wn_text *text);

/* Sections of the text report that describe the data (text_data.c): size,
 * defects, cleaning rules, spelling variants and columns. */
void wn_data_text(const struct wn_report *report, struct wn_text *out);
/* How well the models predict the labels; with report->verbose, how the scores
 * were computed. */
void wn_model_quality_text(const struct wn_report *report, struct wn_text *out);

/* Cells of the source (text_cells.c): in the line below the row that was added
 * last; why they are missing, if they are; and those of a row beside those of
 * its nearest rows, the table "The row and its nearest rows". */
void wn_text_cells_below(const struct wn_report *report, size_t row,
                         struct wn_grid *grid);
void wn_text_cells_reason(const struct wn_report *report, struct wn_text *out);
void wn_text_nearest(const struct wn_report *report,
                     const struct wn_explanation *explanation,
                     struct wn_text *out);

/* The nights so far (text_trend.c); report->trend is set. */
void wn_trend_text(const struct wn_report *report, struct wn_text *out);
/* Drift since another audit (text_drift.c); report->drift is set. */
void wn_drift_text(const struct wn_report *report, struct wn_text *out);
/* What it says of strange rows; nothing where no row is new. */
void wn_strange_say(const struct wn_strange *strange, struct wn_text *out);

/* Where the models are weak, and who gave the labels (text_slices.c); nothing
 * without slices, or without annotators. */
void wn_slices_text(const struct wn_report *report, struct wn_text *out);
void wn_annotators_text(const struct wn_report *report, struct wn_text *out);

/* What people found when they looked (text_decisions.c); nothing where nobody
 * did. */
void wn_decided_text(const struct wn_report *report, struct wn_text *out);

/* The sets of near duplicates, those with several labels first (text_sets.c);
 * and a line about the set of row i. Nothing without sets. */
void wn_near_sets_text(const struct wn_report *report, struct wn_text *out);
/* Where the sets begin in near_sets, in that order, *count of them; the first
 * *mixed have several labels; free(). */
size_t *wn_near_sets_listed(const struct wn_report *report, size_t *count,
                            size_t *mixed);
/* Of the set that begins there: its rows but the one that stays, and its
 * labels. Returns the largest distance in it. */
double wn_near_set_say(const struct wn_report *report, size_t begin,
                       struct wn_text *rows, struct wn_text *labels);
void wn_near_set_phrase(const struct wn_report *report, size_t i,
                        struct wn_text *out);

/* Sections that compare with report->against (text_compare.c): both audits side
 * by side, and the table of the flags that are gone. */
void wn_comparison_text(const struct wn_report *report, struct wn_text *out);
void wn_gone_text(const struct wn_report *report, struct wn_text *out);

#endif
