/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: options that nothing of what was asked for reads. Who gives one
 * believes that it did something. */
#include "prog/score/score_work.h"

/* Options of the work that methods and models share, and what does it: one of
 * the needs of the methods, one of the parts of the models, any model. */
static const struct shared {
    const char *option;
    unsigned needs, parts;
    bool model;
    const char *idle;
} shared[] = {{"passes", 0, 0, true, "no model is fitted; see --model"},
              {"ungrouped", 0, 0, true, "no model is fitted; see --model"},
              {"folds", 0, WN_SAMPLE_FOLDS, false,
               "no model that is fitted has folds; see --list-models"},
              {"neighbors", 0, WN_SAMPLE_NEIGHBORS, false,
               "no neighbours are looked for; see --methods"},
              {"probe", 0, WN_SAMPLE_NEIGHBORS, false,
               "no neighbours are looked for; see --methods"},
              {"metric", WN_NEEDS_FEATURES, WN_SAMPLE_NEIGHBORS, false,
               "no neighbours are looked for; see --methods"}};

/* Those of the networks, which are in a table of their own. */
static int check_networks(const struct wn_run *run, const struct work *work,
                          struct wn_error *error)
{
    const struct wn_option *row = score_network_options;

    if (work->needs & WN_NEEDS_DYNAMICS)
        return 0;
    for (; row->name; row++)
        if (wn_option_given(run->options, row->name))
            return wn_fail(error, WN_EUSAGE,
                           "--%s: no networks are followed; see --methods",
                           row->name);
    return 0;
}

/* Whether a method that was chosen is of the family whose first one has the
 * options: the two of pairs share theirs. */
static bool is_read(const struct work *work, size_t owner)
{
    const unsigned family = wn_methods[owner]->needs & WN_NEEDS_PAIRS;

    for (size_t i = 0; wn_methods[i]; i++)
        if (work->chosen[i] && (i == owner || wn_methods[i]->needs & family))
            return true;
    return false;
}

static int check_methods(const struct wn_run *run, const struct work *work,
                         struct wn_error *error)
{
    for (size_t i = 0; wn_methods[i]; i++) {
        const struct wn_option *knob = wn_methods[i]->knobs;

        if (is_read(work, i))
            continue;
        for (; knob && knob->name; knob++)
            if (wn_option_given(run->options, knob->name))
                return wn_fail(error, WN_EUSAGE,
                               "--%s: %s is not computed; see --methods",
                               knob->name, wn_methods[i]->name);
    }
    return 0;
}

int score_refuse_idle(const struct wn_run *run, const struct work *work,
                      struct wn_error *error)
{
    for (size_t s = 0; s < sizeof shared / sizeof *shared; s++)
        if (wn_option_given(run->options, shared[s].option) &&
            !(work->needs & shared[s].needs) &&
            !(work->parts & shared[s].parts) &&
            !(shared[s].model && work->member_count))
            return wn_fail(error, WN_EUSAGE, "--%s: %s", shared[s].option,
                           shared[s].idle);
    return check_networks(run, work, error) || check_methods(run, work, error)
               ? -1
               : 0;
}
