"""The client of CreativeAI's API, against `responses`."""
