"""Shopify's Admin GraphQL API: an upload target, the video on the product, and its status.

https://shopify.dev/docs/api/admin-graphql/2026-10
"""

from n8n.source import nodes, requests
from n8n.source.credentials import SHOPIFY
from n8n.source.flow import Node

VERSION = "2026-10"
FIELDS = 4  # of a place for a video: GoogleAccessId, key, policy, signature
STAGE, ATTACH, STATUS = "Create an upload target", "Attach it to the product", "Get the media status"
READ = "Read Shopify's response"
_PLACE = f"$('{STAGE}').first(0).json.body.data.stagedUploadsCreate.stagedTargets[0]"
_STAGE = (
    "mutation Stage($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) { "
    "stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"
)
_ATTACH = (
    "mutation Attach($product: ProductUpdateInput!, $media: [CreateMediaInput!]!) { "
    "productUpdate(product: $product, media: $media) { product { media(last: 1) { nodes { id status } } } "
    "userErrors { field message } } }"
)
_STANDS = (
    "query Stands($ids: [ID!]!) { nodes(ids: $ids) { id ... on Video { status mediaErrors { code message } } "
    "} }"
)
_MEDIA = f"$('{ATTACH}').first(0).json.body.data.productUpdate.product.media.nodes[0].id"
# Shopify refuses with status 200: in `errors`, in `userErrors` of a mutation, in `mediaErrors` of a file.
_REFUSALS = (
    "[...[$json.body?.errors ?? []].flat(), "
    "...Object.values($json.body?.data ?? {}).flatMap((each) => each?.userErrors ?? []), "
    "...($json.body?.data?.nodes?.[0]?.mediaErrors ?? [])].map((each) => each.message ?? each.code ?? each)"
)
_THROTTLED = (
    "($json.statusCode === 429 || [$json.body?.errors ?? []].flat().some((each) => "
    "each.extensions?.code === 'THROTTLED'))"
)


WHY = (
    "={{ 'Shopify did not accept the video: ' + ($json.why || ($json.error ? 'it did not respond.' : "
    "'it was not live in time.')) + ' Check the product; if the video is not on it, retry this execution "
    "or attach it by hand. It was paid for: ' + $('Settings').first().json.link }}"
)


def _graphql(name: str, query: str, variables: str) -> Node:
    """Output 0: a response, whatever it says, for `read`; output 1: none."""
    return requests.request(
        name,
        "POST",
        f"=https://{{{{ $('Settings').first().json.shop }}}}.myshopify.com/admin/api/{VERSION}/graphql.json",
        credential=SHOPIFY,
        body=requests.json_body(f"{{ query: '{query}', variables: {variables} }}"),
        response={"fullResponse": True, "neverError": True, "responseFormat": "json"},
        settings=nodes.WAITED_OUT,
    )


def read() -> Node:
    """Of each call: `step`, the media's status, and what Shopify refused. THROTTLED is waited out."""
    media = "$json.body?.data?.nodes?.[0]"
    status = f"({media}?.status ?? ($prevNode.name === '{STATUS}' ? 'GONE' : ''))"
    why = (
        f"{_REFUSALS}.join(' ') || ($json.statusCode >= 400 ? 'Shopify responded with status ' + "
        f"$json.statusCode + '.' : {status} === 'GONE' ? 'The video is not on the product any more.' : '')"
    )
    return nodes.fields(
        READ,
        nodes.text("step", "={{ $prevNode.name }}"),
        nodes.text("why", f"={{{{ {why} }}}}"),
        nodes.text("media", f"={{{{ {status} }}}}"),
        nodes.number("statusCode", f"={{{{ {_THROTTLED} ? 429 : $json.statusCode }}}}"),
        nodes.text("message", f"={{{{ {why} }}}}"),
    )


def sorted_response(name: str) -> Node:
    """Outputs: throttled, the upload target, attached, live, processing; and refused, or not live in time."""
    fine = "!$json.why"
    ways = {
        "Throttled": nodes.is_true("={{ $json.statusCode === 429 }}"),
        "Upload target": nodes.is_true(f"={{{{ $json.step === '{STAGE}' && {fine} }}}}"),
        "Attached": nodes.is_true(f"={{{{ $json.step === '{ATTACH}' && {fine} }}}}"),
        "Live": nodes.is_true("={{ $json.media === 'READY' }}"),
        "Processing": nodes.is_true(
            f"={{{{ ['UPLOADED', 'PROCESSING'].includes($json.media) && {fine} && $runIndex < 80 }}}}"
        ),
    }
    return nodes.switch(name, ways, "Refused")


def stage(name: str) -> Node:
    """The exact size in bytes, as a text: Shopify wants it so."""
    wanted = (
        "{ resource: 'VIDEO', filename: 'video.mp4', mimeType: 'video/mp4', httpMethod: 'POST', "
        "fileSize: String($('Get the file size').first().json.headers['content-length']) }"
    )
    return _graphql(name, _STAGE, f"{{ input: [{wanted}] }}")


def upload(name: str) -> Node:
    """Shopify's own fields, in its order, and the file last."""
    fields = [
        (f"={{{{ {_PLACE}.parameters[{place}].name }}}}", f"={{{{ {_PLACE}.parameters[{place}].value }}}}")
        for place in range(FIELDS)
    ]
    body = requests.form_body("file", *fields)
    return requests.request(name, "POST", f"={{{{ {_PLACE}.url }}}}", body=body, seconds=300)


def attach(name: str) -> Node:
    """An attach whose response was lost may have happened: a person looks first."""
    media = f"{{ originalSource: {_PLACE}.resourceUrl, mediaContentType: 'VIDEO', alt: 'Product video' }}"
    product = "{ id: $('Settings').first().json.query.product }"
    return _graphql(name, _ATTACH, f"{{ product: {product}, media: [{media}] }}")


def media_status(name: str) -> Node:
    return _graphql(name, _STANDS, f"{{ ids: [{_MEDIA}] }}")
