"""Where bytes live: which store, which bucket, which sizes and media, and nothing else."""
