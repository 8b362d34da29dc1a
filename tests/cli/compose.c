/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compose FILE PLACE TYPE EXTENTS: an array out of the words on standard input.
 * PLACE is a dataset (groups are made), gzipped in chunks if a "z" stands
 * before it: z/x; or npy or fortran for a .npy file. TYPE is f2 .. f8, i1 ..
 * i8, u1 .. u8, S or U with the number of bytes or characters, or V
 * (variable-length text, HDF5 only), with > before it for big-endian; EXTENTS
 * 3x4. Words are text, or numbers for strtod(). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>

enum { RANK_MOST = 8 };

struct array {
    char kind;
    size_t width;
    int big;
    int rank;
    hsize_t extent[RANK_MOST];
    size_t cells;
    char *bytes; /* little-endian, row-major; V: pointers */
};

static void need(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "compose: %s\n", what);
        exit(1);
    }
}

static void put(const struct array *array, char *cell, const char *word)
{
    const double value = strtod(word, NULL);
    const float narrow = (float)value;
    const int64_t whole = (int64_t)value;

    if (array->kind == 'V') {
        const char *copy = strdup(word);

        memcpy(cell, &copy, sizeof copy);
    } else if (array->kind == 'S') {
        memcpy(cell, word, strnlen(word, array->width));
    } else if (array->kind == 'U') {
        for (size_t c = 0; c < array->width / 4 && word[c]; c++)
            cell[4 * c] = word[c];
    } else if (array->kind == 'f') {
        need(array->width > 2, "f4 or f8");
        memcpy(cell, array->width == 4 ? (const void *)&narrow : &value,
               array->width);
    } else {
        memcpy(cell, &whole, array->width);
    }
}

static void read_words(struct array *array)
{
    static char word[1 << 16];

    array->cells = 1;
    for (int r = 0; r < array->rank; r++)
        array->cells *= array->extent[r];
    array->bytes = calloc(array->cells + 1, array->width);
    need(array->bytes != NULL, "no memory");
    for (size_t c = 0; c < array->cells; c++) {
        need(scanf("%65535s", word) == 1, "too few words");
        if (strcmp(word, "\"\"") == 0)
            *word = '\0';
        put(array, array->bytes + c * array->width, word);
    }
    need(scanf("%1s", word) != 1, "too many words");
}

static void parse(struct array *array, const char *type, const char *extents)
{
    array->big = *type == '>';
    type += array->big;
    array->kind = *type;
    array->width = strtoul(type + 1, NULL, 10);
    if (array->kind == 'U')
        array->width *= 4;
    if (array->kind == 'V')
        array->width = sizeof(char *);
    need(array->width > 0, "what type?");
    for (char *end = NULL; *extents; extents = end + (*end == 'x')) {
        need(array->rank < RANK_MOST, "too many extents");
        array->extent[array->rank++] = strtoul(extents, &end, 10);
    }
}

/* --- HDF5 --- */

static hid_t type_of(const struct array *array, int big)
{
    hid_t type = H5Tcopy(array->kind == 'f' ? array->width == 4 ? H5T_IEEE_F32LE
                                                                : H5T_IEEE_F64LE
                         : array->kind == 'i' ? H5T_STD_I64LE
                         : array->kind == 'u' ? H5T_STD_U64LE
                                              : H5T_C_S1);

    if (array->kind == 'i' || array->kind == 'u' || array->kind == 'S')
        H5Tset_size(type, array->width);
    if (array->kind == 'V')
        H5Tset_size(type, H5T_VARIABLE);
    if (array->kind == 'S')
        H5Tset_strpad(type, H5T_STR_NULLPAD);
    if (big)
        H5Tset_order(type, H5T_ORDER_BE);
    return type;
}

static void write_hdf5(const struct array *array, const char *name,
                       const char *place)
{
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple(array->rank, array->extent, NULL);
    hsize_t chunk[RANK_MOST];
    hid_t file;

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    file = H5Fopen(name, H5F_ACC_RDWR, H5P_DEFAULT);
    if (file < 0)
        file = H5Fcreate(name, H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT);
    need(file >= 0, "cannot open");
    H5Pset_create_intermediate_group(links, 1);
    if (*place == 'z') {
        place++;
        for (int r = 0; r < array->rank; r++)
            chunk[r] = array->extent[r] / 3 + 1;
        H5Pset_chunk(list, array->rank, chunk);
        H5Pset_shuffle(list);
        H5Pset_deflate(list, 4);
    }
    const hid_t set = H5Dcreate2(file, place, type_of(array, array->big), space,
                                 links, list, H5P_DEFAULT);
    need(set >= 0 && H5Dwrite(set, type_of(array, 0), H5S_ALL, H5S_ALL,
                              H5P_DEFAULT, array->bytes) >= 0,
         "cannot write");
    need(H5Dclose(set) >= 0 && H5Fclose(file) >= 0, "cannot close");
}

/* --- .npy --- */

/* Where row-major cell c stands in Fortran order. */
static size_t turn(const struct array *array, size_t c)
{
    size_t index[RANK_MOST], place = 0;

    for (int r = array->rank - 1; r >= 0; r--) {
        index[r] = c % array->extent[r];
        c /= array->extent[r];
    }
    for (int r = array->rank - 1; r >= 0; r--)
        place = place * array->extent[r] + index[r];
    return place;
}

static void write_npy(const struct array *array, const char *name, int fortran)
{
    const size_t w = array->width, unit = array->kind == 'U' ? 4 : w;
    char header[246] = "";
    char *bytes = calloc(array->cells + 1, w);
    FILE *file = fopen(name, "wb");
    int length =
        snprintf(header, sizeof header,
                 "{'descr': '%c%c%zu', 'fortran_order': %s, 'shape': (",
                 array->kind == 'S' || w == 1 ? '|'
                 : array->big                 ? '>'
                                              : '<',
                 array->kind, array->kind == 'U' ? w / 4 : w,
                 fortran ? "True" : "False");

    need(bytes && file, "cannot write");
    for (int r = 0; r < array->rank; r++)
        length += sprintf(header + length, "%llu, ",
                          (unsigned long long)array->extent[r]);
    length += sprintf(header + length, "), }");
    memset(header + length, ' ', sizeof header - 1 - (size_t)length);
    header[sizeof header - 1] = '\n';
    for (size_t c = 0; c < array->cells; c++)
        for (size_t b = 0; b < w; b++)
            bytes[(fortran ? turn(array, c) : c) * w +
                  (array->big && array->kind != 'S'
                       ? b / unit * unit + unit - 1 - b % unit
                       : b)] = array->bytes[c * w + b];
    fwrite("\x93NUMPY\x01\x00\xf6\x00", 1, 10, file);
    fwrite(header, 1, sizeof header, file);
    fwrite(bytes, w, array->cells, file);
    need(fclose(file) == 0, "cannot write");
    free(bytes);
}

static void free_bytes(struct array *array)
{
    for (size_t c = 0; array->kind == 'V' && c < array->cells; c++) {
        char *copy;

        memcpy(&copy, array->bytes + c * array->width, sizeof copy);
        free(copy);
    }
    free(array->bytes);
}

int main(int argc, char **argv)
{
    struct array array = {0};

    need(argc == 5, "compose FILE PLACE TYPE EXTENTS");
    parse(&array, argv[3], argv[4]);
    read_words(&array);
    if (strcmp(argv[2], "npy") && strcmp(argv[2], "fortran"))
        write_hdf5(&array, argv[1], argv[2]);
    else
        write_npy(&array, argv[1], strcmp(argv[2], "npy") != 0);
    free_bytes(&array);
    return 0;
}
