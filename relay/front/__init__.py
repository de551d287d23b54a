"""The HTTP server: one loop that receives, threads that run the app, and a limit for whoever is slow.

docs/decisions/0021-the-front.md says why it is ours.
"""
