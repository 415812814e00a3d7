"""The command line, one module per command: arguments in, data on stdout, talk on stderr."""
