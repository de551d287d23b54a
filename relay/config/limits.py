"""Settings that the settings page may change too: CreativeAI's limits, the budget, payload retention."""

from pydantic import BaseModel, Field


class LimitSettings(BaseModel):
    creativeai_credits_per_day: float | None = Field(
        None,
        gt=0,
        title="Credits per day",
        description="Your own limit: how many credits jobs may cost in any 24 hours. Unset: no limit.",
    )
    creativeai_requests_per_minute: int = Field(
        10,
        ge=1,
        title="Requests per minute",
        description="CreativeAI's limit for all requests: free 10, pro 100, enterprise 1000 and more.",
    )
    creativeai_videos_per_minute: int = Field(
        5, ge=1, title="New videos per minute", description="CreativeAI's limit for new videos."
    )
    creativeai_videos_at_once: int = Field(
        3, ge=1, title="Videos at once", description="CreativeAI's limit for running videos."
    )
    creativeai_videos_per_day: int = Field(
        100, ge=1, title="Videos per day", description="CreativeAI's limit for new videos in 24 hours."
    )
    creativeai_polls_per_minute: int = Field(
        120, ge=1, title="Status calls per minute", description="CreativeAI's limit for status calls."
    )
    keep_bodies_days: int = Field(
        30,
        ge=1,
        le=3650,
        title="Webhook payload retention in days",
        description="How long the exact bytes of webhooks, the responses of destinations to each attempt and "
        "the list of sign-ins are kept. Results and deliveries are never deleted.",
    )
