/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items, votes and the table of annotators; see annotators.h. */
#include "report/annotators.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise/dawid_skene.h"
#include "util/hash.h"
#include "util/memory.h"

/* --- items --------------------------------------------------------------- */

/* A vote, by its item: rows with one key are of one item. */
struct keyed {
    uint64_t key;
    size_t row;
    int32_t annotator;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->annotator != y->annotator)
        return x->annotator < y->annotator ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The end of the item that begins at `begin`. */
static size_t item_end(const struct keyed *vote, size_t votes, size_t begin)
{
    size_t end = begin + 1;

    while (end < votes && vote[end].key == vote[begin].key)
        end++;
    return end;
}

/* Keep the votes on items with several annotators; returns how many. Of items
 * that rows share, none are kept where more than 1 vote in 100 is a second one
 * of one annotator: then rows that share a key are no votes. */
static size_t keep_shared(struct keyed *vote, size_t votes, size_t *items)
{
    size_t kept = 0, again = 0;

    qsort(vote, votes, sizeof *vote, by_key);
    *items = 0;
    for (size_t begin = 0, end; begin < votes; begin = end) {
        end = item_end(vote, votes, begin);
        for (size_t v = begin + 1; v < end; v++)
            again += vote[v].annotator == vote[v - 1].annotator;
        if (vote[begin].annotator == vote[end - 1].annotator)
            continue;
        memmove(vote + kept, vote + begin, (end - begin) * sizeof *vote);
        kept += end - begin;
        ++*items;
    }
    return again * 100 <= kept ? kept : 0;
}

/* Find what the items are: *vote, for free(), *votes of them. */
static int find_votes(struct wn_annotators *out, const struct wn_report *report,
                      const struct wn_audit *audit, struct keyed **vote,
                      struct wn_error *error)
{
    static const char *const ways[] = {"group", "identifier", "equal features"};
    const struct wn_dataset *data = &report->data;
    struct wn_dataset features = {0};
    int status = 0;

    *vote = wn_new(data->n, sizeof **vote);
    for (int way = 0; way < 3 && !out->votes && status == 0; way++) {
        size_t count = 0, length = 0;

        if ((way == 0 && !data->group) || (way == 1 && !data->id_offset))
            continue;
        if (way == 2)
            status = wn_dataset_load(&features, audit, WN_PART_FEATURES, error);
        if (way == 2 && !features.features)
            break;
        for (size_t i = 0; i < data->n; i++) {
            uint64_t key;

            if (data->label[i] < 0 || data->annotator[i] < 0)
                continue;
            if (way == 0 && data->group[i] < 0)
                continue;
            if (way == 0) {
                key = (uint64_t)data->group[i];
            } else if (way == 1) {
                const char *id = wn_report_id(report, i, &length);

                if (!length)
                    continue;
                key = wn_hash_bits(id, length);
            } else {
                key = wn_hash_bits(features.features + i * features.d,
                                   features.d * sizeof *features.features);
            }
            (*vote)[count++] = (struct keyed){key, i, data->annotator[i]};
        }
        out->votes = keep_shared(*vote, count, &out->items);
        out->item = out->votes ? ways[way] : NULL;
    }
    wn_dataset_free(&features);
    return status;
}

/* --- votes --------------------------------------------------------------- */

/* How often votes agree with those of others on the same item. */
static void count_agreement(struct wn_annotators *out,
                            const struct wn_report *report,
                            const struct keyed *vote)
{
    const int32_t *label = report->data.label;
    size_t *given = wn_new(report->data.k, sizeof *given); /* on the item */
    double equal = 0, pairs = 0;

    for (size_t begin = 0, end; begin < out->votes; begin = end) {
        end = item_end(vote, out->votes, begin);
        for (size_t v = begin; v < end; v++)
            given[label[vote[v].row]]++;
        for (size_t first = begin, last; first < end; first = last) {
            struct wn_annotator *line = &out->line[vote[first].annotator];

            for (last = first;
                 last < end && vote[last].annotator == vote[first].annotator;
                 last++)
                given[label[vote[last].row]]--;
            for (size_t v = first; v < last; v++)
                line->agreement += (double)given[label[vote[v].row]];
            line->compared += (last - first) * (end - begin - (last - first));
            for (size_t v = first; v < last; v++)
                given[label[vote[v].row]]++;
        }
        for (size_t v = begin; v < end; v++)
            given[label[vote[v].row]] = 0;
    }
    for (size_t a = 0; a < out->count; a++) {
        struct wn_annotator *line = &out->line[a];

        equal += line->agreement;
        pairs += (double)line->compared;
        line->agreement =
            line->compared ? line->agreement / (double)line->compared : NAN;
    }
    out->agreement = pairs > 0 ? equal / pairs : NAN;
    free(given);
}

/* How many votes are wrong by all votes. */
static void judge_votes(struct wn_annotators *out,
                        const struct wn_report *report,
                        const struct keyed *keyed)
{
    enum { MOST = 1 << 24, ROUNDS = 100 };
    const size_t k = report->data.k;
    struct wn_vote *vote;
    double *truth;
    size_t *votes;
    int32_t item = -1;

    if ((double)out->count * (double)k * (double)k > MOST ||
        (double)out->items * (double)k > MOST)
        return;
    vote = wn_new(out->votes, sizeof *vote);
    truth = wn_new(wn_product(out->items, k, 1), sizeof *truth);
    votes = wn_new(out->count, sizeof *votes);
    for (size_t v = 0; v < out->votes; v++) {
        item += v == 0 || keyed[v].key != keyed[v - 1].key;
        vote[v] = (struct wn_vote){item, keyed[v].annotator,
                                   report->data.label[keyed[v].row]};
        votes[vote[v].annotator]++;
    }
    wn_dawid_skene(vote, out->votes, out->items, out->count, k,
                   0.01 / (double)k, ROUNDS, truth);
    for (size_t a = 0; a < out->count; a++)
        out->line[a].vote_wrong = votes[a] ? 0 : NAN;
    for (size_t v = 0; v < out->votes; v++)
        out->line[vote[v].annotator].vote_wrong +=
            (1 - truth[(size_t)vote[v].item * k + (size_t)vote[v].label]) /
            (double)votes[vote[v].annotator];
    free(vote);
    free(truth);
    free(votes);
}

/* --- confusions ---------------------------------------------------------- */

struct mistake {
    int32_t annotator, given, likely;
};

static int compare_mistakes(const void *a, const void *b)
{
    const struct mistake *x = a, *y = b;

    if (x->annotator != y->annotator)
        return x->annotator < y->annotator ? -1 : 1;
    if (x->given != y->given)
        return x->given < y->given ? -1 : 1;
    return (x->likely > y->likely) - (x->likely < y->likely);
}

/* The most frequent pair of each; of equal ones, the first. */
static void find_confusions(struct wn_annotators *out,
                            const struct wn_report *report)
{
    const struct wn_dataset *data = &report->data;
    struct mistake *mistake = wn_new(data->n, sizeof *mistake);
    size_t count = 0;
    double p;

    for (size_t i = 0; report->rival && i < data->n; i++) {
        if (data->annotator[i] < 0 || data->label[i] < 0)
            continue;
        const int32_t likely = wn_report_likely(report, i, &p);

        if (likely >= 0 && likely != data->label[i])
            mistake[count++] =
                (struct mistake){data->annotator[i], data->label[i], likely};
    }
    qsort(mistake, count, sizeof *mistake, compare_mistakes);
    for (size_t begin = 0, end; begin < count; begin = end) {
        struct wn_annotator *line = &out->line[mistake[begin].annotator];

        for (end = begin; end < count &&
                          compare_mistakes(&mistake[begin], &mistake[end]) == 0;
             end++)
            ;
        if (end - begin > line->confused) {
            line->confused = end - begin;
            line->given = mistake[begin].given;
            line->likely = mistake[begin].likely;
        }
    }
    free(mistake);
}

/* --- the table ----------------------------------------------------------- */

static int compare_annotators(const void *a, const void *b)
{
    const struct wn_annotator *x = a, *y = b;
    const bool few_x = x->rows < WN_TOO_FEW, few_y = y->rows < WN_TOO_FEW;
    const double share_x =
        isnan(x->wrong) ? (double)x->flagged / (double)x->rows : x->wrong;
    const double share_y =
        isnan(y->wrong) ? (double)y->flagged / (double)y->rows : y->wrong;

    if (few_x != few_y)
        return few_x - few_y;
    if (share_x != share_y)
        return share_x < share_y ? 1 : -1;
    return (x->annotator > y->annotator) - (x->annotator < y->annotator);
}

int wn_annotators_find(struct wn_annotators *annotators,
                       const struct wn_report *report,
                       const struct wn_audit *audit, struct wn_error *error)
{
    const struct wn_dataset *data = &report->data;
    const bool estimated = report->label_bit && !isnan(report->rate) &&
                           report->claim != WN_CLAIM_OVERLAP &&
                           report->claim != WN_CLAIM_NOTHING;
    struct keyed *vote = NULL;
    size_t present = 0;

    *annotators = (struct wn_annotators){.agreement = NAN};
    if (!data->annotator || !data->label)
        return 0;
    annotators->count = data->annotators;
    annotators->line = wn_new(data->annotators, sizeof *annotators->line);
    struct wn_expected *expected = wn_new(data->annotators, sizeof *expected);
    for (size_t a = 0; a < data->annotators; a++)
        annotators->line[a] = (struct wn_annotator){.annotator = a,
                                                    .wrong = NAN,
                                                    .wrong_low = NAN,
                                                    .wrong_high = NAN,
                                                    .vote_wrong = NAN,
                                                    .given = -1,
                                                    .likely = -1};
    for (size_t i = 0; i < data->n; i++) {
        if (data->annotator[i] < 0 || data->label[i] < 0)
            continue;
        annotators->line[data->annotator[i]].rows++;
        annotators->line[data->annotator[i]].flagged +=
            wn_report_is_flagged(report, i);
        if (estimated)
            wn_expected_add(report, &expected[data->annotator[i]],
                            (double)report->suspicion[i]);
    }
    for (size_t a = 0; a < data->annotators; a++) {
        struct wn_annotator *line = &annotators->line[a];

        if (!estimated || line->rows < WN_TOO_FEW)
            continue;
        const struct wn_review wrong = wn_expected_end(&expected[a]);
        line->wrong = wrong.wrong / (double)line->rows;
        line->wrong_low = wrong.low / (double)line->rows;
        line->wrong_high = wrong.high / (double)line->rows;
    }
    free(expected);
    const int status = find_votes(annotators, report, audit, &vote, error);
    count_agreement(annotators, report, vote);
    if (annotators->votes)
        judge_votes(annotators, report, vote);
    find_confusions(annotators, report);
    free(vote);
    for (size_t a = 0; a < annotators->count; a++)
        if (annotators->line[a].rows)
            annotators->line[present++] = annotators->line[a];
    annotators->count = present;
    if (present)
        qsort(annotators->line, present, sizeof *annotators->line,
              compare_annotators);
    return status;
}

void wn_annotators_free(struct wn_annotators *annotators)
{
    free(annotators->line);
    *annotators = (struct wn_annotators){0};
}
