/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: which rows stay, in which order, and which of their cells change. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/near_sets.h"
#include "prog/prune/prune_work.h"
#include "select/select.h"
#include "util/memory.h"
#include "util/spill.h"

void prune_remove(struct prune *prune, size_t row)
{
    prune->kept -= !prune->removed[row];
    prune->removed[row] = 1;
}

/* A whole vector of n numbers, which the choice owns. */
static void *read_vector(struct prune *prune, const char *path,
                         enum wn_type type, struct wn_error *error)
{
    const size_t extent[3] = {prune->dataset.n, 0, 0};

    return wn_arena_keep(
        &prune->chosen, wn_audit_read(prune->audit, path, type, extent, error));
}

uint8_t *prune_label_issues(const struct prune *prune, struct wn_error *error)
{
    const size_t n = prune->dataset.n, extent[3] = {n, 0, 0};
    char **names = NULL;
    size_t issues = 0, bit = 0;

    if (wn_audit_words(prune->audit, "flag/issue", &names, &issues, error))
        return NULL;
    while (bit < issues && strcmp(names[bit], "label"))
        bit++;
    wn_names_free(names, issues);
    uint32_t *issue =
        wn_audit_read(prune->audit, "flag/issue", WN_U32, extent, error);
    if (!issue)
        return NULL;
    uint8_t *hit = wn_spill_new(n, 1);
    for (size_t i = 0; i < n; i++)
        hit[i] = bit < PRUNE_BITS && (issue[i] >> bit & 1);
    wn_spill_free(issue);
    return hit;
}

/* The bit of an issue called name[size] as a mask; 0 if there is none. */
static uint32_t find_issue(const struct prune *prune, const char *name,
                           size_t size)
{
    for (size_t bit = 0; bit < prune->issues && bit < PRUNE_BITS; bit++)
        if (strlen(prune->issue_names[bit]) == size &&
            memcmp(prune->issue_names[bit], name, size) == 0)
            return (uint32_t)1 << bit;
    return 0;
}

/* --drop as bits. */
static int parse_reasons(struct prune *prune, const char *text,
                         struct wn_error *error)
{
    for (const char *at = text;; at++) {
        const size_t size = strcspn(at, ",");
        const uint32_t bit = find_issue(prune, at, size);

        if (!bit) {
            char *known =
                wn_audit_text(prune->audit, "flag/issue", "names", error);

            wn_fail(error, WN_EUSAGE,
                    "--drop: found '%.*s', wanted some of "
                    "%s, or all, none, advised or auto",
                    (int)size, at, known ? known : "");
            free(known);
            return -1;
        }
        prune->mask |= bit;
        at += size;
        if (!*at)
            return 0;
    }
}

/* Of each set of near duplicates the first member that does not go for another
 * reason stays, whatever bits `copies` it has. So does a row that is near
 * others, but in no set with them. */
static int keep_one_of_each(const struct prune *prune, uint32_t near,
                            uint32_t copies, uint8_t *stays,
                            struct wn_error *error)
{
    const uint32_t others = prune->mask & ~copies;
    struct wn_near_sets sets;
    size_t alone = 0;

    if (wn_near_sets_load(&sets, prune->audit, prune->dataset.n, error))
        return -1;
    for (size_t i = 0; i < prune->dataset.n; i++)
        alone += stays[i] = (prune->issue[i] & copies & ~near) == 0 &&
                            (prune->issue[i] & near) != 0;
    if (alone && !sets.rows)
        return wn_fail(error, WN_EDATA,
                       "%s: has near duplicates, but no sets of them; flag "
                       "makes them",
                       wn_audit_name(prune->audit));
    for (size_t m = 0; m < sets.rows; m++)
        stays[sets.row[m]] = 0;
    for (size_t begin = 0, end; begin < sets.rows; begin = end) {
        size_t m = begin;

        end = wn_near_set_end(&sets, begin);
        while (m < end && prune->issue[sets.row[m]] & others)
            m++;
        if (m < end)
            stays[sets.row[m]] = 1;
    }
    wn_near_sets_free(&sets);
    return 0;
}

static int drop_issues(struct prune *prune, const char *drop,
                       struct wn_error *error)
{
    const bool all = strcmp(drop, "all") == 0;

    prune->issue = read_vector(prune, "flag/issue", WN_U32, error);
    if (!prune->issue ||
        wn_audit_words(prune->audit, "flag/issue", &prune->issue_names,
                       &prune->issues, error) ||
        (!all && parse_reasons(prune, drop, error)))
        return -1;
    if (all)
        prune->mask = UINT32_MAX;
    const uint32_t near = prune->mask & find_issue(prune, "near_duplicate", 14);
    const uint32_t copies =
        near | (prune->mask & find_issue(prune, "duplicate", 9));
    uint8_t *stays = wn_new(prune->dataset.n, 1);
    if (copies && keep_one_of_each(prune, near, copies, stays, error)) {
        free(stays);
        return -1;
    }
    for (size_t i = 0; i < prune->dataset.n; i++) {
        const uint32_t hit =
            prune->issue[i] & prune->mask & ~(stays[i] ? copies : 0u);

        for (int bit = 0; bit < PRUNE_BITS; bit++)
            prune->reason[bit] += hit >> bit & 1;
        if (hit)
            prune_remove(prune, i);
    }
    free(stays);
    return 0;
}

static bool action_is(const struct prune *prune, size_t row, const char *name)
{
    const uint8_t action = prune->action[row];

    return action < PRUNE_BITS && action < prune->actions &&
           strcmp(prune->action_names[action], name) == 0;
}

/* --drop=FILTER: rows for which it holds. */
static int drop_where(struct prune *prune, const char *text,
                      struct wn_error *error)
{
    struct wn_report report = {.roles = true};
    uint8_t *chosen = wn_new(prune->dataset.n, 1);
    int status = wn_report_load(&report, prune->audit, error);

    if (status) {
        free(chosen);
        return status;
    }
    memset(chosen, 1, prune->dataset.n);
    status = wn_filter_choose(&report, "drop", text, chosen, error);
    for (size_t i = 0; status == 0 && i < prune->dataset.n; i++)
        if (chosen[i]) {
            prune->filtered++;
            prune_remove(prune, i);
        }
    wn_report_free(&report);
    free(chosen);
    return status;
}

/* Remove the other flagged labels, where flag claims that labels are wrong
 * everywhere, as they are in no clean data; see WHAT A MODEL GAINS in
 * prune(1). */
static int drop_flagged(struct prune *prune, struct wn_error *error)
{
    static const char *const why[] = {"maybe_right", "probably_wrong"};
    char **names = NULL;
    size_t count = 0;

    if (wn_report_number(prune->audit, "flag/noise/rate", "claim", 0, 9) !=
            WN_CLAIM_NOISE ||
        !wn_audit_has(prune->audit, "flag/reason"))
        return 0;
    const uint8_t *reason = read_vector(prune, "flag/reason", WN_U8, error);
    if (!reason ||
        wn_audit_words(prune->audit, "flag/reason", &names, &count, error))
        return -1;
    for (size_t i = 0; i < prune->dataset.n; i++)
        for (size_t w = 0; w < sizeof why / sizeof *why; w++)
            if (strcmp(names[reason[i]], why[w]) == 0 && !prune->removed[i]) {
                prune->flagged++;
                prune_remove(prune, i);
            }
    wn_names_free(names, count);
    return 0;
}

/* Remove the rows of --drop: those with an issue, or those that flag advises
 * to drop. With --relabel a row that gets a new label stays. */
static int drop_rows(struct prune *prune, struct wn_error *error)
{
    const char *drop = prune->course == PRUNE_KEEP_ALL ? "none"
                       : prune->course == PRUNE_DROP_FLAGGED
                           ? "label,duplicate"
                           : prune_text(prune, "drop");
    const bool automatic = strcmp(drop, "auto") == 0;
    const bool advised = automatic || strcmp(drop, "advised") == 0;
    const bool relabel = prune_relabels(prune);

    if (advised || relabel) {
        prune->action = read_vector(prune, "flag/action", WN_U8, error);
        if (!prune->action ||
            wn_audit_words(prune->audit, "flag/action", &prune->action_names,
                           &prune->actions, error))
            return -1;
    }
    for (size_t i = 0; advised && i < prune->dataset.n; i++)
        if (action_is(prune, i, "drop") ||
            (action_is(prune, i, "relabel") && !relabel)) {
            prune->reason[prune->action[i]]++;
            prune_remove(prune, i);
        }
    /* --gain tries both. */
    if (automatic && !relabel && !prune_on(prune, "gain") &&
        drop_flagged(prune, error))
        return -1;
    if (advised || strcmp(drop, "none") == 0)
        return 0;
    /* No list of issues has a comparison in it. */
    return strpbrk(drop, "=!<>~") ? drop_where(prune, drop, error)
                                  : drop_issues(prune, drop, error);
}

static int find_label_cell(struct prune *prune, struct wn_error *error)
{
    const struct wn_dataset *dataset = &prune->dataset;

    while (
        dataset->label_column && prune->label_cell < dataset->columns &&
        strcmp(dataset->column_name[prune->label_cell], dataset->label_column))
        prune->label_cell++;
    if (!dataset->label_column || prune->label_cell == dataset->columns)
        return wn_fail(error, WN_EDATA,
                       "%s: does not say which column is the "
                       "label",
                       wn_audit_name(prune->audit));
    return 0;
}

/* --relabel: the kept rows that get another label. */
static int relabel_rows(struct prune *prune, struct wn_error *error)
{
    if (!prune_relabels(prune))
        return 0;
    if (!prune->dataset.label_name || find_label_cell(prune, error))
        return error->code ? -1
                           : wn_fail(error, WN_EDATA, "%s: has no labels",
                                     wn_audit_name(prune->audit));
    prune->suggestion = read_vector(prune, "flag/suggestion", WN_I32, error);
    prune->relabel = wn_arena_new(&prune->chosen, 1, prune->dataset.n, 1);
    if (!prune->suggestion)
        return -1;
    for (size_t i = 0; i < prune->dataset.n; i++) {
        const int32_t class = prune->suggestion[i];

        prune->relabel[i] =
            class >= 0 && !prune->removed[i] && action_is(prune, i, "relabel");
        prune->changed += prune->relabel[i];
    }
    return 0;
}

/* --apply-rules. --relabel requires it where rules changed labels, because the
 * source has other names for them. */
static int check_rules(struct prune *prune, struct wn_error *error)
{
    const struct wn_overrides *fixes = &prune->dataset.fixes;
    const bool apply = prune_on(prune, "apply-rules");

    if (apply && prune->dataset.cleanings == 0)
        return wn_fail(error, WN_EUSAGE,
                       "--apply-rules: %s was made without "
                       "cleaning rules",
                       wn_audit_name(prune->audit));
    if (apply && !prune->relabel && find_label_cell(prune, error))
        return -1;
    for (size_t f = 0; f < fixes->count; f++) {
        if (!apply && prune->relabel &&
            (size_t)fixes->column[f] == prune->label_cell)
            return wn_fail(error, WN_EUSAGE,
                           "--relabel: wanted --apply-rules "
                           "too, because rules changed labels");
        prune->cells += apply && !prune->removed[fixes->row[f]] &&
                        !(prune->relabel && prune->relabel[fixes->row[f]] &&
                          (size_t)fixes->column[f] == prune->label_cell);
    }
    if (!apply)
        wn_overrides_free(&prune->dataset.fixes);
    return 0;
}

int prune_choose(struct prune *prune, struct wn_error *error)
{
    if (wn_option_given(prune->run->options, "plant"))
        return find_label_cell(prune, error) || prune_plant(prune, error) ||
                       check_rules(prune, error) || prune_order(prune, error)
                   ? -1
                   : 0;
    return drop_rows(prune, error) || prune_keep(prune, error) ||
                   relabel_rows(prune, error) || prune_floor(prune, error) ||
                   check_rules(prune, error) || prune_order(prune, error)
               ? -1
               : 0;
}
