/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: the rows worth keeping, byte for byte as they were; see prune(1).
 *
 * It first decides which rows stay, then copies them from the audited file
 * (audit/source.h), which must not have changed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "noise/gain.h"
#include "prog/prune/prune_work.h"

/* Reject options that have no effect without another one. */
static int check_options(const struct wn_options *options,
                         struct wn_error *error)
{
    /* An option, and those of which it needs one. */
    static const char *const needs[][6] = {
        {"by", "keep", "skip-hardest", "balance", "class-floor", "order"},
        {"highest", "keep", "balance", "class-floor"},
        {"per-class", "keep", "skip-hardest"},
        {"clusters", "balance"},
        {"descending", "order"},
        {"seed", "plant"},
        {"reasons", "removed"}};
    static const char *const apart[][2] = {
        {"plant", "drop"},    {"plant", "keep"},
        {"plant", "relabel"}, {"plant", "gain"},
        {"plant", "order"},   {"plant", "class-floor"},
        {"plant", "removed"}, {"plant", "skip-hardest"},
        {"plant", "balance"}, {"per-class", "balance"},
        {"plant", "add"},     {"plant", "weights"},
        {"add", "dry-run"},   {"weights", "dry-run"}};
    static const char *const outputs[] = {"output", "removed", "counts"};

    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        size_t o = 1;

        while (o < 6 && needs[i][o] && !wn_option_given(options, needs[i][o]))
            o++;
        if (wn_option_given(options, needs[i][0]) && (o == 6 || !needs[i][o]))
            return wn_fail(error, WN_EUSAGE, "--%s wants --%s too", needs[i][0],
                           needs[i][1]);
    }
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (wn_option_given(options, apart[i][0]) &&
            wn_option_given(options, apart[i][1]))
            return wn_fail(error, WN_EUSAGE, "--%s and --%s exclude each other",
                           apart[i][0], apart[i][1]);
    for (int two = 1; two < 3; two++)
        for (int one = 0; one < two; one++) {
            const char *first = wn_option_text(options, outputs[one]);
            const char *second = wn_option_text(options, outputs[two]);

            if (second && strcmp(first ? first : "-", second) == 0 &&
                (first || one == 0))
                return wn_fail(error, WN_EUSAGE,
                               "--%s and --%s name the same file", outputs[one],
                               outputs[two]);
        }
    if (wn_option_given(options, "counts") && wn_option_on(options, "dry-run"))
        return wn_fail(error, WN_EUSAGE,
                       "--dry-run prints what --counts writes: wanted one of "
                       "them");
    static const char *const not_with_gain[] = {
        "keep", "skip-hardest", "balance", "relabel", "class-floor"};
    for (size_t o = 0; o < sizeof not_with_gain / sizeof *not_with_gain; o++)
        if (wn_option_on(options, "gain") &&
            !wn_option_on(options, "dry-run") &&
            wn_option_given(options, not_with_gain[o]))
            return wn_fail(error, WN_EUSAGE,
                           "--gain chooses what to do, wanted no --%s, or "
                           "--dry-run",
                           not_with_gain[o]);
    return 0;
}

/* Free what prune_choose() found. */
static void clear_choice(struct prune *prune)
{
    wn_names_free(prune->issue_names, prune->issues);
    wn_names_free(prune->action_names, prune->actions);
    wn_arena_free(&prune->chosen);
}

/* Choose the rows anew, by the course. */
static int choose(struct prune *prune, struct wn_error *error)
{
    const struct prune old = *prune;

    clear_choice(prune);
    *prune = (struct prune){.run = old.run,
                            .course = old.course,
                            .audit = old.audit,
                            .dataset = old.dataset,
                            .added = old.added,
                            .change = old.change,
                            .change_capacity = old.change_capacity};
    prune->kept = prune->dataset.n;
    prune->removed = wn_arena_new(&prune->chosen, 1, prune->dataset.n, 1);
    return prune_choose(prune, error);
}

/* A course and what a model gains by it. */
struct tried_course {
    enum prune_course course;
    const char *done;
    struct wn_gain_interval gain;
};

static void try_course(struct tried_course *best, enum prune_course course,
                       const char *done, const struct wn_gain *gain,
                       enum wn_gain_change change)
{
    const struct wn_gain_interval *points = &gain->of[change][WN_GAIN_BOTH];

    if (points->low > 0 && points->mean > best->gain.mean)
        *best = (struct tried_course){course, done, *points};
}

/* --gain: do what a model gains most by, of what can be written; where nothing
 * is gained for sure, leave all rows as they are. Without --drop every label
 * issue is tried, too, beside those that flag advises to drop. */
static int follow_gain(struct prune *prune, struct wn_error *error)
{
    const char *form = prune->dataset.form,
               *format = prune_text(prune, "format");
    const bool cells = (!prune_converts(prune) || strcmp(format, "csv") == 0 ||
                        strcmp(format, "jsonl") == 0) &&
                       !(form && strcmp(form, "npy") == 0);
    const size_t kept = prune->kept;
    struct tried_course best = {.course = PRUNE_KEEP_ALL};
    struct wn_text text = {0};
    struct wn_gain gain;
    int status = prune_gain(prune, &text, &gain, error);

    if (status == 0) {
        if (kept < prune->dataset.n)
            try_course(&best, PRUNE_AS_ASKED, "rows are left out", &gain,
                       WN_GAIN_DROP);
        if (cells && kept < prune->dataset.n)
            try_course(&best, PRUNE_RELABEL, "rows get new labels", &gain,
                       WN_GAIN_RELABEL);
        if (prune_on(prune, "weights"))
            try_course(&best, PRUNE_KEEP_ALL, "all rows stay, with weights",
                       &gain, WN_GAIN_WEIGHT);
    }
    if (status == 0 && !wn_option_given(prune->run->options, "drop")) {
        prune->course = PRUNE_DROP_FLAGGED;
        status = choose(prune, error);
        if (status == 0 && prune->kept < kept) {
            status = prune_gain(prune, &text, &gain, error);
            if (status == 0)
                try_course(&best, PRUNE_DROP_FLAGGED,
                           "all flagged rows are left out", &gain,
                           WN_GAIN_DROP);
        }
    }
    wn_text_free(&text);
    if (status)
        return -1;
    if (best.done)
        wn_log_note(prune->run->log,
                    "--gain: %s: %+.2f points of accuracy (%+.2f to %+.2f)",
                    best.done, 100 * best.gain.mean, 100 * best.gain.low,
                    100 * best.gain.high);
    else
        wn_log_note(prune->run->log,
                    "--gain: all rows stay: no gain can be shown");
    prune->course = best.course;
    return choose(prune, error);
}

static int prune_main_carry_out(struct prune *prune, struct wn_error *error)
{
    const struct wn_run *run = prune->run;
    const bool fixes = prune_on(prune, "apply-rules") ||
                       prune_on(prune, "relabel") || prune_on(prune, "gain") ||
                       wn_option_given(run->options, "plant");
    const struct wn_dataset *dataset = &prune->dataset;
    struct wn_source *source;
    int status;

    if (wn_dataset_load(&prune->dataset, prune->audit,
                        WN_PART_LABEL | WN_PART_ROW | WN_PART_COLUMN |
                            (fixes ? WN_PART_OVERRIDE : 0u),
                        error))
        return -1;
    if (prune_check_format(prune, error))
        return -1;
    if (prune_is_arrays(dataset)) {
        const bool hdf5 = strcmp(dataset->form, "hdf5") == 0;

        const char *unfit = prune_on(prune, "partial") && !hdf5 ? "partial"
                            : wn_option_given(run->options, "plant") && !hdf5
                                ? "plant"
                            : prune_on(prune, "relabel") && !hdf5 ? "relabel"
                            : prune_on(prune, "apply-rules") ? "apply-rules"
                                                             : NULL;
        if (unfit)
            return wn_fail(error, WN_EUSAGE,
                           "--%s does not apply to a dataset of form %s", unfit,
                           dataset->form);
    } else if (prune_on(prune, "partial")) {
        return wn_fail(error, WN_EUSAGE, "--partial is for HDF5 sources");
    }
    const char *format =
        prune_converts(prune) ? prune_text(prune, "format") : dataset->form;
    if (format && strcmp(format, "hdf5") == 0 && !prune_on(prune, "dry-run") &&
        wn_run_is_terminal(run))
        return wn_fail(error, WN_EUSAGE,
                       "HDF5 is not for a terminal; --output names a file");
    if (choose(prune, error) ||
        (prune_on(prune, "gain") && !prune_on(prune, "dry-run") &&
         follow_gain(prune, error)) ||
        prune_add_open(prune, error))
        return -1;
    const struct wn_source_where where = wn_run_source(run);
    source =
        wn_source_open(dataset, prune->audit, &where, WN_SOURCE_WHOLE, error);
    if (!source)
        return -1;
    wn_log_verbose(run->log, "rows come from %s", wn_source_name(source));
    if (prune_on(prune, "dry-run")) {
        struct wn_text text = {0};

        prune_count(prune, &text);
        struct wn_gain gain;

        status = prune_on(prune, "gain")
                     ? prune_gain(prune, &text, &gain, error)
                     : 0;
        if (status == 0)
            status = wn_write_all(STDOUT_FILENO, text.bytes, text.length,
                                  "standard output", error);
        wn_text_free(&text);
        if (status == 0)
            status = prune_check_classes(prune, error);
    } else {
        status = prune_check_classes(prune, error) ||
                         prune_write(prune, source, error)
                     ? -1
                     : 0;
    }
    if (status == 0 && !prune_on(prune, "dry-run"))
        wn_log_verbose(run->log, "kept %zu of %zu rows, %zu relabelled",
                       prune->kept, dataset->n, prune->changed);
    wn_source_close(source);
    return status;
}

static int prune_main_work(struct wn_run *run, struct wn_error *error)
{
    struct prune prune = {.run = run};
    const bool flags = strcmp(prune_text(&prune, "drop"), "none") ||
                       prune_on(&prune, "relabel") || prune_on(&prune, "gain");

    if (check_options(run->options, error))
        return -1;
    prune.audit = wn_run_open(run, flags ? WN_FLAGS : WN_DATA, error);
    const int status = prune.audit ? prune_main_carry_out(&prune, error) : -1;
    clear_choice(&prune);
    free(prune.change);
    prune_add_free(&prune);
    wn_dataset_free(&prune.dataset);
    wn_audit_close(prune.audit);
    return status;
}

/* clang-format off */
static const struct wn_option own_rows[] = {
    {.topic = "Which rows",
     .name = "drop", .kind = WN_TEXT, .value = "WHAT",
     .default_value = "auto",
     .help = "leave out rows with these issues, or by a filter: "
             "'suspicion > .9'"},
    {.name = "keep", .kind = WN_TEXT, .value = "AMOUNT",
     .help = "keep at most a share of the rows, or a number of them"},
    {.name = "skip-hardest", .kind = WN_TEXT, .value = "SHARE",
     .help = "first leave out the rows with the highest SCORE"},
    {.name = "balance", .kind = WN_CHOICE, .value = "HOW",
     .choices = "class|cluster",
     .help = "keep as many rows of each class, or of each cluster"},
    {.name = "clusters", .kind = WN_WHOLE, .value = "N", .low = 1,
     .high = 65536,
     .help = "how many clusters --balance makes"},
    {.name = "by", .kind = WN_TEXT, .value = "SCORE",
     .default_value = "suspicion",
     .help = "--keep rows with the lowest SCORE"},
    {.name = "highest", .kind = WN_FLAG,
     .help = "--keep rows with the highest SCORE"},
    {.name = "per-class", .kind = WN_FLAG,
     .help = "--keep or skip a share of each class"},
    {.topic = "What changes",
     .name = "relabel", .kind = WN_FLAG,
     .help = "give rows the label that flag suggests"},
    {.name = "apply-rules", .kind = WN_FLAG,
     .help = "write the cells as ingest --rules changed them"},
    {.topic = "Which rows",
     .name = "order", .kind = WN_TEXT, .value = "ORDER",
     .help = "sort by a score; or easy, hard or balanced"},
    {.name = "descending", .kind = WN_FLAG,
     .help = "--order with the highest SCORE first"},
    {.topic = "What is written",
     .name = "removed", .kind = WN_TEXT, .value = "FILE",
     .help = "write the rows left out to FILE"},
    {.name = "reasons", .kind = WN_FLAG,
     .help = "say why behind the rows of --removed: action, reason, suspicion"},
    {.name = "add", .kind = WN_TEXT, .value = "FIELDS",
     .help = "put these columns behind the rows: suspicion,suggested"},
    {.name = "weights", .kind = WN_FLAG,
     .help = "put the probability that the label is right behind the rows"},
    {.topic = "Which rows",
     .name = "class-floor", .kind = WN_WHOLE, .value = "N", .low = 0,
     .high = 1e9,
     .help = "keep N rows of every class; 0: a class may vanish"},
    {.topic = "What is written",
     .name = "format", .kind = WN_CHOICE, .value = "FORMAT",
     .default_value = "source", .choices = "source|csv|jsonl|hdf5|npy|list",
     .help = "the form of the output"},
    {.name = "partial", .kind = WN_FLAG,
     .help = "leave out what of an HDF5 source cannot be copied"},
    {.name = "counts", .kind = WN_TEXT, .value = "FILE",
     .help = "write the numbers of --dry-run to FILE"},
    {.name = "dry-run", .kind = WN_FLAG,
     .help = "show what would be done, write nothing"},
    {.topic = "What changes",
     .name = "plant", .kind = WN_TEXT, .value = "KIND:SHARE",
     .help = "write all rows, SHARE of them with wrong labels on purpose"},
    {.name = "gain", .kind = WN_FLAG,
     .help = "make the change that a model gains by; with --dry-run show it"},
    {0}};
/* clang-format on */

static const struct wn_option *const shared_rows[] = {
    &wn_option_source,  &wn_option_output, &wn_option_force,
    &wn_option_threads, &wn_option_memory, &wn_option_as,
    &wn_option_seed,    &wn_option_quiet,  &wn_option_verbose,
    &wn_option_help,    &wn_option_version};

enum { CAPACITY = 40 };
static struct wn_option rows[CAPACITY];

int main(int argc, char **argv)
{
    const struct wn_program program = {
        .brief = "Write the rows worth keeping of an audited dataset.",
        .synopsis = "[OPTION...] [FILE]",
        .rows = rows,
        .min_operands = 0,
        .max_operands = 1};

    wn_option_add_rows(rows, CAPACITY, own_rows);
    for (size_t r = 0; r < sizeof shared_rows / sizeof *shared_rows; r++)
        wn_option_add(rows, CAPACITY, shared_rows[r]);
    return wn_program_main(&program, argc, argv, prune_main_work);
}
