#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The manual: pages are well formed and have an entry for every option, method,
# check and dataset there is, and for none that is not.
. "${WN_SOURCE:-.}/tests/tap.sh"

man=$source/man

for page in "$man"/*.[1-8]; do
    name=${page##*/}
    if command -v mandoc >/dev/null; then
        # Whether pages of others are installed here is not our matter.
        is "$(mandoc -T lint -W all "$page" 2>/dev/null |
            grep -v 'referenced manual not found')" "" "$name: mandoc -T lint"
    else
        skip "$name: mandoc -T lint" "mandoc is not installed"
    fi
    is "$(sed -n 's/.*\<Xr \(winnow[-a-z]*\|ingest\|score\|flag\|report\|prune\|review\|audit\) \([1-8]\).*/\1.\2/p' \
        "$page" | sort -u | while read -r other; do
        [ -f "$man/$other" ] || echo "$other"
    done)" "" "$name refers to pages that are there"
    case $name in
    winnow-papers.7) ;; # a list of papers
    *)
        ok "$(sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$page" |
            grep -qE '^(\.Dl )?\$ '; echo $?)" \
            "$name has commands to try: examples.t runs them"
        ;;
    esac
done

# Long options in the .It lines of a page, and in the lines of --help; that of
# audit goes on with those of the stages.
page_options() {
    sed -n 's/^\.It .*Fl -\([a-z0-9-]*\).*/\1/p' "$1" | sort -u
}
help_options() {
    "$1" --help | sed -n '/^Options of/q; s/^ .\{5,6\}--\([a-z0-9-]*\).*/\1/p' | sort -u
}
# The headings of the options.
page_topics() {
    sed -n '/^\.Sh OPTIONS/,/^\.Sh [^O]/s/^\.Ss //p' "$1"
}
help_topics() {
    "$1" --help | sed '/^Options of/,$d' | sed -n 's/^\([A-Z].*\):$/\1/p'
}
for program in ingest score flag report prune review audit; do
    if [ -x "$build/$program" ] && [ -f "$man/$program.1" ]; then
        is "$(page_options "$man/$program.1" | tr '\n' ' ')" \
            "$(help_options "$program" | tr '\n' ' ')" \
            "$program.1 has the options of --help"
        ok "$([ -n "$(help_options "$program")" ]; echo $?)" \
            "and there are some"
        is "$("$build/$program" --help | grep -E '.{80,}')" "" \
            "$program --help fits a terminal"
        is "$("$build/$program" --help | grep '^Options:')" "" \
            "every option of $program has a topic"
        is "$(page_topics "$man/$program.1")" "$(help_topics "$program")" \
            "$program.1 has the topics of --help"
    else
        ok 1 "$program and its page are there"
    fi
done

# entries PAGE WORD...: each has an .It line with it as a whole word.
entries() {
    page=$1
    shift
    missing=''
    for word; do
        grep -qE "^\.It (Cm |Sy |Pa |Va |Em |Li |Fl |Ar )*$word( |\$)" \
            "$man/$page" || missing="$missing $word"
    done
    is "$missing" "" "$page has an entry for each of $# $entry_kind"
}
entry_kind=methods
entries winnow-methods.7 $(sed -n 's/^WN_METHOD[_A-Z]*(\([a-z0-9_]*\).*/\1/p' \
    "$source/src/method/methods.def")
# The entry of a method has the years of its papers.
if [ -x "$build/score" ]; then
    is "$("$build/score" --list-methods | while read -r name rest; do
        for year in $(echo "$rest" | grep -oE '(19|20)[0-9][0-9]'); do
            awk -v name="$name" '/^\.It /{on = $3 == name} on' \
                "$man/winnow-methods.7" | grep -q "$year" ||
                echo "$name $year"
        done
    done)" "" "winnow-methods.7 has the papers of --list-methods"
fi
entry_kind=checks
entries flag.1 $(sed -n 's/^WN_CHECK(\([a-z0-9_]*\).*/\1/p' \
    "$source/src/check/checks.def")
entry_kind=rules
entries winnow-labels.7 $("$build/flag" --list-issues |
    sed -n '/^rules/,$s/^  \([a-z_]*\) .*/\1/p')
entry_kind=fields
entries winnow-fields.7 $(sed -n 's/^WN_FIELD_[A-Z]*(\([a-z_]*\).*/\1/p' \
    "$source/src/select/fields.def")
entry_kind=datasets
entries winnow-audit.5 $(sed -n 's/^WN_LAYOUT("\([^"]*\)".*/\1/p' \
    "$source/src/audit/layout.def" | sed 's/[*]/[*]/g')

done_testing
