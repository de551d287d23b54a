"""Jobs of CreativeAI's: requested, queued, sent and followed until their results are there."""

from relay.generation.request_job import JobRequest, request_job, request_jobs, request_pipeline

__all__ = ["JobRequest", "request_job", "request_jobs", "request_pipeline"]
