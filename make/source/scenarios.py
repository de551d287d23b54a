"""The scenarios: which modules, in which order, with what in them."""

from make.source import modules, shared
from make.source.scenario import Scenario


def start_through_the_relay() -> Scenario:
    flow = Scenario("start-through-the-relay")
    branch = flow.main
    came = shared.guarded(branch)
    given = shared.as_json(branch, job_input=f"{{{{{came}.input}}}}", context=f"{{{{{came}.context}}}}")
    product = (f"{came}.context.sku", f"{came}.input.image_url", f"{came}.input.prompt")
    key = "-".join(("make", *(f"{{{{md5({each})}}}}" for each in product)))
    submitted = shared.job_at_the_relay(branch, given["job_input"], given["context"], key)
    branch.put(
        "Respond that it is queued", modules.respond("202", f'{{"status": {{{{{submitted}.statusCode}}}}}}')
    )
    return flow


def behind_the_relay() -> Scenario:
    flow = Scenario("behind-the-relay")
    branch = flow.main
    came = shared.guarded(branch)
    data = f"{came}.data"
    shared.once(branch, f"{{{{{data}.generation_id}}}}:{{{{{data}.status}}}}")
    done, failed = branch.split(2)
    is_done = modules.when("Completed", (f"{{{{{data}.status}}}}", "text:equal", "completed"))
    is_failed = modules.when("Failed", (f"{{{{{data}.status}}}}", "text:equal", "failed"))
    texts = {"sku": f"{{{{{data}.context.sku}}}}", "generation": f"{{{{{data}.generation_id}}}}"}
    link = f"{{{{{data}.outputs[1].url}}}}"
    found = shared.as_json(done, is_done, **texts, link=link)
    shared.record(
        done,
        SKU=found["sku"],
        Status="Completed",
        Video=found["link"],
        **{"Generation ID": found["generation"]},
    )
    shared.announced(done, "Post to Slack", f"Video ready for {texts['sku']}: {link}")
    reason = f"{{{{{data}.error.message}}}}"
    found = shared.as_json(failed, is_failed, **texts, reason=reason)
    shared.record(
        failed,
        SKU=found["sku"],
        Status="Failed",
        Error=found["reason"],
        **{"Generation ID": found["generation"]},
    )
    shared.announced(failed, "Post the failure", f"Video failed for {texts['sku']}: {reason}")
    return flow


def signed_by_creativeai() -> Scenario:
    flow = Scenario("signed-by-creativeai")
    branch = flow.main
    came = branch.put(
        "CreativeAI calls here",
        modules.webhook(),
        note="Create a webhook with <b>Get request headers</b> and <b>JSON pass-through</b> switched on.",
    )
    head = f'{{{{get(map({came}.`__IMTHEADERS__`; "value"; "name"; "%s"); 1)}}}}'
    known = branch.put(
        "Your signing secret",
        modules.variables(
            secret="PASTE_SIGNING_SECRET_HERE",  # noqa: S106 - to be replaced, and rejected until then
            signature=head % "x-creativeai-signature",
            delivery=head % "x-creativeai-delivery-id",
        ),
        note="Put the signing secret of CreativeAI in place of PASTE_SIGNING_SECRET_HERE.",
    )
    authentic = modules.when(
        "The signature is right",
        (
            f"{{{{{known}.signature}}}}",
            "text:equal",
            f'sha256={{{{sha256({came}.value; "hex"; {known}.secret)}}}}',
        ),
        (f"{{{{{known}.secret}}}}", "text:notequal", "PASTE_SIGNING_SECRET_HERE"),
    )
    read = branch.put("Read the webhook", modules.parse(f"{{{{{came}.value}}}}"), only=authentic)
    final = modules.when(
        "Completed or failed", (f"{{{{{read}.status}}}}", "text:pattern", "^(completed|failed)$")
    )
    shared.once(branch, f"{{{{{known}.delivery}}}}:{{{{{read}.status}}}}", final)
    branch.put(
        "Add a row",
        modules.add_row(
            f"{{{{{read}.id}}}}",
            f"{{{{{read}.status}}}}",
            f"{{{{{read}.output_url}}}}",
            f"{{{{{read}.error_message}}}}",
            f"{{{{{read}.prompt}}}}",
        ),
        note="Choose the spreadsheet and the sheet with the columns Generation ID, Status, Video, Error and "
        "Prompt.",
        failing="again",
    )
    shared.announced(
        branch,
        "Post to Slack",
        f"CreativeAI {{{{{read}.id}}}}: {{{{{read}.status}}}} "
        f"{{{{ifempty({read}.output_url; {read}.error_message)}}}}",
    )
    return flow


def image_to_video() -> Scenario:
    flow = Scenario("image-to-video")
    branch = flow.main
    came = shared.guarded(branch)
    item = branch.put("Each product", modules.each(f"{{{{{came}.products}}}}"))
    branch.put("Wait: five per minute", modules.sleep(13))
    given = shared.as_json(
        branch,
        prompt=f"{{{{{item}.prompt}}}}",
        image=f"{{{{{item}.image_url}}}}",
        callback=f"{{{{{came}.callback_url}}}}",
    )
    shared.once(branch, f"{{{{{item}.sku}}}}:{{{{md5({item}.image_url)}}}}:{{{{md5({item}.prompt)}}}}")
    submitted = branch.put(
        "Create the video at CreativeAI",
        modules.post(
            f"{shared.CREATIVEAI}/v1/video/generations",
            modules.body(
                model="auto",
                prompt=given["prompt"],
                image_url=given["image"],
                duration=5,
                aspect_ratio="9:16",
                webhook_url=given["callback"],
                webhook_auto_retry=True,
            ),
        ),
        note="Choose or add the API key credential: your CreativeAI key, in the header "
        "<b>Authorization</b> as <b>Bearer KEY</b>.",
        failing="ignored",
    )
    branch.put(
        "Save the generation ID",
        modules.add_row(
            f"{{{{{item}.sku}}}}", f"{{{{{submitted}.data.id}}}}", f"{{{{{submitted}.data.status}}}}"
        ),
        note="Choose the spreadsheet and the sheet with the columns SKU, Generation ID, Status.",
        failing="again",
    )
    return flow


SCENARIOS = (start_through_the_relay, behind_the_relay, signed_by_creativeai, image_to_video)
