"""A form that posts one product to a template's first webhook, with its key: what a shop's tool does later.

It is executed in n8n's editor and never published, since a form without a sign-in could be found and would
spend credits.
"""

from n8n.source import forms, requests
from n8n.source.creativeai import CALLBACK
from n8n.source.credentials import START
from n8n.source.flow import Flow, Node

_STARTS = {"sku": "MUG-1", "title": "Mug", "image_url": "https://example.com/mug.jpg"}
_MORE = {"narration": "Meet the mug."}
NOTE = (
    "## Try it with a form\nDo not publish this workflow.\n\n1. Import and publish the template first.\n"
    "2. Click *Execute workflow*: n8n opens a form.\n3. Enter a product with the address of a picture of "
    "yours, and submit. The template starts, which costs credits.\n\n*Send the product* shows its response: "
    "202 when it has started, otherwise the reason."
)


def form_for(flow: Flow) -> Flow:
    """For a flow that begins with `arrival.product`; its form has the fields that the flow reads."""
    start = next(node for _, node in flow.nodes.values() if START.name in node.credentials.values())
    read = str(flow.nodes["Read the product"][1].parameters)
    fields = _STARTS | {name: example for name, example in _MORE.items() if name in read}
    made = Flow(f"{flow.slug}/first-try", f"{flow.id[:-3]}Try", f"First try: {flow.title}")
    form = made.put(0, 0, _form([forms.text(name, example=value) for name, value in fields.items()]))
    body = ", ".join(f"{name}: $json.{name}" for name in fields)
    sent = requests.request(
        "Send the product",
        "POST",
        f"{CALLBACK}{start.parameters['path']}",
        credential=START,
        body=requests.json_body(f"{{ {body} }}"),
        response={"fullResponse": True, "neverError": True},
        settings={},
    )
    made.put(1, 0, sent, after=form)
    made.note(f"### From the form to the template\nAs other tools send it to *{start.name}*.", (0, 0), (1, 0))
    return made


def _form(fields: list[forms.Field]) -> Node:
    parameters = {
        "formTitle": "Try the template",
        "formDescription": "One product is sent to the template. What it creates costs credits.",
        "formFields": {"values": fields},
        "options": {},
    }
    return Node("The form", "n8n-nodes-base.formTrigger", 2.2, parameters, listens=True)
