#compdef audit flag ingest prune report review score
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of the programs' options, which each prints from its own table, of
# column names after options that want a COLUMN, and of files.
local name letter value file
local -a specs columns
for file in ${(Q)words[2,-1]}; do
    [[ -f $file ]] || continue
    columns=(${(s:,:)$(head -n 1 -- $file | sed $'s,^\xef\xbb\xbf,,' | tr -d '"\r' | tr ';\t' ',,')})
    break
done
while read -r name letter value; do
    if [[ $value = - ]]; then
        specs+=("--$name")
        [[ $letter = - ]] || specs+=("-$letter")
    elif [[ $value = COLUMN* ]]; then
        specs+=("--$name=:$value:(${(j: :)${(@q)columns}})")
        [[ $letter = - ]] || specs+=("-$letter+:$value:(${(j: :)${(@q)columns}})")
    else
        specs+=("--$name=:$value:_files")
        [[ $letter = - ]] || specs+=("-$letter+:$value:_files")
    fi
done < <($words[1] --options 2>/dev/null)
_arguments -s -S $specs '*:file:_files'
