/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Start-up of the HDF5 library, and its driver over one descriptor; see
 * hdf5_store.h. */
#include "array/hdf5_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#include "array/hdf5.h"
#include "util/memory.h"

struct driver {
    H5FD_t public; /* must be first */
    struct wn_hdf5_store *store;
    haddr_t end; /* after the last address in use */
};

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access,
                           haddr_t max)
{
    struct wn_hdf5_store *const *given = H5Pget_driver_info(access);
    struct driver *driver;

    (void)name;
    (void)max;
    if (!given)
        return NULL;
    if ((flags & H5F_ACC_TRUNC) && ftruncate((*given)->descriptor, 0)) {
        (*given)->failure = errno;
        return NULL;
    }
    driver = wn_new(1, sizeof *driver);
    driver->store = *given;
    return &driver->public;
}

static herr_t driver_close(H5FD_t *file)
{
    free(file);
    return 0;
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
             H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA |
             H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t driver_get_end(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const struct driver *)file)->end;
}

static herr_t driver_set_end(H5FD_t *file, H5FD_mem_t type, haddr_t end)
{
    (void)type;
    ((struct driver *)file)->end = end;
    return 0;
}

static haddr_t driver_file_end(const H5FD_t *file, H5FD_mem_t type)
{
    const struct wn_hdf5_store *store = ((const struct driver *)file)->store;
    struct stat about;

    (void)type;
    if (fstat(store->descriptor, &about))
        return HADDR_UNDEF;
    /* After a failed write, count what the disk did not take as written. */
    return store->failure ? ((const struct driver *)file)->end
                          : (haddr_t)about.st_size;
}

static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer,
                          haddr_t address, size_t size, void *buffer)
{
    struct wn_hdf5_store *store = ((struct driver *)file)->store;
    char *at = buffer;

    (void)type;
    (void)transfer;
    while (size) {
        const ssize_t got = pread(store->descriptor, at, size, (off_t)address);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            store->failure = errno;
            return -1;
        }
        if (got == 0) {
            /* HDF5 reads space that it allocated but has not written. */
            memset(at, 0, size);
            return 0;
        }
        at += got;
        address += (haddr_t)got;
        size -= (size_t)got;
    }
    return 0;
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer,
                           haddr_t address, size_t size, const void *buffer)
{
    struct wn_hdf5_store *store = ((struct driver *)file)->store;
    const char *at = buffer;

    (void)type;
    (void)transfer;
    while (size && !store->failure) {
        const ssize_t put = pwrite(store->descriptor, at, size, (off_t)address);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            store->failure = errno;
            break;
        }
        at += put;
        address += (haddr_t)put;
        size -= (size_t)put;
    }
    return 0;
}

static herr_t driver_truncate(H5FD_t *file, hid_t transfer, hbool_t closing)
{
    const struct driver *driver = (struct driver *)file;

    (void)transfer;
    (void)closing;
    if (!driver->store->failure &&
        ftruncate(driver->store->descriptor, (off_t)driver->end))
        driver->store->failure = errno;
    return 0;
}

static const H5FD_class_t driver_class = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 600, /* in HDF5's range for private use */
#endif
    .name = "winnow",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(struct wn_hdf5_store *),
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_get_end,
    .set_eoa = driver_set_end,
    .get_eof = driver_file_end,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY};

/* HDF5 ids are global to the process; this one is set once at the start. */
static hid_t driver_id = H5I_INVALID_HID;

int wn_hdf5_start(struct wn_error *error)
{
    if (driver_id >= 0)
        return 0;
    if (H5dont_atexit() < 0 || H5open() < 0 ||
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL) < 0 ||
        H5PLset_loading_state(0) < 0 || H5Lunregister(H5L_TYPE_EXTERNAL) < 0)
        return wn_fail(error, WN_EIO, "cannot start the HDF5 library");
    driver_id = H5FDregister(&driver_class);
    if (driver_id < 0)
        return wn_fail(error, WN_EIO,
                       "the HDF5 library refuses winnow's file driver");
    return 0;
}

void wn_hdf5_close(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

static hid_t access_list(struct wn_hdf5_store *store, H5F_libver_t high)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    if (H5Pset_driver(access, driver_id, &store) >= 0 &&
        H5Pset_libver_bounds(access, H5F_LIBVER_V110, high) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
        return access;
    wn_hdf5_close(access);
    return H5I_INVALID_HID;
}

static hid_t fail_open(const struct wn_hdf5_store *store, const char *name,
                       const char *verb, struct wn_error *error)
{
    errno = store->failure;
    if (errno)
        wn_fail_errno(error, "%s: cannot %s", name, verb);
    else
        wn_fail(error, WN_EDATA, "%s: HDF5 cannot open it: damaged or cut off",
                name);
    return H5I_INVALID_HID;
}

hid_t wn_hdf5_open(struct wn_hdf5_store *store, const char *name,
                   struct wn_error *error)
{
    const hid_t access = access_list(store, H5F_LIBVER_LATEST);
    const hid_t file =
        access < 0 ? access : H5Fopen(name, H5F_ACC_RDONLY, access);

    wn_hdf5_close(access);
    return file >= 0 ? file : fail_open(store, name, "read", error);
}

hid_t wn_hdf5_create(struct wn_hdf5_store *store, const char *name,
                     struct wn_error *error)
{
    const hid_t access = access_list(store, H5F_LIBVER_V110);
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    hid_t file = H5I_INVALID_HID;

    /* However many there are, links and attributes stay in the object header,
     * which has a checksum. */
    if (access >= 0 && H5Pset_obj_track_times(creation, 0) >= 0 &&
        H5Pset_attr_phase_change(creation, 64, 0) >= 0)
        file = H5Fcreate(name, H5F_ACC_TRUNC, creation, access);
    wn_hdf5_close(creation);
    wn_hdf5_close(access);
    return file >= 0 ? file : fail_open(store, name, "write", error);
}

hid_t wn_hdf5_type(enum wn_type type, size_t width)
{
    switch (type) {
    case WN_U8:
        return H5Tcopy(H5T_STD_U8LE);
    case WN_I32:
        return H5Tcopy(H5T_STD_I32LE);
    case WN_U32:
        return H5Tcopy(H5T_STD_U32LE);
    case WN_I64:
        return H5Tcopy(H5T_STD_I64LE);
    case WN_U64:
        return H5Tcopy(H5T_STD_U64LE);
    case WN_F32:
        return H5Tcopy(H5T_IEEE_F32LE);
    case WN_F64:
        return H5Tcopy(H5T_IEEE_F64LE);
    case WN_NAMES:
        break;
    }
    const hid_t text = H5Tcopy(H5T_C_S1);
    if (H5Tset_size(text, width) >= 0 &&
        H5Tset_cset(text, H5T_CSET_UTF8) >= 0 &&
        H5Tset_strpad(text, H5T_STR_NULLPAD) >= 0)
        return text;
    wn_hdf5_close(text);
    return H5I_INVALID_HID;
}
