/* SPDX-License-Identifier: GPL-3.0-or-later */
/* select/select.h: what an audit says of a row, field by field, and a small
 * language that chooses rows by it.
 *
 *   suspicion > 0.9 and (given = cat or issues = duplicate)
 *   not kind = rare and reason ~ 'neighbou?rs'
 *
 *   any    = all { "or" all }
 *   all    = one { "and" one }
 *   one    = "not" one | "(" any ")" | FIELD [ OP VALUE ]
 *   OP     = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"
 *   VALUE  = a word without blanks, quotes and any of ()=!<>~, or a text in
 *            quotes of either kind; a quote in it stands twice
 *
 * A number compares as it is printed. = compares a text by its bytes; of
 * issues and agree it asks whether the value is among them. <, <=, >, >=
 * compare numbers, and texts that are numbers. ~ looks for a match of a regular
 * expression (PCRE2). A field alone holds where it is neither empty nor 0; the
 * number of a row or set, where it is not empty. A
 * comparison with an empty field does not hold, unless it is !=.
 *
 * winnow-fields(7) documents both. */
#ifndef WN_SELECT_SELECT_H
#define WN_SELECT_SELECT_H

#include "report/report.h"
#include "util/options.h"

enum wn_row_field_kind {
    WN_FIELD_IS_WHOLE, /* a whole number */
    WN_FIELD_IS_REAL,  /* a float */
    WN_FIELD_IS_TEXT,
    WN_FIELD_IS_WORD, /* one of some words, or empty */
    WN_FIELD_IS_WORDS /* some of them, comma-separated */
};

struct wn_row_field {
    const char *name, *brief;
    enum wn_row_field_kind kind;
    bool (*there)(const struct wn_report *report);
    /* One of these two; NaN and no text where the row has no value. */
    double (*number)(const struct wn_report *report, size_t i);
    void (*text)(const struct wn_report *report, size_t i, struct wn_text *out);
    /* Of the last two kinds. */
    char *const *(*words)(const struct wn_report *report, size_t *count);
    const float *score; /* n; of a score, whose functions are NULL */
    char *title;        /* in a list: its name beside the source */
    bool place;         /* a number of something, where 0 is one like others */
};

/* All fields but the scores, in the order of fields.def; ends with {0}. */
extern const struct wn_row_field wn_row_field_table[];

/* The field or score called name[0..length). WN_EUSAGE if there is none, or the
 * audit does not have it. The report must outlive the field. */
int wn_row_field_find(const struct wn_report *report, const char *name,
                      size_t length, struct wn_row_field *out,
                      struct wn_error *error) WN_MUST_CHECK;
/* NaN for a text. */
double wn_row_field_number(const struct wn_row_field *field,
                           const struct wn_report *report, size_t i);
/* Append the field of row i; nothing where it has no value. */
void wn_row_field_text(const struct wn_row_field *field,
                       const struct wn_report *report, size_t i,
                       struct wn_text *out);

/* The place of row i in the source, from 0: records of CSV or libsvm, with
 * those that ingest left out; rows of arrays. */
uint64_t wn_row_record(const struct wn_report *report, size_t i);

struct wn_row_fields {
    struct wn_row_field *field;
    size_t count, capacity;
};
/* Append the comma-separated fields; `scores` means every score. WN_EUSAGE
 * names the option and has a caret; a name that is there already is one, too.
 * wn_row_fields_free() in any case. */
int wn_row_fields_add(struct wn_row_fields *fields,
                      const struct wn_report *report, const char *option,
                      const char *list, struct wn_error *error) WN_MUST_CHECK;
/* The same for fields that winnow names; those that the audit does not have
 * stay empty. */
void wn_row_fields_usual(struct wn_row_fields *fields,
                         const struct wn_report *report, const char *list);
void wn_row_fields_free(struct wn_row_fields *fields);
/* Print the names of the fields that the audit has, with what they are. */
void wn_row_fields_list(const struct wn_report *report, struct wn_text *out);

/* What goes into a record of the source, for the tails of audit/source.h: the
 * names of the fields, with `winnow_` before a name that the source has
 * already; the fields of row i; fields without a value. As CSV with the
 * source's delimiter and decimal sign, a delimiter before each cell; or, for
 * JSON Lines, which has no head, as members of the object. */
void wn_row_fields_head(const struct wn_row_fields *fields,
                        const struct wn_report *report, struct wn_text *out);
void wn_row_fields_cells(const struct wn_row_fields *fields,
                         const struct wn_report *report, size_t i,
                         struct wn_text *out);
void wn_row_fields_empty(const struct wn_row_fields *fields,
                         const struct wn_report *report, struct wn_text *out);

/* Set chosen[i] to 0 for each of the n rows where the filter `text`, the value
 * of `option` ("where"), does not hold. WN_EUSAGE, with a caret, for what is no
 * filter, and for a class, action, kind, issue and the like that the audit does
 * not have; and if a regular expression takes too long. */
int wn_filter_choose(const struct wn_report *report, const char *option,
                     const char *text, uint8_t *chosen,
                     struct wn_error *error) WN_MUST_CHECK;

/* The options --list, --class and --where; ends with {0}. */
extern const struct wn_option wn_choice_options[];
/* Mark the rows that the options choose: *chosen, n, for free(); NULL if none
 * of them is given. WN_EUSAGE for an issue or a class that the audit does not
 * have, and as wn_filter_choose(). */
int wn_choice_read(const struct wn_report *report,
                   const struct wn_options *options, uint8_t **chosen,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
