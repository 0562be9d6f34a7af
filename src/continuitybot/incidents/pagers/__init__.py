"""The channels that pages leave by, one file each."""
