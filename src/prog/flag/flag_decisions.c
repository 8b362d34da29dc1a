/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flag: --decisions and trusted labels. What a person decided about a row
 * holds. What flag would say of these rows without the decision shows how often
 * flag is right. */
#include <stdlib.h>
#include <string.h>

#include "check/decide.h"
#include "noise/verdicts.h"
#include "prog/flag/flag.h"
#include "util/memory.h"
#include "util/spill.h"

int flag_read_decisions(const struct wn_run *run, struct work *work,
                        struct wn_error *error)
{
    struct wn_dataset dataset;
    size_t files;
    const char *const *file = wn_option_list(run->options, "decisions", &files);

    if (!files)
        return 0;
    if (wn_dataset_load(&dataset, work->audit,
                        WN_PART_LABEL | WN_PART_ID | WN_PART_ROW, error))
        return -1;
    const int status =
        dataset.row_hash
            ? wn_decisions_read(file, files, &dataset, &work->decisions, error)
            : wn_fail(error, WN_EDATA, "%s: has no data/row_hash",
                      wn_audit_name(work->audit));
    wn_dataset_free(&dataset);
    if (status)
        return -1;
    work->decides = true;
    if (work->decisions.stale)
        wn_log_note(run->log,
                    "--decisions: %zu verdicts do not count: the row "
                    "changed since",
                    work->decisions.stale);
    if (work->decisions.gone)
        wn_log_note(run->log,
                    "--decisions: %zu verdicts do not count: the row "
                    "is not there any more",
                    work->decisions.gone);
    if (!work->decisions.count)
        return 0;
    const size_t n = work->evidence.n;
    work->decided = wn_arena_spill(&work->own, sizeof *work->decided, n, 1);
    work->known.label = work->evidence.label;
    work->known.trusted = work->data.trusted;
    work->known.wrong = wn_arena_spill(&work->own, 1, n, 1);
    work->known.planned = wn_arena_spill(&work->own, 1, n, 1);
    work->trusted = wn_arena_spill(&work->own, 1, n, 1);
    memset(work->known.wrong, -1, n);
    if (work->data.trusted)
        memcpy(work->trusted, work->data.trusted, n);
    for (size_t d = 0; d < work->decisions.count; d++) {
        const struct wn_decided *decided = &work->decisions.list[d];
        const size_t i = decided->row;

        work->decided[i] = decided;
        work->known.planned[i] = decided->planned;
        if (decided->decision == WN_SAID_OK)
            work->known.wrong[i] = 0;
        else if (decided->decision == WN_SAID_WRONG ||
                 decided->decision == WN_SAID_RELABEL)
            work->known.wrong[i] = 1;
        /* A verdict is later than a mark in the data. */
        if (work->known.wrong[i] >= 0)
            work->trusted[i] = !work->known.wrong[i];
    }
    work->evidence.trusted = work->trusted;
    return 0;
}

int flag_judge_unseen(const struct wn_run *run, struct work *work,
                      const struct wn_noise_settings *settings,
                      const struct wn_expectation *expectation,
                      struct wn_error *error)
{
    struct unseen *unseen = &work->unseen;
    struct wn_evidence evidence = work->evidence;
    const struct wn_probability p = {evidence.n, evidence.k,
                                     evidence.probability, NULL};
    const int label = wn_check_find("label");

    if (!evidence.trusted)
        return 0;
    if (flag_judge(run, work, settings, &unseen->noise, &unseen->judged, error))
        return -1;
    unseen->base =
        wn_arena_spill(&work->own, sizeof *unseen->base, evidence.n, 1);
    memcpy(unseen->base, unseen->judged.verdict,
           evidence.n * sizeof *unseen->base);
    wn_claim_make(evidence.label, &p, &work->clusters, expectation,
                  run->threads, &unseen->judged, &unseen->claim);
    unseen->hit = wn_arena_spill(&work->own, 1, evidence.n, 1);
    if (wn_option_holds(run->options, "issues", wn_checks[label]->name)) {
        evidence.trusted = NULL;
        evidence.noise = &unseen->noise;
        evidence.suspicion = &unseen->judged;
        evidence.claim = &unseen->claim;
        wn_checks[label]->find(&evidence, &work->settings, unseen->hit);
    }
    if (work->decisions.count)
        wn_verdicts_find(&work->known, &p, unseen->base, unseen->judged.low,
                         unseen->judged.high, expectation->precision,
                         &work->verdicts);
    return 0;
}

void flag_settle_probability(struct work *work)
{
    const struct wn_evidence *evidence = &work->evidence;
    const size_t k = evidence->k;

    for (size_t i = 0; evidence->trusted && i < evidence->n; i++) {
        const struct wn_decided *decided =
            work->decided ? work->decided[i] : NULL;
        float *row = work->probability + i * k;
        int32_t right = evidence->trusted[i] ? evidence->label[i] : -1;

        if (evidence->label[i] < 0)
            continue;
        if (decided && decided->decision == WN_SAID_RELABEL)
            right = decided->class;
        if (right >= 0) {
            memset(row, 0, k * sizeof *row);
            row[right] = 1;
        } else if (decided && decided->decision == WN_SAID_WRONG) {
            float rest = 0;

            row[evidence->label[i]] = 0;
            for (size_t c = 0; c < k; c++)
                rest += row[c];
            for (size_t c = 0; c < k; c++)
                if ((int32_t)c != evidence->label[i])
                    row[c] = rest > 0 ? row[c] / rest : 1 / (float)(k - 1);
        }
    }
}

/* The suspicion of labels that are known: 0 where right, 1 where wrong. */
static void settle_known(struct work *work)
{
    const struct wn_evidence *evidence = &work->evidence;
    struct wn_verdict *verdict = work->judged.verdict;

    for (size_t i = 0; evidence->trusted && i < evidence->n; i++) {
        const struct wn_decided *decided =
            work->decided ? work->decided[i] : NULL;

        if (evidence->label[i] < 0)
            continue;
        if (evidence->trusted[i])
            verdict[i] = (struct wn_verdict){0, 1, evidence->label[i]};
        else if (decided && decided->decision == WN_SAID_RELABEL)
            verdict[i] = (struct wn_verdict){1, 1, decided->class};
        else if (decided && decided->decision == WN_SAID_WRONG)
            verdict[i].suspicion = 1;
    }
}

void flag_settle_suspicion(struct work *work)
{
    for (size_t i = 0; work->verdicts.suspicion && i < work->evidence.n; i++)
        if (work->evidence.label[i] >= 0)
            work->judged.verdict[i].suspicion = work->verdicts.suspicion[i];
    settle_known(work);
}

void flag_claim_verdicts(struct work *work)
{
    const struct wn_verdicts *verdicts = &work->verdicts;
    struct wn_suspicion *judged = &work->judged;
    struct wn_claim *claim = &work->claim;

    settle_known(work);
    if (!work->decisions.count)
        return;
    if (claim->kind != WN_CLAIM_EXPECTED && verdicts->suspicion) {
        claim->kind = WN_CLAIM_REVIEWED;
        /* Without a signal the order of the rows says nothing. */
        claim->max_flags = work->unseen.claim.kind == WN_CLAIM_NOTHING
                               ? verdicts->wrong
                               : verdicts->flags;
        flag_settle_suspicion(work); /* whatever the claim made of them */
        claim->max_actions =
            (size_t)(verdicts->low * (double)verdicts->labelled);
        judged->rate = verdicts->rate;
        judged->low = verdicts->low;
        judged->high = verdicts->high;
    } else if (claim->kind != WN_CLAIM_EXPECTED &&
               claim->kind != WN_CLAIM_NOTHING) {
        judged->low = verdicts->low;
        judged->high = verdicts->high;
        judged->rate = judged->rate < judged->low    ? judged->low
                       : judged->rate > judged->high ? judged->high
                                                     : judged->rate;
    }
    if (claim->max_flags < verdicts->wrong)
        claim->max_flags = verdicts->wrong;
}

void flag_settle_issues(struct work *work)
{
    const int label = wn_check_find("label");

    work->found =
        wn_arena_new(&work->own, sizeof *work->found, work->decisions.count, 1);
    for (size_t d = 0; d < work->decisions.count; d++) {
        const size_t i = work->decisions.list[d].row;

        work->found[d] = work->issue[i];
        if (work->decisions.list[d].decision == WN_SAID_KEEP)
            work->issue[i] = 0;
        if (work->known.wrong[i] > 0 && work->evidence.label &&
            work->evidence.label[i] >= 0)
            work->issue[i] |= UINT32_C(1) << label;
    }
}

/* --- writing ------------------------------------------------------------- */

/* The issues and the reason that a decided row would have without the decision.
 *   issue  in: what the checks found; out: as if nobody had decided */
static void decide_unseen(const struct work *work, size_t i, size_t place,
                          const struct wn_decide_settings *settings,
                          uint32_t *issue, uint8_t *reason)
{
    const struct wn_evidence *evidence = &work->evidence;
    const struct unseen *unseen = &work->unseen;
    const uint32_t bit = UINT32_C(1) << wn_check_find("label");
    struct wn_verdict verdict = {0, 0, -1};
    int32_t suggestion = -1;

    *issue &= ~bit;
    if (unseen->hit && unseen->claim.kind != WN_CLAIM_NOTHING) {
        *issue |= unseen->hit[i] ? bit : 0;
        verdict = unseen->judged.verdict[i];
        if (unseen->claim.max_flags == SIZE_MAX || unseen->hit[i])
            suggestion = wn_decide_suggestion(evidence, i, &verdict, settings);
    }
    *reason = (uint8_t)wn_decide(
        &(struct wn_case){.issue = *issue,
                          .label = evidence->label ? evidence->label[i] : -1,
                          .suggestion = suggestion,
                          .suspicion = verdict.suspicion,
                          .drop_above = settings->drop_above,
                          .decision = WN_UNDECIDED,
                          .certain = place < unseen->claim.max_actions,
                          .claim = unseen->claim.kind});
}

/* /flag/decided: one element a verdict. */
static int write_decided(struct wn_audit_writer *writer,
                         const struct work *work,
                         const struct wn_decide_settings *settings,
                         const char *reasons, struct wn_error *error)
{
    const struct wn_decisions *decisions = &work->decisions;
    const size_t count = decisions->count, n = work->evidence.n;
    struct wn_arena own = {0};
    int64_t *row = wn_arena_new(&own, sizeof *row, count, 1);
    int32_t *class = wn_arena_new(&own, sizeof *class, count, 1);
    uint32_t *issue = wn_arena_new(&own, sizeof *issue, count, 1);
    uint8_t *verdict = wn_arena_new(&own, 1, count, 1);
    uint8_t *planned = wn_arena_new(&own, 1, count, 1);
    uint8_t *reason = wn_arena_new(&own, 1, count, 1);
    float *suspicion = wn_arena_new(&own, sizeof *suspicion, count, 1);
    const char **who = wn_arena_new(&own, sizeof *who, count, 1);
    const char **when = wn_arena_new(&own, sizeof *when, count, 1);
    const char **note = wn_arena_new(&own, sizeof *note, count, 1);
    uint8_t *stratum = wn_arena_spill(&own, 1, n, 1);
    size_t *place = wn_arena_spill(&own, sizeof *place, n, 1);
    const struct wn_vector first[] = {{"flag/decided/row", row},
                                      {"flag/decided/verdict", verdict}};
    const struct wn_vector second[] = {{"flag/decided/class", class},
                                       {"flag/decided/planned", planned},
                                       {"flag/decided/suspicion", suspicion},
                                       {"flag/decided/issue", issue},
                                       {"flag/decided/reason", reason}};
    const struct wn_vector third[] = {{"flag/decided/who", who},
                                      {"flag/decided/when", when},
                                      {"flag/decided/note", note}};

    if (work->unseen.base)
        wn_strata_find(work->evidence.label, NULL, work->unseen.base, n,
                       stratum, place);
    for (size_t d = 0; d < count; d++) {
        const struct wn_decided *decided = &decisions->list[d];

        row[d] = (int64_t)decided->row;
        class[d] = decided->class;
        verdict[d] = (uint8_t)decided->decision;
        planned[d] = decided->planned;
        who[d] = decided->who;
        when[d] = decided->when;
        note[d] = decided->note;
        issue[d] = work->found[d];
        decide_unseen(work, decided->row, place[decided->row], settings,
                      &issue[d], &reason[d]);
        if (work->unseen.judged.verdict)
            suspicion[d] =
                (float)work->unseen.judged.verdict[decided->row].suspicion;
    }
    const int status =
        wn_audit_write_vectors(writer, count, first, 2, error) ||
        wn_audit_write_text(writer, "flag/decided/verdict", "names",
                            wn_decision_names, error) ||
        wn_audit_write_vectors(writer, count, second, 5, error) ||
        wn_audit_write_text(writer, "flag/decided/reason", "names", reasons,
                            error) ||
        wn_audit_write_vectors(writer, count, third, 3, error);

    wn_arena_free(&own);
    return status ? -1 : 0;
}

/* /flag/stratum, from which a review plan draws, and how many labels that the
 * data call right flag would have flagged. */
static int write_strata(struct wn_audit_writer *writer, const struct work *work,
                        struct wn_error *error)
{
    static const char path[] = "flag/stratum";
    const struct wn_evidence *evidence = &work->evidence;
    const size_t n = evidence->n;
    uint8_t *stratum = wn_spill_new(n, 1);
    size_t trusted = 0, hits = 0;

    wn_strata_find(evidence->label, work->data.trusted,
                   work->unseen.base ? work->unseen.base : work->judged.verdict,
                   n, stratum, NULL);
    const int status = wn_audit_write_vector(writer, path, n, stratum, error);
    wn_spill_free(stratum);
    if (status || !work->data.trusted)
        return status;
    for (size_t i = 0; i < n; i++)
        if (work->data.trusted[i] && evidence->label[i] >= 0) {
            trusted++;
            hits += work->unseen.hit[i];
        }
    const struct wn_fact facts[] = {{path, "trusted", (double)trusted},
                                    {path, "trusted_suspects", (double)hits}};
    return wn_audit_write_facts(writer, facts, 2, error);
}

int flag_write_decisions(struct wn_audit_writer *writer,
                         const struct work *work,
                         const struct wn_decide_settings *settings,
                         const char *reasons, struct wn_error *error)
{
    const struct wn_fact facts[] = {
        {"flag/action", "stale", (double)work->decisions.stale},
        {"flag/action", "gone", (double)work->decisions.gone}};

    if ((work->evidence.noise && write_strata(writer, work, error)) ||
        (work->decides && wn_audit_write_facts(writer, facts, 2, error)))
        return -1;
    return work->decisions.count
               ? write_decided(writer, work, settings, reasons, error)
               : 0;
}

void flag_free_decisions(struct work *work)
{
    wn_decisions_free(&work->decisions);
    wn_verdicts_free(&work->verdicts);
    wn_noise_free(&work->unseen.noise);
    wn_suspicion_free(&work->unseen.judged);
    wn_overlap_free(&work->unseen.claim.overlap);
}
