# SPDX-License-Identifier: GPL-3.0-or-later
# ---- the file of --config ---------------------------------------------------
#
# Part of the driver. A line of the file is empty, a comment after "#", a
# [section] that names a dataset, "option = value" or, for a flag, "option". The
# lines before the first section hold for all of them.

# read_config FILE: its options, a line each: section ("-" before the first),
# line, name ("[]" where a section begins), value. Or what is wrong with it.
read_config() {
    echo "$option_table" | awk -v file="$1" '
        function fail(found, wanted) {
            printf "%s:%d: found %c%s%c, wanted %s\n", file, FNR, 39, found,
                39, wanted
            exit 1
        }
        FILENAME == "-" {
            if ($1 !~ /^(config|all|check-config|help|version)$/)
                takes[$1] = $3 == "-" ? "flag" : "value"
            next
        }
        FNR == 1 { takes["file"] = "value"; section = "-" }
        { sub(/\r$/, ""); sub(/^[ \t]+/, ""); sub(/[ \t]+$/, "") }
        /^#/ || /^$/ { next }
        /^\[/ {
            section = substr($0, 2, length($0) - 2)
            if ($0 !~ /^\[[A-Za-z0-9_-][A-Za-z0-9_.-]*\]$/ || section == "-")
                fail($0, "a section such as [letters]")
            if (seen[section]++) fail($0, "each section once")
            printf "%s\t%d\t[]\t-\n", section, FNR
            next
        }
        {
            equals = index($0, "=")
            name = equals ? substr($0, 1, equals - 1) : $0
            value = equals ? substr($0, equals + 1) : "-"
            sub(/[ \t]+$/, "", name)
            sub(/^[ \t]+/, "", value)
            if (!(name in takes)) fail(name, "a long option of audit, or file")
            if (takes[name] == "value" && !equals) fail($0, name " = VALUE")
            if (takes[name] == "flag" && equals) fail($0, name " alone")
            printf "%s\t%d\t%s\t%s\n", section, FNR, name, value
        }' - "$1"
}

# is_flag NAME
is_flag() {
    echo "$option_table" | grep -q "^$1 . - "
}

# config_words SECTION: sets words and files, to its options and files as the
# shell reads them back.
config_words() {
    words='' files=''
    while IFS=$tab read -r of _ option value; do
        case $of:$option in
        *:\[\]) continue ;;
        -:* | "$1":*) ;;
        *) continue ;;
        esac
        if [ "$option" = file ]; then
            files="$files $(quote "$value")"
        elif is_flag "$option"; then
            words="$words --$option"
        else
            words="$words $(quote "--$option=$value")"
        fi
    done <<END
$config_lines
END
    [ -n "$files" ] || fail "$config: [$1]: found no file, wanted file = NAME"
}

# check_values: each option by itself, to the programs that have it; then what
# each section needs.
check_values() {
    while IFS=$tab read -r _ line option value; do
        [ "$option" != state ] || [ -d "$value" ] ||
            fail "$config:$line: state = $value is no directory"
        [ "$option" != '[]' ] && [ "$option" != file ] || continue
        word=--$option
        is_flag "$option" || word=$word=$value
        [ "$option" != fail-on ] ||
            said=$("$flag_program" "$word" --list-issues 2>&1) ||
            fail "$config:$line: ${said#*: }"
        for stage in $(echo "$option_table" | sed -n "s/^$option .* //p"); do
            [ "$stage" != here ] || continue
            eval "program=\$${stage}_program"
            said=$("$program" "$word" --check-options 2>&1) ||
                fail "$config:$line: ${said#*: }"
        done
    done <<END
$config_lines
END
    for section in $sections; do
        config_words "$section"
        eval "set -- $files"
        for file; do
            [ -f "$file" ] && [ -r "$file" ] ||
                fail "$config: [$section]: file = $file cannot be read"
        done
    done
}

# run_all: every section by an audit of its own, and a line about each.
run_all() {
    worst=0
    for section in $sections; do
        said=$("$real" "--config=$config" -- "$section" 2>&1)
        status=$?
        line=$(printf '%s\n' "$said" | grep -v '^ingest: .* rows in = ' |
            grep . | head -n 1)
        case $status:$worst in
        0:* | 1:75 | 1:2 | 75:2) ;;
        *) worst=$status ;;
        esac
        [ $status -ne 0 ] || [ -z "$quiet" ] || continue
        printf '%s: %s\n' "$section" "$(plain "${line:-nothing to report}")"
        [ $status -ne 1 ] ||
            printf '%s\n' "$said" | sed -n 's/^reached --fail-on:/    &/p'
    done
    exit $worst
}

tab=$(printf '\t')
if [ -n "$config" ]; then
    [ -f "$config" ] && [ -r "$config" ] ||
        fail "$config: wanted a file that can be read"
    config=$(readlink -f -- "$config") || exit 2
    config_lines=$(read_config "$config") ||
        fail "$(printf '%s\n' "$config_lines" | tail -n 1)"
    sections=$(printf '%s\n' "$config_lines" |
        awk -F '\t' '$3 == "[]" { print $1 }')
    [ -n "$sections" ] || fail "$config: found no section, wanted [NAME]"
    # Names in it are relative to its directory.
    cd "${config%/*}/" || exit 2
    if [ -n "$all$check_config" ]; then
        [ $# -eq 0 ] || fail "found operand '$1', wanted none with --all"
        [ -z "$check_config" ] || { check_values && exit; }
        run_all
    fi
    [ $# -eq 1 ] || fail "found $# operands, wanted the name of a section"
    printf '%s\n' "$sections" | grep -qxF -e "$1" ||
        fail "$config: found no section [$1]"
    config_words "$1"
    section=$1
    eval "take_words $words --"
    [ -z "$state" ] || dataset=${dataset:-$section}
    eval "set -- $files"
else
    [ -z "$all$check_config" ] || fail "--all and --check-config want --config"
fi
