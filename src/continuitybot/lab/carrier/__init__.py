"""An SMS carrier that speaks Twilio's Messages API, and the phones it reaches."""
