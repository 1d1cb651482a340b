"""The border: untrusted code runs in a sealed process, and only plain data crosses."""
