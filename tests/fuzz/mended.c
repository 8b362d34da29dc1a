/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Audit files of somebody who writes digests as we do. The mutation changes
 * datasets, extents, attributes and chunks through the HDF5 library and makes
 * all digests right; the target does with the file what report does, and is not
 * stopped by a child that looks first. */
#include "fuzz.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_private.h"
#include "audit/dataset.h"
#include "render/render.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/text.h"

#define CONTROLS "\x1b]52;c;QUJD\x07"

#define WN_LAYOUT(path, type, extents, values, about)                          \
    {path, type, extents, values, about},
#define WN_TOGETHER(group, names)
#define WN_CHOICE(path, name, words)
static const struct wn_layout layout[] = {
#include "audit/layout.def"
};
enum { LAYOUT = sizeof layout / sizeof *layout, OBJECTS = 256, PATH = 128 };

static struct {
    hid_t file;
    size_t count;
    char path[OBJECTS][PATH];
    bool group[OBJECTS];
    size_t letter[128]; /* what the extents' letters stand for */
} audit;

static const char *const texts[] = {CONTROLS,
                                    "a;rm -rf ~;#",
                                    "$(reboot)",
                                    "\xff\xfe",
                                    "\xc2\x9b",
                                    "'\"`\n\r\t,",
                                    "",
                                    "/etc/passwd",
                                    "hdf5",
                                    "npy",
                                    "libsvm",
                                    "a,b,c",
                                    ",,,",
                                    "\xe2\x80\xae",
                                    "keep",
                                    "label",
                                    "nan",
                                    "1e400",
                                    "winnow-audit"};

static size_t below(struct wn_random *random, size_t most)
{
    return most ? (size_t)wn_random_below(random, most) : 0;
}

/* --- the file ------------------------------------------------------------- */

static herr_t add_object(hid_t file, const char *name, const H5O_info_t *about,
                         void *context)
{
    (void)file, (void)context;
    if (strcmp(name, ".") && audit.count < OBJECTS && strlen(name) < PATH) {
        audit.group[audit.count] = about->type == H5O_TYPE_GROUP;
        strcpy(audit.path[audit.count++], name);
    }
    return 0;
}

static void list_objects(void)
{
    audit.count = 0;
    H5Ovisit2(audit.file, H5_INDEX_NAME, H5_ITER_INC, add_object, NULL,
              H5O_INFO_BASIC);
}

/* A dataset and its bytes; of one that cannot be read safely there are none. */
struct content {
    struct wn_hdf5_shape shape;
    size_t size;
    char *bytes;
};

static size_t fill_size(struct content *content)
{
    const size_t *extent = content->shape.extent;

    content->size = content->shape.width;
    for (int r = 0; r < content->shape.rank; r++)
        content->size *= extent[r];
    return content->size;
}

static void read_set(const char *path, struct content *content)
{
    const hid_t set = H5Dopen2(audit.file, path, H5P_DEFAULT);
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    const hsize_t zero[3] = {0};
    hsize_t extent[3] = {1, 1, 1}, chunk[3], stored = 0;
    bool known = false;

    *content = (struct content){.shape = {.extent = {1, 1, 1}}};
    content->shape.width = H5Tget_size(type);
    content->shape.rank = H5Sget_simple_extent_ndims(space);
    for (int t = WN_U8; t <= WN_NAMES && !known; t++) {
        const hid_t one = wn_hdf5_type((enum wn_type)t, content->shape.width);

        known = H5Tequal(type, one) > 0;
        content->shape.type = (enum wn_type)t;
        wn_hdf5_close(one);
    }
    if (known && content->shape.rank >= 1 && content->shape.rank <= 3) {
        H5Sget_simple_extent_dims(space, extent, NULL);
        for (int r = 0; r < 3; r++)
            content->shape.extent[r] = (size_t)extent[r];
        wn_chunk_extents(&content->shape, chunk);
        const size_t size = fill_size(content);
        if (size == 0 || (chunk[0] == extent[0] &&
                          H5Dget_chunk_storage_size(set, zero, &stored) >= 0 &&
                          stored == size + WN_CHUNK_SUM)) {
            content->bytes = wn_new(size + 1, 1);
            if (size && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                content->bytes) < 0) {
                free(content->bytes);
                content->bytes = NULL;
            }
        }
    }
    wn_hdf5_close(space);
    wn_hdf5_close(type);
    wn_hdf5_close(set);
}

/* Replace a dataset, or make it; its attributes stay. */
static void write_set(const char *path, const struct content *content)
{
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t type = wn_hdf5_type(content->shape.type, content->shape.width);
    struct wn_attribute *list = NULL;
    struct wn_error error = {0};
    hsize_t extent[3], chunk[3];
    size_t count = 0;

    for (int r = 0; r < 3; r++)
        extent[r] = content->shape.extent[r];
    wn_chunk_extents(&content->shape, chunk);
    if (H5Lexists(audit.file, path, H5P_DEFAULT) > 0) {
        const hid_t old = H5Dopen2(audit.file, path, H5P_DEFAULT);

        (void)!wn_attributes_read(old, &list, &count, &error);
        wn_hdf5_close(old);
        H5Ldelete(audit.file, path, H5P_DEFAULT);
    }
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_obj_track_times(creation, 0);
    H5Pset_chunk(creation, content->shape.rank, chunk);
    H5Pset_fletcher32(creation);
    const hid_t space = H5Screate_simple(content->shape.rank, extent, NULL);
    const hid_t set =
        H5Dcreate2(audit.file, path, type, space, links, creation, H5P_DEFAULT);
    if (content->size)
        H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content->bytes);
    for (size_t a = 0; a < count && !error.code; a++)
        (void)!wn_attribute_write(set, &list[a]);
    wn_attributes_free(error.code ? NULL : list, count);
    wn_hdf5_close(set);
    wn_hdf5_close(space);
    wn_hdf5_close(type);
    wn_hdf5_close(creation);
    wn_hdf5_close(links);
}

static const struct wn_layout *row_of(const char *path)
{
    for (size_t l = 0; l < LAYOUT; l++) {
        const size_t star = strcspn(layout[l].path, "*");

        if (strncmp(layout[l].path, path, star) == 0 &&
            (layout[l].path[star] || !path[star]))
            return &layout[l];
    }
    return NULL;
}

/* The extents that the table wants; the letters are known. */
static int wanted_extents(const struct wn_layout *row, size_t extent[3])
{
    const char *at = row->extents;
    int rank = 0;

    extent[0] = extent[1] = extent[2] = 1;
    for (; *at && rank < 3; at += *at == ',') {
        const bool letter = *at >= 'a' && *at <= 'z';
        size_t found = letter ? audit.letter[(int)*at++] : 0;
        char *end = (char *)at;

        found += (size_t)strtoul(at + (letter && *at == '+'), &end, 10);
        extent[rank++] = found;
        at = end + strcspn(end, ",");
    }
    return rank;
}

/* Let the letters stand for what the datasets have. */
static void read_letters(struct wn_random *random)
{
    for (size_t l = 'a'; l <= 'z'; l++)
        audit.letter[l] = below(random, 4);
    for (size_t o = audit.count; o-- > 0;) {
        const struct wn_layout *row =
            audit.group[o] ? NULL : row_of(audit.path[o]);
        struct content content;
        const char *at = row ? row->extents : "";

        if (!row)
            continue;
        read_set(audit.path[o], &content);
        for (int r = 0; *at && r < content.shape.rank; r++) {
            if (*at >= 'a' && *at <= 'z' && at[1] != '+')
                audit.letter[(int)*at] = content.shape.extent[r];
            at += strcspn(at, ",");
            at += *at == ',';
        }
        free(content.bytes);
    }
}

/* --- changes ---------------------------------------------------------------
 */

static void put_number(struct content *content, size_t cell,
                       struct wn_random *random)
{
    static const double reals[] = {NAN, INFINITY, -INFINITY, -1,     0,     1,
                                   2,   1e38,     -0.0,      5e-324, 1e300, .5};
    static const int64_t wholes[] = {
        -1,  -2,        0,         1,         2,         3,     40,     41,
        255, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 65536, 1 << 30};
    const double real = below(random, 4)
                            ? reals[below(random, sizeof reals / sizeof *reals)]
                            : wn_random_unit(random);
    const int64_t whole =
        below(random, 4) ? wholes[below(random, sizeof wholes / sizeof *wholes)]
                         : (int64_t)below(random, 50);
    const float narrow = (float)real;
    char *at = content->bytes + cell * content->shape.width;

    memcpy(at,
           content->shape.type == WN_F64   ? (const void *)&real
           : content->shape.type == WN_F32 ? (const void *)&narrow
                                           : (const void *)&whole,
           content->shape.width);
}

static void put_name(struct content *content, size_t cell,
                     struct wn_random *random)
{
    char *at = content->bytes + cell * content->shape.width;
    const char *text = texts[below(random, sizeof texts / sizeof *texts)];
    const size_t length = strlen(text);

    memset(at, 0, content->shape.width);
    memcpy(at, text,
           length < content->shape.width ? length : content->shape.width);
}

static void change_cells(struct content *content, struct wn_random *random)
{
    const size_t cells = content->size / content->shape.width;
    const size_t first = below(random, cells);
    const size_t count = below(random, 3) ? 1 + below(random, 3) : cells;

    for (size_t c = first; c < cells && c < first + count; c++)
        if (content->shape.type == WN_NAMES)
            put_name(content, c, random);
        else
            put_number(content, c, random);
    /* The cells in another order. */
    for (size_t c = 0; count == cells && c + 1 < cells && below(random, 2); c++)
        memcpy(content->bytes + c * content->shape.width,
               content->bytes + (c + 1) * content->shape.width,
               content->shape.width);
}

/* The same bytes, as far as they go, with another extent or width. */
static void resize(struct content *content, int axis, size_t extent)
{
    const size_t before = content->size;
    char *old = content->bytes;

    if (axis < content->shape.rank)
        content->shape.extent[axis] = extent;
    const size_t size = fill_size(content);
    if (size > FUZZ_MOST / 4) {
        content->size = 0;
        content->shape.extent[0] = 0;
    }
    content->bytes = wn_new(content->size + 1, 1);
    memcpy(content->bytes, old,
           before < content->size ? before : content->size);
    free(old);
}

static void change_set(const char *path, struct wn_random *random)
{
    struct content content;

    read_set(path, &content);
    if (!content.bytes)
        return;
    switch (below(random, 24)) {
    case 0:
        resize(&content, (int)below(random, (size_t)content.shape.rank),
               below(random, 3) ? content.shape.extent[0] + 1 - below(random, 3)
                                : below(random, 60));
        break;
    case 1:
        if (content.shape.type == WN_NAMES) {
            content.shape.width = 1 + below(random, 100);
            resize(&content, 3, 0);
        }
        /* fallthrough */
    default:
        if (content.size)
            change_cells(&content, random);
    }
    if (content.shape.extent[0] <= FUZZ_MOST)
        write_set(path, &content);
    free(content.bytes);
}

/* All datasets with a letter get another extent together. */
static void change_letter(struct wn_random *random)
{
    const char letter = "nkdmcbtgsaeph"[below(random, 13)];
    const size_t value =
        below(random, 4) ? below(random, 4) : below(random, 60);

    for (size_t o = 0; o < audit.count; o++) {
        const struct wn_layout *row =
            audit.group[o] ? NULL : row_of(audit.path[o]);
        struct content content;
        const char *at = row ? row->extents : "";

        if (!row || !strchr(row->extents, letter))
            continue;
        read_set(audit.path[o], &content);
        for (int r = 0; content.bytes && *at; r++) {
            if (*at == letter)
                resize(&content, r, value + (at[1] == '+'));
            at += strcspn(at, ",");
            at += *at == ',';
        }
        if (content.bytes)
            write_set(audit.path[o], &content);
        free(content.bytes);
    }
}

/* A dataset that is not there, as the table wants it. */
static void add_set(struct wn_random *random)
{
    const struct wn_layout *row = &layout[below(random, LAYOUT)];
    const size_t star = strcspn(row->path, "*");
    struct content content = {.shape = {.type = row->type}};
    char path[PATH];

    snprintf(path, sizeof path, "%.*s%s", (int)star, row->path,
             row->path[star] ? "el2n" : "");
    if (H5Lexists(audit.file,
                  row->path[0] == 'd'   ? "data"
                  : row->path[0] == 's' ? "score"
                                        : "flag",
                  H5P_DEFAULT) <= 0)
        return;
    content.shape.width =
        row->type == WN_NAMES ? 1 + below(random, 9) : wn_type_size(row->type);
    content.shape.rank = wanted_extents(row, content.shape.extent);
    if (fill_size(&content) > FUZZ_MOST / 4)
        return;
    content.bytes = wn_new(content.size + 1, 1);
    for (size_t c = 0; c < content.size / content.shape.width; c++)
        if (row->type == WN_NAMES)
            content.bytes[c * content.shape.width] = (char)('a' + c % 26);
        else if (row->type == WN_F32 || row->type == WN_F64)
            put_number(&content, c, random);
        else
            content.bytes[c * content.shape.width] = (char)below(random, 3);
    write_set(path, &content);
    free(content.bytes);
}

/* A first chunk that is too short or too long, or without its checksum. */
static void break_chunk(const char *path, struct wn_random *random)
{
    const hsize_t zero[3] = {0};
    struct content content;

    read_set(path, &content);
    if (content.bytes && content.size) {
        const hid_t set = H5Dopen2(audit.file, path, H5P_DEFAULT);
        const size_t size = below(random, content.size + 40);
        char *bytes = wn_new(content.size + 40, 1);

        memcpy(bytes, content.bytes, content.size);
        H5Dwrite_chunk(set, H5P_DEFAULT, (uint32_t)below(random, 3), zero,
                       size ? size : 1, bytes);
        free(bytes);
        wn_hdf5_close(set);
    }
    free(content.bytes);
}

static void change_attribute(const char *path, struct wn_random *random)
{
    const hid_t object = H5Oopen(audit.file, path, H5P_DEFAULT);
    struct wn_attribute *list;
    struct wn_error error = {0};
    size_t count;

    const bool read = wn_attributes_read(object, &list, &count, &error) == 0;
    if (read && count) {
        struct wn_attribute *one = &list[below(random, count)];

        H5Adelete(object, one->name);
        if (below(random, 8)) {
            struct wn_text text = {0};

            if (below(random, 8) == 0)
                one->number = !one->number;
            if (one->number)
                one->value = below(random, 2)   ? NAN
                             : below(random, 2) ? (double)below(random, 9) - 2
                                                : 1e300;
            else if (one->text && below(random, 2))
                wn_text_format(&text, "%s,%s", one->text,
                               texts[below(random, 12)]);
            else
                wn_text_format(
                    &text, "%s",
                    texts[below(random, sizeof texts / sizeof *texts)]);
            if (!one->number) {
                free(one->text);
                one->text = wn_copy_text(wn_text_of(&text), text.length);
            }
            one->whole = false;
            (void)!wn_attribute_write(object, one);
            wn_text_free(&text);
        }
    }
    if (read)
        wn_attributes_free(list, count);
    wn_hdf5_close(object);
}

/* --- digests ----------------------------------------------------------------
 */

static void set_text(const char *path, const char *name, const char *value)
{
    const hid_t object = H5Oopen(audit.file, path, H5P_DEFAULT);
    char text[WN_DIGEST_TEXT], called[16];
    struct wn_attribute attribute = {.name = called, .text = text};

    snprintf(text, sizeof text, "%s", value);
    snprintf(called, sizeof called, "%s", name);
    if (H5Aexists(object, name) > 0)
        H5Adelete(object, name);
    (void)!wn_attribute_write(object, &attribute);
    wn_hdf5_close(object);
}

/* Add the attributes of an object but its digest, which goes to `found`. */
static void add_attributes(struct wn_digest *lines, const char *path,
                           char found[WN_DIGEST_TEXT])
{
    const hid_t object = H5Oopen(audit.file, path, H5P_DEFAULT);
    struct wn_attribute *list;
    struct wn_error error = {0};
    size_t count;

    *found = '\0';
    if (wn_attributes_read(object, &list, &count, &error) == 0) {
        for (size_t a = 0; a < count; a++)
            if (strcmp(list[a].name, "digest"))
                wn_digest_attribute(lines, path, &list[a]);
            else if (list[a].text)
                snprintf(found, WN_DIGEST_TEXT, "%s", list[a].text);
        wn_attributes_free(list, count);
    }
    wn_hdf5_close(object);
}

static void mend(void)
{
    char before[WN_DIGEST_TEXT] = "", found[WN_DIGEST_TEXT];

    for (int s = WN_DATA; s <= WN_FLAGS; s++) {
        struct wn_digest lines = {0};

        if (H5Lexists(audit.file, wn_stage_name[s], H5P_DEFAULT) <= 0)
            continue;
        if (s > WN_DATA)
            set_text(wn_stage_name[s], "input", before);
        for (size_t o = 0; o < audit.count; o++) {
            struct content content = {.bytes = NULL};

            if (!wn_stage_holds((enum wn_stage)s, audit.path[o]))
                continue;
            if (!audit.group[o])
                read_set(audit.path[o], &content);
            if (content.bytes) {
                struct wn_hash *hash = wn_digest_begin(&content.shape);

                wn_hash_add(hash, content.bytes, content.size);
                wn_hash_text(hash, found);
                wn_hash_free(hash);
                set_text(audit.path[o], "digest", found);
                free(content.bytes);
            }
            add_attributes(&lines, audit.path[o], found);
            if (!audit.group[o])
                wn_digest_dataset(&lines, audit.path[o], found);
        }
        wn_digest_text(&lines, before);
        set_text(wn_stage_name[s], "digest", before);
        wn_digest_free(&lines);
    }
}

/* --- the mutation ------------------------------------------------------------
 */

/* Copy all of it into a new file, so that what is deleted takes no room. */
static hid_t copy_file(const struct fuzz_bytes *bytes,
                       struct wn_hdf5_store store[2])
{
    struct wn_attribute *list = NULL;
    struct wn_error error = {0};
    size_t count = 0;

    for (int f = 0; f < 2; f++)
        store[f] = (struct wn_hdf5_store){memfd_create("mended", 0), 0};
    fuzz_need(store[1].descriptor >= 0);
    fuzz_need(pwrite(store[0].descriptor, bytes->at, bytes->length, 0) ==
              (ssize_t)bytes->length);
    const hid_t from = wn_hdf5_open(&store[0], "from", &error);
    if (from < 0)
        return from;
    const hid_t to = wn_hdf5_create(&store[1], "to", &error);
    if (wn_attributes_read(from, &list, &count, &error) == 0)
        for (size_t a = 0; a < count; a++) {
            list[a].whole = list[a].number;
            (void)!wn_attribute_write(to, &list[a]);
        }
    wn_attributes_free(list, count);
    for (int s = WN_DATA; s <= WN_FLAGS; s++)
        if (H5Lexists(from, wn_stage_name[s], H5P_DEFAULT) > 0)
            H5Ocopy(from, wn_stage_name[s], to, wn_stage_name[s], H5P_DEFAULT,
                    H5P_DEFAULT);
    H5Fclose(from);
    return to;
}

void fuzz_shape_audit(struct fuzz_bytes *bytes, struct wn_random *random)
{
    struct wn_hdf5_store store[2];
    struct stat about;

    audit.file = copy_file(bytes, store);
    if (audit.file >= 0) {
        list_objects();
        const size_t o = below(random, audit.count);
        const size_t change = below(random, 32);

        if (audit.count == 0 || change < 2) {
            read_letters(random);
            add_set(random);
        } else if (change == 2) {
            change_letter(random);
        } else if (change == 3 && !audit.group[o]) {
            break_chunk(audit.path[o], random);
        } else if (change == 4 && strchr(audit.path[o], '/')) {
            H5Ldelete(audit.file, audit.path[o], H5P_DEFAULT);
        } else if (change < 10 || audit.group[o]) {
            change_attribute(audit.path[o], random);
        } else {
            change_set(audit.path[o], random);
        }
        list_objects();
        mend();
        H5Fclose(audit.file);
        if (fstat(store[1].descriptor, &about) == 0 &&
            about.st_size <= FUZZ_MOST / 4) {
            bytes->length = (size_t)about.st_size;
            fuzz_need(pread(store[1].descriptor, bytes->at, bytes->length, 0) ==
                      about.st_size);
        }
    }
    close(store[0].descriptor);
    close(store[1].descriptor);
}

/* --- the target
 * ---------------------------------------------------------------- */

/* Every line is JSON. */
static void check_json(const struct wn_text *text)
{
    for (size_t at = 0; at < text->length;) {
        const char *feed = memchr(text->bytes + at, '\n', text->length - at);
        json_error_t why;

        fuzz_need(feed);
        json_t *line =
            json_loadb(text->bytes + at, (size_t)(feed - text->bytes) - at,
                       JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &why);
        if (!line)
            fprintf(stderr, "%s at %d of %.200s\n", why.text, why.position,
                    text->bytes + at);
        fuzz_need(line);
        json_decref(line);
        at = (size_t)(feed - text->bytes) + 1;
    }
}

static void render(struct wn_report *report, const struct wn_audit *file)
{
    struct wn_error error = {0};
    struct wn_text text = {0};

    for (const struct wn_format *format = wn_formats; format->name; format++) {
        for (size_t row = 0; format->explain && row < report->data.n;
             row += 1 + report->data.n / 3) {
            struct wn_explanation explanation = {0};

            text.length = 0;
            if (wn_explain_load(&explanation, report, file, row, &error) == 0)
                format->explain(report, &explanation, 1, &text);
            wn_explain_free(&explanation);
        }
        for (int columns = 0; columns < 2; columns++) {
            text.length = 0;
            report->columns = columns;
            if (format->report &&
                !(columns && (format->report == wn_html_report ||
                              format->report == wn_markdown_report)))
                format->report(report, &text);
            if (format->report == wn_json_report)
                check_json(&text);
        }
    }
    if (report->flagged) {
        text.length = 0;
        wn_decided_tsv(report, 0, &text);
    }
    wn_text_free(&text);
}

int fuzz_mended(const char *bytes, size_t length)
{
    const char *path = fuzz_file(bytes, length);
    struct wn_report report = {.program = "report",
                               .file = "x.h5",
                               .rows = WN_ROWS_FIRST,
                               .top = SIZE_MAX,
                               .roles = true,
                               .verbose = true};
    struct wn_dataset dataset = {0};
    struct wn_error error = {0};
    int taken = 0;

    fuzz_uncaged = true;
    struct wn_audit *file = wn_audit_open(path, WN_DATA, &error);
    fuzz_uncaged = false;
    fuzz_need(file || *error.text);
    if (!file)
        return 0;
    if (wn_dataset_load(&dataset, file, ~0u, &error))
        fuzz_need(*error.text);
    wn_dataset_free(&dataset);
    error = (struct wn_error){0};
    if (wn_report_load(&report, file, &error) == 0) {
        report.class_title = wn_class_titles(
            report.data.label_name, report.data.k, 20, &report.title_prefix);
        render(&report, file);
        taken = 1;
    } else {
        fuzz_need(*error.text);
    }
    wn_report_free(&report);
    wn_audit_close(file);
    return taken;
}
