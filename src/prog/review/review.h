/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/review/review.h: the parts of review(1).
 *
 * The desk holds the queue of rows and carries out commands; the journal is the
 * file of decisions, which only grows; the page says what a person should see
 * of a row. Two front ends, plain lines and curses, only read keys and show
 * the page. */
#ifndef WN_PROG_REVIEW_REVIEW_H
#define WN_PROG_REVIEW_REVIEW_H

#include "prog/program.h"
#include "render/render.h"

/* The file of decisions, locked while it is open. */
struct journal {
    int descriptor; /* -1: not open */
    const char *path;
    char **column; /* the names in its header */
    size_t columns;
    const char *who;
    struct wn_text mended; /* what was wrong with its last line, or nothing */
};

/* Open or make the file, lock it and mend a last line that a crash tore:
 * without its line end it is completed if it has all cells, else cut off.
 * WN_EBUSY if another review has it; WN_EDATA if it is no file of decisions. */
int review_journal_open(struct journal *journal, const char *path,
                        const char *who, struct wn_error *error) WN_MUST_CHECK;
/* Append a line, who and when included, and sync. On failure the file is as it
 * was. */
int review_journal_append(struct journal *journal,
                          const struct wn_report *report,
                          struct wn_decision_line *line,
                          struct wn_error *error) WN_MUST_CHECK;
enum {
    PACE = 30,   /* verdicts from which the time left is estimated */
    BREAK = 300, /* seconds; beyond it somebody went for a coffee */
};
/* How long the last verdicts took, a ring. */
struct pace {
    double second[PACE];
    size_t count;
};

/* The last note without a verdict on each of `count` hashes into note[], NULL
 * without one; and the pace of the verdicts of journal->who, each by the time
 * since that person's line before it, without breaks. */
int review_journal_read(const struct journal *journal, const uint64_t *hash,
                        size_t count, char **note, struct pace *pace,
                        struct wn_error *error) WN_MUST_CHECK;
void review_journal_close(struct journal *journal);

/* A row to review. */
struct item {
    size_t row;
    enum wn_decision decision; /* by the file */
    int32_t class;             /* of WN_SAID_RELABEL; else -1 */
    char *note;                /* of the verdict, or to go with it; or NULL */
    bool planned;
    bool hidden; /* by the filter */
};

/* A verdict to take back. */
struct past {
    size_t item;
    enum wn_decision decision; /* what was before it */
    int32_t class;
    char *note;
};

struct desk {
    const struct wn_run *run;
    struct wn_audit *audit;
    struct wn_report report;
    struct journal journal;
    bool plain;       /* pages are for lines, not for a screen */
    bool numbered;    /* classes may be named by their number on the page */
    bool over;        /* q */
    bool lost;        /* a verdict could not be written */
    size_t elsewhere; /* verdicts that the audit has, and the file has not */

    struct item *item;
    size_t items, at; /* at: the row on the page */
    struct past *past;
    size_t pasts, past_capacity;
    struct pace pace;
    double since; /* when the row came up, monotonic seconds */

    struct wn_explanation explanation; /* of the row on the page */
    bool explained;
    struct wn_text message; /* what the last command has to say */
};

/* Load the audit and choose the rows; with nothing to review, desk->items is 0.
 * Then, with the journal open, take what it says of them. */
int review_desk_load(struct desk *desk, const struct wn_run *run,
                     struct wn_error *error) WN_MUST_CHECK;
int review_desk_start(struct desk *desk, struct wn_error *error) WN_MUST_CHECK;
void review_desk_close(struct desk *desk);

/* What a key does. */
struct command {
    char letter;
    const char *name;
    const char *asks; /* for an argument, with this prompt; or NULL */
    const char *help;
    enum wn_decision decision; /* that it gives; or WN_UNDECIDED */
};
/* All of them; the last has no name. */
extern const struct command review_commands[];
/* The one of a letter or a name; NULL if there is none. */
const struct command *review_command(const char *text, size_t length);
/* Carry it out; desk->message has the answer. `argument` is what was asked for.
 * -1 if the audit cannot be read; a failure to write is a message. */
int review_do(struct desk *desk, const struct command *command,
              const char *argument, struct wn_error *error) WN_MUST_CHECK;
/* Load what the page of the current row needs. */
int review_explain(struct desk *desk, struct wn_error *error) WN_MUST_CHECK;
/* The rows that the filter shows, how many of them have a verdict, and the
 * place of the current one, from 1. */
size_t review_count(const struct desk *desk, size_t *decided, size_t *place);
/* What to ask before a command with an argument: "relabel to [cat]: ". */
void review_prompt(const struct desk *desk, const struct command *command,
                   struct wn_text *out);
/* The page of the current row, in lines of at most `width` cells, and the page
 * of help. */
void review_page(const struct desk *desk, size_t width, struct wn_text *out);
void review_help(const struct desk *desk, size_t width, struct wn_text *out);
/* Add the row and its nearest as pictures; false where it is none. */
bool review_pictures(const struct desk *desk, size_t width,
                     struct wn_text *out);
/* "17 of 93 (16 decided), about 12 min left". */
void review_progress(const struct desk *desk, struct wn_text *out);
/* What was done, and the commands that come next. */
void review_summary(const struct desk *desk, size_t width, struct wn_text *out);

/* The front ends, until q, the end of the input or a failure. */
int review_plain(struct desk *desk, struct wn_error *error) WN_MUST_CHECK;
#ifdef HAVE_CURSES
int review_screen(struct desk *desk, struct wn_error *error) WN_MUST_CHECK;
#endif

#endif
