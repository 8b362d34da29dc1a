/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/clusters.h: classes that the features keep apart without the labels.
 *
 * Errors that follow the features look like classes that overlap, but for one
 * case: where the rows, labels left aside, lie in one cluster a class with few
 * rows between the clusters, the classes do not overlap, and labels that differ
 * from their cluster are more than overlap explains.
 *
 * Columns of few values or with a value that a quarter of the rows have are
 * left out; they make clusters of anything. Fisher's linear discriminant of the
 * predicted classes, learned without the row's own fold, gives each row one
 * number t for each pair of classes (its covariance is shrunk towards a sphere
 * by d / (n + d)). No linear map makes two clusters of one. Two normal
 * components are fitted to the t of the rows predicted as either class, by
 * expectation and maximisation from the predictions, and give
 *
 *   overlap    the expected rows on the wrong side, were all labels right
 *   contrary   rows whose likelier component is not that of their prediction
 *   valley     rows around the point where the components are as likely, for
 *              each around the mean of the component that has fewer there;
 *              a mean over the pairs, weighted by their mismatches
 *
 * Mismatches, rows whose label is less probable than the prediction, that the
 * overlap leaves are errors if the valley is at most .5, if they less the
 * contrary rows are a third of the mismatches, and are more than .01 of the
 * rows by 1.645 standard errors; and if mismatches are not more than half. */
#ifndef WN_NOISE_CLUSTERS_H
#define WN_NOISE_CLUSTERS_H

#include <stddef.h>
#include <stdint.h>

/* More rows say no more, and more features cost too much. */
enum { WN_CLUSTER_ROWS = 4096, WN_CLUSTER_WIDTH = 256 };

struct wn_clusters {
    double rows;     /* looked at; 0: there was nothing to look at */
    double mismatch; /* share of the rows */
    double overlap, contrary, valley;
};

/* Look at x (n x d), label[n] (-1 = missing) and predicted[n], 0 .. k-1: the
 * most probable class, the label on ties. */
void wn_clusters_find(const float *x, size_t n, size_t d, const int32_t *label,
                      const int32_t *predicted, size_t k,
                      struct wn_clusters *out);
/* Returns the share of the mismatches that are errors. *low is the low end of
 * the 90 % interval of the share of the rows that are. Both are 0 where the
 * clusters say nothing. */
double wn_clusters_errors(const struct wn_clusters *clusters, double *low);
/* The memory that wn_clusters_find() takes for rows of d features. */
double wn_clusters_bytes(size_t d);

#endif
