/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suggestions and actions; see decide.h. */
#include "check/decide.h"

#include <string.h>

const char wn_action_names[] = "keep,review,relabel,drop";

static size_t count_neighbors_of(const struct wn_evidence *evidence, size_t i,
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

    if (best < 0 || best == given ||
        verdict->confidence < settings->suggest_above)
        return -1;
    /* Of two classes the other one is the only candidate. Of more, the
     * neighbours may know that it is neither; a tie says nothing. */
    if (evidence->neighbor && !evidence->ignores_neighbors && given >= 0 &&
        evidence->k > 2 &&
        count_neighbors_of(evidence, i, best) <
            count_neighbors_of(evidence, i, given))
        return -1;
    return best;
}

enum reason {
    SAID_DROP,
    SAID_KEEP,
    SAID_RELABEL,
    SAID_WRONG,
    SAID_WRONG_BETTER,
    DUPLICATE,
    TRUSTED,
    MAYBE_OVERLAP,
    MAYBE_RIGHT,
    BETTER_LABEL,
    SURELY_WRONG,
    PROBABLY_WRONG,
    NO_LABEL,
    LIKELIER_LABEL,
    FOUND,
    HARMLESS,
    NOTHING,
    REASONS
};

const struct wn_reason wn_reasons[] = {
    [SAID_DROP] = {"said_drop", WN_DROP, "you decided to drop it"},
    [SAID_KEEP] = {"said_keep", WN_KEEP, "you decided to keep it as it is"},
    [SAID_RELABEL] = {"said_relabel", WN_RELABEL, "you gave it another label"},
    [SAID_WRONG] = {"said_wrong", WN_DROP,
                    "you marked this label as wrong, and no other label is "
                    "sure enough"},
    [SAID_WRONG_BETTER] = {"said_wrong_better", WN_RELABEL,
                           "you marked this label as wrong, and another label "
                           "is sure enough"},
    [DUPLICATE] = {"duplicate", WN_DROP, "an exact copy of another row"},
    [TRUSTED] = {"trusted", WN_KEEP, "you marked this label as right"},
    [MAYBE_OVERLAP] = {"maybe_overlap", WN_REVIEW,
                       "it looks wrong, but may be right: classes overlap"},
    [MAYBE_RIGHT] = {"maybe_right", WN_REVIEW,
                     "it looks wrong, but it is not certain that so many "
                     "labels are"},
    [BETTER_LABEL] = {"better_label", WN_RELABEL,
                      "probably wrong, and another label is sure enough"},
    [SURELY_WRONG] = {"surely_wrong", WN_DROP,
                      "almost surely wrong, and no other label is sure enough"},
    [PROBABLY_WRONG] = {"probably_wrong", WN_REVIEW,
                        "probably wrong, but no other label is sure enough"},
    [NO_LABEL] = {"no_label", WN_REVIEW, "it has no label"},
    [LIKELIER_LABEL] = {"likelier_label", WN_REVIEW,
                        "another label is likelier"},
    [FOUND] = {"found", WN_REVIEW, "a person should see what was found"},
    [HARMLESS] = {"harmless", WN_KEEP,
                  "what was found is no reason against it"},
    [NOTHING] = {"nothing", WN_KEEP, "nothing speaks against it"},
    [REASONS] = {0}};

/* The bits of an issue. */
enum {
#define WN_CHECK(name) CHECK_##name,
#include "check/checks.def"
#undef WN_CHECK
};

size_t wn_decide(const struct wn_case *this)
{
    if (this->decision == WN_SAID_DROP)
        return SAID_DROP;
    if (this->decision == WN_SAID_KEEP)
        return SAID_KEEP;
    if (this->decision == WN_SAID_RELABEL)
        return SAID_RELABEL;
    if (this->decision == WN_SAID_WRONG)
        return this->suggestion >= 0 ? SAID_WRONG_BETTER : SAID_WRONG;
    if (this->issue >> CHECK_duplicate & 1)
        return this->claim == WN_CLAIM_NOTHING ? FOUND : DUPLICATE;
    if (this->decision == WN_SAID_OK)
        return TRUSTED;
    if (this->issue >> CHECK_label & 1 && !this->certain)
        return this->claim == WN_CLAIM_OVERLAP ? MAYBE_OVERLAP : MAYBE_RIGHT;
    if (this->issue >> CHECK_label & 1)
        return this->suggestion >= 0                 ? BETTER_LABEL
               : this->suspicion >= this->drop_above ? SURELY_WRONG
                                                     : PROBABLY_WRONG;
    if (this->label < 0)
        return NO_LABEL;
    if (this->suggestion >= 0)
        return LIKELIER_LABEL;
    for (size_t c = 0; wn_checks[c]; c++)
        if (this->issue >> c & 1 && wn_checks[c]->reviews)
            return FOUND;
    if (this->trusted)
        return TRUSTED;
    return this->issue ? HARMLESS : NOTHING;
}

const char *wn_reason_words(const char *name)
{
    for (const struct wn_reason *reason = wn_reasons; reason->name; reason++)
        if (strcmp(reason->name, name) == 0)
            return reason->words;
    return "";
}
