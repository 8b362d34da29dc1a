/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune --add, --weights and --reasons: columns behind the rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prog/prune/prune_work.h"
#include "util/memory.h"

static const char *const reasons[] = {"action", "reason", "suspicion"};

/* --weights: the probability that the label is right, of a row that is
 * relabelled that of its new label. */
static int add_weights(struct prune *prune, struct prune_added *added,
                       struct wn_error *error)
{
    const struct wn_report *report = &added->report;
    struct wn_row_fields *fields = &added->fields[PRUNE_KEPT];
    size_t weight = fields->count;

    if (wn_row_fields_add(fields, report, "weights", "weight", error))
        return -1;
    added->weight = wn_new(report->data.n, sizeof *added->weight);
    for (size_t i = 0; i < report->data.n; i++)
        added->weight[i] = !(prune->relabel && prune->relabel[i])
                               ? 1 - report->suspicion[i]
                           : report->p_suggested ? report->p_suggested[i]
                                                 : NAN;
    fields->field[weight].score = added->weight;
    fields->field[weight].number = NULL;
    return 0;
}

int prune_add_open(struct prune *prune, struct wn_error *error)
{
    const char *list = prune_text(prune, "add");
    const bool weights = prune_on(prune, "weights");
    struct prune_added *added = &prune->added;
    const char *option = list ? "add" : weights ? "weights" : "reasons";

    if (!list && !weights && !prune_on(prune, "reasons"))
        return 0;
    const char *form = prune->dataset.form;

    if (form && strcmp(form, "jsonl"))
        return wn_fail(error, WN_EUSAGE,
                       "--%s applies to CSV and JSON Lines; this source is of "
                       "form %s: join the table of 'report --format=csv "
                       "--fields=record,suspicion' by the place in the source",
                       option, form);
    if (prune_converts(prune))
        return wn_fail(error, WN_EUSAGE,
                       "--%s applies to rows in the form of the source, "
                       "wanted no --format=%s",
                       option, prune_text(prune, "format"));
    added->report.roles = true;
    added->report.file = wn_run_input(prune->run);
    if (wn_report_load(&added->report, prune->audit, error))
        return -1;
    for (int side = PRUNE_KEPT; list && side <= PRUNE_REMOVED; side++)
        if (wn_row_fields_add(&added->fields[side], &added->report, "add", list,
                              error))
            return -1;
    if (weights && add_weights(prune, added, error))
        return -1;
    for (size_t r = 0; r < sizeof reasons / sizeof *reasons; r++) {
        struct wn_row_fields *fields = &added->fields[PRUNE_REMOVED];
        size_t f = 0;

        while (f < fields->count && strcmp(fields->field[f].name, reasons[r]))
            f++;
        if (f == fields->count)
            wn_row_fields_usual(fields, &added->report, reasons[r]);
    }
    return 0;
}

void prune_add_free(struct prune *prune)
{
    struct prune_added *added = &prune->added;

    for (int side = PRUNE_KEPT; side <= PRUNE_REMOVED; side++)
        wn_row_fields_free(&added->fields[side]);
    wn_report_free(&added->report);
    wn_text_free(&added->text);
    free(added->weight);
}

const struct wn_text *prune_add_cells(struct prune *prune, enum prune_side side,
                                      enum prune_record record, size_t row)
{
    struct prune_added *added = &prune->added;
    const struct wn_row_fields *fields = &added->fields[side];

    if (!fields->count)
        return NULL;
    added->text.length = 0;
    if (record == PRUNE_HEAD)
        wn_row_fields_head(fields, &added->report, &added->text);
    else if (record == PRUNE_ROW)
        wn_row_fields_cells(fields, &added->report, row, &added->text);
    else
        wn_row_fields_empty(fields, &added->report, &added->text);
    return &added->text;
}
