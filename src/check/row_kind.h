/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/row_kind.h: what kind of row a doubtful one is.
 *
 * A row is in doubt if its label is flagged, if another class is more probable,
 * if the second most probable class has at least half the probability of the
 * first, or if the suspicion is .25 or more. The first line that holds:
 *
 *   clear      no doubt; or the label is the most probable class, and all
 *              neighbours carry it
 *   wrong      the label is flagged: it lies deep in another class
 *   hard       the label is trusted
 *   rare       at least half of the neighbours carry the label, but the row is
 *              far from them (mean distance above the third quartile and 1.5
 *              interquartile ranges: Tukey 1977), or the class has fewer than
 *              20 rows
 *   hard       the models prefer another class clearly, but more neighbours
 *              carry the label than that class
 *   ambiguous  otherwise: two classes are about as probable, or the neighbours
 *              are mixed */
#ifndef WN_CHECK_ROW_KIND_H
#define WN_CHECK_ROW_KIND_H

#include <stdint.h>

#include "check/check.h"

enum wn_row_kind {
    WN_ROW_CLEAR,
    WN_ROW_WRONG,
    WN_ROW_AMBIGUOUS,
    WN_ROW_RARE,
    WN_ROW_HARD
};
/* Their names in that order, comma-separated. */
extern const char wn_row_kind_names[];

/* Fill kind[n] from issue[n], one bit a check. Without a noise estimate, or a
 * signal, all rows are clear. */
void wn_row_kinds(const struct wn_evidence *evidence, const uint32_t *issue,
                  uint8_t *kind);
/* How people call it: "hard but right" for "hard"; `name` itself if there is no
 * such kind. */
const char *wn_row_kind_title(const char *name);
/* What the kind called `name` means: "two classes are about as likely"; "" if
 * there is none. */
const char *wn_row_kind_words(const char *name);

#endif
