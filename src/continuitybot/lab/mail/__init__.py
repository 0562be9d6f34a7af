"""The mail of the simulated company: sites that speak real SMTP and IMAP."""
