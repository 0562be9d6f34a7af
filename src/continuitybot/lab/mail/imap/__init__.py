"""A small IMAP4rev1 server (RFC 3501): enough to log in, search, fetch, flag and expunge."""
