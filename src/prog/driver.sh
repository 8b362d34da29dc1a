#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# audit: the whole pipeline over one dataset, for a person and for cron.
#
#   FILE.csv -> ingest -> score -> flag -> report  the screen
#                                      \-> prune   --pruned=FILE
#
# With --state=DIR the outputs of every night are kept in DIR/NAME:
#
#   audits/000017-2026-12-01.h5   by number, whatever the clock says
#   history.csv, metrics.prom     of the nights up to the last one in audits
#   report.html                   of that night
#   pruned                        the name of the file of --pruned
#   decisions/*.tsv               what people decided, read by flag
#   .work                         the lock, and what is not whole yet
#
# The audit is renamed last: a night is done when its audit is there. What a
# killed run renamed before is replaced by the next one, which has its number.
#
# All of it happens in a hidden directory beside the output, .NAME.work, which
# is the lock too (flock(1) on the directory itself). The outputs are renamed
# out of it when all of them are whole: a run that fails or is killed leaves
# the old ones as they were, and the next run takes the directory over.

set -u
trap '' XFSZ # a limit on file sizes is like a full disk
LC_ALL=C
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
export LC_ALL PATH
unset CDPATH POSIXLY_CORRECT GETOPT_COMPATIBLE
self=${0##*/}

# ---- what is said, and how it ends ------------------------------------------

# A text that may hold anything, fit for a terminal: by report, which knows
# every character that drives one, as soon as it is found.
report_program=''
plain() {
    [ -n "$report_program" ] && "$report_program" --visible "$1" ||
        printf '%s' "$1" | tr '\001-\037\177-\377' '?'
}

# fail TEXT [STATUS]
fail() {
    printf '%s: %s\n' "$self" "$(plain "$1")" >&2
    exit "${2:-2}"
}

# A descriptor that is closed would be taken by the next file opened. Opened
# the wrong way round instead, its use fails as it should.
{ command : 3<&0; } 2>/dev/null || exec 0>/dev/null
{ command : 3>&1; } 2>/dev/null || exec 1</dev/null
command : 3>&2 || exec 2</dev/null

# ---- the programs -----------------------------------------------------------

# The stages have our own prefix and suffix and live where we do, or in PATH.
real=$(readlink -f -- "$(command -v -- "$0")") || real=$0
suffix=${real##*audit}
prefix=${real##*/}
prefix=${prefix%audit*}
stages='ingest score flag prune report'
for stage in $stages; do
    name=$prefix$stage$suffix
    if [ -x "${real%/*}/$name" ]; then
        name=${real%/*}/$name
    else
        command -v "$name" >/dev/null || fail "$name: there is no such program"
    fi
    eval "${stage}_program=\$name"
done
# What else is a report: the page and the metrics of a night, a line for Nagios.
page_program=$report_program
metrics_program=$report_program
line_program=$report_program

# Stages die with us, also when we are killed: nobody else would end them, and
# they hold the lock.
leash='setpriv --pdeathsig KILL --'
$leash true 2>/dev/null || leash=''

# ---- the command line -------------------------------------------------------

# Options that are ours, and those of stages that make no sense here: they
# would name or show something else than an audit leaves.
own='output force quiet pruned self-test state name retain help version'
own="$own config all check-config nagios nagios-line replay"
apart='in-place source removed counts dry-run format explain columns as'
apart="$apart review-plan decisions-template decisions-list plant planted"
apart="$apart spreadsheet-safe list-options list-issues list-methods list-models estimate resume shard merge"
apart="$apart history record night"

# The options of a stage that are passed on, a line each: name, letter and
# value, "-" for none. The programs print them for a hidden option.
stage_options() {
    eval "program=\$$1_program"
    without="$own $apart" only=''
    # The seeds of a review plan and of planted errors, not of the models.
    case $1 in
    report | prune) without="$without seed" ;;
    # report knows what flag found, and what was there before.
    flag) without="$without fail-on" ;;
    page) without="$without seed fields mail-subject color budget" ;;
    metrics) only=reference ;;
    line) only='reference|fail-on|min-rows' ;;
    esac
    "$program" --options | awk -v without="$without" -v only="$only" '
        BEGIN { count = split(without, words)
                for (i = 1; i <= count; i++) no[words[i]] = 1 }
        !($1 in no) && (!only || $1 ~ "^(" only ")$")'
}

# Every option: name, letter, value, and the stage that takes it.
option_table=$(
    cat <<END
output o AUDIT here
pruned - PRUNED here
self-test - SHARE here
replay - AUDIT here
state - DIR here
name - NAME here
retain - N here
config - FILE here
all - - here
check-config - - here
nagios - - here
nagios-line - - here
fail-on - SPEC here
force f - here
quiet q - here
help h - here
version V - here
END
    for stage in $stages page metrics line; do
        stage_options $stage | sed "s/\$/ $stage/"
    done
    for stage in $stages; do
        echo "quiet q - $stage"
    done
)

# The lines of a stage's --help about the options that are passed on.
stage_help() {
    eval "program=\$$1_program"
    { stage_options "$1" && echo && "$program" --help; } | awk '
        !help { if ($0 == "") help = 1; else mine["--" $1] = 1; next }
        /^  (-., |    )--/ { name = $1 ~ /^--/ ? $1 : $2
                           sub(/=.*/, "", name)
                           shown = name in mine
                           if (shown) printf "%s", topic
                           if (shown) topic = "" }
        !/^ / { shown = 0 }
        /^[A-Z].*:$/ { topic = "\n" $0 "\n" }
        shown'
}

help() {
    cat <<END
usage: $self [OPTION...] FILE...
Audit the dataset FILE: which labels are wrong, and the rows worth keeping.
Several files are one dataset. FILE - is standard input; it needs --output.

  -o, --output=AUDIT      write the audit file there (default: FILE.audit.h5)
      --pruned=PRUNED     write the rows worth keeping there
      --self-test=SHARE   plant errors in copies of the data, see how many are
                          found, and write nothing
      --replay=AUDIT      make AUDIT again, compare, and write nothing
      --state=DIR         keep the audits of all nights in DIR/NAME
      --name=NAME         the name there (default: FILE's without extension)
      --retain=N          keep the last N audits there (default: 30)
      --config=FILE       take options from FILE; the operand names a section
      --all               audit every section of it, a line each
      --check-config      say whether it is right, and stop
      --nagios            print one line for Nagios; exit 0, 1, 2 or 3
  -f, --force             replace files that are not from an earlier audit
  -q, --quiet             print nothing unless findings reach --fail-on
  -h, --help              show this help and stop
  -V, --version           show the version and stop
END
    for stage in $stages; do
        printf '\nOptions of %s:\n' "$stage"
        stage_help "$stage"
    done
    printf '\nThe manual: man %s\n' "$self"
}

# A word as the shell reads it back, whatever is in it.
quote() {
    printf '%s\n' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}

output='' pruned='' self_test='' replay='' force='' quiet=''
state='' dataset='' retain='' fail_on=''
config='' all='' check_config='' nagios=''
ingest='' score='' flag='' prune='' report='' # the options of each
page='' metrics='' line='' nagios_line=''

# take NAME VALUE: one option as getopt(1) found it, to all who have it.
take() {
    word=--$1
    [ -z "${takes_value:-}" ] || word=$(quote "--$1=$2")
    for stage in $(echo "$option_table" | sed -n "s/^$1 .* //p"); do
        case $stage in
        here) eval "take_$(echo "$1" | tr - _) \"\$2\"" ;;
        *) eval "$stage=\"\$$stage \$word\"" ;;
        esac
    done
}
take_output() { output=$1; }
take_pruned() { pruned=$1; }
take_self_test() { self_test=$1; }
take_replay() { replay=$1; }
take_state() { state=$1; }
take_name() { dataset=$1; }
take_retain() { retain=$1; }
take_config() { config=$1; }
take_all() { all=1; }
take_check_config() { check_config=1; }
take_nagios() { nagios=1; }
take_nagios_line() { nagios_line=1; }
take_fail_on() { fail_on=$1; }
take_force() { force=1; }
take_quiet() { quiet=1; }
take_help() { help || exit 2; exit; }
take_version() { echo "$self (winnow) @VERSION@" || exit 2; exit; }

# --options, as the programs have it, for those that complete a command line.
if [ "$*" = --options ]; then
    echo "$option_table" |
        awk '!seen[$1]++ && $1 != "nagios-line" { print $1, $2, $3 }' || exit 2
    exit
fi
words=$(echo "$option_table" | awk '
    !seen[$1]++ { colon = $3 == "-" ? "" : ":"; long = long "," $1 colon
                  if ($2 != "-") short = short $2 colon }
    END { print short " -l " substr(long, 2) }')
# shellcheck disable=SC2086 # two words and an option between them
words=$(getopt -n "$self" -o $words -- "$@") || exit 2
eval "set -- $words"
arguments=$words

# take_words WORD... --: options as getopt(1) puts them, or --name=value; sets
# taken, to the number of the words.
take_words() {
    taken=$#
    while [ "$1" != -- ]; do
        takes_value=1
        case $1 in
        --*=*)
            name=${1%%=*}
            take "${name#--}" "${1#*=}"
            shift
            continue
            ;;
        --*) name=${1#--} ;;
        *) name=$(echo "$option_table" |
            awk -v letter="${1#-}" '$2 == letter { print $1; exit }') ;;
        esac
        if echo "$option_table" | grep -q "^$name . - "; then
            takes_value=''
            take "$name" ''
        else
            take "$name" "$2"
            shift
        fi
        shift
    done
    taken=$((taken - $# + 1))
}
take_words "$@"
shift $taken

# --nagios: the audit is a run of our own, which prints one line and nothing
# else unless it fails.
if [ -n "$nagios" ] && [ -z "$nagios_line" ]; then
    eval "set -- $arguments"
    said=$("$real" --nagios-line "$@" 2>&1)
    status=$?
    said=$(printf '%s\n' "$said" | tail -n 1)
    case $status in
    0 | 1) printf '%s\n' "$said" || exit 3 ;;
    75) printf 'WINNOW UNKNOWN - %s\n' "$(plain "$said" | tr '|' /)" ;;
    *) printf 'WINNOW CRITICAL - %s\n' "$(plain "$said" | tr '|' /)" ;;
    esac
    case $status in
    0 | 1) exit $status ;;
    75) exit 3 ;;
    esac
    exit 2
fi
[ -z "$nagios" ] || quiet=''

@CONFIG@
[ $# -ge 1 ] || fail "found no operand, wanted FILE, or -; see --help"

# ---- the files --------------------------------------------------------------

# safe PATH: sets path, to one that no program takes for an option.
safe() {
    case $1 in
    -*) path=./$1 ;;
    *) path=$1 ;;
    esac
}

# stem PATH: sets path, to PATH without its last extension.
stem() {
    case ${1##*/} in
    ?*.*) path=${1%.*} ;;
    *) path=$1 ;;
    esac
}

# folder PATH: sets path, to its directory.
folder() {
    case $1 in
    */*) path=${1%/*}/ ;;
    *) path=./ ;;
    esac
}

# Standard input goes to ingest alone, which keeps what it reads for prune.
# inputs are the words of all files, sources those that name them to others.
inputs='' sources=''
if [ $# -eq 1 ] && [ "$1" = - ]; then
    [ -n "$output$state" ] || fail "standard input needs --output=FILE"
    case " $ingest " in
    *' --no-keep-source '*)
        [ -z "$pruned" ] ||
            fail "--no-keep-source: - is read once, wanted no --pruned"
        ;;
    esac
    input=- inputs=-
    exec 8<&0
else
    several=$#
    for file; do
        safe "$file"
        [ "$file" != - ] || fail "several files are one dataset: found -"
        [ -e "$path" ] || fail "$file: there is no such file"
        [ -f "$path" ] && [ -r "$path" ] ||
            fail "$file: wanted a file that can be read"
        inputs="$inputs $(quote "$path")"
        sources="$sources $(quote "--source=$path")"
    done
    safe "$1"
    input=$path
    exec 8</dev/null
fi

case " $prune " in
*' --gain '*) [ -n "$pruned" ] || fail "--gain wants --pruned too" ;;
esac

# --state: what there is of the nights before, and what this one is called.
night='' number='' earlier_audit=''
if [ -n "$state" ]; then
    [ -z "$output" ] || fail "--state and --output exclude each other"
    [ -z "$self_test" ] || fail "--state and --self-test exclude each other"
    case " $report" in
    *" '--against="*) fail "--state and --against exclude each other" ;;
    esac
    case " $flag" in
    *" '--previous="*) fail "--state and --previous exclude each other" ;;
    esac
    if [ -z "$dataset" ]; then
        [ "$input" != - ] || fail "--state: - has no name, wanted --name=NAME"
        stem "$input"
        dataset=${path##*/}
    fi
    case $dataset in
    '' | .* | */*)
        fail "--name: found '$dataset', wanted a name without / or . before"
        ;;
    esac
    retain=${retain:-30}
    case $retain in
    *[!0-9]* | 0* | ???????*)
        fail "--retain: found '$retain', wanted a number of audits from 1"
        ;;
    esac
    began=${SOURCE_DATE_EPOCH:-$(date +%s)}
    safe "$state"
    state=${path%/}
    [ -d "$state" ] || fail "$state: there is no such directory"
    night=$state/$dataset
    mkdir -p "$night/audits" "$night/decisions" ||
        fail "$night: cannot make this directory"
    output=$night/audits/
else
    [ -z "$dataset$retain" ] || fail "--name and --retain want --state too"
fi
if [ -z "$output" ]; then
    stem "$input"
    output=$path.audit.h5
fi
safe "$output"
output=$path

# The audits of a state in order, the newest last.
list_audits() {
    find "$night/audits" -maxdepth 1 -type f \
        -name '[0-9][0-9][0-9][0-9][0-9][0-9]-*.h5' | sort
}

# Called when the lock is ours.
look_back() {
    if [ -e "$night/VERSION" ]; then
        found=$(head -c 20 "$night/VERSION")
        [ "$found" = 1 ] ||
            fail "$night/VERSION: found '$found', wanted 1, as this version has"
    else
        put 1 VERSION
    fi
    earlier_audit=$(list_audits | tail -n 1)
    number=${earlier_audit##*/}
    number=${number%%-*}
    # No octal number.
    number=$(echo "${number:-0}" | awk '{ print $1 + 1 }')
    [ "$number" -le 999999 ] || fail "$night/audits: has 999999 nights"
    day=$(date -u -d "@$began" +%F) || exit 2
    output=$night/audits/$(printf '%06d' "$number")-$day.h5
    history=/dev/null
    [ ! -e "$night/history.csv" ] || history=$night/history.csv
    for file in "$night"/decisions/*.tsv; do
        [ ! -f "$file" ] || flag="$flag $(quote "--decisions=$file")"
    done
    if [ -n "$earlier_audit" ]; then
        flag="$flag $(quote "--previous=$earlier_audit")"
        against=$(quote "--against=$earlier_audit")
        report="$report $against" page="$page $against"
        metrics="$metrics $against" line="$line $against"
    fi
    attempt_metrics "$night/metrics.prom"
}

# attempt_metrics FILE: put FILE in place as metrics.prom, with the time of this
# attempt: a night that fails is seen by it.
attempt_metrics() {
    metric=winnow_last_attempt_timestamp_seconds
    text=$(
        [ ! -e "$1" ] || grep -v $metric "$1"
        echo "# HELP $metric When the last audit began, whole or not."
        echo "# TYPE $metric gauge"
        printf '%s{source="%s"} %s\n' $metric \
            "$(plain "${input##*/}" | sed 's/[\\"]/\\&/g')" "$began"
    )
    put "$text" metrics.prom
}

# put TEXT NAME: replace NAME of the state by one line or more.
put() {
    printf '%s\n' "$1" 2>/dev/null >"$work/put" ||
        fail "$night/$2: cannot write"
    replace "$work/put" "$night/$2"
}

# replace NEW OLD: OLD is replaced whole; the disk has it before we go on.
replace() {
    sync "$1" 2>/dev/null || exit 2
    mv -fT "$1" "$2" || exit 2
    folder "$2"
    sync "$path" 2>/dev/null
}
# An output is nothing yet, or a file other than the input.
check_target() {
    folder "$1"
    [ -d "$path" ] || fail "$path: there is no such directory"
    [ ! -e "$1" ] || [ -f "$1" ] || fail "$1: is not a regular file"
    target=$1
    eval "set -- $inputs"
    for file; do
        [ ! "$target" -ef "$file" ] && [ ! "$target" -ef /proc/self/fd/8 ] ||
            fail "$target: is the input"
    done
}
if [ -z "$night" ]; then
    [ ! -L "$output" ] || output=$(readlink -f -- "$output")
    check_target "$output"
fi
if [ -n "$pruned" ]; then
    safe "$pruned"
    pruned=$path
    [ ! -L "$pruned" ] || pruned=$(readlink -f -- "$pruned")
    check_target "$pruned"
    [ "$pruned" != "$output" ] && [ ! "$pruned" -ef "$output" ] ||
        fail "$pruned: is both --output and --pruned"
    # A file that a night left is replaced by the next one.
    [ -n "$force" ] || [ ! -e "$pruned" ] ||
        { [ -n "$night" ] && [ "$(cat "$night/pruned" 2>/dev/null)" = \
            "$(readlink -f -- "$pruned")" ]; } ||
        fail "$pruned: exists; --force replaces it"
fi

# ---- what is answered before any work ---------------------------------------

# stage_alone NAME ARGUMENT...: a stage with its options and these.
stage_alone() {
    eval "program=\$$1_program words=\$$1"
    shift
    eval "set -- $words \"\$@\""
    "$program" "$@" <&8
}

# --sniff without a label prints the form of the file, as ingest does.
case " $ingest" in
*" '--label="*) ;;
*' --sniff'*)
    eval "set -- $inputs"
    stage_alone ingest -- "$@" || exit 2
    exit
    ;;
esac
# A mistake in --fail-on would else be found after the work of other stages.
[ -z "$fail_on" ] ||
    stage_alone flag "--fail-on=$fail_on" --list-issues >/dev/null || exit 2

if [ -n "$replay" ]; then
    [ -z "$state$pruned$self_test" ] ||
        fail "--replay writes nothing, wanted no --state, --pruned, --self-test"
    safe "$replay"
    replay=$path
    "$report_program" --list-options -- "$replay" >/dev/null || exit 2
fi
if [ -n "$self_test" ]; then
    case $self_test in
    *[!0-9.%]*) fail "--self-test: found '$self_test', wanted a share, as 5%" ;;
    esac
    [ "$input" != - ] || fail "--self-test: - is read once, wanted FILE"
    [ "$several" -eq 1 ] || fail "--self-test: found $several files, wanted one"
    [ -z "$pruned" ] || fail "--self-test writes nothing, wanted no --pruned"
fi

# ---- the lock and the end ---------------------------------------------------

# Everything happens in hidden directories beside the outputs. They are the
# locks, too, which are held until we are gone: so they are ours to remove.
if [ -n "$night" ]; then
    work=$night/.work
else
    folder "$output"
    work=$path.${output##*/}.work
fi
spare='' # beside the pruned file, where that is elsewhere
held=''  # those that we hold: none, the first, or both
child=''

clean() {
    [ -z "$held" ] || rm -rf "$work"
    [ "$held" != both ] || [ -z "$spare" ] || rm -rf "$spare"
}

# stop SIGNAL: end the stage, clean, and die of the signal.
stop() {
    trap '' HUP INT PIPE TERM
    [ -z "$child" ] || { kill -s TERM "$child" && wait "$child"; } 2>/dev/null
    clean
    trap - EXIT "$1"
    kill -s "$1" $$
}

# lock DIRECTORY DESCRIPTOR OUTPUT: take the hidden directory of an output; the
# descriptor is the lock and stages inherit it. Between mkdir and flock the last
# holder may have removed it: look again.
lock() {
    [ -e /proc/self/fd/0 ] || fail "/proc is not mounted, which the lock needs"
    while :; do
        mkdir -p -m 700 "$1" 2>/dev/null ||
            fail "$1: cannot make this directory"
        if [ -L "$1" ] || { [ -e "$1" ] && [ ! -O "$1" ]; }; then
            fail "$1: is not our own directory"
        fi
        { eval "command exec $2<\"\$1\""; } 2>/dev/null || continue
        flock -n "$2" ||
            fail "$3: another audit is writing it and holds $1" 75
        [ ! "$1" -ef "/proc/self/fd/$2" ] || break
    done
    find "$1" -mindepth 1 -delete
}

# await COMMAND...: run it and set status. It is waited for in the background,
# because a shell looks at signals only between commands.
await() {
    $leash "$@" <&8 8<&- &
    child=$!
    wait $child
    status=$?
    child=''
}

# earlier FILE: whether it is what an earlier audit wrote.
earlier() {
    await "$report_program" -- "$1" >/dev/null 2>&1
    [ $status -le 1 ]
}

# run NAME ARGUMENT...: run a stage with its options and these.
run() {
    name=$1
    shift
    eval "program=\$${name}_program words=\$$name"
    eval "set -- $words \"\$@\""
    await "$program" "$@"
    case $status in
    0) ;;
    1) findings=1 ;; # what --fail-on says
    75) exit 75 ;;
    *)
        [ $status -lt 128 ] ||
            fail "$name: killed by signal $((status - 128))"
        exit 2
        ;;
    esac
}

# ---- the audit --------------------------------------------------------------

trap clean EXIT
for signal in HUP INT PIPE TERM; do
    # shellcheck disable=SC2064 # the signal of now
    trap "stop $signal" $signal
done
lock "$work" 9 "${night:-$output}"
held=first
[ -z "$night" ] || look_back
kept=$work/pruned
if [ -n "$pruned" ]; then
    folder "$pruned"
    if [ ! "$path" -ef "$work/.." ]; then
        spare=$path.${pruned##*/}.work
        lock "$spare" 7 "$pruned"
        held=both
        kept=$spare/pruned
    fi
fi
over=''
[ -z "$force" ] && [ ! -e "$output" ] || over=-f
if [ -z "$force$self_test$replay" ] && [ -e "$output" ]; then
    earlier "$output" ||
        fail "$output: is not from an earlier audit; --force replaces it"
fi

findings=0

# --self-test: the whole audit again on copies with wrong labels in them.
if [ -n "$self_test" ]; then
    run ingest -q -o "$work/audit.h5" -- "$input"
    run score -q -i -- "$work/audit.h5"
    run flag -q -i -- "$work/audit.h5"
    # The form of a file may follow from the end of its name.
    copy=$work/planted.csv
    case ${input##*/} in
    ?*.*) copy=$work/planted.${input##*.} ;;
    esac
    for kind in even likely near; do
        await "$prune_program" -q "--plant=$kind:$self_test" -o "$copy" \
            "--source=$input" -- "$work/audit.h5"
        [ "$status" -eq 0 ] || exit 2
        run ingest -q -o "$work/planted.audit" -- "$copy"
        run score -q -i -- "$work/planted.audit"
        run flag -q -i -- "$work/planted.audit"
        await "$report_program" "--planted=$work/audit.h5" -- \
            "$work/planted.audit" >"$work/found"
        [ "$status" -eq 0 ] || exit 2
        {
            case $kind in
            even) echo 'any row, any other class:' ;;
            likely) echo 'any row, its most likely other class:' ;;
            near) echo 'rows near another class, that class:' ;;
            esac
            sed 's/^/    /' "$work/found"
        } || exit 2
        rm -f "$copy" "$work/planted.audit"
    done
    exit 0
fi
# --replay: each stage again with the options that are recorded and are not its
# own without any. What the command line says comes in addition.
recorded() {
    eval "program=\$$1_program"
    { "$program" --recorded | tr ' ' '\n' && echo && "$program" --options &&
        echo && "$report_program" --list-options "$replay"; } |
        awk -v stage="$1" -v quote="'" '
            $0 == "" { part++; next }
            !part { usual[$0] = 1; next }
            part == 1 { flag[$1] = $3 == "-"; next }
            $1 != stage || $2 ~ /^(previous|decisions)$/ { next }
            {
                value = substr($0, length($1 " " $2 " ") + 1)
                if (($2 "=" value) in usual) next
                if (flag[$2]) { if (value == "yes") print " --" $2; next }
                gsub(/\\x20/, " ", value)
                gsub(/\\x5c/, "\\", value)
                gsub(quote, quote "\\" quote quote, value)
                print " " quote "--" $2 "=" value quote
            }' | tr -d '\n'
}
eval "set -- $inputs"
if [ -n "$replay" ]; then
    for stage in ingest score flag; do
        eval "$stage=\"\$(recorded $stage) \$$stage\""
    done
    run ingest -q -o "$work/audit.h5" -- "$@"
    run score -q -i -- "$work/audit.h5"
    run flag -q -i -- "$work/audit.h5"
    if cmp -s -- "$replay" "$work/audit.h5"; then
        printf 'the same bytes as %s\n' "$(plain "$replay")" || exit 2
        exit 0
    fi
    printf 'other bytes than %s\n' "$(plain "$replay")" || exit 2
    report=''
    run report "--against=$replay" "--as=$replay" --top=0 --color=never -- \
        "$work/audit.h5" >"$work/summary"
    sed -n -e '/^Since /,/^$/{' -e '/^Since /d' -e '/^$/d' -e p -e '}' \
        "$work/summary" || exit 2
    # Files that the audit was made with, and that it does not name.
    night=${replay%/audits/*}
    [ "$night" != "$replay" ] || night=''
    "$report_program" --list-options -- "$replay" | while read -r _ name value; do
        case $name:$flag in
        previous:*" '--previous="* | decisions:*" '--decisions="*) continue ;;
        previous:*)
            value="the audit of data with digest $value"
            file=$(find "${replay%/*}" -name '*.h5' 2>/dev/null | sort |
                grep -xF -B 1 -e "$replay" | grep -vxF -e "$replay")
            ;;
        decisions:*)
            value="a file, or more, with verdicts that count: $value"
            file=$(find "$night/decisions" -name '*.tsv' 2>/dev/null | sort)
            ;;
        *) continue ;;
        esac
        printf '  different: no --%s, was %s\n' "$name" "$value"
        [ -z "$night" ] || printf '%s\n' "$file" | while IFS= read -r file; do
            [ -z "$file" ] ||
                printf '    try %s\n' "$(plain "--$name=$(quote "$file")")"
        done
    done
    exit 1
fi
# report writes to a file here: tell it what the screen is like.
if [ -t 1 ]; then
    { columns=$(stty size <&3 2>/dev/null); } 3<&1
    [ -z "$columns" ] || export COLUMNS="${columns#* }"
    case " $report ${NO_COLOR:+ '--color=no'} ${TERM:-dumb}" in
    *" '--color="* | *' dumb') ;;
    *) report="$report --color=always" ;;
    esac
fi
run ingest $over -o "$work/audit.h5" -- "$@"
run score -i "--as=$output" -- "$work/audit.h5"
run flag -i "--as=$output" -- "$work/audit.h5"
# The hidden directory is not where an absolute path would be found again.
report="$report$sources" page="$page$sources"
counts=''
if [ -n "$pruned" ]; then
    prune="$prune$sources"
    run prune -o "$kept" "--counts=$work/counts" "--as=$output" -- \
        "$work/audit.h5"
    counts=$(awk '
        NF == 0 { exit }
        $2 == "rows" { rows = $1 }
        $2 == "kept" && NF == 2 { kept = $1 }
        $2 == "relabelled" { relabelled = $1 }
        $2 == "left" { out = $1 }
        $2 == "action" { action[$3] = $1; advised = 1 }
        $2 == "other" { others = $1 }
        END { printf "(%d of %d", kept, rows
              if (relabelled) printf "; %d relabelled", relabelled
              if (out) printf "; %d left out", out
              if (advised) printf ": %d to relabel, %d to drop",
                                  action["relabel"], action["drop"]
              if (others) printf "%s %d other flagged labels",
                                 advised ? "," : ":", others
              print ")" }' "$work/counts")
fi
if [ -n "$night" ]; then
    [ -z "$nagios" ] || report="--format=nagios $line"
    run report "--as=$output" "--history=$history" "--night=$number@$began" \
        "--record=$work/history.csv" -- "$work/audit.h5" >"$work/summary"
    set -- "--as=$output" "--history=$work/history.csv" -- "$work/audit.h5"
    run page --format=html "$@" >"$work/report.html"
    run metrics --format=prometheus "$@" >"$work/new.prom"
else
    [ -z "$nagios" ] || report="--format=nagios $line"
    run report "--as=$output" -- "$work/audit.h5" >"$work/summary"
fi

# What is printed comes before what is renamed: a screen that cannot be
# written to is a failure like any other. A reader that has seen enough
# (audit ... | head) is none.
[ -n "$nagios" ] || {
    echo
    printf 'audit file    %s\n' "$(plain "$output")"
    if [ -n "$night" ] && [ -n "$pruned" ] && [ $findings -eq 1 ]; then
        printf 'kept rows     %s stays as it was\n' "$(plain "$pruned")"
        pruned=''
    elif [ -n "$pruned" ]; then
        printf 'kept rows     %s %s\n' "$(plain "$pruned")" "$counts"
        sed '1,/^$/d' "$work/counts"
    fi
} >>"$work/summary" || exit 2
if [ -z "$quiet" ] || [ $findings -eq 1 ]; then
    cat "$work/summary" 2>/dev/null ||
        [ $? -eq 141 ] || fail "standard output: cannot write" # SIGPIPE
fi

# A file that is replaced keeps its mode.
[ ! -e "$output" ] || chmod --reference="$output" "$work/audit.h5" || exit 2
[ -z "$pruned" ] || [ ! -e "$pruned" ] ||
    chmod --reference="$pruned" "$kept" || exit 2
sync "$work" 2>/dev/null
if [ -n "$night" ]; then
    replace "$work/history.csv" "$night/history.csv"
    replace "$work/report.html" "$night/report.html"
    attempt_metrics "$work/new.prom"
fi
mv -fT "$work/audit.h5" "$output" || exit 2
if [ -n "$pruned" ]; then
    if [ -n "$night" ]; then
        put "$(readlink -f -- "$pruned")" pruned
        [ ! -e "$pruned" ] || { cp -p -- "$pruned" "$kept.previous" &&
            replace "$kept.previous" "$pruned.previous"; } || exit 2
    fi
    mv -fT "$kept" "$pruned" || exit 2
    folder "$pruned"
    sync "$path"
fi
folder "$output"
sync "$path"
if [ -n "$night" ]; then
    list_audits | head -n "-$retain" | while IFS= read -r file; do
        rm -f -- "$file"
    done
fi
exit $findings
