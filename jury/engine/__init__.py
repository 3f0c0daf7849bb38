"""The jury engine: items of a shard become requests, replies and stored, charged answers."""
