/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/shapley.h: what a training row is worth to a neighbour classifier. */
#ifndef WN_METHOD_SHAPLEY_H
#define WN_METHOD_SHAPLEY_H

#include <stddef.h>
#include <stdint.h>

/* Add the Shapley value of each training row for one test row with label own
 * to value[row]. Jia et al., VLDB 2019: with match_r = [label of the r-th
 * nearest is own],
 *   s_r = s_(r+1) + (match_r - match_(r+1)) / k min(k, r) / r.
 *   order   count training rows with a label, nearest first
 *   k       the classifier's neighbours
 *   whole   the order holds every training row: then the last one's value is
 *           match min(k, count) / (count k), and the values are exact and sum
 *           to the share of matches among the k nearest; else it is 0, as if
 *           rows from the count-th on were worth nothing
 * Compared with: brute-force Shapley values, golden:knn_shapley. */
void wn_shapley_add(const int32_t *order, size_t count, const int32_t *label,
                    int32_t own, size_t k, int whole, double *value);

#endif
