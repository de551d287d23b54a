"""All scenarios, in the order in which they are listed."""

from make.source.direct import image_to_video, signed_by_creativeai
from make.source.from_relay import behind_the_relay, daily_report
from make.source.to_relay import (
    film_through_the_relay,
    shopify_through_the_relay,
    start_through_the_relay,
)

SCENARIOS = (
    start_through_the_relay,
    shopify_through_the_relay,
    film_through_the_relay,
    behind_the_relay,
    daily_report,
    signed_by_creativeai,
    image_to_video,
)
