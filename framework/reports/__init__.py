"""Self-contained HTML pages: one for a run, one for runs side by side."""
