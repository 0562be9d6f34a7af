"""The lab's HTTP server: control API for the bot, lab API and panel for people."""
