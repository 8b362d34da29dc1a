/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of work, in files and among processes; see units.h. */
#include "util/units.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/hash.h"
#include "util/memory.h"

enum { CHUNK = 1 << 20 };
static const char magic[16] = "winnow work 1";

struct header {
    char magic[16];
    struct wn_units_key key;
    uint64_t shard, shards, hash; /* hash: of what is before it */
};

struct record {
    char stage[WN_UNITS_STAGE];
    uint64_t unit, length, content; /* content: its hash */
    uint64_t hash;                  /* of what is before it */
};

/* A unit in a file. */
struct place {
    char stage[WN_UNITS_STAGE];
    size_t unit, file;
    uint64_t offset, length;
};

struct file {
    int descriptor;
    char *name;
};

struct wn_units {
    struct wn_team *team;
    size_t shard, shards;
    struct file *file;
    size_t file_count, file_capacity;
    struct place *place;
    size_t place_count, place_capacity;
    bool appends; /* to the last file, */
    uint64_t end; /* which is that long */
    int inside;   /* a unit that is computed together: nothing is kept */
    struct wn_units_count counted;
};

struct wn_units *wn_units_new(struct wn_team *team, size_t shard, size_t shards)
{
    struct wn_units *units = wn_new(1, sizeof *units);

    units->team = team;
    units->shard = shard;
    units->shards = shards;
    return units;
}

void wn_units_free(struct wn_units *units)
{
    if (!units)
        return;
    for (size_t f = 0; f < units->file_count; f++) {
        close(units->file[f].descriptor);
        free(units->file[f].name);
    }
    free(units->file);
    free(units->place);
    free(units);
}

void wn_units_remove(struct wn_units *units)
{
    if (units && units->appends)
        unlink(units->file[units->file_count - 1].name);
}

/* The hash of a content is that of the hashes of its chunks. */
static uint64_t add_chunk(uint64_t hash, const char *chunk, size_t length)
{
    return hash * 31 + wn_hash_bits(chunk, length);
}

static void add_place(struct wn_units *units, const struct record *record,
                      uint64_t offset)
{
    struct place place = {.unit = record->unit,
                          .file = units->file_count - 1,
                          .offset = offset,
                          .length = record->length};

    memcpy(place.stage, record->stage, sizeof place.stage);
    wn_grow(&units->place, &units->place_capacity, units->place_count + 1,
            sizeof place);
    units->place[units->place_count++] = place;
}

/* The units of the last file, up to the first that is not whole. */
static int read_units(struct wn_units *units, uint64_t size,
                      struct wn_error *error)
{
    const struct file *file = &units->file[units->file_count - 1];
    char *chunk = wn_new(CHUNK, 1);
    int status = 0;

    units->end = sizeof(struct header);
    while (size - units->end >= sizeof(struct record)) {
        const uint64_t content = units->end + sizeof(struct record);
        struct record record;

        status = wn_read_at(file->descriptor, &record, sizeof record,
                            units->end, file->name, error);
        if (status ||
            record.hash !=
                wn_hash_bits(&record, offsetof(struct record, hash)) ||
            record.length > size - content || record.stage[WN_UNITS_STAGE - 1])
            break;
        uint64_t hash = 0;
        for (uint64_t at = 0; status == 0 && at < record.length; at += CHUNK) {
            const uint64_t left = record.length - at;
            const size_t length = left < CHUNK ? (size_t)left : CHUNK;

            status = wn_read_at(file->descriptor, chunk, length, content + at,
                                file->name, error);
            hash = add_chunk(hash, chunk, length);
        }
        if (status || hash != record.content)
            break;
        add_place(units, &record, content);
        units->end = content + record.length;
    }
    free(chunk);
    return status;
}

/* What of the key differs; NULL: nothing. */
static const char *find_difference(const struct wn_units_key *a,
                                   const struct wn_units_key *b)
{
    return memcmp(a->version, b->version, sizeof a->version)
               ? "another version of winnow"
           : memcmp(a->input, b->input, sizeof a->input)       ? "another input"
           : memcmp(a->options, b->options, sizeof a->options) ? "other options"
           : memcmp(a->kernels, b->kernels, sizeof a->kernels) ? "other kernels"
                                                               : NULL;
}

int wn_units_open(struct wn_units *units, const char *path, bool append,
                  const struct wn_units_key *key, size_t shard, size_t shards,
                  const char **other, struct wn_error *error)
{
    struct header header = {.key = *key, .shard = shard, .shards = shards};
    struct header found;
    struct stat about;
    const int fd = open(path,
                        (append ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW |
                            O_NONBLOCK | O_CLOEXEC,
                        0666);

    *other = NULL;
    if (fd < 0)
        return wn_fail_errno(error, "%s: cannot open", path);
    wn_grow(&units->file, &units->file_capacity, units->file_count + 1,
            sizeof *units->file);
    units->file[units->file_count++] =
        (struct file){fd, wn_copy_text(path, strlen(path))};
    if (append && flock(fd, LOCK_EX | LOCK_NB))
        return wn_fail(error, WN_EBUSY, "%s: another run is writing it", path);
    if (fstat(fd, &about))
        return wn_fail_errno(error, "%s: cannot look at it", path);
    if (!S_ISREG(about.st_mode) ||
        (append && (about.st_uid != geteuid() || about.st_nlink != 1)))
        return wn_fail(error, WN_EDATA,
                       "%s: is not a file of ours alone, wanted a work file",
                       path);
    memcpy(header.magic, magic, sizeof magic);
    header.hash = wn_hash_bits(&header, offsetof(struct header, hash));
    const uint64_t size = (uint64_t)about.st_size;
    const bool torn = size < sizeof header;
    if (torn && !(append && size == 0))
        return wn_fail(error, WN_EDATA,
                       "%s: is not a whole work file, wanted it removed", path);
    if (!torn && wn_read_at(fd, &found, sizeof found, 0, path, error))
        return -1;
    if (!torn &&
        (memcmp(found.magic, magic, sizeof magic) ||
         found.hash != wn_hash_bits(&found, offsetof(struct header, hash))))
        return wn_fail(error, WN_EDATA, "%s: is not a work file", path);
    if (!torn)
        *other = find_difference(&found.key, key);
    if (!torn && (found.shard != shard || found.shards != shards))
        return wn_fail(error, WN_EDATA,
                       "%s: found shard %llu of %llu, wanted %zu of %zu", path,
                       (unsigned long long)found.shard,
                       (unsigned long long)found.shards, shard, shards);
    if (*other && shards)
        return wn_fail(error, WN_EDATA,
                       "%s: is the work of %s, wanted it removed", path,
                       *other);
    if (!torn && !*other && read_units(units, size, error))
        return -1;
    if (!append)
        return 0;
    units->appends = true;
    if (torn || *other) {
        if (ftruncate(fd, 0) ||
            pwrite(fd, &header, sizeof header, 0) != sizeof header)
            return wn_fail_errno(error, "%s: cannot write", path);
        units->end = sizeof header;
    }
    if (ftruncate(fd, (off_t)units->end) ||
        lseek(fd, (off_t)units->end, SEEK_SET) < 0)
        return wn_fail_errno(error, "%s: cannot write", path);
    return 0;
}

static const struct place *find_place(const struct wn_units *units,
                                      const char *stage, size_t unit)
{
    for (size_t p = units->inside ? 0 : units->place_count; p-- > 0;)
        if (units->place[p].unit == unit &&
            strcmp(units->place[p].stage, stage) == 0)
            return &units->place[p];
    return NULL;
}

/* Append a unit to the file. The end of the file is the place of the next one,
 * whatever a failed write has left. */
static int keep_unit(struct wn_units *units, const char *stage, size_t unit,
                     const struct wn_text *bytes, struct wn_error *error)
{
    struct record record = {.unit = unit, .length = bytes->length};

    if (!units->appends || units->inside)
        return 0;
    const struct file *file = &units->file[units->file_count - 1];
    assert(strlen(stage) < sizeof record.stage);
    memcpy(record.stage, stage, strlen(stage));
    for (size_t at = 0; at < bytes->length; at += CHUNK)
        record.content =
            add_chunk(record.content, bytes->bytes + at,
                      bytes->length - at < CHUNK ? bytes->length - at : CHUNK);
    record.hash = wn_hash_bits(&record, offsetof(struct record, hash));
    if (wn_write_all(file->descriptor, &record, sizeof record, file->name,
                     error) ||
        wn_write_all(file->descriptor, bytes->bytes, bytes->length, file->name,
                     error))
        return -1;
    if (fdatasync(file->descriptor))
        return wn_fail_errno(error, "%s: cannot write", file->name);
    add_place(units, &record, units->end + sizeof record);
    units->end += sizeof record + bytes->length;
    return 0;
}

static int take_unit(struct wn_units *units, const struct place *place,
                     const struct wn_units_job *job, struct wn_text *out,
                     struct wn_error *error)
{
    const struct file *file = &units->file[place->file];

    if (place->length > job->longest)
        return wn_fail(error, WN_EDATA,
                       "%s: unit %zu of %s does not fit, wanted the file "
                       "removed",
                       file->name, place->unit, place->stage);
    out->length = (size_t)place->length;
    wn_grow(&out->bytes, &out->capacity, out->length + 1, 1);
    return wn_read_at(file->descriptor, out->bytes, out->length, place->offset,
                      file->name, error);
}

/* A unit in memory. */
struct slot {
    struct wn_text bytes;
    const char *file; /* where it came from, or NULL */
    uint64_t length;  /* of its bytes, on all ranks */
    bool there, ours; /* in a file; ours to compute if it is not */
};

static int compute_unit(struct wn_units *units, const struct wn_units_job *job,
                        size_t u, struct slot *slot, struct wn_error *error)
{
    /* What is computed together has one thread here. */
    units->inside += job->together;
    int status = job->compute(job->context, u, &slot->bytes, error);
    units->inside -= job->together;
    /* Under a team the first rank keeps what all have sent. */
#pragma omp critical(wn_units)
    {
        units->counted.computed++;
        if (status == 0 && wn_units_ranks(units) == 1)
            status = keep_unit(units, job->stage, u, &slot->bytes, error);
    }
    return status;
}

/* Take or compute units first .. first + count - 1, and use them. */
static int run_wave(struct wn_units *units, const struct wn_units_job *job,
                    size_t first, size_t count, bool use,
                    struct wn_error *error)
{
    const size_t ranks = wn_units_ranks(units), rank = wn_units_rank(units);
    struct slot *slot = wn_new(count, sizeof *slot);
    int status = 0;

    for (size_t i = 0; i < count && status == 0; i++) {
        const size_t u = first + i;

        const struct place *place = find_place(units, job->stage, u);
        slot[i].file = place ? units->file[place->file].name : NULL;
        slot[i].there = place != NULL;
        slot[i].ours =
            ranks > 1 ? job->together || u % ranks == rank
                      : !units->shard || (job->first + u) % units->shards + 1 ==
                                             units->shard;
        if (place && use)
            status = take_unit(units, place, job, &slot[i].bytes, error);
        if (slot[i].there)
            units->counted.taken++;
        wn_units_share(units, &slot[i].there, sizeof slot[i].there, 0);
    }
#pragma omp parallel for schedule(dynamic, 1)                                  \
    num_threads(job->threads) if (job->threads > 1)
    for (size_t i = 0; i < count; i++) {
        struct wn_error own = {0};
        int failed;

#pragma omp atomic read
        failed = status;
        if (!failed && !slot[i].there && slot[i].ours) {
            failed = compute_unit(units, job, first + i, &slot[i], &own);
#pragma omp critical(wn_units_error)
            if (failed && !status) {
                status = -1;
                *error = own;
            }
        }
    }
    for (size_t i = 0; use && status == 0 && i < count; i++) {
        struct slot *s = &slot[i];
        const size_t u = first + i;
        const bool sent = ranks > 1 && (s->there || !job->together);
        const size_t owner = s->there ? 0 : u % ranks;

        s->length = s->bytes.length;
        if (sent) {
            wn_units_share(units, &s->length, sizeof s->length, owner);
            s->bytes.length = (size_t)s->length;
            wn_grow(&s->bytes.bytes, &s->bytes.capacity, s->bytes.length + 1,
                    1);
            wn_units_share(units, s->bytes.bytes, s->bytes.length, owner);
        }
        if (ranks > 1 && !s->there)
            status = keep_unit(units, job->stage, u, &s->bytes, error);
        if (status == 0 &&
            job->use(job->context, u, s->bytes.bytes, s->bytes.length))
            status = wn_fail(error, WN_EDATA,
                             "%s: unit %zu of %s does not fit, wanted the file "
                             "removed",
                             s->file ? s->file : "another rank", u, job->stage);
        wn_text_free(&s->bytes);
    }
    for (size_t i = 0; i < count; i++)
        wn_text_free(&slot[i].bytes);
    free(slot);
    return status;
}

int wn_units_run(struct wn_units *units, const struct wn_units_job *job,
                 struct wn_error *error)
{
    const size_t ranks = wn_units_ranks(units);
    const size_t wave =
        (size_t)job->threads * (ranks > 1 ? WN_UNITS_WAVE * ranks : 1);
    size_t missing = 0;
    int status = 0;

    if (units->team)
        memccpy(units->team->stage, job->stage, '\0',
                sizeof units->team->stage - 1);
    for (size_t u = 0; units->shard && u < job->count; u++)
        missing += !find_place(units, job->stage, u) &&
                   (job->first + u) % units->shards + 1 != units->shard;
    units->counted.missing += missing;
    for (size_t first = 0; first < job->count && status == 0; first += wave)
        status = run_wave(units, job, first,
                          job->count - first < wave ? job->count - first : wave,
                          missing == 0, error);
    return status ? status : missing > 0;
}

size_t wn_units_parts(const struct wn_units *units)
{
    return units && units->shards ? units->shards : 1;
}

struct wn_units *wn_units_inside(struct wn_units *units)
{
    return wn_units_ranks(units) > 1 ? units : NULL;
}

size_t wn_units_ranks(const struct wn_units *units)
{
    return units && units->team ? units->team->ranks : 1;
}

size_t wn_units_rank(const struct wn_units *units)
{
    return units && units->team ? units->team->rank : 0;
}

void wn_units_share(struct wn_units *units, void *bytes, size_t length,
                    size_t owner)
{
    if (wn_units_ranks(units) == 1 || !length)
        return;
    units->team->share(bytes, length, owner);
    if (units->team->rank != owner)
        units->team->moved += length;
}

void wn_units_exchange(struct wn_units *units, const void *send, void *receive,
                       size_t each)
{
    units->team->exchange(send, receive, each);
    units->team->moved += 4 * each * (units->team->ranks - 1);
}

void wn_units_lower(struct wn_units *units, float *values, size_t count)
{
    if (wn_units_ranks(units) == 1)
        return;
    units->team->lower(values, count);
    units->team->moved += 2 * sizeof *values * count;
}

struct wn_units_count wn_units_counted(const struct wn_units *units)
{
    return units->counted;
}
