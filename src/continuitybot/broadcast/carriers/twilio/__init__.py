"""The carrier Twilio: the only place that knows its SDK."""
