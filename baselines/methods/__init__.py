"""The recipes: each turns a pretrained encoder into a submission folder.

A recipe is one file of this folder, and one line of ``METHODS``; what it must define is said in ``recipe.py``.
"""

METHODS = {
    "dense": "Fine-tune a whole encoder; fewer layers make the cheaper points (layers-2).",
    "fnet": "Fourier transforms in place of attention, distilled from the dense model (fourier-6, hybrid-12-2).",
    "pruned": "Set small weights to zero, or remove heads and neurons (omp-70-tuned, structured-50).",
    "kronecker": "Kronecker products in place of matrices, distilled from the dense model (k5, k8, k21; k8-initial).",
    "dan": "Mean of n-gram vectors, distilled from the dense model (ngrams-100k-width-256, ngrams-10k-width-64).",
    "pabee": "An exit behind every layer; a sample leaves once its answer has held (patience-3, confidence-0.9, full).",
    "deebert": "Ramps beside a frozen encoder; a sample leaves by the first that is sure (entropy-0.2, full).",
    "svd": "Cut every matrix to its strongest singular directions (rank-40, rank-40-tuned).",
    "drone": "Low rank where the inputs are (rank-40, rank-40-tuned, rank-30-scores, flops-1.2, time-1.2, small).",
}
"""Name of the recipe's module to what it does and how its points are called; the modules import torch, so late."""
