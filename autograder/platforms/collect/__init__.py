"""Downloads of learning platforms to submitted/."""
