"""Scenarios without a relay: Make calls CreativeAI and takes its webhooks."""

from make.source import modules, paid_list, shared
from make.source.scenario import Scenario
from relay.intake import status_words


def signed_by_creativeai() -> Scenario:
    flow = Scenario("signed-by-creativeai")
    main = flow.main
    came = shared.pass_through(main, "CreativeAI calls here")
    known = main.put(
        "Your signing secret",
        modules.variables(
            {
                "secret": "PASTE_SIGNING_SECRET_HERE",
                "signature": shared.header(came, "x-creativeai-signature"),
                "delivery": shared.header(came, "x-creativeai-delivery-id"),
                "event": shared.header(came, "x-creativeai-event"),
            }
        ),
        note="Put the signing secret of CreativeAI in place of PASTE_SIGNING_SECRET_HERE.",
    )
    computed = f'sha256={{{{sha256({came}.value; "hex"; {known}.secret)}}}}'
    read, genuine = shared.verified(main, came, known, computed, "Your signing secret")
    shared.answer(genuine, "Respond that it arrived", 200, "Received.")
    # A batch has its videos in jobs; anything else is one result, the only turn of the loop.
    item = genuine.put(
        "Each result",
        modules.each(f'{{{{if(length({read}.jobs) > 0; {read}.jobs; split("one"; ","))}}}}'),
    )
    result = genuine.put("The result", modules.variables(_result(known, read, item)))
    in_progress = f"^({'|'.join(status_words.PROCESSING.split())})$"
    letters = f"{{{{{_letters(f'{result}.status')}}}}}"
    ended = modules.when("Not in progress", (letters, "text:notpattern", in_progress))
    file = f'{{{{if(length({result}.link) > 0; "file"; "none")}}}}'  # a completion may get its file later
    shared.once(genuine, f"{{{{{result}.id}}}}:{{{{{result}.status}}}}:{file}", ended)
    genuine.put(
        "Add a row",
        modules.add_row(
            *(f"{{{{{result}.{name}}}}}" for name in ("id", "status", "link", "error", "prompt"))
        ),
        note="Choose the spreadsheet and the sheet with the columns Generation ID, Status, Video, Error and "
        "Prompt. A status other than completed and failed is CreativeAI's own word: see its dashboard.",
        failing="again",
    )
    shared.announced(
        genuine,
        "Post to Slack",
        f"CreativeAI {shared.plain(f'{result}.id')}: {shared.plain(f'{result}.status')} "
        f"{shared.plain(f'ifempty({result}.link; {result}.error)')}",
    )
    return flow


def _result(known: int, read: int, item: int) -> dict[str, str]:
    """Of one turn of the loop: what the video says, else what the whole webhook says."""
    # The status of a batch says nothing about its videos.
    alone = f'ifempty({read}.status; last(split({known}.event; ".")))'
    unsaid = f'if(length({read}.jobs) > 0; "unknown"; {alone})'
    word = f"lower(trim(ifempty({item}.status; {unsaid})))"
    meanings = f"{_cases(status_words.COMPLETED, 'completed')}; {_cases(status_words.FAILED, 'failed')}"
    place = f'join(add(emptyarray; {known}.delivery; {item}.`__IMTINDEX__`); "#")'
    files = f'ifempty({read}.output_url; ifempty({read}.url; join(map({read}.data; "url"); " ")))'
    reason = f"ifempty({read}.error_message; ifempty({item}.error.message; {read}.error.message))"
    return {
        "id": f"{{{{ifempty({item}.id; ifempty({read}.id; {place}))}}}}",
        "status": f"{{{{switch({_letters(word)}; {meanings}; {word})}}}}",
        "link": f"{{{{trim(ifempty({item}.output_url; ifempty({item}.url; {files})))}}}}",
        "error": f"{{{{ifempty({item}.error_message; {reason})}}}}",
        "prompt": f"{{{{ifempty({item}.prompt; {read}.prompt)}}}}",
    }


def image_to_video() -> Scenario:
    flow = Scenario("image-to-video")
    main = flow.main
    came = shared.guarded(main)
    wrong, right = main.split(2, fallback=0)
    shared.answer(
        wrong,
        "Reject with 422",
        422,
        f"Post callback_url (https) and products: a list of 1 to {paid_list.MOST}, each with prompt and "
        "image_url. Nothing was started or charged.",
    )
    shared.answer(
        right,
        "Respond that it starts",
        202,
        "The list is being started. Each product gets a row in your sheet. Post the same list once more to "
        "start what was not started: nothing is paid twice.",
        modules.when(
            "A list of products",
            (f"{{{{length({came}.products)}}}}", "number:lessorequal", str(paid_list.MOST)),
            (f"{{{{length({came}.products[1].prompt)}}}}", "number:greater", "0"),
            (f"{{{{{came}.callback_url}}}}", "text:startwith:ci", "https://"),
        ),
    )
    paid_list.started(right, f"{came}.products", f"{came}.callback_url")
    return flow


def _cases(words: str, meaning: str) -> str:
    """For `switch`: each word, and what it means."""
    return "; ".join(f'"{each}"; "{meaning}"' for each in words.split())


def _letters(word: str) -> str:
    """In progress, in-progress and IN_PROGRESS are one word."""
    word = f"lower({word})"
    for sign in ("_", "-", " "):
        word = f'replace({word}; "{sign}"; "")'
    return word
