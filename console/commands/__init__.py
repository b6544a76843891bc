"""One file a command. What is heavy to import is imported inside the function that needs it."""
