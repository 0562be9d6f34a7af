"""The HTTP server: console, portal, webhooks in, health and metrics."""
