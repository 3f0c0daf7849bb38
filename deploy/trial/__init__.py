"""Build the images, bring the whole compose file up, and use it as people do."""
