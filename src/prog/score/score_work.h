/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/score/score_work.h: the parts of score(1): what is needed, what is
 * found, what goes out. Included by score*.c only. */
#ifndef WN_PROG_SCORE_SCORE_WORK_H
#define WN_PROG_SCORE_SCORE_WORK_H

#include "audit/dataset.h"
#include "method/method.h"
#include "knn/graph.h"
#include "learn/pool.h"
#include "learn/predictors.h"
#include "linalg/svd.h"
#include "learn/training.h"
#include "prog/program.h"

/* Everything that is read, found and written. */
struct work {
    struct wn_audit *audit;
    struct wn_dataset data;
    size_t width; /* features there are, loaded or not */
    size_t m;
    enum wn_metric metric;
    struct wn_graph_facts facts;
    int32_t *index, *fold;
    int32_t *group; /* n, 0..groups-1; NULL without groups */
    size_t groups;
    float *distance, *probability;
    size_t folds;
    const struct wn_predictor **members;
    size_t member_count;
    bool brought; /* the probabilities are those of ingest, not of members */
    struct wn_quality *quality;
    struct wn_dynamics *dynamics;
    struct wn_dynamics_plan plan; /* its parts are not set */
    bool followed; /* they are those of ingest, not of our networks */
    struct wn_pairs *pairs;
    struct wn_spectrum spectrum; /* of the features */
    unsigned parts;              /* enum wn_sample_part that the members need */
    bool *chosen;                /* as many as wn_methods */
    unsigned needs;              /* enum wn_need of those chosen */
};

void score_free(struct work *work);

static inline uint64_t score_seed(const struct wn_run *run)
{
    return (uint64_t)wn_option_number(run->options, "seed");
}

/* Whether the features are looked at as a whole: with the probabilities,
 * brought ones too, but not for who asked for single scores. */
static inline bool score_has_spectrum(const struct work *work)
{
    return work->probability && work->data.features;
}

/* --probe, or WN_PROBE_AUTO. */
static inline size_t score_probe(const struct wn_run *run)
{
    return wn_option_given(run->options, "probe")
               ? (size_t)wn_option_number(run->options, "probe")
               : WN_PROBE_AUTO;
}

/* Whose probabilities quality[p] is about. */
static inline const char *score_member(const struct work *work, size_t p)
{
    return p < work->member_count ? work->members[p]->name
           : work->brought        ? "brought"
                                  : "committee";
}

/* score_read.c: the predictors and methods asked for and what they need; the
 * memory that takes; the data, checked. 1 where an estimate was asked for and
 * nothing is left to do. */
int score_read(const struct wn_run *run, struct work *work,
               struct wn_error *error) WN_MUST_CHECK;

/* score_cost.c: keep to --memory, or refuse; memory and time, printed. */
int score_afford(const struct wn_run *run, const struct work *work,
                 struct wn_error *error) WN_MUST_CHECK;
int score_estimate(const struct wn_run *run, const struct work *work,
                   struct wn_error *error) WN_MUST_CHECK;

/* score_compute.c: graph, probabilities, networks, as far as they are needed.
 */
int score_find(const struct wn_run *run, struct work *work,
               struct wn_error *error) WN_MUST_CHECK;

/* score_dynamics.c: the options of the networks, ending with {0}; whose
 * dynamics; the memory they take; all of them. */
extern const struct wn_option score_network_options[];
int score_choose_dynamics(const struct wn_run *run, struct work *work,
                          struct wn_error *error) WN_MUST_CHECK;
double score_dynamics_bytes(const struct wn_run *run, const struct work *work,
                            size_t n, size_t d, size_t k);
/* About how many operations of a product training takes; `cells` is
 * n (d + k). */
double score_dynamics_work(const struct work *work, double cells);
int score_find_dynamics(const struct wn_run *run, struct work *work,
                        struct wn_error *error) WN_MUST_CHECK;

/* score_pairs.c: the memory pairs take; all of them; how they were aligned. */
int score_pairs_bytes(const struct wn_run *run, const struct work *work,
                      double *bytes, struct wn_error *error) WN_MUST_CHECK;
int score_find_pairs(const struct wn_run *run, struct work *work,
                     struct wn_error *error) WN_MUST_CHECK;
int score_write_pairs(const struct work *work, struct wn_audit_writer *writer,
                      struct wn_error *error) WN_MUST_CHECK;
void score_free_pairs(struct work *work);

/* score_methods.c: the methods asked for, as far as they have what they need;
 * their scores. */
int score_choose_methods(const struct wn_run *run, struct work *work,
                         struct wn_error *error) WN_MUST_CHECK;
int score_methods(const struct wn_run *run, const struct work *work,
                  struct wn_audit_writer *writer,
                  struct wn_error *error) WN_MUST_CHECK;

/* score_unused_options.c: an option that was given and that nothing reads is an
 * error. */
int score_refuse_idle(const struct wn_run *run, const struct work *work,
                      struct wn_error *error) WN_MUST_CHECK;

/* A count that was asked for and does not fit its `units` is an error; a
 * default is lowered to `most`, and that is said. */
int score_fit_count(const struct wn_run *run, const struct work *work,
                    const char *option, size_t most, const char *unit,
                    size_t units, size_t *count,
                    struct wn_error *error) WN_MUST_CHECK;

/* score_predict.c: the probabilities of the members, or what the user brought,
 * as it is: whose model that was we do not know. */
int score_predict(const struct wn_run *run, struct work *work,
                  struct wn_error *error) WN_MUST_CHECK;
void score_take_brought(const struct wn_run *run, struct work *work);

/* score_write.c: the methods' scores and all of /score; the whole file. */
int score_write(const struct wn_run *run, const struct work *work,
                struct wn_error *error) WN_MUST_CHECK;

#endif
