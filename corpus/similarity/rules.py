"""The rules by which texts are near-duplicates of each other, and when a cluster of them is cut. Pure."""

METHOD = 1
"Version of the rules: raised whenever a text might come into another cluster."
THRESHOLD = 0.65
"Least Jaccard index of the pairs of neighbouring words of near-duplicates."
STRICTER = (0.8, 0.9)
"With which the texts of too large a cluster are clustered again, one after the other; then it may be large."
MOST_TEXTS, MOST_SHARE = 100, 0.01
"How many different texts, or which share of all, a cluster may have before it counts as a chain."
SETTINGS = {"method": METHOD, "words": 2, "threshold": THRESHOLD, "stricter": list(STRICTER)}
"As manifests have them."
