/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of methods, made from methods.def, and their options. */
#include "method/method.h"

#include <string.h>

#define WN_METHOD(name) extern const struct wn_method wn_method_##name;
#define WN_METHOD_PAIR(name) WN_METHOD(name)
#define WN_METHOD_EXTRA(name) WN_METHOD(name)
#include "method/methods.def"
#undef WN_METHOD

const struct wn_method *const wn_methods[] = {
#define WN_METHOD(name) &wn_method_##name,
#include "method/methods.def"
#undef WN_METHOD
    NULL};

#define WN_METHOD(name) "|" #name
const char wn_method_choices[] =
#include "method/methods.def"
    ;
#undef WN_METHOD
#undef WN_METHOD_EXTRA

#define WN_METHOD(name) "," #name
#define WN_METHOD_EXTRA(name)
const char wn_method_pair_defaults[] =
#include "method/methods.def"
    ;
#undef WN_METHOD_PAIR

#define WN_METHOD_PAIR(name)
const char wn_method_defaults[] =
#include "method/methods.def"
    ;
#undef WN_METHOD
#undef WN_METHOD_PAIR
#undef WN_METHOD_EXTRA

/* clang-format off */
const struct wn_setting wn_method_options[] = {
    {{.topic = "Single scores",
      .name = "aum-threshold", .kind = WN_REAL, .value = "PERCENTILE",
      .low = 0, .high = 100, .recorded = true,
      .help = "compare aum with that percentile of rows with a made-up class"},
     {"aum"}},
    {{.name = "forgetting-never", .kind = WN_REAL, .value = "COUNT",
      .low = 0, .high = 1e30, .recorded = true,
      .help = "forgetting of rows that were never right (default: epochs)"},
     {"forgetting"}},
    {{.name = "variability-ci", .kind = WN_FLAG, .recorded = true,
      .help = "variability with the error of the variance, as cartography"},
     {"variability"}},
    {{.name = "loss-recent", .kind = WN_FLAG, .recorded = true,
      .help = "loss_mean weights epoch e of E by e / E"},
     {"loss_mean"}},
    {{.name = "negative-class", .kind = WN_TEXT, .value = "NAME",
      .recorded = true,
      .help = "the class that means 'none of the others', for intrinsic"},
     {"intrinsic"}},
    {{.name = "intrinsic-neighbors", .kind = WN_WHOLE, .value = "N",
      .default_value = "1", .low = 1, .high = 1000, .recorded = true,
      .help = "negatives that each false negative makes suspicious"},
     {"intrinsic"}},
    {{.name = "extrinsic-neighbors", .kind = WN_WHOLE, .value = "N",
      .default_value = "1", .low = 1, .high = 1000, .recorded = true,
      .help = "nearest trusted rows that vote on a label"},
     {"extrinsic"}},
    {{.name = "pair-align", .kind = WN_CHOICE, .value = "HOW",
      .default_value = "auto", .choices = "auto|none|ridge", .recorded = true,
      .help = "how to map features and features-b into one space"},
     {"pair_cosine", "pair_rank"}},
    {{.name = "ood-by", .kind = WN_CHOICE, .value = "NAME",
      .default_value = "entropy", /* the choices in the order of enum wn_ood */
      .choices = "entropy|least_confidence|gen",
      .recorded = true, .help = "how ood scores the probabilities"},
     {"ood"}},
    {{.name = "ood-plain", .kind = WN_FLAG, .recorded = true,
      .help = "ood does not adjust the probabilities"},
     {"ood"}},
    {{.name = "ood-top", .kind = WN_WHOLE, .value = "M", .default_value = "100",
      .low = 1, .high = 1000000, .recorded = true,
      .help = "--ood-by=gen sums over the M largest probabilities"},
     {"ood"}},
    {{0}, {0}}};
/* clang-format on */

struct wn_method_settings
wn_method_settings_read(const struct wn_options *options)
{
    return (struct wn_method_settings){
        .has_aum_threshold = wn_option_given(options, "aum-threshold"),
        .aum_threshold = wn_option_number(options, "aum-threshold"),
        .has_forgetting_never = wn_option_given(options, "forgetting-never"),
        .forgetting_never = wn_option_number(options, "forgetting-never"),
        .variability_ci = wn_option_on(options, "variability-ci"),
        .loss_recent = wn_option_on(options, "loss-recent"),
        .negative_class = wn_option_text(options, "negative-class"),
        .intrinsic_neighbors =
            (size_t)wn_option_number(options, "intrinsic-neighbors"),
        .extrinsic_neighbors =
            (size_t)wn_option_number(options, "extrinsic-neighbors"),
        .ood_by = (enum wn_ood)wn_option_choice(options, "ood-by"),
        .ood_plain = wn_option_on(options, "ood-plain"),
        .ood_top = (size_t)wn_option_number(options, "ood-top")};
}

const struct wn_method *wn_method_find(const char *name)
{
    for (size_t i = 0; wn_methods[i]; i++)
        if (strcmp(wn_methods[i]->name, name) == 0)
            return wn_methods[i];
    return NULL;
}

int wn_method_score(const struct wn_method *method, const struct wn_view *view,
                    const struct wn_scores *out, struct wn_error *error)
{
    enum wn_statistic statistic = method->statistic;

    if (method->score)
        return method->score(view, out, error);
    /* sqrt(v + v^2/(E - 1)), v the variance, as with --include_ci of the
     * authors' code. */
    if (statistic == WN_VARIABILITY && view->settings->variability_ci)
        statistic = WN_VARIABILITY_CI;
    /* The weights (e + 1)/E of the paper's code, which do not sum to 1, in
     * place of the plain mean of the paper. */
    if (statistic == WN_LOSS_MEAN && view->settings->loss_recent)
        statistic = WN_LOSS_RECENT;
    const double k = (double)view->k;
    const double epochs = (double)wn_dynamics_epochs(view->dynamics);
    wn_dynamics_read(
        view->dynamics, statistic, method->factor + method->class_factor * k,
        method->shift + method->class_shift * k + method->epoch_shift * epochs,
        out->score, out->spread);
    return 0;
}
