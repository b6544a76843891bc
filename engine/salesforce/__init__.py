"""Talking to Salesforce: one client, and the ways to read through it."""
