/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/inspect: malicious audit files are refused before any data is read.
 * There is a file for everything that audit.h says is refused: a good file that
 * a child process changed with plain HDF5, before wn_hdf5_start(). The canary
 * file beside it must never be read. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hdf5.h>

#include "unit.h"

#include "array/hdf5.h"
#include "audit/audit.h"
#include "audit/dataset.h"

enum { N = 40, D = 3, K = 2 };

static const char good_path[] = "hostile-good.h5";
static const char path[] = "hostile-trial.h5";
static const char canary_path[] = "hostile-canary";
static const char canary[] = "CANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARY"
                             "CANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARY"
                             "CANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARY"
                             "CANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARY";

static hid_t chunked(int filter)
{
    const hsize_t chunk[1] = {N};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_chunk(list, 1, chunk));
    unit_need(H5Pset_obj_track_times(list, 0));
    if (filter)
        unit_need(H5Pset_filter(list, filter, H5Z_FLAG_OPTIONAL, 0, NULL));
    return list;
}

/* Put a dataset of `n` elements in the place of data/label. */
static hid_t replace(hid_t file, hid_t type, hsize_t n, hid_t list)
{
    const hid_t space = H5Screate_simple(1, &n, NULL);
    const hid_t set = (unit_need(H5Ldelete(file, "data/label", H5P_DEFAULT)),
                       H5Dcreate2(file, "data/label", type, space, H5P_DEFAULT,
                                  list, H5P_DEFAULT));

    unit_need(set);
    return set;
}

static void external_storage(hid_t file)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_external(list, canary_path, 0, 4 * N));
    replace(file, H5T_STD_I32LE, N, list);
}

static void external_link(hid_t file)
{
    unit_need(H5Ldelete(file, "data/label", H5P_DEFAULT));
    unit_need(H5Lcreate_external(good_path, "data/label", file, "data/label",
                                 H5P_DEFAULT, H5P_DEFAULT));
}

static void external_link_at_root(hid_t file)
{
    unit_need(H5Lcreate_external(good_path, "data", file, "score", H5P_DEFAULT,
                                 H5P_DEFAULT));
}

static void soft_link(hid_t file)
{
    unit_need(H5Lcreate_soft("/data/label", file, "data/id", H5P_DEFAULT,
                             H5P_DEFAULT));
}

static void soft_link_loop(hid_t file)
{
    unit_need(H5Lcreate_soft("/flag", file, "score", H5P_DEFAULT, H5P_DEFAULT));
    unit_need(H5Lcreate_soft("/score", file, "flag", H5P_DEFAULT, H5P_DEFAULT));
}

static hid_t follow(const char *name, hid_t group, const void *value,
                    size_t size, hid_t access, hid_t transfer)
{
    (void)name, (void)value, (void)size, (void)access, (void)transfer;
    return H5Gopen2(group, "/", H5P_DEFAULT);
}

static void user_link(hid_t file)
{
    const H5L_class_t class = {.version = H5L_LINK_CLASS_T_VERS,
                               .id = (H5L_type_t)100,
                               .comment = "test",
                               .trav_func = follow};

    unit_need(H5Lregister(&class));
    unit_need(H5Lcreate_ud(file, "score", (H5L_type_t)100, "x", 1, H5P_DEFAULT,
                           H5P_DEFAULT));
}

static void virtual_dataset(hid_t file)
{
    const hsize_t n = N;
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple(1, &n, NULL);

    unit_need(H5Pset_virtual(list, space, good_path, "data/label", space));
    replace(file, H5T_STD_I32LE, N, list);
}

static void plugin_filter(hid_t file)
{
    replace(file, H5T_STD_I32LE, N, chunked(32000));
}

static void gzip_filter(hid_t file)
{
    const hsize_t chunk[1] = {1 << 28}, n = 1 << 28;
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_chunk(list, 1, chunk));
    unit_need(H5Pset_deflate(list, 1));
    replace(file, H5T_STD_I32LE, n, list);
}

static void no_checksum(hid_t file)
{
    replace(file, H5T_STD_I32LE, N, chunked(0));
}

static void contiguous(hid_t file)
{
    replace(file, H5T_STD_I32LE, N, H5P_DEFAULT);
}

static void huge_extent(hid_t file)
{
    replace(file, H5T_STD_I32LE, (hsize_t)1 << 47,
            chunked(H5Z_FILTER_FLETCHER32));
}

static void overflowing_extent(hid_t file)
{
    const hsize_t n[2] = {(hsize_t)1 << 40, (hsize_t)1 << 40};
    const hsize_t chunk[2] = {1 << 10, 1 << 10};
    const hid_t space = H5Screate_simple(2, n, NULL);
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_chunk(list, 2, chunk));
    unit_need(H5Pset_fletcher32(list));
    unit_need(H5Ldelete(file, "data/features", H5P_DEFAULT));
    unit_need(H5Dcreate2(file, "data/features", H5T_IEEE_F32LE, space,
                         H5P_DEFAULT, list, H5P_DEFAULT));
}

static void huge_chunk(hid_t file)
{
    const hsize_t n = 1 << 29, chunk[1] = {1 << 29};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_chunk(list, 1, chunk));
    unit_need(H5Pset_fletcher32(list));
    replace(file, H5T_STD_I32LE, n, list);
}

static void missing_chunk(hid_t file)
{
    replace(file, H5T_STD_I32LE, N, chunked(H5Z_FILTER_FLETCHER32));
}

/* Put data/source_bytes of two chunks in the file, stored as so many bytes with
 * these filter masks. */
static void store_chunks(hid_t file, size_t first, size_t second, unsigned mask,
                         hsize_t rows)
{
    enum { CHUNK = 1 << 20 };
    const hsize_t n = 2 * CHUNK, offset[2] = {0, rows};
    const size_t size[2] = {first, second};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    char *bytes = calloc(2 * CHUNK, 2);

    unit_need(H5Pset_chunk(list, 1, &rows));
    unit_need(H5Pset_fletcher32(list));
    const hid_t set = H5Dcreate2(file, "data/source_bytes", H5T_STD_U8LE,
                                 H5Screate_simple(1, &n, NULL), H5P_DEFAULT,
                                 list, H5P_DEFAULT);
    unit_need(set);
    for (int c = 0; c < 2; c++)
        unit_need(
            H5Dwrite_chunk(set, H5P_DEFAULT, mask, &offset[c], size[c], bytes));
    free(bytes);
}

/* The sum of the sizes is right: HDF5 1.10.8 would read beyond the first. */
static void short_chunk(hid_t file)
{
    store_chunks(file, 16, 2 * ((1 << 20) + 4) - 16, 1, 1 << 20);
}

static void unchecked_chunk(hid_t file)
{
    store_chunks(file, (1 << 20) + 4, (1 << 20) + 4, 1, 1 << 20);
}

static void other_chunks(hid_t file)
{
    const hsize_t n = N, chunk = N / 2;
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const int32_t label[N] = {0};

    unit_need(H5Pset_chunk(list, 1, &chunk));
    unit_need(H5Pset_fletcher32(list));
    unit_need(H5Dwrite(replace(file, H5T_STD_I32LE, n, list), H5T_NATIVE_INT32,
                       H5S_ALL, H5S_ALL, H5P_DEFAULT, label));
}

static void growing_extent(hid_t file)
{
    const hsize_t n = N, most = H5S_UNLIMITED;
    const hid_t space = H5Screate_simple(1, &n, &most);

    unit_need(H5Ldelete(file, "data/label", H5P_DEFAULT));
    unit_need(H5Dcreate2(file, "data/label", H5T_STD_I32LE, space, H5P_DEFAULT,
                         chunked(H5Z_FILTER_FLETCHER32), H5P_DEFAULT));
}

static void long_text(hid_t file)
{
    const hid_t type = H5Tcopy(H5T_C_S1);

    unit_need(H5Tset_size(type, H5T_VARIABLE));
    replace(file, type, N, chunked(0));
}

static void big_endian(hid_t file)
{
    replace(file, H5T_STD_I32BE, N, chunked(H5Z_FILTER_FLETCHER32));
}

static void named_type(hid_t file)
{
    const hid_t type = H5Tcopy(H5T_STD_I32LE);

    unit_need(H5Tcommit2(file, "data/id", type, H5P_DEFAULT, H5P_DEFAULT,
                         H5P_DEFAULT));
}

static void shared_type(hid_t file)
{
    const hid_t type = H5Tcopy(H5T_STD_I32LE);

    unit_need(H5Tcommit_anon(file, type, H5P_DEFAULT, H5P_DEFAULT));
    replace(file, type, N, chunked(H5Z_FILTER_FLETCHER32));
}

static void wrong_rank(hid_t file)
{
    const hsize_t n[2] = {N, 1};
    const hid_t space = H5Screate_simple(2, n, NULL);
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_chunk(list, 2, n));
    unit_need(H5Pset_fletcher32(list));
    unit_need(H5Ldelete(file, "data/label", H5P_DEFAULT));
    unit_need(H5Dcreate2(file, "data/label", H5T_STD_I32LE, space, H5P_DEFAULT,
                         list, H5P_DEFAULT));
}

static void hard_link_cycle(hid_t file)
{
    unit_need(H5Lcreate_hard(file, "data", file, "data/column", H5P_DEFAULT,
                             H5P_DEFAULT));
}

static void hard_link_twice(hid_t file)
{
    unit_need(H5Lcreate_hard(file, "data/label", file, "data/id", H5P_DEFAULT,
                             H5P_DEFAULT));
}

static void deep_groups(hid_t file)
{
    hid_t group = H5Gopen2(file, "data", H5P_DEFAULT);

    for (int depth = 0; depth < 500; depth++) {
        const hid_t next =
            H5Gcreate2(group, "column", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

        unit_need(next);
        H5Gclose(group);
        group = next;
    }
}

static void many_groups(hid_t file)
{
    char name[32];

    for (int i = 0; i < 1100; i++) {
        snprintf(name, sizeof name, "data/x%d", i);
        H5Gclose(H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    }
}

static void unknown_dataset(hid_t file)
{
    const hsize_t n = N;

    unit_need(H5Dcreate2(file, "data/other", H5T_STD_I32LE,
                         H5Screate_simple(1, &n, NULL), H5P_DEFAULT,
                         H5P_DEFAULT, H5P_DEFAULT));
}

static void group_for_dataset(hid_t file)
{
    unit_need(H5Ldelete(file, "data/label", H5P_DEFAULT));
    unit_need(
        H5Gcreate2(file, "data/label", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void dataset_for_group(hid_t file)
{
    const hsize_t n = N;

    unit_need(H5Dcreate2(file, "score", H5T_STD_I32LE,
                         H5Screate_simple(1, &n, NULL), H5P_DEFAULT,
                         chunked(H5Z_FILTER_FLETCHER32), H5P_DEFAULT));
}

static void set_version(hid_t file)
{
    const int two = 2;
    const hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);

    unit_need(H5Awrite(attribute, H5T_NATIVE_INT, &two));
}

static void no_format(hid_t file)
{
    unit_need(H5Adelete(file, "format"));
}

static void other_attribute(hid_t file)
{
    unit_need(H5Acreate2(file, "zebra", H5T_STD_I32LE, H5Screate(H5S_SCALAR),
                         H5P_DEFAULT, H5P_DEFAULT));
}

static void array_attribute(hid_t file)
{
    const hsize_t n = 1 << 10;

    unit_need(H5Acreate_by_name(file, "data/label", "zebra", H5T_STD_I32LE,
                                H5Screate_simple(1, &n, NULL), H5P_DEFAULT,
                                H5P_DEFAULT, H5P_DEFAULT));
}

static void long_attribute(hid_t file)
{
    const hid_t type = H5Tcopy(H5T_C_S1);

    unit_need(H5Tset_size(type, H5T_VARIABLE));
    unit_need(H5Acreate_by_name(file, "data", "zebra", type,
                                H5Screate(H5S_SCALAR), H5P_DEFAULT, H5P_DEFAULT,
                                H5P_DEFAULT));
}

static void many_attributes(hid_t file)
{
    char name[32];

    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "a%d", i);
        unit_need(H5Acreate_by_name(file, "data", name, H5T_STD_I32LE,
                                    H5Screate(H5S_SCALAR), H5P_DEFAULT,
                                    H5P_DEFAULT, H5P_DEFAULT));
    }
}

static void changed_attribute(hid_t file)
{
    unit_need(H5Adelete_by_name(file, "data", "options", H5P_DEFAULT));
}

static void changed_data(hid_t file)
{
    const int32_t other[N] = {1};
    const hid_t set = H5Dopen2(file, "data/label", H5P_DEFAULT);

    unit_need(
        H5Dwrite(set, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, other));
}

static void no_digest(hid_t file)
{
    unit_need(H5Adelete_by_name(file, "data/label", "digest", H5P_DEFAULT));
}

static void lone_score(hid_t file)
{
    unit_need(H5Lmove(file, "data", file, "score", H5P_DEFAULT, H5P_DEFAULT));
}

static const struct hostile {
    const char *name;
    void (*change)(hid_t file);
    const char *message;
} cases[] = {
    {"external storage", external_storage,
     "data/label: refused: data in another file"},
    {"external link", external_link,
     "data/label: refused: a link to another file"},
    {"external link at the root", external_link_at_root,
     "score: refused: a link to another file"},
    {"soft link", soft_link, "data/id: refused: a soft link"},
    {"soft link loop", soft_link_loop, "flag: refused: a soft link"},
    {"user-defined link", user_link, "score: refused: a user-defined link"},
    {"virtual dataset", virtual_dataset,
     "data/label: refused: a virtual dataset"},
    {"plugin filter", plugin_filter,
     "data/label: refused: wanted the filter "
     "fletcher32 and no other"},
    {"gzip bomb", gzip_filter,
     "data/label: refused: wanted the filter "
     "fletcher32 and no other"},
    {"no checksum", no_checksum,
     "data/label: refused: wanted the filter "
     "fletcher32 and no other"},
    {"contiguous", contiguous, "data/label: refused: not chunked"},
    {"512 TB", huge_extent, "data/label: claims 562949953421312 bytes"},
    {"product beyond 2^64", overflowing_extent,
     "data/features: claims 18446744073709551615 bytes"},
    {"2 GiB chunk", huge_chunk, "data/label: claims 2147483648 bytes"},
    {"missing chunk", missing_chunk, "data/label: parts of it are missing"},
    {"short and long chunk", short_chunk,
     "data/source_bytes: parts of it are missing"},
    {"chunk without checksum", unchecked_chunk,
     "data/source_bytes: parts of it are missing"},
    {"other chunks", other_chunks,
     "data/label: refused: found chunks of 20 along dimension 0, wanted 40"},
    {"growing extent", growing_extent,
     "data/label: refused: extents that can grow"},
    {"variable-length text", long_text,
     "data/label: refused: wanted the "
     "filter fletcher32 and no other"},
    {"big-endian", big_endian,
     "data/label: found another type, wanted type i32"},
    {"named type", named_type, "data/id: refused: neither group nor dataset"},
    {"shared type", shared_type, "data/label: refused: a named type"},
    {"wrong rank", wrong_rank, "data/label: found 2 dimensions, wanted 1"},
    {"hard-link cycle", hard_link_cycle,
     "data: refused: linked more than once"},
    {"hard link twice", hard_link_twice,
     "data/id: refused: linked more than once"},
    {"deep groups", deep_groups,
     "data/column/column: not a part of an audit file"},
    {"many groups", many_groups, "too many names"},
    {"unknown dataset", unknown_dataset,
     "data/other: not a part of an audit file"},
    {"group for dataset", group_for_dataset,
     "data/label: not a part of an audit file"},
    {"dataset for group", dataset_for_group,
     "score: not a part of an audit file"},
    {"format version 2", set_version, "found format version 2, wanted 1"},
    {"no format", no_format, "HDF5, but not a winnow audit file"},
    {"other root attribute", other_attribute, "and no other"},
    {"array attribute", array_attribute,
     "data/label: attribute zebra: not a plain scalar"},
    {"variable-length attribute", long_attribute,
     "data: attribute zebra: variable-length text"},
    {"many attributes", many_attributes, "data: has 3"},
    {"changed attribute", changed_attribute,
     "data: its digest does not fit: changed or damaged"},
    {"changed data", changed_data,
     "data/label: its digest does not fit: changed or damaged"},
    {"no digest", no_digest, "data/label: has no digest"},
    {"score without data", lone_score,
     "score/feature_name: found names, wanted type f32"},
};

static void write_good(void)
{
    static const char *const name[K] = {"cat", "dog"};
    static const char *const feature[D] = {"a", "b", "c"};
    static const float features[N * D];
    static const int32_t label[N];
    struct wn_error error = {0};
    struct wn_audit_writer *writer;

    if (wn_hdf5_start(&error))
        _exit(21);
    writer = wn_audit_create(good_path, true, NULL, WN_DATA, &error);
    if (!writer ||
        wn_audit_write(writer, "data/features", WN_F32, (size_t[3]){N, D, 0},
                       features, &error) ||
        wn_audit_write_names(writer, "data/feature_name", feature, D, &error) ||
        wn_audit_write(writer, "data/label", WN_I32, (size_t[3]){N, 0, 0},
                       label, &error) ||
        wn_audit_write_names(writer, "data/label_name", name, K, &error) ||
        wn_audit_provenance(writer, "ingest", "label=pet", NULL, &error) ||
        wn_audit_finish(writer, &error))
        _exit(22);
    _exit(0);
}

static void change_good(const struct hostile *hostile)
{
    char command[128];
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    snprintf(command, sizeof command, "cp %s %s", good_path, path);
    unit_need(system(command) ? -1 : 0);
    unit_need(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110));
    unit_need(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG));
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    unit_need(file);
    hostile->change(file);
    unit_need(H5Fclose(file));
    _exit(0);
}

/* Everything that can be read; the text of the refusal on `report`. */
static void read_trial(int report)
{
    struct wn_error error = {0};
    struct wn_dataset dataset = {0};
    struct wn_audit *audit;
    const struct rlimit memory = {(rlim_t)1 << 30, (rlim_t)1 << 30};

    alarm(5);
#if !defined WN_SANITIZERS
    setrlimit(RLIMIT_AS, &memory);
#endif
    (void)memory;
    if (wn_hdf5_start(&error))
        _exit(23);
    audit = wn_audit_open(path, WN_DATA, &error);
    if (!audit || wn_dataset_load(&dataset, audit, ~0u, &error)) {
        const ssize_t put = write(report, error.text, strlen(error.text));

        _exit(put < 0 ? 24 : error.code == WN_EDATA ? 0 : 25);
    }
    _exit(26);
}

static int wait_for(pid_t child)
{
    int status;

    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        fail_msg("signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int setup(void **state)
{
    FILE *file = fopen(canary_path, "wb");

    (void)state;
    if (!file || fputs(canary, file) < 0 || fclose(file))
        return -1;
    const pid_t child = fork();
    if (child == 0)
        write_good();
    return wait_for(child);
}

static int teardown(void **state)
{
    (void)state;
    unlink(good_path);
    unlink(path);
    unlink(canary_path);
    return 0;
}

static bool is_refused(const struct hostile *hostile)
{
    char text[2000] = {0};
    int ends[2];
    pid_t child = fork();

    if (child == 0)
        change_good(hostile);
    if (wait_for(child))
        fail_msg("%s: could not be made", hostile->name);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0)
        read_trial(ends[1]);
    close(ends[1]);
    const ssize_t got = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    const int status = wait_for(child);
    if (status || got <= 0 || !strstr(text, hostile->message) ||
        strncmp(text, path, strlen(path)) || strstr(text, "CANARY")) {
        printf("# %s: status %d: %s\n", hostile->name, status, text);
        return false;
    }
    return true;
}

static void malicious_files(void **state)
{
    size_t passed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        passed += is_refused(&cases[i]);
    assert_int_equal(passed, sizeof cases / sizeof *cases);
}

/* Files that are not audit files, or incomplete. */
static void other_files(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *message;
    } files[] = {
        {"", 0, "hostile-trial.h5: found 0 bytes, wanted an audit file"},
        {"a,b\n", 4, "hostile-trial.h5: found 4 bytes, wanted an audit file"},
        {"a,b,label\n1,2,x\n", 16,
         "hostile-trial.h5: not an HDF5 file, wanted an audit file"},
        {"\211HDF\r\n\032\n", 8,
         "hostile-trial.h5: HDF5 cannot open it: damaged or cut off"},
        {"\211HDF\r\n\032\n\3\10\10\0\377\377\377\377\377\377\377\377", 20,
         "hostile-trial.h5: HDF5 cannot open it: damaged or cut off"}};
    struct wn_error error = {0};

    (void)state;
    assert_int_equal(wn_hdf5_start(&error), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        unit_put(path, files[i].bytes, files[i].size);
        error = (struct wn_error){0};
        assert_null(wn_audit_open(path, WN_DATA, &error));
        assert_string_equal(error.text, files[i].message);
        assert_int_equal(error.code, WN_EDATA);
    }
    error = (struct wn_error){0};
    assert_null(wn_audit_open(".", WN_DATA, &error));
    assert_string_equal(error.text, ".: is a directory, not a file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(malicious_files),
                                       cmocka_unit_test(other_files)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
