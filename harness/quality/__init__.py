"""How good the answers are: metrics, bootstrap intervals, paired comparisons."""
