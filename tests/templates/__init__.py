"""The templates that are handed out, looked at as files and run in the tools that they are for."""
