# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of the programs' options, which each prints from its own table, of
# column names after options that want a COLUMN, and of files. Installed under
# the name of each program.

# The names in the first line of a file: its columns.
_winnow_columns() {
    head -n 1 -- "$1" 2>/dev/null | awk '{
        sub(/^\357\273\277/, ""); sub(/\r$/, "")
        best = ","
        n = split("; \t |", others, " ")
        others[2] = "\t"
        for (i = 1; i <= n; i++) {
            line = $0
            if (gsub("[" others[i] "]", "", line) > gsub("[" best "]", "", line))
                best = others[i]
        }
        # Cells in quotes may hold the separator; a doubled quote is one.
        while ($0 != "") {
            cell = ""
            if (sub(/^"/, ""))
                while (match($0, /^[^"]*""/) || match($0, /^[^"]*"/)) {
                    cell = cell substr($0, 1, RLENGTH - 1)
                    more = substr($0, RLENGTH - 1, 2) == "\"\""
                    if (more) cell = substr(cell, 1, length(cell) - 1) "\""
                    $0 = substr($0, RLENGTH + 1)
                    if (!more) break
                }
            at = index($0, best)
            cell = cell (at ? substr($0, 1, at - 1) : $0)
            $0 = at ? substr($0, at + 1) : ""
            print cell
        }
    }'
}

# Fill COMPREPLY with the lines of standard input that begin with $1, quoted.
_winnow_reply() {
    local line
    while IFS= read -r line; do
        [[ $line == "$1"* ]] && COMPREPLY+=("$(printf %q "$line")")
    done
}

_winnow() {
    local program=$1 cur=${COMP_WORDS[COMP_CWORD]} option='' word value
    local before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    # "=" is a word of its own where COMP_WORDBREAKS has it.
    if [[ $cur == = ]]; then
        option=$before cur=''
    elif [[ $before == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    elif [[ $cur == --*=* ]]; then
        option=${cur%%=*} cur=${cur#*=}
    elif [[ $before == -? || $before == --* ]]; then
        option=$before
    fi
    if [[ -n $option && $cur != -* ]]; then
        value=$("$program" --options 2>/dev/null |
            awk -v name="${option#--}" -v letter="${option#-}" '
                $1 == name || (length(letter) == 1 && $2 == letter) {
                    print $3; exit }')
        if [[ $value == COLUMN* ]]; then
            for word in "${COMP_WORDS[@]:1}"; do
                word=${word/#\~/$HOME}
                [[ -f $word ]] || continue
                _winnow_reply "$cur" < <(_winnow_columns "$word")
                return
            done
            return
        fi
        # Any other value may be a file.
        [[ -n $value && $value != - ]] && return
    fi
    if [[ $cur == -* ]]; then
        _winnow_reply "$cur" < <("$program" --options 2>/dev/null | awk '{
            print "--" $1 ($3 == "-" ? "" : "=") }')
        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] &&
            compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _winnow -- "${BASH_SOURCE[0]##*/}"
