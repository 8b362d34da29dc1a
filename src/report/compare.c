/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An audit against an older one: which flags are new, which are gone, and what
 * may have caused it. Both results are enough; the data are not read. */
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "util/hash.h"
#include "util/memory.h"
#include "util/text.h"

const char *const wn_gone_names[WN_GONES] = {"cleared", "edited", "removed"};
const char *const wn_change_names[WN_CHANGES] = {"", "still", "new", "new row"};

/* A row by what identifies it. */
struct key {
    uint64_t value;
    size_t row;
};

typedef bool wn_key_of(const struct wn_report *report, size_t i,
                       uint64_t *value);

static bool content_of(const struct wn_report *report, size_t i,
                       uint64_t *value)
{
    *value = report->data.row_hash[i];
    return true;
}

static bool identifier_of(const struct wn_report *report, size_t i,
                          uint64_t *value)
{
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);

    if (!id || !length)
        return false;
    *value = wn_hash_bits(id, length);
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The keys, sorted, of the rows that have no partner yet. */
static struct key *list_keys(const struct wn_report *report,
                             const int64_t *partner, wn_key_of *key_of,
                             size_t *count)
{
    struct key *keys = wn_new(report->data.n, sizeof *keys);

    *count = 0;
    for (size_t i = 0; i < report->data.n; i++)
        if (partner[i] < 0 && key_of(report, i, &keys[*count].value))
            keys[(*count)++].row = i;
    qsort(keys, *count, sizeof *keys, compare_keys);
    return keys;
}

/* Give rows without a partner one with the same key, copies in order. */
static int compare_match(struct wn_comparison *against,
                         const struct wn_report *report, int64_t *then,
                         wn_key_of *key_of, bool edited)
{
    size_t olds, news, o = 0, i = 0;
    struct key *old = list_keys(&against->old, against->now, key_of, &olds);
    struct key *new = list_keys(report, then, key_of, &news);
    const int status = old && new ? 0 : -1;

    while (status == 0 && o < olds && i < news) {
        if (old[o].value < new[i].value) {
            o++;
        } else if (old[o].value > new[i].value) {
            i++;
        } else {
            against->now[old[o].row] = (int64_t) new[i].row;
            against->edited[old[o].row] = edited;
            then[new[i++].row] = (int64_t)old[o++].row;
        }
    }
    free(old);
    free(new);
    return status;
}

int wn_comparison_gone(const struct wn_comparison *against,
                       const struct wn_report *report, size_t i)
{
    const int64_t now = against->now[i];

    if (!wn_report_flags(&against->old, i) ||
        (now >= 0 && wn_report_flags(report, (size_t)now)))
        return -1;
    if (now < 0)
        return WN_REMOVED;
    return against->edited[i] ? WN_EDITED : WN_CLEARED;
}

static enum wn_change change_of(const struct wn_comparison *against,
                                const struct wn_report *report, size_t i,
                                int64_t then)
{
    if (!wn_report_flags(report, i))
        return WN_QUIET_ROW;
    if (then < 0)
        return WN_NEW_ROW;
    if (wn_report_flags(&against->old, (size_t)then))
        return WN_STILL;
    return against->edited[then] ? WN_NEW_ROW : WN_NEW_FLAG;
}

static int compare_rows(struct wn_comparison *against,
                        const struct wn_report *report)
{
    const size_t n = report->data.n, old_n = against->old.data.n;
    int64_t *then = wn_new(n, sizeof *then);
    int status = -1;

    against->change = wn_new(n, 1);
    against->now = wn_new(old_n, sizeof *against->now);
    against->edited = wn_new(old_n, 1);
    for (size_t i = 0; i < n; i++)
        then[i] = -1;
    for (size_t i = 0; i < old_n; i++)
        against->now[i] = -1;
    if (compare_match(against, report, then, content_of, false) ||
        compare_match(against, report, then, identifier_of, true))
        goto done;
    for (size_t i = 0; i < n; i++) {
        against->change[i] = (uint8_t)change_of(against, report, i, then[i]);
        against->changes[against->change[i]]++;
    }
    for (size_t i = 0; i < old_n; i++) {
        const int gone = wn_comparison_gone(against, report, i);

        if (gone >= 0)
            against->gones[gone]++;
    }
    status = 0;
done:
    free(then);
    return status;
}

static int add_cause(struct wn_comparison *against, size_t *room,
                     struct wn_text *text)
{
    wn_grow(&against->cause, room, against->causes + 1, sizeof *against->cause);
    against->cause[against->causes] =
        wn_copy_text(wn_text_of(text), text->length);
    text->length = 0;
    return against->cause[against->causes++] ? 0 : -1;
}

/* Whether `word`, up to a blank, is one of `options`. */
static bool has_word(const char *options, const char *word)
{
    const size_t size = strcspn(word, " ");

    for (const char *at = options; *at; at += *at == ' ') {
        const size_t length = strcspn(at, " ");

        if (length == size && memcmp(at, word, size) == 0)
            return true;
        at += length;
    }
    return false;
}

/* The first of `options` that is not among `others` and sets what `word` sets,
 * NULL if there is none. */
static const char *counterpart(const char *options, const char *others,
                               const char *word)
{
    const size_t name = strcspn(word, "= ") + 1;

    for (const char *at = options; *at; at += *at == ' ') {
        if (strncmp(at, word, name) == 0 && !has_word(others, at))
            return at;
        at += strcspn(at, " ");
    }
    return NULL;
}

/* A line for every option whose value differs: "score: replicates=5, was
 * replicates=10". */
static int compare_options(struct wn_comparison *against, size_t *room,
                           const char *program, const char *old,
                           const char *new)
{
    struct wn_text text = {0};
    int status = -1;

    for (const char *at = new; *at; at += *at == ' ') {
        const int size = (int)strcspn(at, " ");
        const char *was = counterpart(old, new, at);

        if (!has_word(old, at) &&
            (wn_text_format(&text, "%s: %.*s, was %.*s", program, size, at,
                            was ? (int)strcspn(was, " ") : 7,
                            was ? was : "not set") ||
             add_cause(against, room, &text)))
            goto done;
        at += size;
    }
    for (const char *at = old; *at; at += *at == ' ') {
        const int size = (int)strcspn(at, " ");

        if (!has_word(new, at) && !counterpart(new, old, at) &&
            (wn_text_format(&text, "%s: not set, was %.*s", program, size,
                            at) ||
             add_cause(against, room, &text)))
            goto done;
        at += size;
    }
    status = 0;
done:
    wn_text_free(&text);
    return status;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static int find_causes(struct wn_comparison *against,
                       const struct wn_report *report)
{
    static const char *const program[] = {"ingest", "score", "flag"};
    struct wn_text text = {0};
    size_t room = 0;
    int status = -1;

    if (strcmp(or_empty(against->old.data.source_digest),
               or_empty(report->data.source_digest)) &&
        (wn_text_format(&text, "the data have changed") ||
         add_cause(against, &room, &text)))
        goto done;
    for (int stage = WN_DATA; stage <= WN_FLAGS; stage++) {
        const struct wn_origin *old = &against->old.origin[stage];
        const struct wn_origin *new = &report->origin[stage];

        if (strcmp(or_empty(old->version), or_empty(new->version)) &&
            (wn_text_format(&text, "%s: version %s, was %s", program[stage],
                            or_empty(new->version), or_empty(old->version)) ||
             add_cause(against, &room, &text)))
            goto done;
        if (compare_options(against, &room, program[stage],
                            or_empty(old->options), or_empty(new->options)))
            goto done;
    }
    status = 0;
done:
    wn_text_free(&text);
    return status;
}

int wn_comparison_load(struct wn_comparison *against,
                       const struct wn_report *report, const char *file,
                       struct wn_error *error)
{
    struct wn_audit *audit = NULL;
    int status = -1;

    *against = (struct wn_comparison){.file = file};
    if (!report->flagged)
        return wn_fail(error, WN_EUSAGE,
                       "--against: nothing has been flagged yet; run flag");
    audit = wn_audit_open(file, WN_FLAGS, error);
    if (!audit)
        return -1;
    if (wn_report_load(&against->old, audit, error) ||
        compare_rows(against, report) || find_causes(against, report))
        goto done;
    status = 0;
done:
    if (status)
        wn_comparison_free(against);
    wn_audit_close(audit);
    return status;
}

void wn_comparison_free(struct wn_comparison *against)
{
    wn_report_free(&against->old);
    for (size_t c = 0; c < against->causes; c++)
        free(against->cause[c]);
    free(against->cause);
    free(against->change);
    free(against->now);
    free(against->edited);
    *against = (struct wn_comparison){0};
}
