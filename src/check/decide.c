/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suggestions and actions; see decide.h. */
#include "check/decide.h"

const char wn_action_names[] = "keep,review,relabel,drop";

static size_t count_neighbors(const struct wn_evidence *evidence, size_t i,
                              int32_t label)
{
    size_t votes = 0;

    for (size_t q = 0; q < evidence->m; q++)
        votes +=
            evidence->label[evidence->neighbor[i * evidence->m + q]] == label;
    return votes;
}

int32_t wn_decide_suggestion(const struct wn_evidence *evidence, size_t i,
                             const struct wn_verdict *verdict,
                             const struct wn_decide_settings *settings)
{
    const int32_t given = evidence->label[i], best = verdict->best;

    if (best < 0 || best == given || verdict->confidence < settings->sure)
        return -1;
    if (evidence->neighbor && given >= 0 &&
        count_neighbors(evidence, i, best) <=
            count_neighbors(evidence, i, given))
        return -1;
    return best;
}

static int has(uint32_t issue, const char *name)
{
    return issue >> wn_check_find(name) & 1;
}

static int asks_for_review(uint32_t issue)
{
    for (size_t c = 0; wn_checks[c]; c++)
        if (issue >> c & 1 && wn_checks[c]->reviews)
            return 1;
    return 0;
}

enum wn_action wn_decide_action(uint32_t issue, int32_t label,
                                int32_t suggestion, double suspicion,
                                const struct wn_decide_settings *settings)
{
    if (has(issue, "duplicate"))
        return WN_DROP;
    if (has(issue, "label") && suggestion >= 0)
        return WN_RELABEL;
    if (has(issue, "label") && suspicion >= settings->wrong)
        return WN_DROP;
    return label < 0 || suggestion >= 0 || asks_for_review(issue) ? WN_REVIEW
                                                                  : WN_KEEP;
}
