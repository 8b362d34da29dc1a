/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/decide.h: from findings to what to do with a row. */
#ifndef WN_CHECK_DECIDE_H
#define WN_CHECK_DECIDE_H

#include <stddef.h>
#include <stdint.h>

#include "check/check.h"
#include "check/suspicion.h"

enum wn_action { WN_KEEP, WN_REVIEW, WN_RELABEL, WN_DROP };
/* Their names in that order, comma-separated. */
extern const char wn_action_names[];

struct wn_decide_settings {
    double sure;  /* posterior that a suggestion needs, 0 .. 1 */
    double wrong; /* suspicion above which a label issue without a suggestion
                     is dropped rather than reviewed */
};

/* The class to propose for row i in place of its label, or -1: the verdict's
 * best class, if it is not the given one, its posterior is at least `sure`,
 * and more of the row's neighbours carry it than the given label (where there
 * are neighbours). */
int32_t wn_decide_suggestion(const struct wn_evidence *evidence, size_t i,
                             const struct wn_verdict *verdict,
                             const struct wn_decide_settings *settings);

/* drop      a duplicate; or a label issue without suggestion whose suspicion is
 *           at least `wrong`
 * relabel   a label issue with a suggestion
 * review    any other label issue, a suggestion, a missing label, or a hit of a
 *           check that asks for review
 * keep      all else */
enum wn_action wn_decide_action(uint32_t issue, int32_t label,
                                int32_t suggestion, double suspicion,
                                const struct wn_decide_settings *settings);

#endif
