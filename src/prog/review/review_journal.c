/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of decisions while review writes it: one line a key, appended by a
 * single write and synced, so that a review may be killed at any moment. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv/csv.h"
#include "prog/review/review.h"
#include "util/date.h"
#include "util/file.h"
#include "util/memory.h"

enum { MOST_HEADER = 65536 };

/* The cells of a line, without quotes; false for a quote that does not close.
 */
static bool split(const char *line, size_t length, char ***cells, size_t *count)
{
    struct wn_text cell = {0};
    size_t capacity = 0;
    bool quoted = false;

    *cells = NULL;
    *count = 0;
    for (size_t at = 0; at <= length; at++) {
        if (at == length || (line[at] == '\t' && !quoted)) {
            wn_grow(cells, &capacity, *count + 1, sizeof **cells);
            (*cells)[(*count)++] = wn_copy_text(wn_text_of(&cell), cell.length);
            cell.length = 0;
        } else if (line[at] == '"') {
            quoted = !quoted;
        } else {
            wn_text_add(&cell, line + at, 1);
        }
    }
    wn_text_free(&cell);
    return !quoted;
}

/* Make the file end after `size` bytes, or at once if it has fewer. */
static int cut(const struct journal *journal, off_t size,
               struct wn_error *error)
{
    return ftruncate(journal->descriptor, size) || fsync(journal->descriptor)
               ? wn_fail_errno(error, "%s: cannot mend", journal->path)
               : 0;
}

static int append(const struct journal *journal, const struct wn_text *line,
                  struct wn_error *error)
{
    struct stat before;

    if (fstat(journal->descriptor, &before))
        return wn_fail_errno(error, "%s: cannot write", journal->path);
    if (wn_write_all(journal->descriptor, line->bytes, line->length,
                     journal->path, error) == 0) {
        if (fsync(journal->descriptor) == 0)
            return 0;
        wn_fail_errno(error, "%s: cannot write", journal->path);
    }
    /* Half a line would spoil the next one. */
    if (ftruncate(journal->descriptor, before.st_size))
        wn_fail(error, WN_EIO, "%s: half a line stands at its end",
                journal->path);
    return -1;
}

/* A new file: its header. The name must survive a crash, too. */
static int begin(struct journal *journal, struct wn_error *error)
{
    const char *slash = strrchr(journal->path, '/');
    struct wn_text line = {0}, folder = {0};

    wn_decision_head_add(&line);
    wn_text_add(&line, "\n", 1);
    int status = append(journal, &line, error);
    if (slash)
        wn_text_add(&folder, journal->path,
                    (size_t)(slash - journal->path) + 1);
    const int directory =
        open(slash ? folder.bytes : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        fsync(directory);
        close(directory);
    }
    split(line.bytes, line.length - 1, &journal->column, &journal->columns);
    wn_text_free(&line);
    wn_text_free(&folder);
    return status;
}

static bool has_column(const struct journal *journal, const char *name)
{
    for (size_t c = 0; c < journal->columns; c++)
        if (strcmp(journal->column[c], name) == 0)
            return true;
    return false;
}

/* Read the header of a file of `size` bytes; *begun is set if there is none
 * yet, only the beginning of ours. */
static int read_header(struct journal *journal, size_t size, bool *begun,
                       struct wn_error *error)
{
    static const char *const needed[] = {"hash", "verdict", "who", "when",
                                         "note"};
    size_t length = size < MOST_HEADER ? size : MOST_HEADER;
    char *head = wn_new(length + 1, 1);
    int status = -1;

    if (wn_read_at(journal->descriptor, head, length, 0, journal->path, error))
        goto done;
    const char *end = memchr(head, '\n', length);
    struct wn_text ours = {0};

    wn_decision_head_add(&ours);
    *begun =
        !end && length < ours.length && memcmp(head, ours.bytes, length) == 0;
    wn_text_free(&ours);
    if (*begun) {
        status = 0;
        goto done;
    }
    const char *from = head;
    size_t rest = end ? (size_t)(end - head) : length;

    if (rest >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0) {
        from += 3;
        rest -= 3;
    }
    rest -= rest && from[rest - 1] == '\r';
    split(from, rest, &journal->column, &journal->columns);
    for (size_t n = 0; n < sizeof needed / sizeof *needed; n++)
        if (!has_column(journal, needed[n])) {
            wn_fail(error, WN_EDATA,
                    "%s:1: found no column %s, wanted the header of a table "
                    "of report --decisions-template",
                    journal->path, needed[n]);
            goto done;
        }
    status = 0;
done:
    free(head);
    return status;
}

/* Bring the last line to its end, or cut it off. */
static int mend(struct journal *journal, size_t size, struct wn_error *error)
{
    const struct wn_text end = {.bytes = (char[]){"\n"}, .length = 1};
    size_t length = size < MOST_HEADER ? size : MOST_HEADER;
    char *tail = wn_new(length, 1);
    char **cells = NULL;
    size_t count = 0;
    int status = -1;

    if (wn_read_at(journal->descriptor, tail, length, size - length,
                   journal->path, error))
        goto done;
    status = 0;
    if (tail[length - 1] == '\n')
        goto done;
    const char *before = memrchr(tail, '\n', length);
    const char *line = before ? before + 1 : tail;
    const size_t torn = length - (size_t)(line - tail);

    if ((before || length == size) && split(line, torn, &cells, &count) &&
        count == journal->columns) {
        status = append(journal, &end, error);
        goto done;
    }
    if (!before) {
        status = wn_fail(error, WN_EDATA, "%s: its last line is too long",
                         journal->path);
        goto done;
    }
    wn_text_format(
        &journal->mended,
        "%s: the last line was torn and is cut off: ", journal->path);
    wn_text_add_visible(&journal->mended, line, (size_t)wn_text_shown(torn));
    status = cut(journal, (off_t)(size - torn), error);
done:
    wn_names_free(cells, count);
    free(tail);
    return status;
}

int review_journal_open(struct journal *journal, const char *path,
                        const char *who, struct wn_error *error)
{
    struct stat about;
    bool begun = true;

    *journal = (struct journal){.path = path, .who = who};
    journal->descriptor =
        open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
    if (journal->descriptor < 0 || fstat(journal->descriptor, &about))
        return wn_fail_errno(error, "%s: cannot open", path);
    if (!S_ISREG(about.st_mode))
        return wn_fail(error, WN_EUSAGE, "%s: not a regular file", path);
    if (flock(journal->descriptor, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK
                   ? wn_fail(error, WN_EBUSY, "%s: another review has it open",
                             path)
                   : wn_fail_errno(error, "%s: cannot lock", path);
    /* The other review may have written since. */
    if (fstat(journal->descriptor, &about))
        return wn_fail_errno(error, "%s: cannot open", path);
    const size_t size = (size_t)about.st_size;

    if (size && read_header(journal, size, &begun, error))
        return -1;
    if (begun)
        return cut(journal, 0, error) ? -1 : begin(journal, error);
    return mend(journal, size, error);
}

int review_journal_append(struct journal *journal,
                          const struct wn_report *report,
                          struct wn_decision_line *line, struct wn_error *error)
{
    struct wn_text text = {0};
    char when[32];

    wn_date_format(wn_run_clock(), when);
    line->who = journal->who;
    line->when = when;
    wn_decision_line_add(report, line, (const char *const *)journal->column,
                         journal->columns, &text);
    wn_text_add(&text, "\n", 1);
    const int status = append(journal, &text, error);
    line->when = NULL;
    wn_text_free(&text);
    return status;
}

/* --- what is in the file besides verdicts --------------------------------- */

struct notes {
    long hash, verdict, note, who, when; /* columns */
    const uint64_t *of;
    size_t count;
    char **note_of;
    const char *whose;
    double before; /* the time of their last line, or NaN */
    struct pace *pace;
};

static void read_pace(struct notes *notes, const struct wn_cell *cells)
{
    const struct wn_cell *who = &cells[notes->who], *when = &cells[notes->when];
    struct wn_date date;

    if (who->length != strlen(notes->whose) ||
        memcmp(who->text, notes->whose, who->length) != 0 ||
        !wn_date_parse(when->text, when->length, WN_YEAR_FIRST, &date))
        return;
    const double now = wn_date_instant(&date), took = now - notes->before;

    if (cells[notes->verdict].length && took > 0 && took <= BREAK)
        notes->pace->second[notes->pace->count++ % PACE] = took;
    notes->before = now;
}

static int read_line(void *context, size_t row, const struct wn_cell *cells,
                     struct wn_error *error)
{
    struct notes *notes = context;
    const struct wn_cell *hash = &cells[notes->hash];
    const struct wn_cell *note = &cells[notes->note];

    (void)row;
    (void)error;
    read_pace(notes, cells);
    if (cells[notes->verdict].length || !note->length)
        return 0;
    for (size_t r = 0; r < notes->count; r++) {
        char text[32];

        snprintf(text, sizeof text, "h%016llx",
                 (unsigned long long)notes->of[r]);
        if (hash->length != strlen(text) ||
            memcmp(hash->text, text, hash->length))
            continue;
        free(notes->note_of[r]);
        notes->note_of[r] = wn_copy_text(note->text, note->length);
    }
    return 0;
}

int review_journal_read(const struct journal *journal, const uint64_t *hash,
                        size_t count, char **note, struct pace *pace,
                        struct wn_error *error)
{
    struct wn_csv_form form = wn_csv_default_form;
    struct notes notes = {.of = hash,
                          .count = count,
                          .note_of = note,
                          .whose = journal->who,
                          .before = NAN,
                          .pace = pace};

    form.delimiter = '\t';
    form.no_rows = true;
    struct wn_csv *csv = wn_csv_open(journal->path, &form, error);
    if (!csv)
        return -1;
    struct wn_csv_reader *reader = wn_csv_reader_new(csv);

    notes.hash = wn_csv_find(csv, "hash");
    notes.verdict = wn_csv_find(csv, "verdict");
    notes.note = wn_csv_find(csv, "note");
    notes.who = wn_csv_find(csv, "who");
    notes.when = wn_csv_find(csv, "when");
    assert(notes.hash >= 0 && notes.verdict >= 0 && notes.note >= 0 &&
           notes.who >= 0 && notes.when >= 0);
    const int status =
        csv->rows ? wn_csv_read(reader, 0, csv->rows, read_line, &notes, error)
                  : 0;
    wn_csv_reader_free(reader);
    wn_csv_close(csv);
    return status;
}

void review_journal_close(struct journal *journal)
{
    if (journal->descriptor >= 0)
        close(journal->descriptor);
    wn_names_free(journal->column, journal->columns);
    wn_text_free(&journal->mended);
    *journal = (struct journal){.descriptor = -1};
}
