"""The `framework` command line: thin commands, one file each."""
