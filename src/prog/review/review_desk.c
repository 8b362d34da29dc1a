/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of rows, and what each command does with it. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check/decide.h"
#include "prog/review/review.h"
#include "render/phrases.h"
#include "report/shown.h"
#include "select/select.h"
#include "util/memory.h"
#include "util/number.h"

static double monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- the rows ------------------------------------------------------------ */

static void add_item(struct desk *desk, size_t row, bool planned)
{
    desk->item[desk->items++] = (struct item){
        .row = row, .decision = WN_UNDECIDED, .class = -1, .planned = planned};
}

/* The most suspicious rows: label issues first, then rows with another finding
 * that somebody should see. Copies only where a filter asks for them; others,
 * whatever they are, if more rows are asked for. */
static void choose_suspects(struct desk *desk, const uint8_t *chosen,
                            size_t most, bool more, bool copies)
{
    const struct wn_report *report = &desk->report;

    for (int pass = 0; pass < (more ? 3 : 2); pass++)
        for (size_t r = 0; r < report->data.n && desk->items < most; r++) {
            const size_t i = (size_t)report->order[r];
            const bool suspect = wn_report_is_flagged(report, i);
            const bool seen = report->action[i] == WN_REVIEW ||
                              (copies && report->action[i] != WN_KEEP);
            const int own = suspect ? 0 : seen ? 1 : 2;

            if (own == pass && chosen[i] &&
                !(report->decided.of && report->decided.of[i]))
                add_item(desk, i, false);
        }
}

/* Set chosen[i], for n rows, where the filter holds; all without one. */
static int filter_rows(const struct wn_report *report, const char *text,
                       uint8_t *chosen, struct wn_error *error)
{
    memset(chosen, 1, report->data.n);
    return text ? wn_filter_choose(report, "where", text, chosen, error) : 0;
}

static int choose_rows(struct desk *desk, struct wn_error *error)
{
    const struct wn_options *options = desk->run->options;
    const struct wn_report *report = &desk->report;
    const bool given = wn_option_given(options, "top");
    const size_t top = (size_t)wn_option_number(options, "top");
    const char *where = wn_option_text(options, "where");
    const bool planned = wn_option_choice(options, "order") == 1;
    size_t count = 0;
    int status = -1;

    if (planned && !report->decided.stratum)
        return wn_fail(error, WN_EUSAGE,
                       "--order=plan: %s has no flag/stratum; run flag again, "
                       "on an audit with class probabilities",
                       wn_audit_name(desk->audit));
    uint8_t *chosen = wn_new(report->data.n, 1);

    desk->item = wn_new(report->data.n, sizeof *desk->item);
    if (filter_rows(report, where, chosen, error))
        goto done;
    status = 0;
    if (!planned) {
        choose_suspects(desk, chosen, given ? top : report->data.n, given,
                        where != NULL);
        goto done;
    }
    int64_t *plan =
        wn_review_plan(report, given ? top : 40,
                       (uint64_t)wn_option_number(options, "seed"), &count);
    for (size_t r = 0; r < count; r++)
        if (chosen[plan[r]])
            add_item(desk, (size_t)plan[r], true);
    free(plan);
done:
    free(chosen);
    return status;
}

/* What the file says of the rows. */
static int take_decisions(struct desk *desk, struct wn_error *error)
{
    struct wn_decisions decisions;
    const size_t n = desk->report.data.n;
    uint64_t *hash = wn_new(desk->items, sizeof *hash);
    char **note = wn_new(desk->items, sizeof *note);
    const struct wn_decided **of = wn_new(n, sizeof *of);
    int status = -1;

    if (wn_decisions_read(&desk->journal.path, 1, &desk->report.data,
                          &decisions, error))
        goto done;
    for (size_t d = 0; d < decisions.count; d++)
        of[decisions.list[d].row] = &decisions.list[d];
    for (size_t d = 0; d < desk->report.decided.count; d++)
        desk->elsewhere += !of[desk->report.decided.row[d].row];
    for (size_t t = 0; t < desk->items; t++)
        hash[t] = desk->report.data.row_hash[desk->item[t].row];
    status = review_journal_read(&desk->journal, hash, desk->items, note,
                                 &desk->pace, error);
    for (size_t t = 0; t < desk->items; t++) {
        struct item *item = &desk->item[t];
        const struct wn_decided *decided = of[item->row];

        item->note = note[t];
        note[t] = NULL;
        if (!decided)
            continue;
        item->decision = decided->decision;
        item->class = decided->class;
        free(item->note);
        item->note = wn_copy_text(decided->note, strlen(decided->note));
    }
    wn_decisions_free(&decisions);
done:
    free(hash);
    free(note);
    free(of);
    return status;
}

/* The first shown row without a verdict from `from` on, and round to it;
 * desk->items if there is none. */
static size_t next_open(const struct desk *desk, size_t from)
{
    for (size_t step = 0; step < desk->items; step++) {
        const size_t t = (from + step) % desk->items;

        if (!desk->item[t].hidden && desk->item[t].decision == WN_UNDECIDED)
            return t;
    }
    return desk->items;
}

static void turn_to(struct desk *desk, size_t item)
{
    if (item != desk->at || !desk->explained) {
        wn_explain_free(&desk->explanation);
        desk->explained = false;
    }
    desk->at = item;
    desk->since = monotonic();
}

/* The cells to show, unless they are to stay out. */
static int open_cells(struct desk *desk, struct wn_error *error)
{
    enum { TITLE = 40 };
    const struct wn_options *options = desk->run->options;
    struct wn_report *report = &desk->report;
    const struct wn_shown_request request = {
        .where = wn_run_source(desk->run),
        .pattern = wn_option_text(options, "show")};

    report->class_title = wn_class_titles(
        report->data.label_name, report->data.k, TITLE, &report->title_prefix);
    const char *image = wn_option_text(options, "image");

    if (wn_option_on(options, "no-values"))
        return 0;
    if (image && wn_image_parse(image, &report->image, error))
        return -1;
    report->shown = wn_shown_open(report, desk->audit, &request, error);
    return report->shown ? wn_shown_check_image(report, error) : -1;
}

int review_desk_load(struct desk *desk, const struct wn_run *run,
                     struct wn_error *error)
{
    const char *own = strstr(run->name, "review");
    static char program[1000];

    desk->run = run;
    desk->audit = wn_run_open(run, WN_FLAGS, error);
    /* report->program names the siblings of this program. */
    snprintf(program, sizeof program, "%.*sreport%s",
             own ? (int)(own - run->name) : 0, run->name,
             own ? own + strlen("review") : "");
    desk->report.program = program;
    desk->report.file = wn_run_input(run);
    if (!desk->audit || wn_report_load(&desk->report, desk->audit, error) ||
        choose_rows(desk, error) || open_cells(desk, error))
        return -1;
    desk->numbered = true;
    for (size_t c = 0; c < desk->report.data.k; c++)
        if (isdigit((unsigned char)desk->report.data.label_name[c][0]))
            desk->numbered = false;
    return 0;
}

int review_desk_start(struct desk *desk, struct wn_error *error)
{
    if (!desk->items)
        return 0;
    if (take_decisions(desk, error))
        return -1;
    if (wn_option_on(desk->run->options, "no-values"))
        wn_report_hide_values(&desk->report);
    const size_t first = next_open(desk, 0);
    turn_to(desk, first < desk->items ? first : 0);
    if (desk->items && first == desk->items)
        wn_text_format(&desk->message, "all rows have a verdict, q ends");
    return review_explain(desk, error);
}

void review_desk_close(struct desk *desk)
{
    for (size_t t = 0; t < desk->items; t++)
        free(desk->item[t].note);
    for (size_t p = 0; p < desk->pasts; p++)
        free(desk->past[p].note);
    free(desk->item);
    free(desk->past);
    wn_explain_free(&desk->explanation);
    wn_text_free(&desk->message);
    wn_shown_close(desk->report.shown);
    wn_report_free(&desk->report);
    wn_audit_close(desk->audit);
}

int review_explain(struct desk *desk, struct wn_error *error)
{
    if (desk->explained)
        return 0;
    if (wn_explain_load(&desk->explanation, &desk->report, desk->audit,
                        desk->item[desk->at].row, error))
        return -1;
    desk->explained = true;
    return 0;
}

size_t review_count(const struct desk *desk, size_t *decided, size_t *place)
{
    size_t shown = 0;

    *decided = 0;
    for (size_t t = 0; t < desk->items; t++) {
        shown += !desk->item[t].hidden;
        *decided +=
            !desk->item[t].hidden && desk->item[t].decision != WN_UNDECIDED;
        if (t == desk->at)
            *place = shown;
    }
    return shown;
}

void review_progress(const struct desk *desk, struct wn_text *out)
{
    enum { ENOUGH = 3 };
    size_t decided, place = 0;
    const size_t shown = review_count(desk, &decided, &place);
    const size_t paced = desk->pace.count < PACE ? desk->pace.count : PACE;
    double sorted[PACE];

    wn_text_format(out, "%zu of %zu (%zu decided)", place, shown, decided);
    if (paced < ENOUGH || decided == shown)
        return;
    memcpy(sorted, desk->pace.second, sizeof sorted);
    qsort(sorted, paced, sizeof *sorted, wn_number_ascending);
    const double minutes = sorted[paced / 2] * (double)(shown - decided) / 60;
    if (minutes < 1)
        wn_text_format(out, ", less than a min left");
    else
        wn_text_format(out, ", about %.0f min left", minutes);
}

/* --- verdicts ------------------------------------------------------------ */

/* Write a verdict about an item; a text in place of the word of a decision. */
static bool write_verdict(struct desk *desk, const struct item *item,
                          const char *verdict, const char *note)
{
    const struct wn_report *report = &desk->report;
    struct wn_error error = {0};
    struct wn_decision_line line = {
        .row = item->row,
        .suspicion = report->suspicion[item->row],
        .reason = report->reason ? report->reason[item->row] : report->reasons,
        .verdict = verdict,
        .note = note,
        .planned = item->planned};

    if (review_journal_append(&desk->journal, report, &line, &error) == 0)
        return true;
    desk->lost = true;
    wn_text_format(&desk->message, "NOT WRITTEN: %s", error.text);
    return false;
}

/* Give a verdict to an item and to its copies: a hash names the content. */
static bool decide(struct desk *desk, size_t at, enum wn_decision decision,
                   int32_t class, const char *note)
{
    const uint64_t *hash = desk->report.data.row_hash;
    const struct item *item = &desk->item[at];
    char *kept = note ? wn_copy_text(note, strlen(note)) : NULL;
    struct wn_text verdict = {0};

    wn_decision_add(&desk->report, decision, class, &verdict);
    const bool done = write_verdict(desk, item, wn_text_of(&verdict), note);

    for (size_t t = 0; done && t < desk->items; t++) {
        struct item *copy = &desk->item[t];

        if (hash[copy->row] != hash[item->row])
            continue;
        free(copy->note);
        copy->note = kept ? wn_copy_text(kept, strlen(kept)) : NULL;
        copy->decision = decision;
        copy->class = class;
    }
    free(kept);
    wn_text_free(&verdict);
    return done;
}

static void say_verdict(struct desk *desk, const struct item *item,
                        const char *before)
{
    struct wn_text verdict = {0};

    wn_decision_add(&desk->report, item->decision, item->class, &verdict);
    wn_text_format(&desk->message, "%srow %zu: ", before, item->row);
    wn_text_add_visible(&desk->message, wn_text_of(&verdict), verdict.length);
    wn_text_free(&verdict);
}

static void give_verdict(struct desk *desk, enum wn_decision decision,
                         int32_t class)
{
    struct item *item = &desk->item[desk->at];
    const struct past past = {
        desk->at, item->decision, item->class,
        item->note ? wn_copy_text(item->note, strlen(item->note)) : NULL};

    if (!decide(desk, desk->at, decision, class, item->note)) {
        free(past.note);
        return;
    }
    wn_grow(&desk->past, &desk->past_capacity, desk->pasts + 1,
            sizeof *desk->past);
    desk->past[desk->pasts++] = past;
    desk->pace.second[desk->pace.count++ % PACE] =
        fmin(monotonic() - desk->since, BREAK);
    say_verdict(desk, item, "");
    const size_t next = next_open(desk, desk->at);
    if (next < desk->items)
        turn_to(desk, next);
    else
        wn_text_format(&desk->message, "; all rows have a verdict, q ends");
}

static void undo(struct desk *desk)
{
    if (!desk->pasts) {
        wn_text_format(&desk->message, "nothing to take back in this session");
        return;
    }
    struct past *past = &desk->past[desk->pasts - 1];

    if (!decide(desk, past->item, past->decision, past->class, past->note))
        return;
    desk->pasts--;
    free(past->note);
    turn_to(desk, past->item);
    if (desk->item[past->item].decision != WN_UNDECIDED)
        say_verdict(desk, &desk->item[past->item], "taken back; again ");
    else
        wn_text_format(&desk->message, "taken back");
}

/* The class that the text names: by its name, its number on the page, or the
 * beginning of its name; -1 with a message. */
static int32_t find_class(struct desk *desk, const char *text)
{
    const struct wn_report *report = &desk->report;
    const size_t k = report->data.k, length = strlen(text);
    size_t found = k, begins = 0;
    char *end;

    for (size_t c = 0; c < k; c++) {
        struct wn_text name = {0};

        wn_phrase_data(&name, report->data.label_name[c]);
        const char *title = wn_report_title(report, (int32_t)c);
        const bool same =
            strcmp(wn_text_of(&name), text) == 0 || strcmp(title, text) == 0;
        const bool begin = strncmp(wn_text_of(&name), text, length) == 0 ||
                           strncmp(title, text, length) == 0;
        wn_text_free(&name);
        if (same)
            return (int32_t)c;
        if (begin) {
            found = c;
            begins++;
        }
    }
    const unsigned long number = strtoul(text, &end, 10);
    if (desk->numbered && isdigit((unsigned char)*text) && !*end &&
        desk->explanation.by_probability && number >= 1 && number <= k)
        return desk->explanation.by_probability[number - 1];
    if (begins == 1)
        return (int32_t)found;
    wn_text_format(&desk->message, "found '");
    wn_text_add_visible(&desk->message, text, (size_t)wn_text_shown(length));
    if (begins)
        wn_text_format(&desk->message, "', with which %zu classes begin",
                       begins);
    else
        wn_text_format(&desk->message, "', wanted a class%s",
                       desk->numbered ? ", its beginning or its number"
                                      : " or its beginning");
    return -1;
}

static void relabel(struct desk *desk, const char *text)
{
    const size_t i = desk->item[desk->at].row;
    const int32_t class =
        *text ? find_class(desk, text) : wn_report_other(&desk->report, i);

    if (class < 0 && !*text)
        wn_text_format(&desk->message, "no class is offered: name one");
    else if (class >= 0 && class == desk->report.data.label[i])
        wn_text_format(&desk->message,
                       "that is the label it has: o says that it is right");
    else if (class >= 0)
        give_verdict(desk, WN_SAID_RELABEL, class);
}

/* A note alone is a line without a verdict; with an earlier verdict, that one
 * again. */
static void take_note(struct desk *desk, const char *text)
{
    enum { LONGEST = 1000 };
    struct item *item = &desk->item[desk->at];
    struct wn_text note = {0}, verdict = {0};

    wn_text_add_visible(&note, text, strlen(text));
    if (note.length > LONGEST || !wn_text_is_utf8(text, strlen(text))) {
        wn_text_format(&desk->message,
                       "wanted a note of at most %d bytes of UTF-8", LONGEST);
    } else if (item->decision != WN_UNDECIDED) {
        if (decide(desk, desk->at, item->decision, item->class,
                   wn_text_of(&note)))
            wn_text_format(&desk->message, "noted");
    } else if (write_verdict(desk, item, NULL, wn_text_of(&note))) {
        free(item->note);
        item->note = wn_copy_text(wn_text_of(&note), note.length);
        wn_text_format(&desk->message, "noted, for the verdict to come");
    }
    wn_text_free(&note);
    wn_text_free(&verdict);
}

static void skip(struct desk *desk)
{
    const size_t next = next_open(desk, desk->at + 1);

    if (next == desk->items || next == desk->at)
        wn_text_format(&desk->message, "no other row is without a verdict");
    else
        turn_to(desk, next);
}

static void go_back(struct desk *desk)
{
    for (size_t t = desk->at; t-- > 0;)
        if (!desk->item[t].hidden) {
            turn_to(desk, t);
            return;
        }
    wn_text_format(&desk->message, "this is the first row");
}

/* Show the rows where the filter holds; all with an empty one. A filter that
 * leaves nothing changes nothing. */
static void filter_items(struct desk *desk, const char *text)
{
    uint8_t *chosen = wn_new(desk->report.data.n, 1);
    struct wn_error error = {0};
    size_t shown = 0;

    if (filter_rows(&desk->report, *text ? text : NULL, chosen, &error)) {
        const char *said = strstr(error.text, ": ");

        wn_text_format(&desk->message, "%s", said ? said + 2 : error.text);
    } else {
        for (size_t t = 0; t < desk->items; t++)
            shown += chosen[desk->item[t].row];
        wn_text_format(&desk->message, "%zu of %zu rows", shown, desk->items);
        if (!shown)
            wn_text_format(&desk->message, ": the filter is not applied");
        for (size_t t = 0; shown && t < desk->items; t++)
            desk->item[t].hidden = !chosen[desk->item[t].row];
        size_t next = next_open(desk, desk->at);

        /* All that it shows may have verdicts. */
        for (size_t t = 0; next == desk->items && t < desk->items; t++)
            if (!desk->item[t].hidden)
                next = t;
        turn_to(desk, next);
    }
    free(chosen);
}

/* --- commands ------------------------------------------------------------ */

const struct command review_commands[] = {
    {'o', "ok", NULL, "the label is right", WN_SAID_OK},
    {'w', "wrong", NULL, "the label is wrong; you do not say which is right",
     WN_SAID_WRONG},
    {'r', "relabel", "relabel to", "another class is right", WN_UNDECIDED},
    {'u', "unsure", NULL, "you looked and cannot tell", WN_SAID_UNSURE},
    {'d', "drop", NULL, "the row should go, whatever its label", WN_SAID_DROP},
    {'k', "keep", NULL, "the row stays as it is, whatever was found",
     WN_SAID_KEEP},
    {'n', "note", "note", "write a note that goes with the verdict",
     WN_UNDECIDED},
    {'s', "skip", NULL, "the next row without a verdict; this one stays open",
     WN_UNDECIDED},
    {'p', "previous", NULL, "the row before, to change its verdict",
     WN_UNDECIDED},
    {'b', "back", NULL, "take the last verdict back", WN_UNDECIDED},
    {'/', "filter", "rows where (nothing: all)",
     "show some rows, as in suspicion > 0.9 and given = cat", WN_UNDECIDED},
    {'?', "help", NULL, "this help", WN_UNDECIDED},
    {'q', "quit", NULL, "end; everything is saved already", WN_UNDECIDED},
    {0}};

const struct command *review_command(const char *text, size_t length)
{
    for (const struct command *c = review_commands; c->name; c++)
        if ((length == 1 && *text == c->letter) ||
            (length > 1 && strlen(c->name) == length &&
             memcmp(text, c->name, length) == 0))
            return c;
    return length == 4 && memcmp(text, "undo", 4) == 0 ? review_command("b", 1)
                                                       : NULL;
}

void review_prompt(const struct desk *desk, const struct command *command,
                   struct wn_text *out)
{
    const int32_t offered =
        wn_report_other(&desk->report, desk->item[desk->at].row);

    wn_text_format(out, "%s", command->asks);
    if (command->letter == 'r' && offered >= 0) {
        wn_text_format(out, " [%s]", wn_report_title(&desk->report, offered));
    }
    wn_text_format(out, ": ");
}

int review_do(struct desk *desk, const struct command *command,
              const char *argument, struct wn_error *error)
{
    desk->message.length = 0;
    if (desk->message.bytes)
        *desk->message.bytes = '\0';
    if (command->decision != WN_UNDECIDED)
        give_verdict(desk, command->decision, -1);
    else if (command->letter == 'r')
        relabel(desk, argument);
    else if (command->letter == 'n')
        take_note(desk, argument);
    else if (command->letter == 's')
        skip(desk);
    else if (command->letter == 'p')
        go_back(desk);
    else if (command->letter == '/')
        filter_items(desk, argument);
    else if (command->letter == 'b')
        undo(desk);
    desk->over |= command->letter == 'q';
    return review_explain(desk, error);
}
