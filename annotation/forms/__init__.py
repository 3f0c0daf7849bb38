"""Forms of the pages for annotators and their leads."""
