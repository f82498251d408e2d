"""What happened, for those outside: subscriptions, and the signed calls that tell them (Standard Webhooks 1.0)."""
