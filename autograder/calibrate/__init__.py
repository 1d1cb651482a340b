"""Target losses, measured: where the thresholds of `check_training` come from."""
