"""Where the directory comes from: one source of people per file."""
