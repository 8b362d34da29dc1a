/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/decide.h: from findings to what to do with a row. */
#ifndef WN_CHECK_DECIDE_H
#define WN_CHECK_DECIDE_H

#include <stddef.h>
#include <stdint.h>

#include "check/check.h"
#include "noise/suspicion.h"

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

/* What is decided on. */
struct wn_case {
    uint32_t issue; /* bits of wn_checks */
    int32_t label;  /* -1 = missing */
    int32_t suggestion;
    double suspicion;
    double wrong; /* of the settings */
};

/* A reason to do something with a row, in the order in which they count: the
 * first that holds is the one. */
struct wn_reason {
    const char *name; /* in the attribute `names` of /flag/reason */
    enum wn_action action;
    const char *words; /* what report says: "drop: an exact copy ..." */
    int (*holds)(const struct wn_case *this);
};

/* All of them; the last holds for any row; then comes a row without name. */
extern const struct wn_reason wn_reasons[];
/* The place of the one that decides, and so the action. */
size_t wn_decide(const struct wn_case *this);
/* The words of the one called `name`, "" if there is none. */
const char *wn_reason_words(const char *name);

#endif
