/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/prune/prune_work.h: the parts of prune(1): which rows stay and how, the
 * plan, the files. Included by prune*.c only. */
#ifndef WN_PROG_PRUNE_PRUNE_WORK_H
#define WN_PROG_PRUNE_PRUNE_WORK_H

#include "audit/dataset.h"
#include "audit/source.h"
#include "prog/program.h"
#include "prog/prune/selection.h"

enum { PRUNE_BITS = 32 };

struct prune {
    const struct wn_run *run;
    struct wn_audit *audit;
    struct wn_dataset dataset;
    struct wn_selection selection;
    uint8_t *action;                    /* n; NULL if not needed */
    uint32_t *issue;                    /* n; NULL if not needed */
    int32_t *suggestion;                /* n; NULL without --relabel */
    char **issue_names, **action_names; /* by bit, by number */
    size_t issues, actions;
    uint32_t mask;          /* the bits that --drop asks for */
    uint8_t *relabel;       /* n: 1 = gets another label; NULL without */
    size_t *order;          /* selection.kept rows as they go out */
    struct wn_edit *change; /* of a row that is being written */
    size_t change_room;
    size_t cells;                /* that rules change in them */
    size_t changed;              /* rows of `order` that are relabelled */
    uint64_t reason[PRUNE_BITS]; /* rows left out, by bit or action */
    uint64_t unkept;             /* rows left out by --keep */
    size_t label_cell;           /* column of the label, from 0 */
    char delimiter;
};

static inline bool prune_on(const struct prune *prune, const char *name)
{
    return wn_option_on(prune->run->options, name);
}

static inline const char *prune_text(const struct prune *prune,
                                     const char *name)
{
    return wn_option_text(prune->run->options, name);
}

/* prune_choose.c: which rows stay, in which order and with which cells, by the
 * options. The dataset is loaded, the selection is of all rows. */
int prune_choose(struct prune *prune, struct wn_error *error) WN_MUST_CHECK;

/* prune_plan.c: --dry-run, on standard output. */
int prune_show(const struct prune *prune, struct wn_error *error) WN_MUST_CHECK;

/* prune_write.c: --output and --removed. */
int prune_write(struct prune *prune, struct wn_source *source,
                struct wn_error *error) WN_MUST_CHECK;

#endif
