"""From source/ to release/ and solutions/: pair, lint, release, solve."""
