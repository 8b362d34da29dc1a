#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion in bash and zsh: every option of every program, and the columns of
# the file on the line.
. "${WN_SOURCE:-.}/tests/tap.sh"

if ! command -v bash >/dev/null; then
    skip 'completion' 'there is no bash'
    done_testing
    exit
fi
# offer WORD...: what bash's complete offers for the last word, sorted. "="
# is a word of its own, as readline makes it.
offer() {
    bash -c '
        for program in audit ingest score flag report prune review; do
            ln -sf "$0/src/prog/completion.bash" "$program.bash"
            source "./$program.bash"
        done
        shopt -s extglob
        COMP_WORDS=()
        for word; do
            while [[ $word == --*=* ]]; do
                COMP_WORDS+=("${word%%=*}" =)
                word=${word#*=}
                [[ -z $word ]] && continue 2
            done
            COMP_WORDS+=("$word")
        done
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        spec=$(builtin complete -p "$1.bash") || exit 1
        function=${spec##*-F } function=${function%% *}
        "$function" "$1" "" ""
        printf "%s\n" "${COMPREPLY[@]}"' "$source" "$@" 2>/dev/null |
        sort | grep .
}
for program in audit ingest score flag report prune review; do
    $program --help | sed -n 's/^  \(-., \|    \)--\([a-z-]*\).*/--\2/p' |
        sort -u >wanted
    offer $program -- | sed 's/=$//' | sort -u >found
    is "$(wc -l <wanted | tr -d ' ') $(comm -23 wanted found | tr '\n' ' ')" \
        "$(wc -l <wanted | tr -d ' ') " "$program: every option of --help"
done
is "$(offer score --thr)" '--threads=' 'the rest of a name'
printf '\357\273\277id,"the ""label""",a b,c\r\n1,2,3,4\r\n' >t.csv
is "$(offer ingest t.csv --label= | tr '\n' ' ')" \
    'a\ b c id the\ \"label\" ' 'the columns of the file after --label='
is "$(offer audit t.csv -l i)" id 'and after -l'
is "$(offer ingest --id=c --label=a t.csv | wc -l | tr -d ' ')" 0 \
    'none where a file is wanted'
is "$(offer ingest t.csv --label=i)" id 'those that begin so'
printf 'x;y,z;w\n' >s.csv
is "$(offer ingest s.csv --label= | tr '\n' ' ')" 'w x y\,z ' \
    'another separator'
if command -v zsh >/dev/null; then
    zsh -n "$source/src/prog/completion.zsh"
    ok $? 'zsh reads its own'
    # The specifications that _arguments gets.
    zsh -fc '_arguments() { print -rl -- "$@" }
        words=(ingest t.csv --label=)
        . "$0/src/prog/completion.zsh"' "$source" >out
    is "$(grep -e '^--label=' -e '^-l+' out | tr '\n' ' ')" \
        '--label=:COLUMN:(id the\ label a\ b c) -l+:COLUMN:(id the\ label a\ b c) ' \
        'with the columns'
    ingest --options | wc -l >wanted
    is "$(grep -c '^--' out)" "$(cat wanted | tr -d ' ')" 'and every option'
else
    skip 'zsh' 'there is no zsh'
fi
done_testing
