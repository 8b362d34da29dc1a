/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flag: --decisions and trusted labels. Rows that a person judged settle
 * themselves; what flag would have said of them, had nobody looked, measures
 * flag. */
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
    work->decided = wn_spill_new(n, sizeof *work->decided);
    work->known.label = work->evidence.label;
    work->known.trusted = work->data.trusted;
    work->known.wrong = wn_spill_new(n, 1);
    work->known.planned = wn_spill_new(n, 1);
    work->trusted = wn_spill_new(n, 1);
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
    if (wn_noise_estimate(evidence.label, &p, settings, &unseen->noise, error))
        return -1;
    wn_suspicion_find(evidence.label, &p, &unseen->noise, run->threads,
                      &unseen->judged);
    wn_suspicion_rank(evidence.label, &p, &unseen->noise, work->brought,
                      run->threads, &unseen->judged);
    unseen->base = wn_spill_new(evidence.n, sizeof *unseen->base);
    memcpy(unseen->base, unseen->judged.verdict,
           evidence.n * sizeof *unseen->base);
    wn_claim_make(evidence.label, &p, expectation, run->threads,
                  &unseen->judged, &unseen->claim);
    unseen->hit = wn_spill_new(evidence.n, 1);
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

/* 0, or 1, where it is known. */
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

    work->found = wn_new(work->decisions.count, sizeof *work->found);
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

/* The issues and the reason of a decided row, had nobody looked; *issue are
 * those that the checks found. */
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

static int write_texts(struct wn_audit_writer *writer, const char *path,
                       const struct wn_decisions *decisions, size_t field,
                       struct wn_error *error)
{
    const char **text = wn_new(decisions->count, sizeof *text);

    for (size_t d = 0; d < decisions->count; d++)
        memcpy(&text[d], (const char *)&decisions->list[d] + field,
               sizeof *text);
    const int status =
        wn_audit_write_names(writer, path, text, decisions->count, error);
    free(text);
    return status;
}

/* /flag/decided: one element a verdict. */
static int write_decided(struct wn_audit_writer *writer,
                         const struct work *work,
                         const struct wn_decide_settings *settings,
                         const char *reasons, struct wn_error *error)
{
    const struct wn_decisions *decisions = &work->decisions;
    const size_t count = decisions->count, extent[3] = {count, 0, 0};
    int64_t *row = wn_new(count, sizeof *row);
    int32_t *class = wn_new(count, sizeof *class);
    uint32_t *issue = wn_new(count, sizeof *issue);
    uint8_t *verdict = wn_new(count, 1), *planned = wn_new(count, 1);
    uint8_t *reason = wn_new(count, 1);
    float *suspicion = wn_new(count, sizeof *suspicion);
    uint8_t *stratum = wn_spill_new(work->evidence.n, 1);
    size_t *place = wn_spill_new(work->evidence.n, sizeof *place);

    if (work->unseen.base)
        wn_strata_find(work->evidence.label, NULL, work->unseen.base,
                       work->evidence.n, stratum, place);
    for (size_t d = 0; d < count; d++) {
        const struct wn_decided *decided = &decisions->list[d];

        row[d] = (int64_t)decided->row;
        class[d] = decided->class;
        verdict[d] = (uint8_t)decided->decision;
        planned[d] = decided->planned;
        issue[d] = work->found[d];
        decide_unseen(work, decided->row, place[decided->row], settings,
                      &issue[d], &reason[d]);
        if (work->unseen.judged.verdict)
            suspicion[d] =
                (float)work->unseen.judged.verdict[decided->row].suspicion;
    }
    const int status = wn_audit_write(writer, "flag/decided/row", WN_I64,
                                      extent, row, error) ||
                       wn_audit_write(writer, "flag/decided/verdict", WN_U8,
                                      extent, verdict, error) ||
                       wn_audit_write_text(writer, "flag/decided/verdict",
                                           "names", wn_decision_names, error) ||
                       wn_audit_write(writer, "flag/decided/class", WN_I32,
                                      extent, class, error) ||
                       wn_audit_write(writer, "flag/decided/planned", WN_U8,
                                      extent, planned, error) ||
                       wn_audit_write(writer, "flag/decided/suspicion", WN_F32,
                                      extent, suspicion, error) ||
                       wn_audit_write(writer, "flag/decided/issue", WN_U32,
                                      extent, issue, error) ||
                       wn_audit_write(writer, "flag/decided/reason", WN_U8,
                                      extent, reason, error) ||
                       wn_audit_write_text(writer, "flag/decided/reason",
                                           "names", reasons, error) ||
                       write_texts(writer, "flag/decided/who", decisions,
                                   offsetof(struct wn_decided, who), error) ||
                       write_texts(writer, "flag/decided/when", decisions,
                                   offsetof(struct wn_decided, when), error) ||
                       write_texts(writer, "flag/decided/note", decisions,
                                   offsetof(struct wn_decided, note), error);

    free(row);
    free(class);
    free(issue);
    free(verdict);
    free(planned);
    free(reason);
    free(suspicion);
    wn_spill_free(stratum);
    wn_spill_free(place);
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
    const int status = wn_audit_write(writer, path, WN_U8, (size_t[3]){n, 0, 0},
                                      stratum, error);
    wn_spill_free(stratum);
    if (status || !work->data.trusted)
        return status;
    for (size_t i = 0; i < n; i++)
        if (work->data.trusted[i] && evidence->label[i] >= 0) {
            trusted++;
            hits += work->unseen.hit[i];
        }
    return wn_audit_write_number(writer, path, "trusted", (double)trusted,
                                 error) ||
                   wn_audit_write_number(writer, path, "trusted_suspects",
                                         (double)hits, error)
               ? -1
               : 0;
}

int flag_write_decisions(struct wn_audit_writer *writer,
                         const struct work *work,
                         const struct wn_decide_settings *settings,
                         const char *reasons, struct wn_error *error)
{
    if ((work->evidence.noise && write_strata(writer, work, error)) ||
        (work->decides &&
         (wn_audit_write_number(writer, "flag/action", "stale",
                                (double)work->decisions.stale, error) ||
          wn_audit_write_number(writer, "flag/action", "gone",
                                (double)work->decisions.gone, error))))
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
    wn_spill_free(work->unseen.base);
    wn_spill_free(work->unseen.hit);
    wn_spill_free(work->decided);
    wn_spill_free(work->known.wrong);
    wn_spill_free(work->known.planned);
    wn_spill_free(work->trusted);
    free(work->found);
}
