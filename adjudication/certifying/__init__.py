"""Certificates of machine labels: bounds on how often they are wrong, and the thresholds that these allow. Pure."""
