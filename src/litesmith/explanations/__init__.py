"""Error texts of other tools: what they mean and what to do, one file per family of patterns."""
