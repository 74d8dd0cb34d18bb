"""The small classifiers whose features and classes the metrics use."""
