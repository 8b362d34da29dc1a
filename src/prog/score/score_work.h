/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/score/score_work.h: what score(1) reads, computes and writes. Included
 * by score_*.c only. */
#ifndef WN_PROG_SCORE_SCORE_WORK_H
#define WN_PROG_SCORE_SCORE_WORK_H

#include "audit/dataset.h"
#include "knn/graph.h"
#include "learn/copies.h"
#include "learn/predictors.h"
#include "learn/training.h"
#include "linalg/svd.h"
#include "method/method.h"
#include "prog/program.h"
#include "util/arena.h"
#include "util/units.h"

enum score_stage {
    SCORE_READ,
    SCORE_GRAPH,
    SCORE_MODELS,
    SCORE_SPECTRUM,
    SCORE_NETWORKS,
    SCORE_PAIRS,
    SCORE_METHODS,
    SCORE_STAGES
};

struct work {
    struct wn_arena own; /* its arrays */
    struct wn_audit *audit;
    struct wn_dataset data;
    size_t width;    /* features in the audit file, loaded or not */
    int32_t *sample; /* --estimate: the data are these rows of `all_rows`, */
    size_t all_rows; /* ascending; NULL: all rows */
    size_t m;
    enum wn_metric metric;
    struct wn_graph_facts facts;
    int32_t *index, *fold;
    int32_t *group; /* n, 0..groups-1; NULL without groups and copies */
    size_t groups;
    struct wn_copies copies;
    float *distance, *probability;
    float *member_probability;    /* members x n x k; NULL: nobody wants them */
    struct wn_predictor *brought; /* the members, where the user brought several
                                     sets of probabilities; else NULL */
    size_t folds;
    const struct wn_predictor **members;
    size_t member_count;
    bool user_probability; /* ingest --probability takes the members' place */
    struct wn_quality *quality;
    struct wn_dynamics *dynamics;
    struct wn_dynamics_plan plan; /* of our networks */
    bool user_dynamics; /* ingest --dynamics takes our networks' place */
    struct wn_pairs *pairs;
    struct wn_spectrum spectrum; /* of the features */
    unsigned parts;              /* enum wn_sample_part of the members */
    bool *chosen;                /* as many as wn_methods */
    unsigned needs;              /* enum wn_need of the chosen methods */
    double seconds[SCORE_STAGES];
    struct wn_team
        *team;      /* the other ranks of MPI; NULL where there are none */
    double cpu;     /* this rank's seconds, and bytes received, at the */
    uint64_t moved; /* end of the stage before */
    struct wn_units *units; /* of --resume, --shard, --merge, MPI; or NULL */
    size_t shard;           /* I of --shard=I/N; 0: all */
};

enum { SCORE_MAX_SHARDS = 10000 };

/* 0 without MPI. */
static inline size_t score_rank(const struct work *work)
{
    return work->team ? work->team->rank : 0;
}

void score_free(struct work *work);

/* With --verbose: the seconds and the anonymous memory of a finished stage. */
void score_end_stage(const struct wn_run *run, struct work *work,
                     enum score_stage stage);
extern const char *const score_stage_names[SCORE_STAGES];

static inline uint64_t score_seed(const struct wn_run *run)
{
    return (uint64_t)wn_option_number(run->options, "seed");
}

/* --probe, or WN_PROBE_AUTO. */
static inline size_t score_probe(const struct wn_run *run)
{
    return wn_option_given(run->options, "probe")
               ? (size_t)wn_option_number(run->options, "probe")
               : WN_PROBE_AUTO;
}

/* The spectrum of the features is computed where there are probabilities. */
static inline bool score_has_spectrum(const struct work *work)
{
    return work->probability && work->data.features;
}

/* The model whose probabilities quality[p] describes. */
static inline const char *score_member(const struct work *work, size_t p)
{
    return p < work->member_count   ? work->members[p]->name
           : work->user_probability ? "brought"
                                    : "committee";
}

/* score_read.c: open the audit file, choose models and methods, reject options
 * that have no effect, check memory and output, load the data. 1: --estimate
 * was given and has been answered. */
int score_read(const struct wn_run *run, struct work *work,
               struct wn_error *error) WN_MUST_CHECK;
/* The options of the networks, ending with {0}. */
extern const struct wn_option score_network_options[];
/* Two classes or more have rows; else WN_EDATA. */
int score_check_classes(const struct work *work,
                        struct wn_error *error) WN_MUST_CHECK;

/* score_cost.c: apply --memory or refuse the work; print memory and time. */
int score_check_memory(const struct wn_run *run, const struct work *work,
                       struct wn_error *error) WN_MUST_CHECK;
int score_estimate(const struct wn_run *run, const struct work *work,
                   struct wn_error *error) WN_MUST_CHECK;

/* score_alone.c, or in score-mpi score_mpi.c: the ranks of this run, or NULL;
 * what must be done at the end of it. A failure ends all ranks. */
struct wn_team *score_open_team(struct wn_run *run);
void score_close_team(const struct wn_run *run, int status,
                      const struct wn_error *error);

/* score_units.c: open the work files that --resume, --shard and --merge ask
 * for; say what this shard has done. */
int score_open_units(const struct wn_run *run, struct work *work,
                     struct wn_error *error) WN_MUST_CHECK;
void score_tell_shard(const struct wn_run *run, const struct work *work,
                      bool whole);

/* score_compute.c: graph, probabilities, spectrum, networks and pairs, as far
 * as the chosen models and methods need them. 1: other shards have not done
 * their part. */
int score_compute(const struct wn_run *run, struct work *work,
                  struct wn_error *error) WN_MUST_CHECK;

/* score_write.c: compute the methods' scores one at a time and write each;
 * writer NULL: do not write. Then all of /score. */
int score_methods(const struct wn_run *run, struct work *work,
                  struct wn_audit_writer *writer,
                  struct wn_error *error) WN_MUST_CHECK;
int score_write(const struct wn_run *run, struct work *work,
                struct wn_error *error) WN_MUST_CHECK;

#endif
