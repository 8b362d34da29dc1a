/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transcripts: a file in another encoding as UTF-8 text, line by line, in a
 * temporary file.
 *
 *     source      p \\0 ; \\0 \\n \\0 \\374 \\0 ; \\0 \\n \\0
 *     transcript  p ; \\n ü ; \\n
 *
 * All that is read later is the transcript. Records begin and end where lines
 * do, so a list of the lines leads back to the bytes of the source. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv/csv_private.h"
#include "util/file.h"
#include "util/memory.h"

enum { PIECE = 1 << 20 };

static void add_part(struct wn_transcript *transcript, uint64_t own,
                     uint64_t source)
{
    const size_t at = transcript->count++;

    wn_grow(&transcript->own, &transcript->own_capacity, at + 1,
            sizeof *transcript->own);
    wn_grow(&transcript->source, &transcript->source_capacity, at + 1,
            sizeof *transcript->source);
    transcript->own[at] = own;
    transcript->source[at] = source;
}

uint64_t wn_transcript_find(const struct wn_transcript *transcript,
                            uint64_t own)
{
    size_t low = 0, high = transcript->count;

    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;

        if (transcript->own[middle] <= own)
            low = middle;
        else
            high = middle;
    }
    return transcript->source[low];
}

void wn_transcript_free(struct wn_transcript *transcript)
{
    if (transcript->descriptor >= 0)
        close(transcript->descriptor);
    free(transcript->own);
    free(transcript->source);
    wn_encoding_close(transcript->encoding);
}

/* The end of the first line of text[from..length), after its line feed, which
 * stands at a multiple of its own size; 0 if there is none. */
static size_t find_line_end(const char *text, size_t from, size_t length,
                            const struct wn_text *feed)
{
    const size_t unit = feed->length;

    for (size_t at = from; at + unit <= length; at += unit) {
        const char *next = memchr(text + at, feed->bytes[0], length - at);

        if (!next)
            break;
        at = (size_t)(next - text) / unit * unit;
        if (at + unit <= length && memcmp(text + at, feed->bytes, unit) == 0)
            return at + unit;
    }
    return 0;
}

/* Where a transcript is being made. */
struct writing {
    struct wn_transcript *transcript;
    const struct wn_window *file;
    const struct wn_csv_form *form;
    int descriptor; /* of the temporary file */
    struct wn_text out;
    uint64_t written; /* bytes before those in `out` */
    uint64_t line;
};

/* Decode one line, or the rest of the file, at byte `at` of it. Returns 1; 0 if
 * its last character goes on behind the line feed; -1. */
static int decode_line(struct writing *writing, const char *text, size_t length,
                       uint64_t at, bool last, struct wn_error *error)
{
    struct wn_encoding *encoding = writing->transcript->encoding;
    const size_t begin = writing->out.length;
    size_t done = 0;

    while (done < length) {
        bool incomplete;

        done += wn_encoding_decode(encoding, text + done, length - done,
                                   &writing->out, &incomplete);
        if (done == length)
            break;
        if (incomplete && !last) {
            writing->out.length = begin;
            return 0;
        }
        if (!writing->form->reject)
            return wn_fail(
                error, WN_EDATA,
                "%s:%llu: found 0x%02x at byte %zu of the line, byte "
                "%llu of the file, wanted text in %s: another "
                "--encoding?",
                writing->file->name, (unsigned long long)writing->line,
                (unsigned char)text[done], done + 1,
                (unsigned long long)(at + done + 1),
                wn_encoding_name(encoding));
        /* The record will be left out, because this is no UTF-8. */
        wn_text_add(&writing->out, "\xff", 1);
        done += wn_encoding_feed(encoding)->length;
    }
    add_part(writing->transcript, writing->written + begin, at);
    writing->line++;
    return 1;
}

static int flush(struct writing *writing, size_t least, struct wn_error *error)
{
    if (writing->out.length < least)
        return 0;
    if (wn_write_all(writing->descriptor, writing->out.bytes,
                     writing->out.length, "temporary file", error))
        return -1;
    writing->written += writing->out.length;
    writing->out.length = 0;
    return 0;
}

/* Decode the lines of the file. */
static int decode_lines(struct writing *writing, struct wn_error *error)
{
    struct wn_transcript *transcript = writing->transcript;
    struct wn_window window = *writing->file;
    const struct wn_text *feed = wn_encoding_feed(transcript->encoding);
    struct wn_hash *digest = wn_hash_new();
    uint64_t at = wn_encoding_mark(transcript->encoding), hashed = 0;
    size_t want = PIECE;
    int status = 0;

    window.bytes = NULL;
    window.capacity = 0;
    while (at < window.size && status == 0) {
        status = wn_window_load(&window, at, want, error);
        if (status)
            break;
        const bool last = at + window.length == window.size;
        size_t begin = 0, from = 0;
        while (begin < window.length && status == 0) {
            size_t end = find_line_end(window.bytes, from, window.length, feed);

            if (end == 0 && !last)
                break;
            end = end ? end : window.length;
            const int done =
                decode_line(writing, window.bytes + begin, end - begin,
                            at + begin, last && end == window.length, error);
            if (done < 0)
                status = -1;
            begin = done > 0 ? end : begin;
            from = end;
            if (status == 0)
                status = flush(writing, PIECE, error);
        }
        want = begin ? PIECE : 2 * want;
        if (status == 0 && begin == 0 &&
            window.length > writing->form->max_record)
            status = wn_fail(error, WN_EDATA,
                             "%s:%llu: found a line of more than %zu bytes, "
                             "wanted at most that (--max-record)",
                             window.name, (unsigned long long)writing->line,
                             writing->form->max_record);
        at += begin;
    }
    wn_window_free(&window);
    for (; status == 0 && hashed < window.size; hashed += window.length) {
        const uint64_t left = window.size - hashed;

        status = wn_window_load(&window, hashed,
                                left < PIECE ? (size_t)left : PIECE, error);
        wn_hash_add(digest, window.bytes, window.length);
    }
    wn_window_free(&window);
    wn_hash_text(digest, transcript->digest);
    wn_hash_free(digest);
    return status;
}

int wn_transcript_decode(struct wn_transcript *transcript,
                         struct wn_window *file, const struct wn_csv_form *form,
                         struct wn_error *error)
{
    struct writing writing = {
        .transcript = transcript, .file = file, .form = form, .line = 1};

    transcript->encoding =
        wn_encoding_open(form->encoding, file->bytes, file->length, error);
    if (!transcript->encoding)
        return -1;
    writing.descriptor = wn_temporary(error);
    if (writing.descriptor < 0)
        return -1;
    if (decode_lines(&writing, error) || flush(&writing, 0, error)) {
        wn_text_free(&writing.out);
        close(writing.descriptor);
        return -1;
    }
    wn_text_free(&writing.out);
    add_part(transcript, writing.written, file->size);
    transcript->descriptor = file->descriptor;
    transcript->size = file->size;
    file->descriptor = writing.descriptor;
    file->size = writing.written;
    return wn_window_load(file, 0, file->step, error);
}
