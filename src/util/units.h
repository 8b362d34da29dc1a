/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/units.h: pieces of long work that need not be computed here and now.
 *
 * A stage of the work has units, and the result of a unit is bytes that depend
 * on the input alone: not on threads, memory, or who computed them. So a unit
 * may come from a work file that an earlier run or another process left, or
 * from another process of a team, as under MPI. Whoever has long work says
 * "unit u of stage s: compute it so, use it so"; wn_units_run() does the rest.
 *
 *   one work file    an interrupted run goes on where it was
 *   shards           process I of N computes its share of the units into a file
 *   a team           processes compute a share each and send it to the others
 *
 * A work file has a header and then units in any order:
 *
 *   header  "winnow work 1", whose work it is (struct wn_units_key), I and N,
 *           and the hash of these bytes
 *   unit    stage, unit, length, hash of the content, hash of these bytes; and
 *           the content
 *
 * in the byte order of the machine. Reading ends at the first unit that is not
 * whole, and the next run writes over it. The hashes tell damage, not intent:
 * `use` must refuse content that does not fit. */
#ifndef WN_UTIL_UNITS_H
#define WN_UTIL_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/text.h"

enum {
    WN_UNITS_STAGE = 32, /* bytes of a stage's name */
    WN_UNITS_WAVE = 4    /* units of a thread of a team at a time */
};

/* What units depend on. */
struct wn_units_key {
    char version[40], kernels[56], input[40], options[40];
};

/* Processes that compute together. */
struct wn_team {
    size_t rank, ranks;
    /* Send the bytes of `owner` to all others. A failure ends the program. */
    void (*share)(void *bytes, size_t length, size_t owner);
    /* Send words send[r each ..] to rank r; its words come to receive[r each].
     * `each` is the number of words of 4 bytes. */
    void (*exchange)(const void *send, void *receive, size_t each);
    /* Set each value to the least that a rank has. */
    void (*lower)(float *values, size_t count);
    uint64_t moved;             /* bytes that this process received */
    char stage[WN_UNITS_STAGE]; /* that it works on */
};

/* NULL wherever one is wanted: all is computed here, and nothing is kept. */
struct wn_units;

/* team (borrowed) may be NULL. This process computes the units of shard `shard`
 * of `shards`, from 1; shard 0: all of them. */
struct wn_units *wn_units_new(struct wn_team *team, size_t shard,
                              size_t shards);
void wn_units_free(struct wn_units *units);

/* Take the units of a work file.
 *   append        new units are added to it; it is created if it is not there
 *   shard, shards expected in it; 0, 0: the file of a whole run
 *   other         out, NULL or what the file depends on that differs: a whole
 *                 run's file is then begun anew; of a shard it is an error
 * Errors: WN_EIO, WN_EBUSY (another run appends to it), WN_EDATA (no work file,
 * or not that of this work). */
int wn_units_open(struct wn_units *units, const char *path, bool append,
                  const struct wn_units_key *key, size_t shard, size_t shards,
                  const char **other, struct wn_error *error) WN_MUST_CHECK;
/* Remove the file that is appended to. */
void wn_units_remove(struct wn_units *units);

struct wn_units_job {
    const char *stage; /* its name, with all that tells it from others */
    size_t count;
    size_t longest; /* bytes of a unit, at most */
    size_t first;   /* the shard of unit 0, from 0; the others follow */
    int threads;   /* that compute a unit each; 1: a unit has its own threads */
    bool together; /* a team computes each unit with wn_units_share() or jobs
                      of its own, instead of one each */
    void *context;
    /* Append the result of unit u to an empty text. */
    int (*compute)(void *context, size_t u, struct wn_text *out,
                   struct wn_error *error);
    /* Use unit u, after all units before it; -1 if its bytes do not fit. They
     * begin at a multiple of 16. */
    int (*use)(void *context, size_t u, const char *bytes, size_t length);
};

/* Compute what is missing, keep it, and use all. 1: other shards have not
 * computed theirs; then nothing was used. Errors: those of `compute` and of the
 * file. */
int wn_units_run(struct wn_units *units, const struct wn_units_job *job,
                 struct wn_error *error) WN_MUST_CHECK;

/* How many units a search is cut into that can be cut in any number: the
 * shards, or 1. */
size_t wn_units_parts(const struct wn_units *units);
/* What to pass on to the work inside a unit that a team computes together: the
 * units where there is a team, else NULL. */
struct wn_units *wn_units_inside(struct wn_units *units);
/* 1 and 0 without a team. */
size_t wn_units_ranks(const struct wn_units *units);
size_t wn_units_rank(const struct wn_units *units);
/* Send the bytes of rank `owner` to the others. */
void wn_units_share(struct wn_units *units, void *bytes, size_t length,
                    size_t owner);
/* `each` words of 4 bytes from every rank to every other: send and receive have
 * those of all ranks. Only in a team. */
void wn_units_exchange(struct wn_units *units, const void *send, void *receive,
                       size_t each);
/* Set each of `count` values to the least that a rank has. */
void wn_units_lower(struct wn_units *units, float *values, size_t count);
/* Units computed here, taken from files, and missing. */
struct wn_units_count {
    size_t computed, taken, missing;
};
struct wn_units_count wn_units_counted(const struct wn_units *units);

#endif
