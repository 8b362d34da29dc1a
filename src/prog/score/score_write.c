/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: the methods' scores, and all of it as the stage /score. */
#include <math.h>
#include <stdlib.h>

#include "linalg/products.h"
#include "prog/score/score_work.h"
#include "util/memory.h"

static int score_write_probability(const struct work *work,
                                   struct wn_audit_writer *writer,
                                   struct wn_error *error)
{
    static const char path[] = "score/probability";
    const size_t extent[3] = {work->data.n, work->data.k, 0};
    struct wn_text members = {0}, name = {0};
    int status = -1;

    if (wn_audit_write(writer, path, WN_F32, extent, work->probability, error))
        goto done;
    for (size_t p = 0; p <= work->member_count; p++) {
        const struct wn_quality *quality = &work->quality[p];
        const char *member = score_member(work, p);
        const struct {
            const char *name;
            double value;
        } facts[] = {{"log_loss", quality->log_loss},
                     {"calibration_error", quality->calibration},
                     {"accuracy", quality->accuracy},
                     {"weight", quality->weight}};

        for (size_t f = 0; f < sizeof facts / sizeof *facts; f++) {
            name.length = 0;
            wn_text_format(&name, "%s_%s", member, facts[f].name);
            if (wn_audit_write_number(writer, path, wn_text_of(&name),
                                      facts[f].value, error))
                goto done;
        }
        name.length = 0;
        if (*quality->chosen &&
            (wn_text_format(&name, "%s_chosen", member) ||
             wn_audit_write_text(writer, path, wn_text_of(&name),
                                 quality->chosen, error)))
            goto done;
        if ((p < work->member_count || work->brought) &&
            wn_text_format(&members, "%s%s", p ? "," : "", member))
            goto done;
    }
    status = wn_audit_write_text(writer, path, "members", wn_text_of(&members),
                                 error);
done:
    wn_text_free(&members);
    wn_text_free(&name);
    return status;
}

static int write_neighbors(const struct work *work,
                           struct wn_audit_writer *writer,
                           struct wn_error *error)
{
    static const char path[] = "score/neighbor/index";
    const size_t extent[3] = {work->data.n, work->m, 0};

    if (wn_audit_write(writer, path, WN_I32, extent, work->index, error) ||
        wn_audit_write(writer, "score/neighbor/distance", WN_F32, extent,
                       work->distance, error))
        return -1;
    if (wn_audit_write_text(writer, "score/neighbor/distance", "metric",
                            work->metric == WN_COSINE ? "cosine" : "euclidean",
                            error) ||
        wn_audit_write_text(writer, path, "method",
                            work->facts.exact ? "exact" : "cells", error) ||
        wn_audit_write_number(writer, path, "recall", work->facts.recall,
                              error))
        return -1;
    if (work->facts.exact)
        return 0;
    return wn_audit_write_number(writer, path, "cells",
                                 (double)work->facts.cells, error) ||
                   wn_audit_write_number(writer, path, "probe",
                                         (double)work->facts.probe, error)
               ? -1
               : 0;
}

static int write_spectrum(const struct work *work,
                          struct wn_audit_writer *writer,
                          struct wn_error *error)
{
    const struct wn_spectrum *spectrum = &work->spectrum;

    if (wn_audit_write_number(writer, "score", "singular_entropy",
                              spectrum->entropy, error) ||
        wn_audit_write_number(writer, "score", "singular_evenness",
                              spectrum->evenness, error))
        return -1;
    return wn_audit_write_number(writer, "score", "singular_ratio",
                                 spectrum->largest, error);
}

int score_write(const struct wn_run *run, const struct work *work,
                struct wn_error *error)
{
    struct wn_audit_writer *writer =
        wn_run_create(run, work->audit, WN_SCORE, error);

    if (!writer)
        return -1;
    if (wn_audit_write_text(writer, "score", "kernels", wn_linear_kernels(),
                            error) ||
        (work->dynamics &&
         (wn_audit_write_number(writer, "score", "epoch",
                                (double)wn_dynamics_epoch(work->dynamics),
                                error) ||
          wn_audit_write_number(writer, "score", "epochs",
                                (double)wn_dynamics_epochs(work->dynamics),
                                error))) ||
        (work->probability && score_write_probability(work, writer, error)) ||
        (work->index && write_neighbors(work, writer, error)) ||
        (score_has_spectrum(work) && write_spectrum(work, writer, error)) ||
        (work->pairs && score_write_pairs(work, writer, error)) ||
        score_methods(run, work, writer, error)) {
        wn_audit_abandon(writer);
        return -1;
    }
    return wn_audit_finish(writer, error);
}
