/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flag: decide which rows have which issue, how suspicious each label is, and
 * what to do. Reads /data and /score of an audit file, writes /flag. */
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/decide.h"
#include "check/exit_status.h"
#include "check/row_kind.h"
#include "linalg/products.h"
#include "noise/label_quality.h"
#include "noise/label_rules.h"
#include "noise/order_statistics.h"
#include "prog/flag/flag.h"
#include "util/number.h"
#include "util/spill.h"
#include "util/memory.h"

#define WN_CHECK(name) "|" #name
static const char check_names[] =
#include "check/checks.def"
    ;
#undef WN_CHECK

/* clang-format off */
/* The choices are in the orders of their enums. */
static const struct wn_option first_rows[] = {
    {.topic = "Checks",
     .name = "issues", .kind = WN_SUBSET, .value = "LIST",
     .default_value = "all", .choices = check_names + 1, .recorded = true,
     .help = "run these checks only; see --list-issues"},
    {.topic = "Estimate",
     .name = "prior", .kind = WN_CHOICE, .value = "HOW",
     .default_value = "count", .choices = "count|equation|marginal|product",
     .recorded = true, .help = "how to find the shares of the true classes"},
    {.name = "converge", .kind = WN_FLAG, .recorded = true,
     .help = "iterate prior and noise matrices until they agree"},
    {.topic = "Actions",
     .name = "suggest-above", .kind = WN_REAL, .value = "P",
     .default_value = "0.8", .low = 0, .high = 1, .recorded = true,
     .help = "suggest a label that is right with probability P or more"},
    {.name = "drop-above", .kind = WN_REAL, .value = "P",
     .default_value = "0.95", .low = 0, .high = 1, .recorded = true,
     .help = "drop a label issue without suggestion from suspicion P on"},
    {.topic = "Estimate",
     .name = "quality", .kind = WN_CHOICE, .value = "SCORE",
     .default_value = "self_confidence",
     .choices = "self_confidence|normalized_margin|confidence_weighted_entropy",
     .recorded = true, .help = "which label quality to store; see the manual"},
    {.name = "adjust-confidence", .kind = WN_FLAG, .recorded = true,
     .help = "normalise label quality per class"},
    {.topic = "What you know",
     .name = "expect", .kind = WN_TEXT, .value = "RATE", .recorded = true,
     .help = "the share of wrong labels that you know: 20%, or 10%-30%"},
    {.name = "precision", .kind = WN_REAL, .value = "P", .low = 0, .high = 1,
     .recorded = true,
     .help = "flag labels of which at least the share P is expected wrong"},
    {.name = "decisions", .kind = WN_LIST, .value = "FILE",
     .help = "read what people decided about rows; may be repeated"},
    {.name = "previous", .kind = WN_TEXT, .value = "OLD",
     .help = "keep the label flags of OLD unless suspicions changed clearly"},
    {.topic = "Label issues",
     .name = "require", .kind = WN_WHOLE, .value = "N", .low = 1, .high = 64,
     .recorded = true,
     .help = "flag only labels that N of the scores rank among the worst"},
    {.topic = "Checks",
     .name = "list-issues", .kind = WN_FLAG,
     .help = "show the checks and the rules and stop"},
    {0}};
/* clang-format on */

static const struct wn_option *const last_rows[] = {
    &wn_option_fail_on, &wn_option_output, &wn_option_in_place,
    &wn_option_as,      &wn_option_force,  &wn_option_threads,
    &wn_option_memory,  &wn_option_quiet,  &wn_option_verbose,
    &wn_option_help,    &wn_option_version};

/* The option table: first_rows, those of the checks, last_rows. */
enum { CAPACITY = 64 };
static struct wn_option rows[CAPACITY];

/* A share as "0.2" or "20%"; moves *text behind it. */
static bool read_share(const char **text, double *share)
{
    char number[32];
    const size_t length = strcspn(*text, "%-");

    if (length >= sizeof number)
        return false;
    snprintf(number, sizeof number, "%.*s", (int)length, *text);
    if (!wn_number_parse(number, length, share))
        return false;
    *text += length;
    if (**text == '%') {
        *share /= 100;
        ++*text;
    }
    return *share >= 0 && *share < 1;
}

/* --expect and --precision; -1 where they are not given. */
static int read_expectation(const struct wn_run *run,
                            struct wn_expectation *out, struct wn_error *error)
{
    const char *given = wn_option_text(run->options, "expect"), *text = given;

    *out = (struct wn_expectation){-1, -1, -1, false, 0};
    if (wn_option_given(run->options, "precision"))
        out->precision = wn_option_number(run->options, "precision");
    if (!given)
        return 0;
    if (read_share(&text, &out->low)) {
        out->high = out->low;
        if (!*text || (*text++ == '-' && read_share(&text, &out->high) &&
                       !*text && out->low <= out->high))
            return 0;
    }
    return wn_fail(error, WN_EUSAGE,
                   "--expect: found '%s', wanted a share below 1 such as 20%%, "
                   "or a range such as 10%%-30%%",
                   given);
}

int flag_judge(const struct wn_run *run, const struct work *work,
               const struct wn_noise_settings *settings, struct wn_noise *noise,
               struct wn_suspicion *judged, struct wn_error *error)
{
    const struct wn_evidence *evidence = &work->evidence;
    const struct wn_probability p = {evidence->n, evidence->k,
                                     evidence->probability, NULL};

    if (wn_noise_estimate(evidence->label, &p, settings, noise, error))
        return -1;
    wn_suspicion_find(evidence->label, &p, noise, run->threads, judged);
    wn_suspicion_rank(evidence->label, &p, noise, work->user_probability,
                      run->threads, judged);
    return 0;
}

/* Look at the rows whose features were kept. */
static void find_clusters(struct work *work)
{
    const struct wn_evidence *evidence = &work->evidence;
    const struct wn_probability p = {evidence->n, evidence->k,
                                     evidence->probability, NULL};
    const size_t n = work->some_rows;
    int32_t *label = wn_new(2 * n, sizeof *label), *predicted = label + n;
    double *scratch = wn_new(p.k, sizeof *scratch);

    for (size_t s = 0; s < n; s++) {
        const size_t i = flag_some(work, s);
        const double *row = wn_probability_row(&p, i, scratch);
        const size_t best = wn_argmax(row, p.k);

        label[s] = evidence->label[i];
        predicted[s] = label[s] >= 0 && row[label[s]] >= row[best]
                           ? label[s]
                           : (int32_t)best;
    }
    if (n > 0)
        wn_clusters_find(work->some, n, evidence->d, label, predicted, p.k,
                         &work->clusters);
    work->clusters.rows *= 1 - work->copied; /* for their sampling error */
    free(label);
    free(scratch);
}

/* Estimate the noise where there are labels, probabilities and two classes. */
static int estimate(const struct wn_run *run, struct work *work,
                    struct wn_error *error)
{
    struct wn_evidence *evidence = &work->evidence;
    const struct wn_probability p = {evidence->n, evidence->k,
                                     evidence->probability, NULL};
    const struct wn_noise_settings settings = {
        .prior = (enum wn_prior)wn_option_choice(run->options, "prior"),
        .converge = wn_option_on(run->options, "converge"),
        .threads = run->threads};

    struct wn_expectation expectation;

    if (read_expectation(run, &expectation, error))
        return -1;
    if (!evidence->label || !evidence->probability || evidence->k < 2)
        return 0;
    expectation.brought = work->user_probability;
    expectation.copied = work->copied;
    find_clusters(work);
    if (flag_judge_unseen(run, work, &settings, &expectation, error))
        return -1;
    flag_settle_probability(work);
    if (flag_judge(run, work, &settings, &work->noise, &work->judged, error))
        return -1;
    evidence->noise = &work->noise;
    evidence->suspicion = &work->judged;
    flag_settle_suspicion(work);
    wn_claim_make(evidence->label, &p, &work->clusters, &expectation,
                  run->threads, &work->judged, &work->claim);
    flag_claim_verdicts(work);
    evidence->claim = &work->claim;
    if (work->claim.kind == WN_CLAIM_NOTHING)
        wn_log_note(run->log,
                    "%s: these features do not predict this label: no label is "
                    "flagged",
                    wn_audit_name(work->audit));
    if (run->log->level >= WN_VERBOSE)
        flag_log_noise(run, &work->noise, &work->judged, &work->claim,
                       work->data.label_name);
    return 0;
}

/* --require: leave out label issues of rows that fewer scores rank among their
 * worst, as many rows as labels are estimated wrong, or named. */
static int require_scores(const struct wn_run *run, struct work *work,
                          struct wn_error *error)
{
    const size_t n = work->evidence.n;
    const size_t required = (size_t)wn_option_number(run->options, "require");
    const bool estimated =
        work->evidence.noise && work->claim.kind != WN_CLAIM_NOTHING;
    uint8_t *agree = wn_spill_new(n, sizeof *agree);
    size_t scores = 0, expected = 0, labelled = 0;

    for (size_t i = 0; i < n; i++) {
        labelled += work->evidence.label[i] >= 0;
        expected += work->hit[i];
    }
    if (estimated)
        expected = (size_t)(work->judged.rate * (double)labelled + 0.5);
    const int status =
        flag_count_agreeing(work->audit, n, expected, agree, &scores, error);
    if (status == 0 && scores < required)
        wn_fail(error, WN_EUSAGE,
                "--require=%zu: %s has %zu scores to ask; see score --methods",
                required, wn_audit_name(work->audit), scores);
    for (size_t i = 0; i < n; i++)
        work->hit[i] &= agree[i] >= required;
    wn_spill_free(agree);
    return error->code ? -1 : 0;
}

static int run_checks(const struct wn_run *run, struct work *work,
                      struct wn_error *error)
{
    for (size_t c = 0; wn_checks[c]; c++) {
        const struct wn_check *check = wn_checks[c];
        size_t rows_hit = 0;

        if (!wn_option_holds(run->options, "issues", check->name))
            continue;
        const char *missing = wn_check_missing_input(check, &work->evidence);
        if (missing && check->optional &&
            !wn_option_given(run->options, "issues"))
            continue;
        if (missing) {
            wn_log_note(run->log, "%s: check %s left out: there are no %s",
                        wn_audit_name(work->audit), check->name, missing);
            continue;
        }
        memset(work->hit, 0, work->evidence.n);
        check->find(&work->evidence, &work->settings, work->hit);
        if (strcmp(check->name, "label") == 0)
            flag_hold_flags(work);
        if (strcmp(check->name, "label") == 0 &&
            wn_option_given(run->options, "require") &&
            require_scores(run, work, error))
            return -1;
        wn_text_format(&work->ran, "%s%s", work->ran.length ? "," : "",
                       check->name);
        for (size_t i = 0; i < work->evidence.n; i++) {
            work->issue[i] |= (uint32_t)work->hit[i] << c;
            rows_hit += work->hit[i];
        }
        wn_log_verbose(run->log, "%s: %zu rows", check->name, rows_hit);
    }
    return 0;
}

/* The label quality of --quality; 1 where there is no label. */
static void rate_labels(const struct wn_run *run, struct work *work)
{
    const struct wn_evidence *evidence = &work->evidence;
    const size_t k = evidence->k;
    const struct wn_probability p = {evidence->n, k, evidence->probability,
                                     NULL};
    const enum wn_label_quality quality =
        (enum wn_label_quality)wn_option_choice(run->options, "quality");
    const int adjust = wn_option_on(run->options, "adjust-confidence");
    double *shift = wn_new(wn_product(k, 2, 1), sizeof *shift);
    double *row = shift + k;

    assert(p.single || !evidence->noise);
    if (evidence->noise)
        wn_label_quality_shift(evidence->noise, shift);
    for (size_t i = 0; i < evidence->n; i++) {
        const int32_t y = evidence->noise ? evidence->label[i] : -1;

        work->quality[i] = 1;
        if (y >= 0 && quality == WN_SELF_CONFIDENCE && !adjust) {
            work->quality[i] = evidence->probability[i * k + (size_t)y];
        } else if (y >= 0) {
            wn_probability_row(&p, i, row);
            if (adjust)
                wn_label_quality_adjust(shift, row, k);
            work->quality[i] = (float)wn_label_quality(quality, row, k, y);
        }
    }
    free(shift);
}

/* Suspicion, suggestion and action of every row. The order comes from the
 * suspicions before they are rounded to float. */
static void decide_rows(struct work *work,
                        const struct wn_decide_settings *given)
{
    const struct wn_evidence *evidence = &work->evidence;
    const struct wn_decide_settings settings = *given;
    const size_t n = evidence->n;
    const int label = wn_check_find("label"); /* its bit */
    double *key = wn_spill_new(n, sizeof *key);
    uint32_t *order = wn_spill_new(n, sizeof *order);
    size_t labels = 0; /* looked at, the most suspicious first */

    for (size_t i = 0; i < n; i++) {
        const bool known =
            evidence->noise && (work->claim.kind != WN_CLAIM_NOTHING ||
                                (work->decided && work->decided[i]));
        const double suspicion = known ? work->judged.verdict[i].suspicion : 0;

        work->suspicion[i] = (float)suspicion;
        key[i] =
            evidence->shift && known && !(work->decided && work->decided[i])
                ? evidence->shift[i]
                : suspicion;
    }
    wn_order(key, 1, true, n, order);
    /* First which rows are certain, in order; then the rows as they lie in
     * memory. */
    for (size_t r = 0; r < n; r++) {
        const size_t i = order[r];

        labels += evidence->label && evidence->label[i] >= 0;
        work->order[r] = (int64_t)i;
        work->reason[i] = !evidence->noise || labels <= work->claim.max_actions;
    }
    for (size_t i = 0; i < n; i++) {
        const int32_t y = evidence->label ? evidence->label[i] : -1;
        const struct wn_decided *decided =
            work->decided ? work->decided[i] : NULL;

        work->suggestion[i] = -1;
        /* Where only some labels may be flagged, nothing is suggested for the
         * others. */
        if (evidence->noise &&
            (work->claim.kind != WN_CLAIM_NOTHING || decided) &&
            (work->claim.max_flags == SIZE_MAX || work->issue[i] >> label & 1))
            work->suggestion[i] = wn_decide_suggestion(
                evidence, i, &work->judged.verdict[i], &settings);
        if (decided && decided->decision == WN_SAID_RELABEL)
            work->suggestion[i] = decided->class;
        /* The next grade may be right as well: only a look is advised. */
        const int32_t best =
            evidence->noise ? work->judged.verdict[i].best : -1;
        const bool next = evidence->shift && !decided && y >= 0 && best >= 0 &&
                          fabs(work->place[y] - work->place[best]) <= 1;
        if (next)
            work->suggestion[i] = -1;
        work->reason[i] = (uint8_t)wn_decide(&(struct wn_case){
            .issue = work->issue[i],
            .label = y,
            .suggestion = work->suggestion[i],
            .suspicion = evidence->shift ? (double)work->suspicion[i] : key[i],
            .drop_above = settings.drop_above,
            .trusted = evidence->trusted && evidence->trusted[i],
            .certain = !next && work->reason[i],
            .decision = decided ? decided->decision : WN_UNDECIDED,
            .claim = next && work->claim.kind != WN_CLAIM_NOTHING
                         ? WN_CLAIM_OVERLAP
                         : work->claim.kind});
        work->action[i] = (uint8_t)wn_reasons[work->reason[i]].action;
    }
    wn_spill_free(key);
    wn_spill_free(order);
}

static int write_flags(const struct wn_run *run, struct wn_audit_writer *writer,
                       const struct work *work,
                       const struct wn_decide_settings *settings,
                       struct wn_error *error)
{
    const struct wn_vector vectors[] = {
        {"flag/label_quality", work->quality}, {"flag/issue", work->issue},
        {"flag/suspicion", work->suspicion},   {"flag/order", work->order},
        {"flag/suggestion", work->suggestion}, {"flag/action", work->action},
        {"flag/reason", work->reason},         {"flag/kind", work->kind}};
    const struct wn_fact alike[] = {
        {"flag/issue", "chance_rows",
         (double)work->alike[WN_COINCIDENCE_CHANCE]},
        {"flag/issue", "floor_rows",
         (double)work->alike[WN_COINCIDENCE_FLOOR]}};
    struct wn_text checks = {0}, reasons = {0};

    if (work->evidence.noise &&
        (flag_write_noise(writer, &work->noise, &work->judged, &work->claim,
                          error) ||
         flag_write_transition(run, &work->evidence, writer, error)))
        return -1;
    for (size_t c = 0; wn_checks[c]; c++)
        wn_text_format(&checks, "%s%s", c ? "," : "", wn_checks[c]->name);
    for (size_t r = 0; wn_reasons[r].name; r++)
        wn_text_format(&reasons, "%s%s", r ? "," : "", wn_reasons[r].name);
    const int status =
        wn_audit_write_vectors(writer, work->evidence.n, vectors,
                               sizeof vectors / sizeof *vectors, error) ||
        wn_audit_write_text(writer, "flag/kind", "names", wn_row_kind_names,
                            error) ||
        wn_audit_write_text(writer, "flag/issue", "names", wn_text_of(&checks),
                            error) ||
        (work->evidence.coincidence &&
         wn_audit_write_facts(writer, alike, 2, error)) ||
        wn_audit_write_text(writer, "flag/issue", "ran", wn_text_of(&work->ran),
                            error) ||
        (work->previous.length &&
         wn_audit_write_text(writer, "flag/issue", "previous",
                             work->previous.bytes, error)) ||
        wn_audit_write_text(writer, "flag/action", "names", wn_action_names,
                            error) ||
        wn_audit_write_text(writer, "flag/reason", "names",
                            wn_text_of(&reasons), error) ||
        wn_near_sets_write(&work->near_sets, writer, error) ||
        flag_write_decisions(writer, work, settings, wn_text_of(&reasons),
                             error);

    wn_text_free(&checks);
    wn_text_free(&reasons);
    return status ? -1 : 0;
}

static int list_issues(const struct wn_run *run, struct wn_error *error)
{
    struct wn_text text = {0};

    wn_text_format(&text, "checks (--issues):\n");
    for (size_t c = 0; wn_checks[c]; c++)
        wn_text_format(&text, "  %-22s %s\n", wn_checks[c]->name,
                       wn_checks[c]->brief);
    wn_text_format(&text, "rules (--rule):\n");
    for (size_t r = 0; wn_label_rules[r].name; r++)
        wn_text_format(&text, "  %-22s %s\n", wn_label_rules[r].name,
                       wn_label_rules[r].brief);
    const int status = wn_run_print(run, &text, error);
    wn_text_free(&text);
    return status;
}

static bool is_requested(const struct wn_run *run, const char *check)
{
    return check && wn_option_holds(run->options, "issues", check);
}

/* Reject options that have no effect on the requested work: whoever passed one
 * expects an effect. */
static int check_options(const struct wn_run *run, struct wn_error *error)
{
    const char *fail_on = wn_option_text(run->options, "fail-on");

    if (wn_option_on(run->options, "adjust-confidence") &&
        wn_option_choice(run->options, "quality") ==
            WN_CONFIDENCE_WEIGHTED_ENTROPY)
        return wn_fail(error, WN_EUSAGE,
                       "--adjust-confidence does not apply to --quality=%s",
                       wn_option_text(run->options, "quality"));
    if (wn_exit_status_check(fail_on, error))
        return -1;
    for (size_t c = 0; wn_checks[c]; c++) {
        const char *name = wn_checks[c]->name;

        if (!is_requested(run, name) && wn_exit_status_names(fail_on, name))
            return wn_fail(error, WN_EUSAGE,
                           "--fail-on=%s: %s is not among the --issues",
                           fail_on, name);
    }
    for (const struct wn_setting *s = wn_check_options; s->option.name; s++) {
        const char *one = s->readers[0], *other = s->readers[1];

        if (!wn_option_given(run->options, s->option.name) ||
            is_requested(run, one) || is_requested(run, other))
            continue;
        return wn_fail(error, WN_EUSAGE,
                       "--%s: %s%s%s%s is %samong the --issues", s->option.name,
                       other ? "neither " : "", one, other ? " nor " : "",
                       other ? other : "", other ? "" : "not ");
    }
    return 0;
}

static void free_work(struct work *work)
{
    wn_audit_close(work->audit);
    wn_dataset_free(&work->data);
    wn_check_settings_free(&work->settings);
    wn_noise_free(&work->noise);
    wn_suspicion_free(&work->judged);
    wn_overlap_free(&work->claim.overlap);
    wn_text_free(&work->ran);
    wn_near_sets_free(&work->near_sets);
    wn_text_free(&work->previous);
    flag_free_decisions(work);
    wn_arena_free(&work->own);
}

static int flag(struct wn_run *run, struct wn_error *error)
{
    const char *fail_on = wn_option_text(run->options, "fail-on");
    struct wn_audit_writer *writer = NULL;
    struct wn_text reached = {0};
    struct work work = {0};
    int status = -1;

    if (check_options(run, error))
        return -1;
    if (wn_option_on(run->options, "list-issues"))
        return list_issues(run, error);
    if (wn_linear_check_addresses(run->threads, error) ||
        flag_read_evidence(run, &work, error) ||
        flag_read_decisions(run, &work, error) ||
        flag_read_previous(run, &work, error) ||
        wn_check_settings_read(run->options, work.evidence.label_name,
                               work.evidence.k, &work.settings, error))
        goto done;
    /* Create the output first: if that fails, the user learns it at once. */
    writer = wn_run_create(run, work.audit, WN_FLAGS, error);
    if (!writer || estimate(run, &work, error))
        goto done;
    const size_t n = work.evidence.n;
    work.issue = wn_arena_spill(&work.own, sizeof *work.issue, n, 1);
    work.suspicion = wn_arena_spill(&work.own, sizeof *work.suspicion, n, 1);
    work.quality = wn_arena_spill(&work.own, sizeof *work.quality, n, 1);
    work.order = wn_arena_spill(&work.own, sizeof *work.order, n, 1);
    work.suggestion = wn_arena_spill(&work.own, sizeof *work.suggestion, n, 1);
    work.action = wn_arena_spill(&work.own, sizeof *work.action, n, 1);
    work.reason = wn_arena_spill(&work.own, sizeof *work.reason, n, 1);
    work.kind = wn_arena_spill(&work.own, sizeof *work.kind, n, 1);
    work.hit = wn_arena_spill(&work.own, sizeof *work.hit, n, 1);
    flag_weigh_grades(&work);
    if (run_checks(run, &work, error))
        goto done;
    flag_settle_issues(&work);
    rate_labels(run, &work);
    const struct wn_decide_settings settings = {
        wn_option_number(run->options, "suggest-above"),
        wn_option_number(run->options, "drop-above")};
    decide_rows(&work, &settings);
    wn_row_kinds(&work.evidence, work.issue, work.kind);
    if (is_requested(run, "duplicate") || is_requested(run, "near_duplicate"))
        wn_near_sets_find(&work.evidence, &work.settings, &work.near_sets);
    if (write_flags(run, writer, &work, &settings, error))
        goto done;
    status = wn_audit_finish(writer, error);
    writer = NULL;
    if (status == 0)
        status = wn_exit_status_reached(
            fail_on,
            &(struct wn_findings){.issue = work.issue,
                                  .n = n,
                                  .signal =
                                      work.claim.kind != WN_CLAIM_NOTHING},
            &reached, error);
done:
    wn_text_free(&reached);
    wn_audit_abandon(writer);
    free_work(&work);
    return status;
}

int main(int argc, char **argv)
{
    static const struct wn_program program = {
        .brief = "Find the rows with issues, rank them, and decide what to "
                 "do with each.",
        .synopsis = "[OPTION...] [FILE]",
        .rows = rows,
        .max_operands = 1};

    wn_option_add_rows(rows, CAPACITY, first_rows);
    for (const struct wn_setting *s = wn_check_options; s->option.name; s++)
        wn_option_add(rows, CAPACITY, &s->option);
    for (size_t s = 0; s < sizeof last_rows / sizeof *last_rows; s++)
        wn_option_add(rows, CAPACITY, last_rows[s]);
    return wn_program_main(&program, argc, argv, flag);
}
