"""Reads Salesforce, keeps the tables in step, and says what it did. All I/O lives here; nothing is printed."""
