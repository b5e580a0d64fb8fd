"""What the application needs from the world, as protocols. Their docstrings are promises that every adapter keeps."""
