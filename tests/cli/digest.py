# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute the digests of an audit file as winnow-storage(5) says, with h5py and
libxxhash alone, and compare them with those in the file."""
import ctypes
import sys

import h5py

library = ctypes.CDLL("libxxhash.so.0")


class Hash(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


library.XXH3_128bits.restype = Hash
library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
TYPES = {"uint8": "u8", "int32": "i32", "uint32": "u32", "int64": "i64",
         "uint64": "u64", "float32": "f32", "float64": "f64"}


def digest(content):
    value = library.XXH3_128bits(content, len(content))
    return "%016x%016x" % (value.high, value.low)


def check(name, found, wanted):
    print("%s %s" % (name, "fits" if found == wanted else "DIFFERS"))


def describe(path, item, lines):
    for name, value in item.attrs.items():
        if name == "digest":
            continue
        if isinstance(value, bytes):
            line = b"%s@%s %d:%s\n" % (path.encode(), name.encode(),
                                       len(value), value)
        else:
            line = ("%s@%s %.17g\n" % (path, name, value)).encode()
        lines.append(line)
    if isinstance(item, h5py.Dataset):
        kind = item.dtype
        type_name = ("names:%d" % kind.itemsize if kind.kind == "S"
                     else TYPES[kind.name])
        head = "%s %s\n" % (type_name, ",".join(map(str, item.shape)))
        found = digest(head.encode() + (item[()].tobytes() if item.size
                                        else b""))
        check(path, found, item.attrs["digest"].decode())
        lines.append(("%s %s\n" % (path, found)).encode())


with h5py.File(sys.argv[1], "r") as audit:
    for stage in audit:
        lines = []
        describe(stage, audit[stage], lines)
        audit[stage].visititems(
            lambda name, item: describe(stage + "/" + name, item, lines))
        check(stage, digest(b"".join(sorted(lines))),
              audit[stage].attrs["digest"].decode())
