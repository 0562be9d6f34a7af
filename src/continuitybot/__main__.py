"""`python -m continuitybot` is the same as `continuitybot`."""

from continuitybot.cli import main

main()
