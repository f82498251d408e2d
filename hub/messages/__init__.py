"""Campaigns and messages: accept them, submit them to a carrier, settle their end."""
