/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The history of a dataset's audits, a line a night; see history.h. */
#include "report/history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/drift.h"
#include "util/date.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/number.h"

/* A column of the file and where it stands in struct wn_night. */
enum kind { NUMBER, DATE, WORD };
struct field {
    const char *name;
    enum kind kind;
    bool required;
    size_t at, size; /* size: of a word */
};
#define AT(member) offsetof(struct wn_night, member)
static const struct field fields[] = {
    {"number", NUMBER, true, AT(number), 0},
    {"when", DATE, true, AT(when), 0},
    {"rows", NUMBER, true, AT(rows), 0},
    {"rate", NUMBER, false, AT(rate), 0},
    {"rate_low", NUMBER, false, AT(low), 0},
    {"rate_high", NUMBER, false, AT(high), 0},
    {"flagged", NUMBER, true, AT(flagged), 0},
    {"new", NUMBER, false, AT(fresh), 0},
    {"gone", NUMBER, false, AT(gone), 0},
    {"decided", NUMBER, true, AT(decided), 0},
    {"drifted", NUMBER, false, AT(drifted), 0},
    {"psi", NUMBER, false, AT(psi), 0},
    {"schema", NUMBER, false, AT(schema), 0},
    {"seconds", NUMBER, false, AT(seconds), 0},
    {"version", WORD, true, AT(version), sizeof((struct wn_night *)0)->version},
    {"options", WORD, true, AT(options),
     sizeof((struct wn_night *)0)->options}};
#undef AT
enum { FIELDS = sizeof fields / sizeof *fields };

/* Parse a line without its end. False if it is no night. */
static bool parse_night(const char *line, size_t length, struct wn_night *night)
{
    const char *const end = line + length;

    *night = (struct wn_night){0};
    for (size_t f = 0; f < FIELDS; f++) {
        const char *comma = memchr(line, ',', (size_t)(end - line));
        const size_t size = (size_t)((comma ? comma : end) - line);
        void *to = (char *)night + fields[f].at;
        double value = NAN;
        struct wn_date date;

        if ((f + 1 == FIELDS) != !comma || (fields[f].required && !size))
            return false;
        if (fields[f].kind == WORD) {
            if (size >= fields[f].size)
                return false;
            for (size_t i = 0; i < size; i++)
                if (line[i] <= ' ' || line[i] == '"' || line[i] > '~')
                    return false;
            memcpy(to, line, size);
        } else if (fields[f].kind == DATE) {
            if (!wn_date_parse(line, size, WN_YEAR_FIRST, &date))
                return false;
            value = wn_date_instant(&date);
        } else if (size && (!wn_number_parse(line, size, &value) || value < 0 ||
                            value > 0x1p53)) {
            return false;
        }
        if (fields[f].kind != WORD)
            memcpy(to, &value, sizeof value);
        line += size + 1;
    }
    return night->rows >= 1 && !(night->rate > 1) && !(night->low > 1) &&
           !(night->high > 1);
}

static void put_names(struct wn_text *out)
{
    for (size_t f = 0; f < FIELDS; f++)
        wn_text_format(out, "%s%s", f ? "," : "", fields[f].name);
    wn_text_format(out, "\n");
}

/* Keep a night of which the text is there. */
static void keep_night(struct wn_nights *history, const struct wn_night *night)
{
    if (!history->night)
        history->night = wn_new(WN_MAX_NIGHTS, sizeof *history->night);
    if (history->count == WN_MAX_NIGHTS)
        memmove(history->night, history->night + 1,
                --history->count * sizeof *history->night);
    history->night[history->count++] = *night;
}

void wn_nights_add(struct wn_nights *history, const struct wn_night *night)
{
    char number[32];

    if (!history->text.length && !history->head)
        put_names(&history->text);
    for (size_t f = 0; f < FIELDS; f++) {
        const char *from = (const char *)night + fields[f].at;
        double value = NAN;

        if (fields[f].kind != WORD)
            memcpy(&value, from, sizeof value);
        if (fields[f].kind == NUMBER && !isnan(value))
            wn_number_format(value, number);
        else if (fields[f].kind == DATE)
            wn_date_format(value, number);
        else
            *number = '\0';
        wn_text_format(&history->text, "%s%s", f ? "," : "",
                       fields[f].kind == WORD ? from : number);
    }
    wn_text_format(&history->text, "\n");
    keep_night(history, night);
}

int wn_nights_load(struct wn_nights *history, const char *file, double before,
                   struct wn_error *error)
{
    const int descriptor = wn_input_open(file, NULL, error);
    struct wn_text names = {0};
    struct stat about;
    double last = 0;

    *history = (struct wn_nights){0};
    if (descriptor < 0)
        return -1;
    put_names(&names);
    char *line = wn_new(WN_HISTORY_TAIL + 1, 1);
    if (fstat(descriptor, &about)) {
        wn_fail_errno(error, "%s: cannot read its size", file);
        goto done;
    }
    const uint64_t size = (uint64_t)about.st_size;
    size_t length = size < names.length ? (size_t)size : names.length;
    if (wn_read_at(descriptor, line, length, 0, file, error))
        goto done;
    if (length &&
        (length < names.length || memcmp(line, names.bytes, length))) {
        wn_fail(error, WN_EDATA,
                "%s:1: found '%.*s', wanted the names of a history, "
                "'number,when,rows,...'",
                file, wn_text_shown(strcspn(line, "\r\n")), line);
        goto done;
    }
    uint64_t from = length;
    if (size - from > WN_HISTORY_TAIL)
        from = size - WN_HISTORY_TAIL;
    length = (size_t)(size - from);
    if (wn_read_at(descriptor, line, length, from, file, error))
        goto done;
    const char *at = line, *const end = line + length;
    if (from > names.length) {
        const char *stop = memchr(at, '\n', length);

        at = stop ? stop + 1 : end;
        history->head = from + (uint64_t)(at - line);
    }
    if (!history->head)
        wn_text_add(&history->text, names.bytes, (size_t)from);
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct wn_night night;

        if (stop && parse_night(at, (size_t)(stop - at), &night) &&
            night.number > last) {
            last = night.number;
            if (before > 0 && night.number >= before)
                break;
            keep_night(history, &night);
            wn_text_add(&history->text, at, (size_t)(stop + 1 - at));
        } else {
            history->skipped++;
        }
        at = stop ? stop + 1 : end;
    }
done:
    free(line);
    wn_text_free(&names);
    close(descriptor);
    return error->code ? -1 : 0;
}

int wn_nights_write(const struct wn_nights *history, const char *file,
                    const char *path, struct wn_error *error)
{
    const int from = wn_input_open(file, NULL, error);
    struct wn_output *output =
        from < 0 ? NULL : wn_output_open(path, true, error);
    char block[1 << 14];
    int status = output ? 0 : -1;

    for (uint64_t at = 0; status == 0 && at < history->head;) {
        const size_t size = history->head - at < sizeof block
                                ? (size_t)(history->head - at)
                                : sizeof block;

        status = wn_read_at(from, block, size, at, file, error) ||
                         wn_write_all(wn_output_descriptor(output), block, size,
                                      wn_output_name(output), error)
                     ? -1
                     : 0;
        at += size;
    }
    if (status == 0)
        status =
            wn_write_all(wn_output_descriptor(output), history->text.bytes,
                         history->text.length, wn_output_name(output), error);
    if (status == 0) {
        status = wn_output_commit(output, error);
        output = NULL;
    }
    wn_output_abandon(output);
    if (from >= 0)
        close(from);
    return status;
}

void wn_nights_free(struct wn_nights *history)
{
    free(history->night);
    wn_text_free(&history->text);
    *history = (struct wn_nights){0};
}

void wn_night_describe(const struct wn_report *report, struct wn_night *night)
{
    const struct wn_comparison *against = report->against;
    const struct wn_drift *drift = report->drift;
    struct wn_hash *hash = wn_hash_new();
    const char *version = report->origin[WN_FLAGS].version;

    *night =
        (struct wn_night){.rows = (double)report->data.n,
                          .rate = report->rate,
                          .low = report->rate_low,
                          .high = report->rate_high,
                          .flagged = (double)report->label_rows,
                          .fresh = NAN,
                          .gone = NAN,
                          .decided = (double)report->decided.count,
                          .drifted = drift ? (double)drift->drifted : NAN,
                          .psi = drift ? drift->psi : NAN,
                          .schema = drift ? (double)drift->changes.count : NAN};
    if (!report->label_bit)
        night->flagged = (double)report->flagged_rows;
    if (against) {
        night->fresh = (double)wn_comparison_new(against);
        night->gone = (double)wn_comparison_ended(against);
    }
    snprintf(night->version, sizeof night->version, "%s",
             version ? version : "");
    night->version[strcspn(night->version, ",\"\r\n")] = '\0';
    for (int stage = WN_DATA; stage <= WN_FLAGS; stage++)
        if (report->origin[stage].options)
            wn_hash_add(hash, report->origin[stage].options,
                        strlen(report->origin[stage].options) + 1);
    wn_hash_text(hash, night->options);
    wn_hash_free(hash);
}
