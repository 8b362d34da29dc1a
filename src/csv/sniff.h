/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/sniff.h: which delimiter a table has, and whether it has a header.
 *
 * Looks at the first records, WN_SNIFF_BYTES at most. A delimiter fits if it
 * gives every record as many fields as the first one, two or more, by the
 * grammar of scan.h; with form->reject, nine records in ten. There is a header
 * if the first record holds form->label, or if no cell of it is a number or
 * empty and nine in ten below are numbers in some column. There is none if a
 * cell of it is a number above numbers, or empty, or there twice, or if
 * form->label is c1, c2 and so on. What is as likely one as the other is
 * refused, with the options that say which. */
#ifndef WN_CSV_SNIFF_H
#define WN_CSV_SNIFF_H

#include "csv/window.h"

enum { WN_SNIFF_BYTES = 1 << 20 };

/* Set form->delimiter, and form->nameless unless it is set; *columns is how
 * many there are. The table begins at `begin` of the file. WN_EDATA for a tie,
 * and when nothing fits. */
int wn_sniff(const struct wn_window *file, uint64_t begin,
             struct wn_csv_form *form, size_t *columns,
             struct wn_error *error) WN_MUST_CHECK;

/* "--delimiter=';' --no-header", as a shell reads it. */
int wn_sniff_options(const struct wn_csv_form *form, struct wn_text *text);

#endif
