"""Downloads of a learning platform to submitted/: what plugs into `nbgrader zip_collect`."""
