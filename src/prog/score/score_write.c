/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: compute the methods' scores and write the stage /score. */
#include <math.h>
#include <stdlib.h>

#include "learn/pairs.h"
#include "linalg/products.h"
#include "prog/score/score_work.h"

/* Compute one method, check that it is finite, write it. Returns 1, with the
 * reason in *error, where the method does not apply to the data. */
static int compute_method(const struct work *work,
                          const struct wn_method *method,
                          const struct wn_view *view,
                          struct wn_audit_writer *writer,
                          struct wn_error *error)
{
    const size_t n = work->data.n, extent[3] = {n, 0, 0};
    struct wn_arena own = {0};
    struct wn_scores out = {.score = wn_arena_spill(&own, sizeof(float), n, 1)};
    struct wn_text path = {0};

    if (method->spreads && !work->user_dynamics)
        out.spread = wn_arena_spill(&own, sizeof *out.spread, n, 1);
    if (method->evidence) {
        out.evidence = wn_arena_spill(&own, sizeof *out.evidence, n, 1);
        for (size_t i = 0; i < n; i++)
            out.evidence[i] = -1;
    }
    int status = wn_method_score(method, view, &out, error);
    for (size_t i = 0; status == 0 && i < n; i++)
        if (!isfinite(out.score[i]) || (out.spread && !isfinite(out.spread[i])))
            status = wn_fail(error, WN_ENUMERIC, "%s: row %zu is not finite",
                             method->name, i);
    if (status == 0 && writer) {
        wn_text_format(&path, "score/%s", method->name);
        status = wn_audit_write(writer, wn_text_of(&path), WN_F32, extent,
                                out.score, error);
        wn_text_add(&path, "_std", 4);
        if (status == 0 && out.spread)
            status = wn_audit_write(writer, wn_text_of(&path), WN_F32, extent,
                                    out.spread, error);
        path.length = 0;
        wn_text_format(&path, "score/evidence/%s", method->name);
        if (status == 0 && out.evidence)
            status = wn_audit_write(writer, wn_text_of(&path), WN_I32, extent,
                                    out.evidence, error);
    }
    wn_text_free(&path);
    wn_arena_free(&own);
    return status;
}

int score_methods(const struct wn_run *run, struct work *work,
                  struct wn_audit_writer *writer, struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const struct wn_method_settings settings =
        wn_method_settings_read(run->options);
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
                                 .log = run->log,
                                 .settings = &settings};

    for (size_t i = 0; wn_methods[i]; i++) {
        if (!work->chosen[i])
            continue;
        const int status =
            compute_method(work, wn_methods[i], &view, writer, error);
        if (status < 0)
            return wn_fail(error, WN_ENUMERIC, "%s",
                           wn_audit_name(work->audit));
        if (status) {
            wn_log_note(run->log, "%s: %s left out: %s",
                        wn_audit_name(work->audit), wn_methods[i]->name,
                        error->text);
            *error = (struct wn_error){0};
        }
    }
    score_end_stage(run, work, SCORE_METHODS);
    return 0;
}

static int write_probability(const struct work *work,
                             struct wn_audit_writer *writer,
                             struct wn_error *error)
{
    static const char path[] = "score/probability";
    static const char own[] = "score/member/probability";
    const size_t extent[3] = {work->data.n, work->data.k, 0};
    struct wn_text members = {0}, name = {0};
    int status = -1;

    if (wn_audit_write(writer, path, WN_F32, extent, work->probability, error))
        goto done;
    for (size_t p = 0; p <= work->member_count; p++) {
        const struct wn_quality *quality = &work->quality[p];
        const char *member = score_member(work, p);
        const struct wn_fact facts[] = {
            {path, "log_loss", quality->log_loss},
            {path, "calibration_error", quality->calibration},
            {path, "accuracy", quality->accuracy},
            {path, "weight", quality->weight}};

        for (size_t f = 0; f < sizeof facts / sizeof *facts; f++) {
            name.length = 0;
            wn_text_format(&name, "%s_%s", member, facts[f].attribute);
            if (wn_audit_write_number(writer, path, wn_text_of(&name),
                                      facts[f].value, error))
                goto done;
        }
        name.length = 0;
        wn_text_format(&name, "%s_chosen", member);
        if (*quality->chosen &&
            wn_audit_write_text(writer, path, wn_text_of(&name),
                                quality->chosen, error))
            goto done;
        if (p < work->member_count || work->user_probability)
            wn_text_format(&members, "%s%s", p ? "," : "", member);
    }
    status = wn_audit_write_text(writer, path, "members", wn_text_of(&members),
                                 error);
    if (status == 0 && work->member_probability &&
        (wn_audit_write(
             writer, own, WN_F32,
             (size_t[3]){work->member_count, work->data.n, work->data.k},
             work->member_probability, error) ||
         wn_audit_write_text(writer, own, "names", wn_text_of(&members),
                             error)))
        status = -1;
done:
    wn_text_free(&members);
    wn_text_free(&name);
    return status;
}

int score_write(const struct wn_run *run, struct work *work,
                struct wn_error *error)
{
    static const char index[] = "score/neighbor/index";
    static const char distance[] = "score/neighbor/distance";
    const size_t extent[3] = {work->data.n, work->m, 0};
    const bool exact = work->facts.exact;
    const bool cosine = work->metric == WN_COSINE;
    const bool ridge = work->pairs && work->pairs->alignment == WN_ALIGN_RIDGE;
    const struct wn_fact copies[] = {
        {"score", "copies_exact", (double)work->copies.exact},
        {"score", "copies_near", (double)work->copies.near}};
    const struct wn_fact cells[] = {
        {index, "recall", work->facts.recall},
        {index, "cells", (double)work->facts.cells},
        {index, "probe", (double)work->facts.probe}};
    const struct wn_fact spectrum[] = {
        {"score", "singular_entropy", work->spectrum.entropy},
        {"score", "singular_evenness", work->spectrum.evenness},
        {"score", "singular_ratio", work->spectrum.largest}};
    struct wn_fact epochs[] = {{"score", "epoch", 0}, {"score", "epochs", 0}};
    struct wn_audit_writer *writer =
        wn_run_create(run, work->audit, WN_SCORE, error);

    if (!writer)
        return -1;
    if (work->dynamics) {
        epochs[0].value = (double)wn_dynamics_epoch(work->dynamics);
        epochs[1].value = (double)wn_dynamics_epochs(work->dynamics);
    }
    if (wn_audit_write_text(writer, "score", "kernels", wn_linear_kernels(),
                            error) ||
        wn_audit_write_facts(writer, copies, 2, error) ||
        (work->dynamics && wn_audit_write_facts(writer, epochs, 2, error)) ||
        (work->probability && write_probability(work, writer, error)) ||
        (work->index &&
         (wn_audit_write(writer, index, WN_I32, extent, work->index, error) ||
          wn_audit_write(writer, distance, WN_F32, extent, work->distance,
                         error) ||
          wn_audit_write_text(writer, distance, "metric",
                              cosine ? "cosine" : "euclidean", error) ||
          wn_audit_write_text(writer, index, "method",
                              exact ? "exact" : "cells", error) ||
          wn_audit_write_facts(writer, cells, exact ? 1 : 3, error))) ||
        (score_has_spectrum(work) &&
         wn_audit_write_facts(writer, spectrum, 3, error)) ||
        (work->pairs && wn_audit_write_text(writer, "score", "pair_align",
                                            ridge ? "ridge" : "none", error)) ||
        (ridge && wn_audit_write_number(writer, "score", "pair_ridge",
                                        work->pairs->ridge, error)) ||
        score_methods(run, work, writer, error)) {
        wn_audit_abandon(writer);
        return -1;
    }
    return wn_audit_finish(writer, error);
}
