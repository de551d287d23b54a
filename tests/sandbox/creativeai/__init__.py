"""The sandbox's CreativeAI."""
