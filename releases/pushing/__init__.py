"""Push a release to where its readers load it from: a dataset of the Hugging Face Hub, or a bucket of S3."""
