#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest from HDF5, .npy and libsvm: the same table in every format gives the same
# features and labels; they equal those of the CSV file where scales are equal.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH

sed 1d "$samples/iris.csv" | cut -d, -f1-4 | tr , ' ' >x
sed 1d "$samples/iris.csv" | cut -d, -f5 >y
awk '{ print $1 == "setosa" ? 0 : $1 == "versicolor" ? 1 : 2 }' y >codes
echo 'setosa versicolor virginica' >names
n=$(wc -l <y)
one() { peek "$1" data/features digest; peek "$1" data/label digest; }

compose i.h5 x f8 ${n}x4 <x
compose i.h5 'z/g/x' '>f4' ${n}x4 <x
compose i.h5 z/cube '>f8' ${n}x2x2 <x
compose i.h5 y S12 $n <y
compose i.h5 v V8 $n <y
compose i.h5 codes i1 $n <codes
compose i.h5 floats '>f4' $n <codes
compose i.h5 names V8 3 <names
compose i.h5 obs/kind/codes i1 $n <codes
compose i.h5 obs/kind/categories S10 3 <names
seq $n | sed s/^/row-/ | compose i.h5 id V8 $n
awk '{ print 3 }' y | compose i.h5 weight u1 $n
awk '{ print NR % 7 }' y | compose i.h5 group i4 $n
awk '{ print NR % 2 ? "train" : "test" }' y | compose i.h5 split S5 $n
awk '{ print $1 == 0 ? ".75 0 .25" : $1 == 1 ? "0 1 0" : "0 0 1" }' codes |
    compose i.h5 p f8 ${n}x3

runs 'HDF5' ingest i.h5 --features=/x --label=/y --scale=robust -o h.h5 -v
ok "$(grep -qF 'i.h5: 150 rows in = 150 kept + 0 rejected, 4 features, 3 classes' err
    echo $?)" 'says what is there'
is "$(sed -En 's/^ingest: ([a-z]*): [0-9]+\.[0-9]{2} s, [0-9]+ MiB$/\1/p' err |
    tr '\n' ' ')" 'read write ' "and each stage's seconds"
runs 'CSV' ingest "$samples/iris.csv" --label=species -q -o c.h5
is "$(one c.h5 | tr -d '\n' | wc -c)" 64 'digests of features and labels'
is "$(one h.h5)" "$(one c.h5)" 'features and labels are those of CSV'
is "$(peek h.h5 data form)" hdf5 'the form is kept'
is "$(peek h.h5 data arrays | tr '\n' ' ')" 'label /y numeric /x ' \
    'and which dataset is what'
is "$(peek h.h5 data source)" i.h5 'and the file'
while read -r features label more; do
    runs "$features $label $more" ingest i.h5 --features=$features \
        --label=$label $more --scale=robust -q -f -o o.h5
    is "$(one o.h5)" "$(one c.h5)" 'the same'
done <<EOT
/x /v
/cube /y
/x /obs/kind
/x /codes --label-names=/names
/x /floats --label-names=/names
/x /y --label-names=/names
EOT
runs 'big-endian floats in chunks' ingest i.h5 --features=/g/x --label=/y -q \
    --scale=none -f -o o.h5
is "$(peek o.h5 data/features f32 | head -2 | tr '\n' ' ')" \
    '5.0999999 3.5 1.39999998 0.200000003 4.9000001 3 1.39999998 0.200000003 ' \
    'with --scale=none as they are'
runs 'from a pipe' sh -c 'cat i.h5 | ingest --features=/x --label=/y \
    --scale=robust -q -o pipe.h5'
is "$(one pipe.h5)" "$(one c.h5)" 'the same'
runs 'whole numbers without names' ingest i.h5 --features=/x --label=/codes \
    -q -f -o o.h5
is "$(peek o.h5 data/label i32 | uniq -c | tr -s ' \n' ' ')" \
    ' 50 0 50 1 50 2 ' 'name themselves'
runs 'all roles' ingest i.h5 --features=/x --label=/y --id=/id \
    --weight=/weight --group=/group --split=/split --probability=/p -q -f \
    -o r.h5
is "$(peek r.h5 data/id u8 | wc -l)" "$(seq $n | sed s/^/row-/ | tr -d '\n' |
    wc -c)" 'ids'
is "$(peek r.h5 data/weight f32 | uniq)" 3 'weights'
is "$(peek r.h5 data/group i32 | head -8 | tr '\n' ' ')" '1 2 3 4 5 6 0 1 ' \
    'groups'
is "$(peek r.h5 data/split i32 | head -3 | tr '\n' ' ')" '1 0 1 ' 'splits'
is "$(peek r.h5 data/probability f32 | sed -n '1p;51p;101p' | tr '\n' ' ')" \
    '0.75 0 0.25 0 1 0 0 0 1 ' 'probabilities'
for j in 1 4; do
    ingest i.h5 --features=/x --label=/y -q -j$j -o j$j.h5
done
same j1.h5 j4.h5 'the same bytes for any -j'

awk 'NR == 3 || NR == 60 { print -1; next } 1' codes | compose i.h5 gaps i1 $n
fails_with 2 'ingest: i.h5: /gaps: found no label in 2 rows (2, 59), wanted' \
    ingest i.h5 --features=/x --label=/gaps -o no.h5
runs 'rows without label' ingest i.h5 --features=/x --label=/gaps --id=/id \
    --missing-label=drop -f -o d.h5
is "$(cat err)" 'ingest: i.h5: 150 rows in = 148 kept + 2 rejected, 4 features, 3 classes' \
    'are left out and reported'
is "$(peek d.h5 data/label i32 | wc -l)" 148 'not more'
is "$(peek d.h5 data/row_line u64 | sed -n '2,3p;58,59p' | tr '\n' ' ')" \
    '1 3 58 60 ' 'rows keep their numbers'
is "$(peek d.h5 data/id u8 | awk '{ printf "%c", $1 }' |
    grep -o 'row-2row-4')" row-2row-4 'and ids'

compose x.npy npy f8 ${n}x4 <x
compose xf.npy fortran '>f8' ${n}x4 <x
compose y.npy npy U10 $n <y
compose yb.npy npy '>U10' $n <y
compose ys.npy npy S10 $n <y
for pair in 'x y' 'xf yb' 'x ys'; do
    set -- $pair
    runs ".npy: $pair" ingest $1.npy --label=$2.npy --scale=robust -q -f \
        -o o.h5
    is "$(one o.h5)" "$(one c.h5)" 'the same'
done
for from in auto npy; do
    runs ".npy from a pipe, --from=$from" sh -c "cat x.npy |
        ingest --label=y.npy --from=$from --scale=robust -q -f -o o.h5"
    is "$(one o.h5)" "$(one c.h5)" 'the same'
    runs 'prune of it' prune --drop=none -f o.h5 -o rows.npy
done
runs '.npy without operand' ingest --features=x.npy --label=y.npy \
    --scale=robust -q -f -o o.h5
is "$(one o.h5)" "$(one c.h5)" 'the same'

paste -d' ' codes x | awk '{ printf "%s", $1
    for (j = 2; j <= NF; j++) if ($j != 0) printf " %d:%s", j - 1, $j
    print "" }' >i.svm
runs 'libsvm' ingest i.svm --from=libsvm --scale=robust -q -f -o s.h5
is "$(one s.h5)" "$(one c.h5)" 'the same'
is "$(peek s.h5 data/row_offset u64 | tail -1)" "$(wc -c <i.svm)" \
    'knows where rows stand'
paste -d' ' codes x | awk '{ printf "%s", $1
    for (j = 2; j <= NF; j++) if ($j != 0) printf " %d:%s", j - 2, $j
    print "" }' >zero.svm
runs 'libsvm from a pipe, indices from 0' sh -c 'cat zero.svm |
    ingest --from=libsvm --scale=robust -o zero.h5'
is "$(one zero.h5)" "$(one c.h5)" 'the same'
is "$(cat err)" 'ingest: -: 150 rows in = 150 kept + 0 rejected, 4 features, 3 classes' \
    'and says what came in'
prune --drop=none zero.h5 | cmp - zero.svm
ok $? 'and can be pruned'
printf '# two classes\n\n+1 qid:3 1:.5 3:2\r\n-1 qid:3\t2:1e-3 # none\r\n1 qid:4' \
    >q.svm
runs 'libsvm with qid and comments' ingest q.svm --from=libsvm --scale=none \
    -q -f -o q.h5
is "$(peek q.h5 data/features f32 | tr '\n' '/')" \
    '0.5 0 2/0 0.00100000005 0/0 0 0/' 'its numbers'
is "$(peek q.h5 data/label i32 | tr '\n' ' ')" '1 0 1 ' 'labels -1 and 1'
is "$(peek q.h5 data/group i32 | tr '\n' ' ')" '0 0 1 ' 'its groups'
is "$(peek q.h5 data/row_line u64 | tr '\n' ' ')" '3 4 5 ' 'its lines'

for stage in 'score -i h.h5 --methods=disagreement --model=neighbors -q' \
    'flag -i -q h.h5' 'report h.h5'; do
    runs "$stage" $stage
done

ok "$(report h.h5 | grep -q 'row  given'; echo $?)" \
    'rows of arrays have no lines'

# What is read more than once; nothing waits for a writer.
mkfifo fifo
fails_with 2 'ingest: fifo: is a pipe or a device, wanted a file, or its bytes' \
    ingest fifo --from=hdf5 --label=/y --features=/x -o no.h5
fails_with 2 'ingest: fifo: is a pipe or a device, wanted a file, or its bytes' \
    ingest fifo --from=libsvm -o no.h5

# --link: the features stay; the stages do with them what they do with a copy.
ingest i.h5 --features=/x --label=/gaps --missing-label=drop --scale=none -q \
    -o copy.h5
runs '--link' ingest i.h5 --features=/x --label=/gaps --missing-label=drop \
    --link -q -o link.h5
fails_with 2 'peek: link.h5: data/features: is not in the file' \
    peek link.h5 data/features f32
for a in copy link; do
    score -q --methods=disagreement --model=neighbors $a.h5 -o $a.s.h5 &&
        flag -q $a.s.h5 -o $a.f.h5
    ok $? "stages after a $a"
done
is "$(peek link.s.h5 score/disagreement digest)" \
    "$(peek copy.s.h5 score/disagreement digest)" 'give the same scores'
is "$(peek link.f.h5 flag/issue digest)" "$(peek copy.f.h5 flag/issue digest)" \
    'and issues'
mkdir away
mv i.h5 link.h5 away
runs 'found beside the audit' score -q --methods=none --model=neighbors \
    away/link.h5 -o l.h5
mv away/i.h5 away/j.h5
fails_with 2 'score: i.h5: cannot find the file that holds the features of' \
    score away/link.h5 -o no.h5
compose away/i.h5 y f8 ${n}x4 <x
fails_with 2 'score: away/i.h5: /x: is not in the file' \
    score away/link.h5 -o no.h5
awk 'NR == 5 { $1 = 5.01 } 1' x | compose away/i.h5 x f8 ${n}x4
fails_with 2 'score: away/i.h5: /x: changed since the audit: found digest' \
    score away/link.h5 -o no.h5
mv away/j.h5 i.h5
fails_with 2 'ingest: --link leaves the features as they are; wanted --scale' \
    ingest i.h5 --features=/x --label=/y --link --scale=robust -o no.h5
fails_with 2 'ingest: --link wants --features of an HDF5 file that is no pipe' \
    sh -c 'cat i.h5 | ingest --features=/x --label=/y --link -o no.h5'

# prune: HDF5 of the same names and types; kept + removed = input.
ingest i.h5 --features=/g/x --label=/obs/kind --id=/id --split=/split -q |
    score -q --model=neighbors --methods=disagreement | flag -q -o k.h5
runs 'prune of HDF5' prune k.h5 --drop=none --keep=.5 --by=disagreement \
    -o kept.h5 --removed=rest.h5
is "$(h5ls -r kept.h5 | grep Dataset | tr -s ' ' | tr '\n' ' ')" \
    '/codes Dataset {75} /cube Dataset {75, 2, 2} /floats Dataset {75} /g/x Dataset {75, 4} /gaps Dataset {75} /group Dataset {75} /id Dataset {75} /names Dataset {3} /obs/kind/categories Dataset {3} /obs/kind/codes Dataset {75} /p Dataset {75, 3} /split Dataset {75} /v Dataset {75} /weight Dataset {75} /x Dataset {75, 4} /y Dataset {75} ' \
    'has all datasets of the file'
is "$(h5dump -d /g/x -H kept.h5 | grep -c F32BE)" 1 'with their types'
numbers() { h5dump -y -w 1 -d /id "$1" | grep -o 'row-[0-9]*'; }
is "$({ numbers kept.h5; numbers rest.h5; } | sort -t- -k2n | cksum)" \
    "$(seq $n | sed s/^/row-/ | cksum)" 'kept and removed are all rows'
ingest kept.h5 --features=/g/x --label=/obs/kind --id=/id -q -o again.h5
is "$(peek again.h5 data/id u8 | awk '{ printf "%c", $1 }' | cksum)" \
    "$(numbers kept.h5 | tr -d '\n' | cksum)" 'and can be audited again'
runs 'ordered' prune k.h5 --drop=none --order=disagreement --descending \
    -o order.h5
is "$(numbers order.h5 | sort -t- -k2n | cksum)" \
    "$(seq $n | sed s/^/row-/ | cksum)" 'has all rows'
runs 'a plan' prune k.h5 --dry-run
# --relabel: a row of another class far inside setosa, in each form of label.
awk 'NR == 7 { $1 = 2 } 1' codes | compose i.h5 codes7 i2 $n
awk 'NR == 7 { $1 = "virginica" } 1' y | compose i.h5 y7 S12 $n
awk 'NR == 7 { $1 = "virginica" } 1' y | compose i.h5 v7 V8 $n
compose i.h5 obs/kind7/codes i1 $n <<EOT
$(awk 'NR == 7 { $1 = 2 } 1' codes)
EOT
compose i.h5 obs/kind7/categories S10 3 <names
echo 'virginica setosa versicolor' | compose i.h5 other V8 3
awk 'NR == 7 { print 0; next } { print ($1 + 1) % 3 }' codes |
    compose i.h5 codes8 '>f4' $n
while read -r label more; do
    rm -f m.h5 new.h5 old.h5
    ingest i.h5 --features=/x --label=$label $more -q |
        score -q --methods=none | flag -q --suggest-above=.6 --expect=2% -o m.h5
    runs "--relabel of $label $more" prune m.h5 --drop=none --relabel \
        -o new.h5
    ingest new.h5 --features=/x --label=$label $more -q -o old.h5
    is "$(peek old.h5 data/label i32 | sed -n 7p)" 0 'is setosa again'
done <<EOT
/codes7 --label-names=/names
/codes7
/y7
/v7
/y7 --label-names=/names
/obs/kind7
EOT
ingest i.h5 --features=/x --label=/codes8 --label-names=/other -q |
    score -q --methods=none | flag -q --suggest-above=.6 --expect=2% -o other.h5
runs '--relabel with names in another order' prune other.h5 --drop=none \
    --relabel -o others.h5
is "$(h5dump -d /codes8 -y -w 1 others.h5 | grep -o '^ *[0-9],\?$' |
    tr -dc '0-9\n' | sed -n 7p)" 1 'writes the place of setosa'
ingest i.h5 --features=/x --label=/gaps --id=/id --missing-label=drop -q -f \
    -o d.h5
runs 'prune after --missing-label=drop' prune d.h5 --drop=none -f -o kept.h5 \
    --removed=rest.h5 -f
is "$(numbers rest.h5 | tr '\n' ' ')" 'row-3 row-60 ' \
    'removes what ingest left out'
fails_with 2 'prune: i.h5: changed since the audit' prune k.h5 -o no.h5
ingest x.npy --label=y.npy -q |
    score -q --model=neighbors --methods=disagreement -o n.h5
runs 'prune of .npy' prune n.h5 --drop=none --keep=.5 --by=disagreement \
    -o kept.npy --removed=rest.npy
for part in kept rest; do # as features of a dataset of their own
    seq 75 | awk '{ print $1 % 2 }' | compose $part.y.npy npy u1 75
    ingest $part.npy --label=$part.y.npy --scale=none -q -o $part.n.h5
    peek $part.n.h5 data/features f32 >$part.txt
done
is "$(wc -l <kept.txt | tr -d ' ') $(sort -n kept.txt rest.txt | cksum)" \
    "75 $(seq 0 149 | cksum)" 'tells numbers of rows'
ingest i.svm --from=libsvm -q |
    score -q --model=neighbors --methods=disagreement | flag -q -o v.h5
runs 'prune of libsvm' prune v.h5 --drop=none --keep=.5 --by=disagreement \
    -o kept.svm --removed=rest.svm
is "$(sort kept.svm rest.svm | cksum)" "$(sort i.svm | cksum)" \
    'keeps lines byte for byte'

# Without features: probabilities are copied, and checks that need no features
# run.
runs 'probabilities only' ingest i.h5 --label=/y --probability=/p -q -o p.h5
runs 'are scored' score -q p.h5 -o ps.h5
is "$(peek ps.h5 score/probability f32 | cksum)" \
    "$(peek p.h5 data/probability f32 | cksum)" 'as they are'
runs 'flagged' flag -q ps.h5 -o pf.h5
ok "$(! peek pf.h5 flag/issue ran | grep -q 'outlier\|duplicate'; echo $?)" \
    'but for what looks at features'
runs 'and reported' report pf.h5
runs 'or copied only' score -q --methods=none p.h5 -f -o ps.h5
fails_with 2 'score: --methods: el2n needs features, and there are none' \
    score p.h5 --methods=el2n -o no.h5
fails_with 2 'score: p.h5: there are no features, wanted one or more, or' \
    score p.h5 --model=trees -o no.h5
shared=$source/../shared/data/cifar10_noise20.h5
if [ -e "$shared" ]; then
    ingest "$shared" --label=/label --label-names=/label_name -q \
        --probability=/probability |
        score -q --methods=none -o cifar.h5
    ok $? 'the probabilities of CIFAR-10'
    # Its status is 1 for attributes that differ, too; it prints differences.
    is "$(h5diff "$shared" cifar.h5 /probability /score/probability 2>&1)" '' \
        'come out as they went in'
else
    skip 'the probabilities of CIFAR-10' 'not here'
fi

# What does not fit.
wrong() {
    said=$1
    shift
    case "$*" in
    *--features=*) ;;
    *) set -- --features=/x "$@" ;;
    esac
    fails_with 2 "ingest: $said" ingest i.h5 -o no.h5 "$@"
}
compose i.h5 short i1 3 <names
compose i.h5 text S12 ${n}x1 <y
awk 'NR == 9 { print "1 nan 2 3"; next } 1' x | compose i.h5 nan f4 ${n}x4
awk 'NR == 2 { print "1.5"; next } { print 0 }' x | compose i.h5 half f4 $n
awk 'NR == 2 { print "3"; next } 1' codes | compose i.h5 four i1 $n
awk 'NR == 5 { print ".5 .2 .1"; next } { print "1 0 0" }' x |
    compose i.h5 sums f4 ${n}x3
awk '{ print "1 0" }' x | compose i.h5 two f4 ${n}x2
echo 'a b a' | compose i.h5 twice S1 3
echo 'a b c' | compose i.h5 twic S1 3
awk 'NR == 4 { print 7; next } 1' codes | compose i.h5 bad/codes i1 $n
compose i.h5 bad/categories S10 3 <names
wrong 'i.h5: /none: is not in the file' --label=/none
wrong 'i.h5: /obs: is no dataset' --label=/obs
wrong 'i.h5: /short: found 3 rows, wanted 150, one for each of the input' \
    --label=/y --features=/short
wrong 'i.h5: /text: found text, wanted numbers' --label=/y --features=/text
wrong 'i.h5: /nan: row 8, column 1: found nan, wanted a number' --label=/y \
    --features=/nan
wrong 'i.h5: /half: row 1: found 1.5, wanted a whole number' --label=/half
wrong 'i.h5: /x: found rows of 4 cells, wanted one a row' --label=/x
wrong 'i.h5: /four: row 1: found 3, wanted the place of one of 3 names' \
    --label=/four --label-names=/names
wrong 'i.h5: /twice: rows 0 and 2 have the same name' --label=/codes \
    --label-names=/twice
wrong "i.h5: /y: row 0: found 'setosa', which is not in i.h5: /twic" \
    --label=/y --label-names=/twic
wrong 'i.h5: /sums: row 4: found probabilities that sum to 0.8, wanted 1' \
    --label=/y --probability=/sums
wrong 'i.h5: /two: found 2 classes, wanted 3 as in the label' --label=/y \
    --probability=/two
fails_with 2 'ingest: i.h5: found an HDF5 file, wanted CSV' ingest i.h5 \
    --from=csv --label=y -o no.h5
fails_with 2 "ingest: i.h5: wanted --features=/DATASET or --probability=/DATASET;\
 the file has /bad" ingest i.h5 --label=/y -o no.h5
compose few.h5 x f8 ${n}x4 <x
compose few.h5 y S12 $n <y
compose few.h5 z/cube '>f8' ${n}x2x2 <x
fails_with 2 "ingest: few.h5: wanted --label=/DATASET; the file has /cube (150 x 2 x 2),\
 /x (150 x 4), /y (150)" ingest few.h5 -o no.h5
for i in $(seq 20); do echo 1 | compose many.h5 a$i i1 1; done
ok "$(ingest many.h5 --label=/a1 2>&1 | grep -q ' and 8 more$'; echo $?)" \
    'a long list is cut'
wrong 'i.h5: /bad/codes: row 3: found 7, wanted -1 or the number of one of 3' \
    --label=/bad
wrong '--kind does not apply to input of form hdf5' --label=/y --kind=a:text
ok "$([ ! -e no.h5 ]; echo $?)" 'nothing is written then'
done_testing
