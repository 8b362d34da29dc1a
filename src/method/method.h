/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/method.h: a scoring method is one row of a table, with a file of its
 * own only where it needs more than a few lines. Higher scores are always more
 * suspicious; scores that a paper defines the other way round change their sign
 * or are subtracted from their maximum. winnow-methods(7) has the formulas. */
#ifndef WN_METHOD_METHOD_H
#define WN_METHOD_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knn/exact.h"
#include "learn/training.h"
#include "util/error.h"
#include "util/log.h"
#include "util/options.h"

enum wn_need {
    WN_NEEDS_PROBABILITY = 1,  /* view->probability */
    WN_NEEDS_DYNAMICS = 2,     /* view->dynamics */
    WN_NEEDS_NEIGHBORS = 4,    /* view->neighbor, view->distance */
    WN_NEEDS_FEATURES = 8,     /* view->x */
    WN_NEEDS_GRADIENTS = 16,   /* view->dynamics with gradient norms */
    WN_NEEDS_HISTORIES = 32,   /* view->dynamics with histories */
    WN_NEEDS_TRUSTED = 64,     /* view->trusted */
    WN_NEEDS_PAIRS = 128,      /* view->pairs */
    WN_NEEDS_PAIR_RANKS = 256, /* view->pairs with ranks */
    WN_NEEDS_TARGETS = 512     /* view->dynamics with targets */
};

struct wn_pairs; /* learn/pairs.h */

enum wn_ood { WN_OOD_ENTROPY, WN_OOD_LEAST_CONFIDENCE, WN_OOD_GEN };

/* Every setting of a method. In {0} no option is given; the defaults of the
 * command line are those of wn_method_options. */
struct wn_method_settings {
    bool has_aum_threshold;    /* else aum is minus the mean margin */
    double aum_threshold;      /* percentile, 0 .. 100 */
    bool has_forgetting_never; /* else the number of epochs */
    double forgetting_never;   /* forgetting of rows never right */
    bool variability_ci;
    bool loss_recent;
    const char *negative_class; /* NULL if not given */
    size_t intrinsic_neighbors, extrinsic_neighbors;
    enum wn_ood ood_by;
    bool ood_plain;
    size_t ood_top; /* classes of WN_OOD_GEN */
};

/* What methods see: arrays, no files. NULL where no chosen method needs it. */
struct wn_view {
    size_t n, d, k, m;
    const float *x;           /* n x d */
    const int32_t *label;     /* n, 0..k-1; rows without a label are -1 */
    const float *probability; /* n x k, out of sample */
    const int32_t *neighbor;  /* n x m, nearest first */
    const float *distance;    /* n x m */
    const struct wn_dynamics *dynamics;
    const struct wn_dynamics_plan *plan; /* how networks are trained */
    const struct wn_pairs *pairs;
    const uint8_t *trusted;  /* n, 1: the label is known to be right */
    char *const *label_name; /* k */
    enum wn_metric metric;   /* of `distance` */
    int threads;
    uint64_t seed;
    struct wn_log *log; /* for notes and progress; NULL: keep quiet */
    const struct wn_method_settings *settings; /* never NULL */
};

/* What a method fills; zeroed before, evidence to -1. */
struct wn_scores {
    float *score;      /* n, finite, higher = more suspicious */
    float *spread;     /* n, standard deviation over replicates; NULL unless
                          the method has one and networks were trained */
    int32_t *evidence; /* n, the row that speaks against this one, -1 = none;
                          NULL unless the method has `evidence` */
};

struct wn_method {
    const char *name;   /* --methods=NAME and dataset /score/NAME */
    const char *brief;  /* one line for --list-methods */
    const char *source; /* paper, as in score(1) */
    unsigned needs;     /* enum wn_need, or-ed */
    bool spreads;       /* has a standard deviation over replicates */
    bool evidence;      /* names the row that speaks against this one */
    const char *required_option; /* has no default; NULL if none */
    /* 0 or -1; or 1 where the method does not apply to these data, and error
     * says why. NULL: a statistic of the dynamics, of k classes and E epochs,
     *   (factor + class_factor k) statistic
     *       + shift + class_shift k + epoch_shift E */
    int (*score)(const struct wn_view *view, const struct wn_scores *out,
                 struct wn_error *error);
    enum wn_statistic statistic;
    double factor, class_factor, shift, class_shift, epoch_shift;
    /* Maximum of bytes beside the view, whose sizes are read; NULL for a few
     * numbers a row. */
    double (*bytes)(const struct wn_view *view);
};

/* All of them, in the order of methods.def; ends with NULL. */
extern const struct wn_method *const wn_methods[];
/* For the --methods row of an option table: "|a|b|c", to be used from its
 * second character, `wn_method_choices + 1`; likewise ",a,b", those that are
 * computed by default, and by default where there is a second block. */
extern const char wn_method_choices[], wn_method_defaults[],
    wn_method_pair_defaults[];

/* The options of the methods, with the methods that read each; ends with {0}.
 * One with two readers belongs to both. */
extern const struct wn_setting wn_method_options[];
/* What a command line whose table has them asks for. Texts are borrowed. */
struct wn_method_settings
wn_method_settings_read(const struct wn_options *options);

/* The one called `name`, or NULL. */
const struct wn_method *wn_method_find(const char *name);
/* Compute it: see `score` above. */
int wn_method_score(const struct wn_method *method, const struct wn_view *view,
                    const struct wn_scores *out,
                    struct wn_error *error) WN_MUST_CHECK;

#endif
