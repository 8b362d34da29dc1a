/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes of /score, read and told; see model_quality.h. */
#include "render/model_quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/grid.h"
#include "render/phrases.h"
#include "util/memory.h"

static const char models[] = "score/probability";
static const char graph[] = "score/neighbor/index";

/* --- loading ------------------------------------------------------------- */

/* In low .. high, else NaN. */
static double load_number(const struct wn_audit *audit, const char *path,
                          const char *attribute, double low, double high)
{
    struct wn_error unheard = {0};
    double value;

    return wn_audit_number(audit, path, attribute, &value, &unheard) ||
                   !(value >= low && value <= high)
               ? NAN
               : value;
}

static int load_text(const struct wn_audit *audit, const char *path,
                     const char *attribute, char **text, struct wn_error *error)
{
    *text = wn_audit_text(audit, path, attribute, error);
    if (error->code)
        return -1;
    for (const char *at = *text; at && *at; at++)
        if (*at < ' ' || *at > '~') { /* no words of ours */
            free(*text);
            *text = NULL;
            break;
        }
    return 0;
}

/* "kernel_log_loss" and the like, of the member. */
static int load_member(const struct wn_audit *audit, const char *name,
                       size_t length, struct wn_model_quality *measured,
                       struct wn_error *error)
{
    struct wn_member *member = &measured->member[measured->members];
    struct wn_text attribute = {0};
    const struct {
        const char *name;
        double *value, high;
    } facts[] = {{"log_loss", &member->log_loss, INFINITY},
                 {"calibration_error", &member->calibration, 1},
                 {"accuracy", &member->accuracy, 1},
                 {"weight", &member->weight, 1}};
    int status = -1;

    member->name = wn_copy_text(name, length);
    measured->members++;
    for (size_t f = 0; f < sizeof facts / sizeof *facts; f++) {
        attribute.length = 0;
        wn_text_format(&attribute, "%s_%s", member->name, facts[f].name);
        *facts[f].value = load_number(audit, models, wn_text_of(&attribute), 0,
                                      facts[f].high);
    }
    attribute.length = 0;
    if (wn_text_format(&attribute, "%s_chosen", member->name) == 0)
        status = load_text(audit, models, wn_text_of(&attribute),
                           &member->chosen, error);
    wn_text_free(&attribute);
    return status;
}

static int load_members(struct wn_model_quality *measured,
                        const struct wn_audit *audit, struct wn_error *error)
{
    static const char pool[] = "committee";
    char *names = NULL;
    size_t most = 2;
    int status = 0;

    if (!wn_audit_has(audit, models) ||
        load_text(audit, models, "members", &names, error))
        return error->code ? -1 : 0;
    for (const char *at = names; at && *at; at++)
        most += *at == ',';
    measured->member = wn_new(most, sizeof *measured->member);
    for (const char *at = names; status == 0 && at && *at; at += *at == ',') {
        const size_t length = strcspn(at, ",");

        status = load_member(audit, at, length, measured, error);
        at += length;
    }
    if (status == 0 && measured->members > 1)
        status = load_member(audit, pool, strlen(pool), measured, error);
    free(names);
    return status;
}

static int load_graph(struct wn_model_quality *measured,
                      const struct wn_audit *audit, struct wn_error *error)
{
    size_t extent[3];
    int rank;

    if (!wn_audit_has(audit, graph))
        return 0;
    if (wn_audit_shape(audit, graph, &rank, extent, error) ||
        load_text(audit, "score/neighbor/distance", "metric", &measured->metric,
                  error) ||
        load_text(audit, graph, "method", &measured->method, error))
        return -1;
    measured->neighbors = extent[1];
    measured->recall = load_number(audit, graph, "recall", 0, 1);
    measured->cells = load_number(audit, graph, "cells", 1, 0x1p53);
    measured->probe = load_number(audit, graph, "probe", 1, 0x1p53);
    return 0;
}

int wn_model_quality_load(struct wn_model_quality *measured,
                          const struct wn_audit *audit, struct wn_error *error)
{
    *measured = (struct wn_model_quality){.recall = NAN,
                                          .cells = NAN,
                                          .probe = NAN,
                                          .epoch = NAN,
                                          .epochs = NAN,
                                          .entropy = NAN,
                                          .evenness = NAN,
                                          .largest = NAN};
    if (!wn_audit_has_stage(audit, WN_SCORE))
        return 0;
    measured->entropy =
        load_number(audit, "score", "singular_entropy", 0, INFINITY);
    measured->evenness = load_number(audit, "score", "singular_evenness", 0, 1);
    measured->largest = load_number(audit, "score", "singular_ratio", 0, 1);
    measured->epoch = load_number(audit, "score", "epoch", 0, 0x1p53);
    measured->epochs = load_number(audit, "score", "epochs", 0, 0x1p53);
    return load_text(audit, "score", "kernels", &measured->kernels, error) ||
                   load_members(measured, audit, error) ||
                   load_graph(measured, audit, error)
               ? -1
               : 0;
}

void wn_model_quality_free(struct wn_model_quality *measured)
{
    for (size_t p = 0; p < measured->members; p++) {
        free(measured->member[p].name);
        free(measured->member[p].chosen);
    }
    free(measured->member);
    free(measured->metric);
    free(measured->method);
    free(measured->kernels);
    *measured = (struct wn_model_quality){0};
}

/* --- telling ------------------------------------------------------------- */

/* With a word where it looks like a spoiled embedding: noise has no preferred
 * direction, what has collapsed has one only. What ingest makes of texts
 * spreads evenly, too. */
void wn_model_quality_spectrum(const struct wn_model_quality *measured,
                               size_t d, bool texts, struct wn_text *out)
{
    const char *hint = "";

    if (isnan(measured->evenness) || d < 2)
        return;
    if (measured->evenness > WN_EVEN && d >= WN_EVEN_FEATURES && !texts)
        hint = " They spread like noise: a spoiled embedding would, too.";
    else if (measured->largest > WN_SPILL)
        hint = " Nearly all lies in one direction: is the embedding spoiled?";
    wn_phrase_say(out,
                  "Singular values of the features: entropy %.2f of "
                  "what is possible, the largest %.0f %% of their sum.%s",
                  measured->evenness, 100 * measured->largest, hint);
}

static int add_share(struct wn_grid *grid, double share)
{
    return wn_grid_known(grid, !isnan(share), "%.1f %%", 100 * share);
}

static int add_member(const struct wn_member *member, bool chosen,
                      struct wn_grid *grid)
{
    return wn_grid_add_text(grid, member->name) ||
                   wn_grid_known(grid, !isnan(member->log_loss), "%.4f",
                                 member->log_loss) ||
                   add_share(grid, member->accuracy) ||
                   add_share(grid, member->calibration) ||
                   wn_grid_known(grid, !isnan(member->weight), "%.2f",
                                 member->weight) ||
                   (chosen && wn_grid_add_text(
                                  grid, member->chosen ? member->chosen : ""))
               ? -1
               : 0;
}

int wn_model_quality_models(const struct wn_model_quality *measured,
                            bool chosen, struct wn_text *out)
{
    static const struct wn_grid_column head[] = {
        {"model", WN_LEFT, WN_SHRINKS},
        {"log-loss", WN_RIGHT, WN_FIXED},
        {"accuracy", WN_RIGHT, WN_FIXED},
        {"calibration error", WN_RIGHT, WN_FIXED},
        {"weight", WN_RIGHT, WN_FIXED},
        {"chosen from the data", WN_LEFT, WN_WRAPS}};
    struct wn_grid grid;
    int status = 0;

    if (!measured->members)
        return 0;
    wn_grid_start(&grid, head, sizeof head / sizeof *head - !chosen);
    for (size_t p = 0; p < measured->members && status == 0; p++)
        status = add_member(&measured->member[p], chosen, &grid);
    if (status == 0)
        status = wn_grid_print_under("How well the given labels are predicted, "
                                     "out of sample",
                                     &grid, out);
    wn_grid_free(&grid);
    return status;
}

static void say_graph(const struct wn_model_quality *measured,
                      struct wn_text *out)
{
    const char *metric = measured->metric ? measured->metric : "unknown";

    if (!measured->neighbors)
        return;
    if (isnan(measured->cells) || isnan(measured->probe)) {
        wn_phrase_say(out,
                      "Neighbours: %zu of each row by %s distance, "
                      "looked for among all rows.",
                      measured->neighbors, metric);
        return;
    }
    wn_phrase_say(out,
                  "Neighbours: %zu of each row by %s distance, looked "
                  "for in %.0f of %.0f cells; of the true ones %.1f %% "
                  "were found in a sample.",
                  measured->neighbors, metric, measured->probe, measured->cells,
                  100 * measured->recall);
}

int wn_model_quality_rest(const struct wn_model_quality *measured,
                          struct wn_text *out)
{
    if (!measured->neighbors && isnan(measured->epoch) && !measured->kernels)
        return 0;
    wn_text_format(out, "\nHow it was computed\n");
    say_graph(measured, out);
    if (!isnan(measured->epoch) && !isnan(measured->epochs) &&
        wn_phrase_say(out, "Networks: el2n and grand after epoch %.0f of %.0f.",
                      measured->epoch, measured->epochs))
        return -1;
    return measured->kernels ? wn_phrase_say(out, "Kernels of OpenBLAS: %s.",
                                             measured->kernels)
                             : 0;
}
