"""Text messages as such: numbers, senders, alphabets, segments, merge fields. Pure, no clock, no settings."""
