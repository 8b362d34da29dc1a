/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: write the stage /data of an audit file. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "prog/ingest/ingest.h"
#include "util/arena.h"
#include "util/memory.h"

/* --- what all formats share ---------------------------------------------- */

int ingest_check_memory(const struct wn_run *run, size_t rows, double row_bytes,
                        double other, size_t columns, const char *unit,
                        struct wn_error *error)
{
    char what[100];

    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (wn_option_given(run->options, wn_role_kinds[r].name))
            row_bytes += sizeof(int32_t);
    snprintf(what, sizeof what, "%zu rows of %zu %s", rows, columns, unit);
    return wn_run_check_memory(run, row_bytes * (double)rows + other, what,
                               error);
}

int ingest_write_codes(struct wn_audit_writer *writer, const char *path,
                       size_t n, const int32_t *code, const char *names_path,
                       const struct wn_dictionary *names,
                       struct wn_error *error)
{
    const size_t k = names->count;
    char **name = wn_new(k, sizeof *name);

    for (size_t c = 0; c < k; c++)
        name[c] =
            wn_copy_text(wn_dictionary_text(names, c), names->value[c].length);
    const int status =
        wn_audit_write_vector(writer, path, n, code, error) ||
                wn_audit_write_names(writer, names_path,
                                     (const char *const *)name, k, error)
            ? -1
            : 0;
    wn_names_free(name, k);
    return status;
}

int ingest_write_roles(struct wn_audit_writer *writer,
                       const struct wn_roles *roles, size_t n,
                       struct wn_error *error)
{
    char path[32], names[40];
    int status = 0;

    for (size_t r = 0; r < WN_ROLE_KINDS && status == 0; r++) {
        const struct wn_role_values *values = &roles->of[r];

        snprintf(path, sizeof path, "data/%s", wn_role_kinds[r].name);
        snprintf(names, sizeof names, "%s_name", path);
        if (values->code)
            status = ingest_write_codes(writer, path, n, values->code, names,
                                        &values->names, error);
        if (values->flag)
            status =
                wn_audit_write_vector(writer, path, n, values->flag, error);
        if (values->amount)
            status =
                wn_audit_write_vector(writer, path, n, values->amount, error);
    }
    return status;
}

int ingest_write_provenance(const struct wn_run *run,
                            const struct provenance *p,
                            struct wn_audit_writer *writer,
                            struct wn_error *error)
{
    const char delimiter[2] = {p->delimiter, '\0'};
    const bool ordinal =
        strcmp(wn_option_text(run->options, "label-type"), "ordinal") == 0;
    /* In the order of the file; those without a text are numbers, or, below 0,
     * absent. */
    const struct {
        const char *attribute, *text;
        double number;
    } about[] = {{"task", ordinal ? "ordinal" : "classification", -1},
                 {"form", p->form, -1},
                 {"arrays", p->arrays, -1},
                 {"source", p->source, -1},
                 {"source_digest", p->digest, -1},
                 {"source_size", NULL, (double)p->size},
                 {"source_rows", NULL, p->arrays ? (double)p->rows : -1},
                 {"label_column", p->label, -1},
                 {"encoding", p->encoding, -1},
                 {"delimiter", p->delimiter ? delimiter : NULL, -1},
                 {"decimal", p->decimal_comma ? "," : NULL, -1}};
    struct wn_text options = {0};

    wn_options_describe(run->options, &options);
    int status = wn_audit_provenance(writer, run->name, wn_text_of(&options),
                                     p->digest, error);
    for (size_t a = 0; a < sizeof about / sizeof *about && status == 0; a++)
        if (about[a].text)
            status = wn_audit_write_text(writer, "data", about[a].attribute,
                                         about[a].text, error);
        else if (about[a].number >= 0)
            status = wn_audit_write_number(writer, "data", about[a].attribute,
                                           about[a].number, error);
    wn_text_free(&options);
    return status;
}

int ingest_write_source(const struct wn_run *run,
                        struct wn_audit_writer *writer, int descriptor,
                        const char *name, uint64_t size, struct wn_error *error)
{
    enum { BLOCK = 1 << 20 };
    const size_t extent[3] = {(size_t)size, 0, 0};
    const char *path = wn_run_input(run);
    struct stat about;
    const bool pipe =
        !path || (stat(path, &about) == 0 && !S_ISREG(about.st_mode));

    if (!pipe || wn_option_on(run->options, "no-keep-source"))
        return 0;
    if (wn_audit_write_begin(writer, "data/source_bytes", WN_U8, extent, error))
        return -1;
    char *block = wn_new(BLOCK, 1);
    int status = 0;
    for (uint64_t at = 0; at < size && status == 0; at += BLOCK) {
        const size_t length =
            size - at < BLOCK ? (size_t)(size - at) : (size_t)BLOCK;

        status = wn_read_at(descriptor, block, length, at, name, error) ||
                         wn_audit_write_append(writer, length, block, error)
                     ? -1
                     : 0;
    }
    free(block);
    return status ? -1 : wn_audit_write_end(writer, error);
}

const char *ingest_source_name(const char *path)
{
    if (!path)
        return "-";
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (*path == '/')
            path++;
    }
    return *path == '/' ? strrchr(path, '/') + 1 : path;
}

/* --- CSV: what the encoder gives ----------------------------------------- */

static int take_features(void *context, size_t n, const float *features,
                         struct wn_error *error)
{
    struct ingest *ingest = context;
    const struct wn_table *table = &ingest->table;
    const size_t p = table->second_block, d = table->d - p;

    if (table->d == 0)
        return 0;
    if (p == 0)
        return wn_audit_write_append(ingest->writer, n, features, error);
    for (size_t i = 0; i < n; i++, features += table->d)
        if (wn_audit_write_append(ingest->writer, 1, features, error) ||
            wn_array_put(&ingest->second_block, features + d,
                         p * sizeof *features, error))
            return -1;
    return 0;
}

static void take_defect(void *context, struct wn_defect defect,
                        const struct wn_cell *cell)
{
    struct ingest *ingest = context;
    const struct wn_csv *csv = ingest->csv;

    wn_grow(&ingest->defect, &ingest->defect_capacity, ingest->defects + 1,
            sizeof defect);
    ingest->defect[ingest->defects++] = defect;
    if (cell && ingest->noted[defect.column]++ < WN_INGEST_NOTES) {
        uint64_t line = csv->line[defect.row];
        const char *name = wn_csv_where(&csv->form, csv->name, &line);

        wn_log_note(ingest->run->log,
                    "%s:%llu: column %s: found '%.*s', wanted %s", name,
                    (unsigned long long)line, csv->column[defect.column],
                    wn_text_shown(cell->length), cell->text,
                    wn_table_wanted(&ingest->table, defect.column));
    }
}

static void take_id(void *context, const struct wn_cell *cell)
{
    struct ingest *ingest = context;

    wn_grow(&ingest->id_offset, &ingest->id_capacity, ingest->ids + 2,
            sizeof *ingest->id_offset);
    wn_text_add(&ingest->id, cell->text, cell->length);
    if (ingest->ids == 0)
        ingest->id_offset[0] = 0;
    ingest->id_offset[++ingest->ids] = ingest->id.length;
}

/* Encode all rows. The second block waits in a temporary file, as an array of
 * --features-b does, until the first block is written. */
static int write_features(struct ingest *ingest, struct wn_error *error)
{
    const struct wn_table *table = &ingest->table;
    const size_t d = table->d - table->second_block;
    const size_t extent[3] = {table->csv->rows, d, 0};
    const struct wn_table_sink sink = {ingest, take_features, take_defect,
                                       take_id};
    struct wn_array *second = &ingest->side.features_b;

    /* Without features there are still ids and defects. */
    if (table->d == 0)
        return wn_table_encode(table, &sink, error);
    if (wn_audit_write_begin(ingest->writer, "data/features", WN_F32, extent,
                             error))
        return -1;
    if (table->second_block) {
        if (wn_array_begin(second, "--features-b", error))
            return -1;
        second->rank = 2;
        second->extent[0] = table->csv->rows;
        second->extent[1] = table->second_block;
        second->width = sizeof(float);
        if (!wn_array_shape(second))
            return wn_fail(error, WN_EIO, "--features-b: too large");
        wn_array_sink_open(&ingest->second_block, second);
    }
    int status = wn_table_encode(table, &sink, error);
    if (table->second_block &&
        wn_array_sink_close(&ingest->second_block, status == 0, error))
        status = -1;
    return status || wn_audit_write_end(ingest->writer, error) ||
                   wn_audit_write_names(
                       ingest->writer, "data/feature_name",
                       (const char *const *)table->feature_name, d, error)
               ? -1
               : 0;
}

/* The files that are one table. */
static int write_files(const struct ingest *ingest, struct wn_error *error)
{
    const struct wn_csv_parts *parts = &ingest->csv->parts;
    const size_t count = parts->count;
    const char **text = wn_new(count, 2 * sizeof *text);
    uint64_t *number = wn_new(count, 3 * sizeof *number);
    const struct wn_vector vectors[] = {
        {"data/file/name", text},
        {"data/file/digest", text + count},
        {"data/file/size", number},
        {"data/file/skip", number + count},
        {"data/file/begin", number + 2 * count}};

    for (size_t p = 0; p < count; p++) {
        const struct wn_csv_part *part = &parts->part[p];

        text[p] = ingest_source_name(part->name);
        text[count + p] = part->digest;
        number[p] = part->size;
        number[count + p] = part->skip;
        number[2 * count + p] = part->begin;
    }
    const int status =
        count ? wn_audit_write_vectors(ingest->writer, count, vectors, 5, error)
              : 0;
    free(text);
    free(number);
    return status;
}

/* --- CSV: all of it ------------------------------------------------------ */

/* Where the rows are in the source, what they are called, and which records
 * were left out. */
static int write_rows(struct ingest *ingest, struct wn_error *error)
{
    const struct wn_csv *csv = ingest->csv;
    struct wn_audit_writer *writer = ingest->writer;
    const size_t n = csv->rows;
    const size_t left = csv->left_outs;
    struct wn_arena arena = {0};
    uint64_t *left_out = wn_arena_new(&arena, sizeof *left_out, 2 * left, 1);
    uint64_t *offset = wn_arena_new(&arena, sizeof *offset, n + 1, 1);
    uint64_t *line = wn_arena_new(&arena, sizeof *line, n, 1);

    for (size_t i = 0; i < n; i++) {
        line[i] = csv->line[i];
        (void)wn_csv_where(&csv->form, NULL, &line[i]);
    }
    wn_csv_to_source(csv, csv->left_out, 2 * left, left_out);
    wn_csv_to_source(csv, csv->offset, n + 1, offset);
    const int status =
        (left && wn_audit_write(writer, "data/left_out", WN_U64,
                                (size_t[3]){left, 2, 0}, left_out, error)) ||
                wn_audit_write_vector(writer, "data/row_offset", n + 1, offset,
                                      error) ||
                wn_audit_write_vector(writer, "data/row_line", n, line,
                                      error) ||
                write_files(ingest, error) ||
                wn_audit_write_vector(writer, "data/row_hash", n, csv->hash,
                                      error) ||
                (ingest->ids &&
                 (wn_audit_write_vector(writer, "data/id_offset", n + 1,
                                        ingest->id_offset, error) ||
                  wn_audit_write_vector(writer, "data/id", ingest->id.length,
                                        wn_text_of(&ingest->id), error)))
            ? -1
            : 0;
    wn_arena_free(&arena);
    return status;
}

int ingest_write(struct ingest *ingest, struct wn_error *error)
{
    const struct wn_table *table = &ingest->table;
    const struct wn_csv *csv = ingest->csv;
    const size_t n = csv->rows;
    const size_t extent[3] = {n, table->classes.count, 0};
    struct wn_audit_writer *writer =
        wn_run_create(ingest->run, NULL, WN_DATA, error);

    const bool json = csv->form.json_lines;
    const struct provenance provenance = {
        .form = json ? "jsonl" : NULL,
        .source = ingest_source_name(wn_run_input(ingest->run)),
        .digest = csv->digest,
        .size = csv->size,
        .label = csv->column[table->label_column],
        .delimiter = json ? (char)0 : csv->form.delimiter,
        .decimal_comma = !json && csv->form.decimal_comma,
        .encoding = csv->encoding};

    if (!writer)
        return -1;
    size_t *order = ingest_class_order(&table->classes);
    int status = -1;
    ingest->writer = writer;
    ingest->noted = wn_new(csv->columns, sizeof *ingest->noted);
    if (write_features(ingest, error) ||
        ingest_write_codes(writer, "data/label", n, table->label,
                           "data/label_name", &table->classes, error) ||
        ingest_write_variants(ingest->run, writer, csv->name,
                              csv->column[table->label_column], &table->classes,
                              error) ||
        ingest_write_roles(writer, &ingest->roles, n, error) ||
        (table->user_sets == 1 &&
         wn_audit_write(writer, "data/probability", WN_F32, extent,
                        table->user_probability, error)) ||
        (table->user_sets > 1 &&
         ingest_write_brought(ingest->run, writer, table->user_probability, n,
                              table->classes.count, error)) ||
        ingest_side_arrays_write(&ingest->side, n, order, table->classes.count,
                                 writer, error) ||
        write_rows(ingest, error) ||
        ingest_write_source(ingest->run, writer, csv->descriptor, csv->name,
                            csv->size, error))
        goto done;
    ingest_merge_broken(ingest);
    if (ingest_write_columns(ingest, error) ||
        ingest_write_rules(ingest, error) ||
        ingest_write_provenance(ingest->run, &provenance, writer, error))
        goto done;
    status = 0;
done:
    free(order);
    return status;
}

int ingest_write_brought(const struct wn_run *run,
                         struct wn_audit_writer *writer, const float *brought,
                         size_t n, size_t k, struct wn_error *error)
{
    static const char path[] = "data/member/probability";
    struct wn_text names = {0};
    size_t sets;
    const char *const *text =
        wn_option_list(run->options, "probability", &sets);

    /* What is common to the names of the columns, or the array's own name. */
    for (size_t s = 0; s < sets; s++) {
        const char *slash = strchr(text[s], '(') ? NULL : strrchr(text[s], '/');
        const size_t before = names.length;

        wn_text_format(&names, "%sbrought:", s ? "," : "");
        const size_t begin = names.length;
        for (const char *at = slash ? slash + 1 : text[s]; *at; at++)
            if (strcmp(at, ".npy") == 0)
                break;
            else if (*at == '(')
                at += strcspn(at, ")") - !strchr(at, ')');
            else if (isalnum((unsigned char)*at) || strchr("_-", *at))
                wn_text_add(&names, at, 1);
        while (names.length > begin &&
               strchr("_-", names.bytes[names.length - 1]))
            names.bytes[--names.length] = '\0';
        /* The same as an earlier one, or nothing: the number. */
        struct wn_text own = {0};
        wn_text_format(&own, "%s,", names.bytes + before + (s > 0));
        const char *first = strstr(names.bytes, own.bytes);

        if (names.length == begin || (first && first < names.bytes + before))
            wn_text_format(&names, "%zu", s + 1);
        wn_text_free(&own);
    }
    const int status =
        wn_audit_write(writer, path, WN_F32, (size_t[3]){sets, n, k}, brought,
                       error) ||
                wn_audit_write_text(writer, path, "names", names.bytes, error)
            ? -1
            : 0;
    wn_text_free(&names);
    return status;
}

void ingest_free(struct ingest *ingest)
{
    wn_audit_abandon(ingest->writer);
    free(ingest->defect);
    wn_text_free(&ingest->id);
    free(ingest->id_offset);
    free(ingest->noted);
    wn_names_free(ingest->hint, ingest->hints);
    wn_clean_free(&ingest->clean);
    wn_roles_free(&ingest->roles);
    ingest_side_arrays_free(&ingest->side);
    ingest_rejects_abandon(&ingest->rejects);
    if (ingest->csv)
        wn_table_free(&ingest->table);
    wn_csv_close(ingest->csv);
}
