dnl SPDX-License-Identifier: GPL-3.0-or-later

dnl WN_REQUIRE_MODULE(PREFIX, PKG-CONFIG MODULE, DEBIAN PACKAGE)
AC_DEFUN([WN_REQUIRE_MODULE],
  [PKG_CHECK_MODULES([$1], [$2], [],
    [AC_MSG_ERROR([$2 is missing; Debian package: $3])])])

dnl libcsv has no pkg-config file.
AC_DEFUN([WN_REQUIRE_LIBCSV],
  [AC_CHECK_HEADER([csv.h], [],
    [AC_MSG_ERROR([libcsv is missing; Debian package: libcsv-dev])])
   AC_CHECK_LIB([csv], [csv_init], [CSV_LIBS=-lcsv],
    [AC_MSG_ERROR([libcsv is missing; Debian package: libcsv-dev])])
   AC_SUBST([CSV_LIBS])])

AC_DEFUN([WN_REQUIRE_UNISTRING],
  [AC_CHECK_HEADER([unicase.h], [],
    [AC_MSG_ERROR([libunistring is missing; Debian package: libunistring-dev])])
   AC_CHECK_LIB([unistring], [u8_casefold], [UNISTRING_LIBS=-lunistring],
    [AC_MSG_ERROR([libunistring is missing; Debian package: libunistring-dev])])
   AC_SUBST([UNISTRING_LIBS])])

AC_DEFUN([WN_REQUIRE_OPENMP],
  [AC_OPENMP
   AS_IF([test "x$ac_cv_prog_c_openmp" = xunsupported],
    [AC_MSG_ERROR([$CC has no OpenMP; Debian package: gcc, or libomp-dev for clang])])])

dnl Warnings that both gcc and clang know.
AC_DEFUN([WN_WARNINGS],
  [WN_CFLAGS="-std=c11 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
-Wmissing-prototypes -Wpointer-arith -Wvla -ffp-contract=off"])

AC_DEFUN([WN_SANITIZERS],
  [WN_CFLAGS="$WN_CFLAGS -DWN_SANITIZERS -fsanitize=address,undefined \
-fno-sanitize-recover=all -fno-omit-frame-pointer"])
