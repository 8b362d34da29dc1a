/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays as HDF5 has them; see hdf5_shape.h. */
#include "array/hdf5_shape.h"

hid_t wn_type_open(int type, size_t width)
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
    default:
        break;
    }
    const hid_t text = H5Tcopy(H5T_C_S1);
    if (H5Tset_size(text, width) < 0 || H5Tset_cset(text, H5T_CSET_UTF8) < 0 ||
        H5Tset_strpad(text, H5T_STR_NULLPAD) < 0) {
        H5Tclose(text);
        return H5I_INVALID_HID;
    }
    return text;
}

bool wn_rows_move(hid_t set, const struct wn_shape *shape, size_t begin,
                  size_t rows, void *to, const void *from)
{
    const hsize_t start[3] = {begin, 0, 0};
    const hsize_t count[3] = {rows, shape->extent[1], shape->extent[2]};
    const hid_t kind = wn_type_open(shape->type, shape->width);
    const hid_t memory = H5Screate_simple(shape->rank, count, NULL);
    const hid_t space = H5Dget_space(set);
    const bool good =
        kind >= 0 && memory >= 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >=
            0 &&
        (to ? H5Dread(set, kind, memory, space, H5P_DEFAULT, to)
            : H5Dwrite(set, kind, memory, space, H5P_DEFAULT, from)) >= 0;

    if (space >= 0)
        H5Sclose(space);
    if (memory >= 0)
        H5Sclose(memory);
    if (kind >= 0)
        H5Tclose(kind);
    return good;
}
