/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: which methods there is something for, and what they say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prog/score/score_work.h"
#include "util/spill.h"
#include "util/memory.h"

/* What a method would need that is not there, or the name of an option that is
 * not given; else NULL. */
static const char *score_methods_lacks(const struct wn_run *run,
                                       const struct work *work,
                                       const struct wn_method *method)
{
    if ((method->needs & WN_NEEDS_PROBABILITY) && !work->member_count &&
        !work->brought)
        return "probabilities, but --model is none";
    if (work->width == 0 &&
        (method->needs &
             (WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES | WN_NEEDS_PAIRS) ||
         (method->needs & WN_NEEDS_DYNAMICS && !work->followed)))
        return "features, and there are none";
    if ((method->needs & WN_NEEDS_GRADIENTS) && work->followed)
        return "gradients, which dynamics that were brought do not have; "
               "--replicates trains networks";
    if ((method->needs & WN_NEEDS_TRUSTED) &&
        !wn_audit_has(work->audit, "data/trusted"))
        return "trusted rows; see ingest --trusted";
    if ((method->needs & WN_NEEDS_PAIRS) &&
        !wn_audit_has(work->audit, "data/features_b"))
        return "a second block of features; see ingest --features-b";
    if (method->wants && !wn_option_given(run->options, method->wants))
        return method->wants;
    return NULL;
}

int score_choose_methods(const struct wn_run *run, struct work *work,
                         struct wn_error *error)
{
    /* By name, not by the default or as one of all. */
    const bool named = wn_option_given(run->options, "methods") &&
                       strcmp(wn_option_text(run->options, "methods"), "all");
    size_t count = 0;

    /* Who has two blocks wants them compared. */
    if (!wn_option_given(run->options, "methods") &&
        wn_audit_has(work->audit, "data/features_b") &&
        wn_option_settle(run->options, "methods", wn_method_paired + 1))
        return -1;
    while (wn_methods[count])
        count++;
    work->chosen = wn_new(count, sizeof *work->chosen);
    for (size_t i = 0; i < count; i++) {
        const struct wn_method *method = wn_methods[i];

        if (!wn_option_holds(run->options, "methods", method->name))
            continue;
        const char *missing = score_methods_lacks(run, work, method);
        const char *dashes = missing == method->wants ? "--" : "";
        if (!missing) {
            work->chosen[i] = true;
            work->needs |= method->needs;
        } else if (!named) {
            wn_log_verbose(run->talk, "%s left out: it needs %s%s",
                           method->name, dashes, missing);
        } else {
            return wn_fail(error, WN_EUSAGE, "--methods: %s needs %s%s",
                           method->name, dashes, missing);
        }
    }
    return 0;
}

/* What a method fills. */
struct findings {
    float *out;
    float *spread; /* NULL where there are no replicates */
    int32_t *row;  /* NULL unless the method traces */
};

static int check_finite(const struct wn_method *method,
                        const struct findings *found, size_t n,
                        struct wn_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(found->out[i]) ||
            (found->spread && !isfinite(found->spread[i])))
            return wn_fail(error, WN_ENUMERIC, "%s: row %zu is not finite",
                           method->name, i);
    return 0;
}

static int write_findings(const struct wn_method *method,
                          const struct findings *found, size_t n,
                          struct wn_audit_writer *writer,
                          struct wn_error *error)
{
    const size_t extent[3] = {n, 0, 0};
    struct wn_text path = {0};
    int status = -1;

    wn_text_format(&path, "score/%s", method->name);
    if (wn_audit_write(writer, wn_text_of(&path), WN_F32, extent, found->out,
                       error))
        goto done;
    if (found->spread && (wn_text_add(&path, "_std", 4) ||
                          wn_audit_write(writer, wn_text_of(&path), WN_F32,
                                         extent, found->spread, error)))
        goto done;
    path.length = 0;
    if (method->trace &&
        (wn_text_format(&path, "score/evidence/%s", method->name) ||
         wn_audit_write(writer, wn_text_of(&path), WN_I32, extent, found->row,
                        error)))
        goto done;
    status = 0;
done:
    wn_text_free(&path);
    return status;
}

/* One method: compute, refuse what is not finite, write; or say why not. */
static int run_method(const struct wn_run *run, const struct work *work,
                      const struct wn_method *method,
                      const struct wn_view *view,
                      struct wn_audit_writer *writer, struct wn_error *error)
{
    const size_t n = work->data.n;
    struct findings found = {.out = wn_spill_new(n, sizeof(float))};
    int status = -1;

    if (method->spreads && !work->followed) {
        found.spread = wn_spill_new(n, sizeof *found.spread);
    }
    if (method->trace) {
        found.row = wn_spill_new(n, sizeof *found.row);
        for (size_t i = 0; i < n; i++)
            found.row[i] = -1;
        status = method->trace(view, run->options, found.out, found.row, error);
    } else {
        status =
            method->score(view, run->options, found.out, found.spread, error);
    }
    if (status == 0 && (check_finite(method, &found, n, error) ||
                        write_findings(method, &found, n, writer, error)))
        status = -1;
    wn_spill_free(found.out);
    wn_spill_free(found.spread);
    wn_spill_free(found.row);
    return status;
}

int score_methods(const struct wn_run *run, const struct work *work,
                  struct wn_audit_writer *writer, struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const struct wn_view view = {.n = data->n,
                                 .d = data->d,
                                 .k = data->k,
                                 .m = work->m,
                                 .x = data->features,
                                 .label = data->label,
                                 .probability = work->probability,
                                 .neighbor = work->index,
                                 .distance = work->distance,
                                 .dynamics = work->dynamics,
                                 .plan = &work->plan,
                                 .pairs = work->pairs,
                                 .trusted = data->trusted,
                                 .label_name = data->label_name,
                                 .metric = work->metric,
                                 .threads = run->threads,
                                 .seed = score_seed(run),
                                 .talk = run->talk};

    for (size_t i = 0; wn_methods[i]; i++) {
        if (!work->chosen[i])
            continue;
        const int status =
            run_method(run, work, wn_methods[i], &view, writer, error);
        if (status < 0)
            return wn_fail(error, WN_ENUMERIC, "%s",
                           wn_audit_name(work->audit));
        if (status) {
            wn_log_note(run->talk, "%s: %s left out: %s",
                        wn_audit_name(work->audit), wn_methods[i]->name,
                        error->text);
            *error = (struct wn_error){0};
        }
    }
    return 0;
}
