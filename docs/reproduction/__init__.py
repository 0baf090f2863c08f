"""The page docs/reproduction.md: what finished runs measured, beside what was published."""
