"""How good codes are, in numbers."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import normalized_mutual_info_score, silhouette_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

NUM_NEIGHBOURS = 10
DEAD_FRACTION = 0.01
"""A unit is dead whose variance is at most this share of the largest."""

_FEWEST_CLASSES = 2
_MOST_ITERATIONS = 2_000


@dataclass(frozen=True)
class Labelled:
    """Codes with the classes of their images."""

    codes: Float[np.ndarray, "batch latent"]
    labels: Int[np.ndarray, " batch"]


def knn_accuracy(train: Labelled, test: Labelled) -> float:
    """Share of test codes whose class most of the ten nearest training codes have."""
    num_neighbours = min(NUM_NEIGHBOURS, len(train.labels))
    fitted = KNeighborsClassifier(num_neighbours).fit(train.codes, train.labels)
    return float(fitted.score(test.codes, test.labels))


def linear_probe_accuracy(train: Labelled, test: Labelled) -> float:
    """Share of test codes that a logistic regression on standardised training codes gets right.

    Training codes of a single class always predict that class.

    Source: G. Alain, Y. Bengio, Understanding Intermediate Layers Using Linear Classifier Probes,
    2016, section 3.
    """
    if len(np.unique(train.labels)) < _FEWEST_CLASSES:
        return float((test.labels == train.labels[0]).mean())
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=_MOST_ITERATIONS))
    return float(probe.fit(train.codes, train.labels).score(test.codes, test.labels))


def silhouette(test: Labelled) -> float:
    """How much nearer codes lie to their own class than to the nearest other, from -1 to 1.

    It is 0 where there is no other class, or where no class has two codes.

    Source: P. J. Rousseeuw, Silhouettes: A Graphical Aid, 1987, section 2.
    """
    num_classes = len(np.unique(test.labels))
    if not _FEWEST_CLASSES <= num_classes < len(test.labels):
        return 0.0
    return float(silhouette_score(test.codes, test.labels))


def clustering_nmi(test: Labelled) -> float:
    """Normalised mutual information of classes and as many k-means clusters, from 0 to 1.

    It is 0 where there are fewer distinct codes than classes.

    Source: A. Strehl, J. Ghosh, Cluster Ensembles, 2002, section 3; arithmetic mean of entropies.
    """
    num_classes = len(np.unique(test.labels))
    if len(np.unique(test.codes, axis=0)) < num_classes:
        return 0.0
    clusters = KMeans(num_classes, n_init=4, random_state=0).fit_predict(test.codes)
    return float(normalized_mutual_info_score(test.labels, clusters))


def effective_rank(codes: Float[np.ndarray, "batch latent"]) -> float:
    """The number of directions that codes vary in, if they varied equally in each.

    It is the exponential of the entropy of the eigenvalues of the covariance, and 0 where codes do
    not vary at all.

    Source: O. Roy, M. Vetterli, The Effective Rank: A Measure of Effective Dimensionality, 2007.
    """
    eigenvalues = np.linalg.eigvalsh(
        np.cov(codes, rowvar=False, ddof=0).reshape(codes.shape[1], -1)
    )
    eigenvalues = eigenvalues.clip(min=0)
    if not eigenvalues.sum() > 0:
        return 0.0
    shares = eigenvalues[eigenvalues > 0] / eigenvalues.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def is_dead(variances: Float[np.ndarray, " latent"]) -> np.ndarray:
    """Which units say next to nothing of an image: whose variance is at most 1 % of the largest.

    Source: Y. Burda, R. Grosse, R. Salakhutdinov, Importance Weighted Autoencoders, 2015, section
    5.2, where 0.01 is the bound; here it is relative, as codes need not have a scale.
    """
    return variances <= DEAD_FRACTION * variances.max()
