"""The way from and to the learning platform: downloads to submitted/, and who is who."""
