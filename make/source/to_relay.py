"""Scenarios that create jobs at the relay, which keeps to the limits and delivers the results."""

from make.source import modules, shared
from make.source.scenario import Scenario


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
        f'"context": {{{{ifempty({labels}.json; {nothing}.object)}}}}}}'
    )
    created = branch.put(
        "Create the job",
        modules.call(
            "post", f"{shared.RELAY}/api/jobs", body, ("Idempotency-Key", f"make-{product}"), read=True
        ),
        note=shared.TOKEN,
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
        f'{{"steps": [{{"name": "video", "kind": "image-to-video", "input": {video}}}, '
        f'{{"name": "voice", "kind": "voice", "input": {voice}}}, '
        '{"name": "film", "kind": "compose", "inputs": {"video_url": "video", "audio_url": "voice"}} ], '
        f'"name": "Film from Make", "context": {labels}}}'
    )
    product = shared.identity(*(f"{came}.{name}" for name in ("sku", "product_id", *_FILM)))
    created = branch.put(
        "Create the pipeline",
        modules.call(
            "post", f"{shared.RELAY}/api/pipelines", body, ("Idempotency-Key", f"make-{product}"), read=True
        ),
        note=shared.TOKEN,
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
    forged, genuine = main.split(2)
    computed = f'{{{{sha256({came}.value; "base64"; {known}.secret)}}}}'
    signature, secret = f"{{{{{known}.signature}}}}", f"{{{{{known}.secret}}}}"
    shared.answer(
        forged,
        "Reject with 401",
        401,
        "The signature is missing or wrong. Nothing was created. Check the secret in the module Your settings.",
        modules.any_of(
            "Wrong signature",
            [(signature, "text:notequal", computed)],
            [(secret, "text:equal", "PASTE_SIGNING_SECRET_HERE")],
        ),
    )
    authentic = modules.when(
        "The signature is right",
        (signature, "text:equal", computed),
        (secret, "text:notequal", "PASTE_SIGNING_SECRET_HERE"),
    )
    product = genuine.put("Read the product", modules.parse(f"{{{{{came}.value}}}}"), only=authentic)
    unread = genuine.when_failing()
    shared.answer(unread, "Respond: not JSON", 400, "The body is not JSON. Choose JSON as the format in Shopify.")
    unread.ignore()
    picture = f"ifempty({product}.image.src; {product}.images[1].src)"
    bare, pictured = genuine.split(2)
    shared.answer(
        bare,
        "Respond: no picture",
        200,
        "The product has no picture, so no video was created.",
        modules.when("Without a picture", (f"{{{{length({picture})}}}}", "number:equal", "0")),
    )
    video = shared.as_json(
        pictured,
        "Video",
        {"prompt": f"{{{{{known}.prompt}}}}", "image_url": f"{{{{{picture}}}}}", "aspect_ratio": "9:16"},
        modules.when("With a picture", (f"{{{{length({picture})}}}}", "number:greater", "0")),
    )
    labels = shared.as_json(
        pictured,
        "Labels",
        {
            "product_id": f"{{{{toString({product}.id)}}}}",
            "sku": f"{{{{ifempty({product}.variants[1].sku; emptystring)}}}}",
            "title": f"{{{{ifempty({product}.title; emptystring)}}}}",
        },
    )
    created = pictured.put(
        "Create the job",
        modules.call(
            "post",
            f"{shared.RELAY}/api/jobs",
            f'{{"kind": "image-to-video", "input": {video}, "context": {labels}}}',
            ("Idempotency-Key", f"make-shopify-{{{{{product}.id}}}}"),
            read=True,
        ),
        note=shared.TOKEN,
    )
    shared.relay_is_silent(pictured)
    again = f"{created}.statusCode >= 500 | {created}.statusCode = 429"
    pictured.put(
        "Respond to Shopify",
        # Shopify repeats what is not 200, for two days: right for a busy relay, not for a refused product.
        modules.respond(f"{{{{if({again}; 503; 200)}}}}", f'{{"relay": {{{{{created}.statusCode}}}}}}'),
    )
    shared.announced(
        pictured,
        "Post what was refused",
        f"No video for {shared.plain(f'{product}.title')}: the relay answered {{{{{created}.statusCode}}}}. "
        f"{shared.plain(f'{created}.data.detail')} Nothing was charged.",
        modules.when(
            "Refused",
            (f"{{{{{created}.statusCode}}}}", "number:greaterorequal", "300"),
            (f"{{{{{created}.statusCode}}}}", "number:less", "500"),
            (f"{{{{{created}.statusCode}}}}", "number:notequal", "429"),
        ),
    )
    return flow
