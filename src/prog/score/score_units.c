/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: --resume, --shard and --merge: the work files beside the output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linalg/products.h"
#include "prog/score/score_work.h"
#include "util/hash.h"
#include "util/number.h"

/* I/N of --shard. */
static int read_shard(const struct wn_run *run, size_t *shard, size_t *shards,
                      struct wn_error *error)
{
    const char *text = wn_option_text(run->options, "shard");
    const char *slash = strchr(text, '/');
    double i = 0, n = 0;

    if (!slash || !wn_number_parse(text, (size_t)(slash - text), &i) ||
        !wn_number_parse(slash + 1, strlen(slash + 1), &n) ||
        !(n >= 2 && n <= SCORE_MAX_SHARDS && i >= 1 && i <= n) ||
        i != (double)(size_t)i || n != (double)(size_t)n)
        return wn_fail(error, WN_EUSAGE,
                       "--shard: found '%.40s', wanted I/N with I from 1 to N "
                       "and N from 2 to %d",
                       text, SCORE_MAX_SHARDS);
    *shard = (size_t)i;
    *shards = (size_t)n;
    return 0;
}

static struct wn_units_key key_of(const struct wn_run *run,
                                  const struct work *work)
{
    struct wn_units_key key = {0};
    struct wn_hash *hash = wn_hash_new();
    struct wn_text options = {0};

    wn_options_describe(run->options, &options);
    wn_hash_add(hash, wn_text_of(&options), options.length);
    snprintf(key.version, sizeof key.version, "%s", PACKAGE_VERSION);
    snprintf(key.kernels, sizeof key.kernels, "%s", wn_linear_kernels());
    snprintf(key.input, sizeof key.input, "%s",
             wn_audit_digest(work->audit, WN_DATA));
    wn_hash_text(hash, key.options);
    wn_hash_free(hash);
    wn_text_free(&options);
    return key;
}

int score_open_units(const struct wn_run *run, struct work *work,
                     struct wn_error *error)
{
    const char *path = wn_option_on(run->options, "in-place")
                           ? wn_run_input(run)
                           : wn_run_output(run);
    const char *other = NULL;
    const bool resume = wn_option_on(run->options, "resume");
    const bool cut = wn_option_given(run->options, "shard");
    const bool merge = wn_option_given(run->options, "merge");
    const struct wn_units_key key = key_of(run, work);
    struct wn_text name = {0};
    size_t shards = 0;
    int status = 0;

    if (resume + cut + merge > 1)
        return wn_fail(error, WN_EUSAGE,
                       "--resume, --shard and --merge exclude each other");
    if ((cut || merge) && work->team)
        return wn_fail(error, WN_EUSAGE,
                       "--%s: has no use beside other ranks of MPI",
                       cut ? "shard" : "merge");
    if ((resume || cut || merge) && !path)
        return wn_fail(error, WN_EUSAGE,
                       "--%s: wants --output=FILE or --in-place: its work is "
                       "kept beside the output",
                       resume ? "resume"
                       : cut  ? "shard"
                              : "merge");
    if (cut && read_shard(run, &work->shard, &shards, error))
        return -1;
    if (merge)
        shards = (size_t)wn_option_number(run->options, "merge");
    if (!resume && !shards && !work->team)
        return 0;
    work->units = wn_units_new(work->team, work->shard, shards);
    if (resume && score_rank(work) == 0) {
        wn_text_format(&name, "%s.work", path);
        status = wn_units_open(work->units, name.bytes, true, &key, 0, 0,
                               &other, error);
        if (other)
            wn_log_note(run->log, "%s: is the work of %s; beginning anew",
                        name.bytes, other);
    }
    /* The own one is the last, as it is appended to. */
    for (size_t s = 1; s <= shards && status == 0; s++) {
        const size_t number = !cut ? s : (s - 1 + work->shard) % shards + 1;

        name.length = 0;
        wn_text_format(&name, "%s.work-%zu-of-%zu", path, number, shards);
        if (merge && access(name.bytes, F_OK))
            status = wn_fail(error, WN_EDATA,
                             "%s: there is no such file, wanted the work of "
                             "--shard=%zu/%zu",
                             name.bytes, number, shards);
        else if (number == work->shard || access(name.bytes, F_OK) == 0)
            status =
                wn_units_open(work->units, name.bytes, number == work->shard,
                              &key, number, shards, &other, error);
    }
    wn_text_free(&name);
    return status;
}

void score_tell_shard(const struct wn_run *run, const struct work *work,
                      bool whole)
{
    const struct wn_units_count count = wn_units_counted(work->units);
    const size_t shards = wn_units_parts(work->units);

    if (whole)
        wn_log_note(run->log,
                    "shard %zu of %zu: all is there; --merge=%zu writes the "
                    "scores",
                    work->shard, shards, shards);
    else
        wn_log_note(run->log,
                    "shard %zu of %zu: computed %zu units, %zu are wanted from "
                    "others: run every shard once more when all have ended",
                    work->shard, shards, count.computed, count.missing);
}
