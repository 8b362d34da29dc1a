/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suggestions and actions; see decide.h. */
#include "check/decide.h"

#include <string.h>

const char wn_action_names[] = "keep,review,relabel,drop";

static size_t decide_count_neighbors(const struct wn_evidence *evidence,
                                     size_t i, int32_t label)
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
        decide_count_neighbors(evidence, i, best) <=
            decide_count_neighbors(evidence, i, given))
        return -1;
    return best;
}

static int has(const struct wn_case *this, const char *name)
{
    return this->issue >> wn_check_find(name) & 1;
}

static int is_duplicate(const struct wn_case *this)
{
    return has(this, "duplicate");
}

static int has_better_label(const struct wn_case *this)
{
    return has(this, "label") && this->suggestion >= 0;
}

static int is_surely_wrong(const struct wn_case *this)
{
    return has(this, "label") && this->suspicion >= this->wrong;
}

static int is_probably_wrong(const struct wn_case *this)
{
    return has(this, "label");
}

static int has_no_label(const struct wn_case *this)
{
    return this->label < 0;
}

static int has_likelier_label(const struct wn_case *this)
{
    return this->suggestion >= 0;
}

static int asks_for_review(const struct wn_case *this)
{
    for (size_t c = 0; wn_checks[c]; c++)
        if (this->issue >> c & 1 && wn_checks[c]->reviews)
            return 1;
    return 0;
}

static int has_issue(const struct wn_case *this)
{
    return this->issue != 0;
}

static int always(const struct wn_case *this)
{
    (void)this;
    return 1;
}

const struct wn_reason wn_reasons[] = {
    {"duplicate", WN_DROP, "an exact copy of an earlier row", is_duplicate},
    {"better_label", WN_RELABEL,
     "probably wrong, and another label is sure enough", has_better_label},
    {"surely_wrong", WN_DROP,
     "almost surely wrong, and no other label is sure enough", is_surely_wrong},
    {"probably_wrong", WN_REVIEW,
     "probably wrong, but no other label is sure enough", is_probably_wrong},
    {"no_label", WN_REVIEW, "it has no label", has_no_label},
    {"likelier_label", WN_REVIEW, "another label is likelier",
     has_likelier_label},
    {"found", WN_REVIEW, "a person should see what was found", asks_for_review},
    {"harmless", WN_KEEP, "what was found is no reason against it", has_issue},
    {"nothing", WN_KEEP, "nothing speaks against it", always},
    {0}};

size_t wn_decide(const struct wn_case *this)
{
    size_t reason = 0;

    while (!wn_reasons[reason].holds(this))
        reason++;
    return reason;
}

const char *wn_reason_words(const char *name)
{
    for (const struct wn_reason *reason = wn_reasons; reason->name; reason++)
        if (strcmp(reason->name, name) == 0)
            return reason->words;
    return "";
}
