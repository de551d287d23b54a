"""The client of the tests of CreativeAI's API."""

from tests.creativeai.conftest import client, net

__all__ = ["client", "net"]
