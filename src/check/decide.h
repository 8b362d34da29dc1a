/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/decide.h: from findings to what to do with a row. */
#ifndef WN_CHECK_DECIDE_H
#define WN_CHECK_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/decisions.h"
#include "check/check.h"
#include "noise/claim.h"

enum wn_action { WN_KEEP, WN_REVIEW, WN_RELABEL, WN_DROP };
/* Their names in that order, comma-separated. */
extern const char wn_action_names[];

struct wn_decide_settings {
    double suggest_above; /* minimum posterior of a suggestion, 0 .. 1 */
    double drop_above;    /* suspicion from which a label issue without a
                             suggestion is dropped, not reviewed */
};

/* The class to suggest for row i in place of its label, or -1: the verdict's
 * best class if it is not the given label, its posterior is at least
 * suggest_above, and, of more than two classes, no fewer of the row's
 * neighbours carry it than carry the given label. Neighbours without weight in
 * the committee are not asked. */
int32_t wn_decide_suggestion(const struct wn_evidence *evidence, size_t i,
                             const struct wn_verdict *verdict,
                             const struct wn_decide_settings *settings);

/* What the decision depends on. */
struct wn_case {
    uint32_t issue; /* bits of wn_checks */
    int32_t label;  /* -1 = missing */
    int32_t suggestion;
    double suspicion;
    double drop_above; /* of the settings */
    bool trusted;      /* the label is known to be right */
    enum wn_decision decision;
    bool certain; /* so many labels are wrong that this is one of them, by
                     the low end of the interval */
    enum wn_claim_kind claim;
};

/* A reason to do something with a row. */
struct wn_reason {
    const char *name; /* in the attribute `names` of /flag/reason */
    enum wn_action action;
    const char *words; /* what report says: "drop: an exact copy ..." */
};

/* All of them in order of precedence; ends with a row without name. */
extern const struct wn_reason wn_reasons[];
/* The index of the first reason that holds, which decides the action. */
size_t wn_decide(const struct wn_case *this);
/* The words of the one called `name`, "" if there is none. */
const char *wn_reason_words(const char *name);

#endif
