#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every method of score: one row of methods.def, one definition, one reference
# it is tested against, one entry of winnow-methods(7) with its papers (their
# years: manual.t). The table says which test holds a method to its reference: a
# golden one, or brute force.
. "${WN_SOURCE:-.}/tests/tap.sh"

cat >table <<'END'
el2n dynamics el2n_over_epochs_is_the_golden_one
grand mlp golden_net_gives_the_golden_numbers
grand_last mlp golden_net_gives_the_golden_numbers
l1 mlp predictions_are_the_golden_ones
margin mlp predictions_are_the_golden_ones
sum_margin mlp predictions_are_the_golden_ones
small_loss dynamics mixture_is_the_golden_one
aum dynamics histories_are_the_golden_ones
forgetting dynamics histories_are_the_golden_ones
first_learned dynamics histories_are_the_golden_ones
confidence dynamics histories_are_the_golden_ones
variability dynamics histories_are_the_golden_ones
closeness dynamics variants_are_the_golden_ones
correctness dynamics histories_are_the_golden_ones
loss_mean dynamics histories_are_the_golden_ones
loss_std dynamics histories_are_the_golden_ones
cores dynamics histories_are_the_golden_ones
elr dynamics targets_are_the_golden_ones
elr_term dynamics targets_are_the_golden_ones
disagreement method disagreement_is_the_golden_one
enn graph enn_drops_the_golden_rows
tomek graph tomek_links_the_golden_pair
simifeat_vote graph simifeat_is_the_golden_one
simifeat_rank graph transition_is_the_golden_one
knn_shapley graph knn_shapley_is_the_golden_one
knn_shapley_exact graph exact_shapley_is_the_golden_one
outlier graph outlier_is_the_golden_distance
rarity graph rarity_is_the_golden_one
near_duplicate graph near_duplicate_is_the_golden_score_turned
intrinsic evidence intrinsic_is_the_golden_one
extrinsic evidence extrinsic_is_the_golden_one
pair_cosine pairs ranks_are_those_of_brute_force
pair_rank pairs ranks_are_those_of_brute_force
ood method ood_is_the_golden_one
forward_loss method corrected_losses_are_the_golden_ones
backward_loss method corrected_losses_are_the_golden_ones
END
sed -n 's/^WN_METHOD[_A-Z]*(\([a-z0-9_]*\).*/\1/p' \
    "$source/src/method/methods.def" >methods
is "$(cut -d' ' -f1 table)" "$(cat methods)" "each method has a reference"
while read -r name file test; do
    grep -q "cmocka_unit_test($test)" "$source/tests/unit/$file.c" 2>/dev/null ||
        echo "$name: $file.c: $test"
done <table >missing
is "$(cat missing)" "" "which a test holds it to"
while read -r name; do
    [ "$(cat "$source"/src/method/*.c |
        grep -c "^const struct wn_method wn_method_$name = {")" -eq 1 ] ||
        echo "$name"
done <methods >missing
is "$(cat missing)" "" "each has one definition"
while read -r name; do
    [ "$(grep -c "^\.It Cm $name\$" "$source/man/winnow-methods.7")" -eq 1 ] ||
        echo "$name"
done <methods >missing
is "$(cat missing)" "" "each has one entry in the manual"
while read -r name; do
    cat "$source"/src/method/*.c |
        sed -n "/^const struct wn_method wn_method_$name = {/,/};/p" |
        grep -q '\.source = "[A-Z]' || echo "$name"
done <methods >missing
is "$(cat missing)" "" "each names where it comes from"
ok "$([ "$(wc -l <methods)" -ge 30 ]; echo $?)" "the table was read"

done_testing
