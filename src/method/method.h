/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/method.h: what a scoring method is: one file, one table row. */
#ifndef WN_METHOD_METHOD_H
#define WN_METHOD_METHOD_H

#include <stddef.h>
#include <stdint.h>

#include "knn/exact.h"
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

struct wn_dynamics;      /* learn/dynamics.h */
struct wn_dynamics_plan; /* learn/training.h */
struct wn_pairs;         /* learn/pairs.h */

/* What methods see: arrays, no files. NULL where no chosen method needs it. */
struct wn_view {
    size_t n, d, k, m;
    const float *x;           /* n x d */
    const int32_t *label;     /* n, 0..k-1; rows without a label are -1 */
    const float *probability; /* n x k, out of sample */
    const int32_t *neighbor;  /* n x m */
    const float *distance;    /* n x m */
    const struct wn_dynamics *dynamics;
    const struct wn_dynamics_plan *plan; /* how networks are trained */
    const struct wn_pairs *pairs;
    const uint8_t *trusted;  /* n, 1: the label is known to be right */
    char *const *label_name; /* k */
    enum wn_metric metric;   /* what near means */
    int threads;
    uint64_t seed;
    struct wn_log *talk; /* for notes and progress; NULL: keep quiet */
};

struct wn_method {
    const char *name;   /* --methods=NAME and dataset /score/NAME */
    const char *brief;  /* one line for --list-methods */
    const char *source; /* paper, as in score(1) */
    unsigned needs;     /* enum wn_need, or-ed */
    /* Options of its own, rows of the program's table; NULL if none. */
    const struct wn_option *knobs;
    /* One of them that has no default and must be given; NULL if none. */
    const char *wants;
    /* Fill out[n]: finite, higher = more suspicious; and spread[n], the
     * standard deviation over replicates, where `spreads`. 0 or -1; or 1 where
     * the method does not apply to these data, and error says why. */
    int (*score)(const struct wn_view *view, const struct wn_options *options,
                 float *out, float *spread, struct wn_error *error);
    int spreads;
    /* In place of `score` where a row is judged by another one: also fill
     * row[n], -1 = none. out is 0 and row is -1 before. */
    int (*trace)(const struct wn_view *view, const struct wn_options *options,
                 float *out, int32_t *row, struct wn_error *error);
    /* Most bytes that takes beside the view, of which the sizes are read; NULL
     * for some numbers a row. */
    double (*bytes)(const struct wn_view *view);
};

/* All of them, in the order of methods.def; ends with NULL. */
extern const struct wn_method *const wn_methods[];
/* For the --methods row of an option table: "|a|b|c", to be used from its
 * second character, `wn_method_choices + 1`; likewise ",a,b", those that are
 * computed by default, and by default where there is a second block. */
extern const char wn_method_choices[], wn_method_standard[], wn_method_paired[];

/* The one called `name`, or NULL. */
const struct wn_method *wn_method_find(const char *name);

#endif
