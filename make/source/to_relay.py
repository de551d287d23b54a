"""Scenarios that create jobs at the relay, which keeps to the limits and delivers the results."""

from make.source import modules, shared
from make.source.scenario import Branch, Scenario


def start_through_the_relay() -> Scenario:
    flow = Scenario("start-through-the-relay")
    branch = flow.main
    came = shared.guarded(branch)
    nothing = branch.put("No labels", modules.variables({"object": "{}"}))
    given = branch.put("Input as JSON", modules.as_json(f"{{{{{came}.input}}}}"))
    labels = branch.put("Labels as JSON", modules.as_json(f"{{{{{came}.context}}}}"))
    product = shared.identity(f"{came}.context.sku", f"{came}.input.image_url", f"{came}.input.prompt")
    body = (
        f'{{"kind": "image-to-video", "input": {{{{ifempty({given}.json; {nothing}.object)}}}}, '
        f'"context": {{{{ifempty({labels}.json; {nothing}.object)}}}} }}'
    )
    created = branch.put(
        "Create the job",
        modules.call(
            "post",
            f"{shared.RELAY}/api/jobs",
            body,
            ("Idempotency-Key", f"make-{product}"),
            (shared.CALLER, f"make/{flow.slug}"),
            read=True,
        ),
        note=shared.HEADER_OF_RELAY,
    )
    shared.relay_is_silent(branch)
    shared.relay_answers(branch, created)
    return flow


def film_through_the_relay() -> Scenario:
    flow = Scenario("film-through-the-relay")
    branch = flow.main
    came = shared.guarded(branch)
    video = shared.as_json(
        branch,
        "Video",
        {
            "prompt": f"{{{{{came}.video_prompt}}}}",
            "image_url": f"{{{{{came}.image_url}}}}",
            "aspect_ratio": "9:16",
        },
    )
    voice = shared.as_json(branch, "Voice", {"text": f"{{{{{came}.voice_text}}}}"})
    labels = shared.as_json(
        branch,
        "Labels",
        {name: f"{{{{ifempty({came}.{name}; emptystring)}}}}" for name in ("sku", "product_id", "title")},
    )
    body = (
        f'{{"steps": [{{"name": "video", "kind": "image-to-video", "input": {video} }}, '
        f'{{"name": "voice", "kind": "voice", "input": {voice} }}, '
        '{"name": "film", "kind": "compose", "inputs": {"video_url": "video", "audio_url": "voice"}} ], '
        f'"name": "Film from Make", "context": {labels} }}'
    )
    product = shared.identity(*(f"{came}.{name}" for name in ("sku", "product_id", *_FILM)))
    created = branch.put(
        "Create the pipeline",
        modules.call(
            "post",
            f"{shared.RELAY}/api/pipelines",
            body,
            ("Idempotency-Key", f"make-{product}"),
            (shared.CALLER, f"make/{flow.slug}"),
            read=True,
        ),
        note=shared.HEADER_OF_RELAY,
    )
    shared.relay_is_silent(branch)
    shared.relay_answers(branch, created)
    return flow


_FILM = ("image_url", "video_prompt", "voice_text")


def shopify_through_the_relay() -> Scenario:
    flow = Scenario("shopify-through-the-relay")
    main = flow.main
    came = shared.pass_through(main, "Shopify calls here")
    known = main.put(
        "Your settings",
        modules.variables(
            {
                "secret": "PASTE_SIGNING_SECRET_HERE",
                "signature": shared.header(came, "x-shopify-hmac-sha256"),
                "prompt": "The camera circles the product slowly in soft studio light",
            }
        ),
        note="Put the key that Shopify shows below its webhooks in place of PASTE_SIGNING_SECRET_HERE, and "
        "describe the video in <b>prompt</b>.",
    )
    computed = f'{{{{sha256({came}.value; "base64"; {known}.secret)}}}}'
    product, genuine = shared.verified(main, came, known, computed, "Your settings")
    picture = f"ifempty({product}.image.src; {product}.images[1].src)"
    bare, pictured = genuine.split(2, fallback=0)
    shared.answer(
        bare,
        "Respond: no picture",
        200,
        "The product has no picture, so no video was created.",
    )
    _video_of(pictured, product, picture, f"{{{{{known}.prompt}}}}")
    return flow


def _video_of(branch: Branch, product: int, picture: str, prompt: str) -> None:
    video = shared.as_json(
        branch,
        "Video",
        {"prompt": prompt, "image_url": f"{{{{{picture}}}}}", "aspect_ratio": "9:16"},
        modules.when("With a picture", (f"{{{{length({picture})}}}}", "number:greater", "0")),
    )
    labels = shared.as_json(
        branch,
        "Labels",
        {
            "product_id": f"{{{{toString({product}.id)}}}}",
            "sku": f"{{{{ifempty({product}.variants[1].sku; emptystring)}}}}",
            "title": f"{{{{ifempty({product}.title; emptystring)}}}}",
        },
    )
    created = branch.put(
        "Create the job",
        modules.call(
            "post",
            f"{shared.RELAY}/api/jobs",
            f'{{"kind": "image-to-video", "input": {video}, "context": {labels} }}',
            ("Idempotency-Key", f"make-shopify-{{{{{product}.id}}}}"),
            (shared.CALLER, "make/shopify-through-the-relay"),
            read=True,
        ),
        note=shared.HEADER_OF_RELAY,
    )
    shared.relay_is_silent(branch)
    # Shopify repeats what is not 200, for two days: right for a relay that is busy or refuses the token, but
    # not for a product that the relay refuses.
    answers = "; ".join(f"{status}; 200" for status in (200, 201, 400, 409, 422))
    branch.put(
        "Respond to Shopify",
        modules.respond(
            f"{{{{switch({created}.statusCode; {answers}; 503)}}}}",
            f'{{"relay": {{{{{created}.statusCode}}}}}}',
        ),
    )
    shared.announced(
        branch,
        "Post what was refused",
        f"No video for {shared.plain(f'{product}.title')}: the relay answered {{{{{created}.statusCode}}}}. "
        f"{shared.plain(f'{created}.data.detail')} Nothing was charged.",
        modules.when(
            "Refused",
            (f"{{{{{created}.statusCode}}}}", "number:greaterorequal", "300"),
            (f"{{{{{created}.statusCode}}}}", "number:notequal", "429"),
            (f"{{{{{created}.statusCode}}}}", "number:notequal", "503"),
        ),
    )
