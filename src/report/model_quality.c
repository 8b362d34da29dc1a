/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What score measured while it computed, from the attributes of /score. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "util/memory.h"

static const char model_path[] = "score/probability";
static const char graph_path[] = "score/neighbor/index";

double wn_report_number(const struct wn_audit *audit, const char *path,
                        const char *attribute, double min, double max)
{
    struct wn_error ignored = {0};
    double value;

    return wn_audit_number(audit, path, attribute, &value, &ignored) ||
                   !(value >= min && value <= max)
               ? NAN
               : value;
}

/* NULL if the attribute is missing or not printable ASCII. */
static char *load_text(const struct wn_audit *audit, const char *path,
                       const char *attribute, struct wn_error *error)
{
    char *text =
        error->code ? NULL : wn_audit_text(audit, path, attribute, error);

    for (const char *at = text; at && *at; at++)
        if (*at < ' ' || *at > '~') {
            free(text);
            return NULL;
        }
    return text;
}

/* "kernel_log_loss" and the like. */
static void load_member(const struct wn_audit *audit, const char *name,
                        size_t length, struct wn_model_quality *quality,
                        struct wn_error *error)
{
    struct wn_member *member = &quality->member[quality->members++];
    struct wn_text attribute = {0};
    const struct {
        const char *name;
        double *value, high;
    } numbers[] = {{"log_loss", &member->log_loss, INFINITY},
                   {"calibration_error", &member->calibration, 1},
                   {"accuracy", &member->accuracy, 1},
                   {"weight", &member->weight, 1}};

    member->name = wn_copy_text(name, length);
    for (size_t f = 0; f < sizeof numbers / sizeof *numbers; f++) {
        attribute.length = 0;
        wn_text_format(&attribute, "%s_%s", member->name, numbers[f].name);
        *numbers[f].value = wn_report_number(audit, model_path, attribute.bytes,
                                             0, numbers[f].high);
    }
    attribute.length = 0;
    wn_text_format(&attribute, "%s_chosen", member->name);
    member->chosen = load_text(audit, model_path, attribute.bytes, error);
    wn_text_free(&attribute);
}

int wn_model_quality_load(struct wn_model_quality *quality,
                          const struct wn_audit *audit, struct wn_error *error)
{
    static const char pool[] = "committee";
    const struct {
        const char *path, *name;
        double *to, min, max;
    } numbers[] = {
        {"score", "singular_entropy", &quality->entropy, 0, INFINITY},
        {"score", "singular_evenness", &quality->evenness, 0, 1},
        {"score", "singular_ratio", &quality->largest, 0, 1},
        {"score", "epoch", &quality->epoch, 0, 0x1p53},
        {"score", "epochs", &quality->epochs, 0, 0x1p53},
        {graph_path, "recall", &quality->recall, 0, 1},
        {graph_path, "cells", &quality->cells, 1, 0x1p53},
        {graph_path, "probe", &quality->probe, 1, 0x1p53}};

    *quality = (struct wn_model_quality){0};
    for (size_t v = 0; v < sizeof numbers / sizeof *numbers; v++)
        *numbers[v].to =
            wn_report_number(audit, numbers[v].path, numbers[v].name,
                             numbers[v].min, numbers[v].max);
    if (!wn_audit_has_stage(audit, WN_SCORE))
        return 0;
    quality->kernels = load_text(audit, "score", "kernels", error);
    char *names = wn_audit_has(audit, model_path)
                      ? load_text(audit, model_path, "members", error)
                      : NULL;
    size_t capacity = 2;
    for (const char *at = names; at && *at; at++)
        capacity += *at == ',';
    quality->member = wn_new(capacity, sizeof *quality->member);
    for (const char *at = names; at && *at; at += *at == ',') {
        const size_t length = strcspn(at, ",");

        load_member(audit, at, length, quality, error);
        at += length;
    }
    free(names);
    if (quality->members > 1)
        load_member(audit, pool, strlen(pool), quality, error);
    if (!wn_audit_has(audit, graph_path))
        return error->code ? -1 : 0;
    quality->metric =
        load_text(audit, "score/neighbor/distance", "metric", error);
    quality->method = load_text(audit, graph_path, "method", error);
    return error->code ? -1
                       : wn_audit_extent(audit, graph_path, 1,
                                         &quality->neighbors, error);
}

void wn_model_quality_free(struct wn_model_quality *quality)
{
    for (size_t p = 0; p < quality->members; p++) {
        free(quality->member[p].name);
        free(quality->member[p].chosen);
    }
    free(quality->member);
    free(quality->metric);
    free(quality->method);
    free(quality->kernels);
    *quality = (struct wn_model_quality){0};
}
