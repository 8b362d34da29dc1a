#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Manual pages for programs under other names: rename.sh TRANSFORM <page
#
# TRANSFORM is the sed expression by which configure's --program-prefix and its
# kin rename programs. What follows it: titles, names, cross-references to
# section 1, and commands in examples ("$ score x | flag").

set -u
script=''
for program in ingest score flag report prune review audit; do
    name=$(echo $program | sed "$1") || exit 1
    [ "$name" != $program ] || continue
    title=$(echo $program | tr '[:lower:]' '[:upper:]')
    script="$script
s/^\\.Dt $title 1/.Dt $(echo "$name" | tr '[:lower:]' '[:upper:]') 1/
s/^\\.Nm $program\\>/.Nm $name/
/^\\./s/\\<Xr $program 1/Xr $name 1/
/^\\(\\.Dl \\)\\{0,1\\}\\\$ /s/\\([|\$;&(] \\)$program\\>/\\1$name/g"
done
exec sed "$script"
