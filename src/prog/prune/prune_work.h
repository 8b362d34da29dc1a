/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/prune/prune_work.h: the parts of prune(1): which rows stay and how, the
 * plan, the files. Included by prune*.c only. */
#ifndef WN_PROG_PRUNE_PRUNE_WORK_H
#define WN_PROG_PRUNE_PRUNE_WORK_H

#include "audit/dataset.h"
#include "audit/source.h"
#include "prog/program.h"
#include "select/select.h"
#include "util/arena.h"
#include "util/file.h"

enum { PRUNE_BITS = 32 };

/* What --gain, without --dry-run, makes of the plan. */
enum prune_course {
    PRUNE_AS_ASKED,
    PRUNE_KEEP_ALL,
    PRUNE_RELABEL,
    PRUNE_DROP_FLAGGED /* every label issue, and copies */
};

/* The files of rows, and what stands in them. */
enum prune_side { PRUNE_KEPT, PRUNE_REMOVED };
enum prune_record { PRUNE_HEAD, PRUNE_ROW, PRUNE_LEFT_OUT };

/* Columns behind the rows, prune_add.c. */
struct prune_added {
    struct wn_report report;
    struct wn_row_fields fields[2]; /* by enum prune_side; empty: none */
    float *weight;                  /* n, of --weights */
    struct wn_text text;
};

struct prune {
    const struct wn_run *run;
    struct wn_arena chosen; /* the arrays of prune_choose() */
    enum prune_course course;
    struct wn_audit *audit;
    struct wn_dataset dataset;
    uint8_t *removed;                   /* n: 1 = left out */
    size_t kept;                        /* rows that are not */
    uint8_t *action;                    /* n; NULL if not needed */
    uint32_t *issue;                    /* n; NULL if not needed */
    int32_t *suggestion;                /* n; NULL without --relabel */
    char **issue_names, **action_names; /* by bit, by number */
    size_t issues, actions;
    uint32_t mask;          /* issues of --drop */
    uint8_t *relabel;       /* n: 1 = gets another label; NULL without */
    size_t *order;          /* `kept` rows as they go out */
    struct wn_edit *change; /* of a row that is being written */
    size_t change_capacity;
    size_t cells;                /* that rules change */
    size_t changed;              /* rows of `order` that are relabelled */
    uint64_t reason[PRUNE_BITS]; /* rows left out, by bit or action */
    uint64_t flagged;            /* rows left out by --drop=auto only */
    uint64_t filtered;           /* rows left out by a filter */
    uint64_t skipped;            /* rows left out by --skip-hardest */
    uint64_t unkept;             /* rows left out by --keep or --balance */
    size_t strata;     /* classes or clusters of --balance and so on */
    int32_t *stratum;  /* n, 0 .. strata-1; NULL: one stratum */
    uint64_t restored; /* rows that stay because of --class-floor */
    size_t label_cell; /* column of the label, from 0 */
    struct prune_added added;
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

static inline bool prune_relabels(const struct prune *prune)
{
    return prune_on(prune, "relabel") || prune->course == PRUNE_RELABEL;
}

/* Rows that every class keeps: 0 without --class-floor. */
static inline size_t prune_class_floor(const struct prune *prune)
{
    return wn_option_given(prune->run->options, "class-floor")
               ? (size_t)wn_option_number(prune->run->options, "class-floor")
               : 0;
}

/* Arrays have no text of rows that could be copied. */
static inline bool prune_is_arrays(const struct wn_dataset *dataset)
{
    return dataset->form && !dataset->row_offset;
}

/* prune_choose.c: choose rows, order and changed cells by the options. Before,
 * the dataset is loaded and all rows are kept. */
int prune_choose(struct prune *prune, struct wn_error *error) WN_MUST_CHECK;

void prune_remove(struct prune *prune, size_t row);

/* n flags: the rows with a label issue; NULL on failure. For wn_spill_free().
 */
uint8_t *prune_label_issues(const struct prune *prune,
                            struct wn_error *error) WN_MUST_CHECK;

/* prune_keep.c: the steps of prune_choose() that go by scores: --skip-hardest,
 * --keep and --balance; --class-floor; --order. */
int prune_keep(struct prune *prune, struct wn_error *error) WN_MUST_CHECK;
int prune_floor(struct prune *prune, struct wn_error *error) WN_MUST_CHECK;
int prune_order(struct prune *prune, struct wn_error *error) WN_MUST_CHECK;

/* prune_add.c: read --add, --weights and --reasons, after the rows were chosen;
 * prune_add_free() in any case. */
int prune_add_open(struct prune *prune, struct wn_error *error) WN_MUST_CHECK;
void prune_add_free(struct prune *prune);
/* The cells to put behind a record, for the wn_source_copy functions; valid
 * until the next call; NULL for none. `row` is that of a PRUNE_ROW. */
const struct wn_text *prune_add_cells(struct prune *prune, enum prune_side side,
                                      enum prune_record record, size_t row);

/* prune_arrays.c: write the kept rows of the source at `path` to `output`, the
 * others to `removed` (NULL: nowhere): as HDF5 with the audited datasets, or as
 * one .npy file. */
int prune_arrays(const struct prune *prune, const char *path,
                 struct wn_output *output, struct wn_output *removed,
                 struct wn_error *error) WN_MUST_CHECK;

/* prune_formats.c: whether --format asks for another form than the source has;
 * WN_EUSAGE where that cannot be; write the rows so. */
bool prune_converts(const struct prune *prune);
/* The places in the source, from 0, of the kept rows in their order, or of all
 * its other rows; NULL on failure. The caller frees them. */
uint64_t *prune_records(const struct prune *prune, bool kept, size_t *count,
                        struct wn_error *error) WN_MUST_CHECK;
int prune_check_format(const struct prune *prune,
                       struct wn_error *error) WN_MUST_CHECK;
int prune_convert(const struct prune *prune, struct wn_output *output,
                  struct wn_output *removed,
                  struct wn_error *error) WN_MUST_CHECK;

/* prune_plan.c: the numbers of --dry-run and --counts, into `text`. */
void prune_count(const struct prune *prune, struct wn_text *text);

/* prune_plant.c: --plant: which rows get which wrong label. */
int prune_plant(struct prune *prune, struct wn_error *error) WN_MUST_CHECK;

/* prune_gain.c: --gain of the plan, into `text` and *gain. */
struct wn_gain;
int prune_gain(struct prune *prune, struct wn_text *text, struct wn_gain *gain,
               struct wn_error *error) WN_MUST_CHECK;

/* Refuse to lose all rows of a class, unless --class-floor was given. */
int prune_check_classes(const struct prune *prune,
                        struct wn_error *error) WN_MUST_CHECK;

/* prune_write.c: --output and --removed. */
int prune_write(struct prune *prune, struct wn_source *source,
                struct wn_error *error) WN_MUST_CHECK;

#endif
