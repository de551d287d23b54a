"""Shopify's Admin GraphQL API: an upload target, the video on the product, and its status.

https://shopify.dev/docs/api/admin-graphql/2026-10
"""

from n8n.source import nodes, requests
from n8n.source.credentials import SHOPIFY
from n8n.source.flow import Node

VERSION = "2026-10"
FIELDS = 4  # of a place for a video: GoogleAccessId, key, policy, signature
_PLACE = "$('Create an upload target').first().json.data.stagedUploadsCreate.stagedTargets[0]"
_ATTACHED = "$('Attach it to the product').first().json.data.productUpdate"
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
WHY = (
    f"={{{{ 'Shopify did not accept the video: ' + ({_ATTACHED}.userErrors[0]?.message ?? "
    "$json.data.nodes[0]?.mediaErrors?.[0]?.message ?? 'it was not live after ten minutes. Check the "
    "product.') }}"
)


def _graphql(name: str, query: str, variables: str, *, again: bool = True) -> Node:
    return requests.request(
        name,
        "POST",
        f"=https://{{{{ $('Settings').first().json.shop }}}}.myshopify.com/admin/api/{VERSION}/graphql.json",
        credential=SHOPIFY,
        body=requests.json_body(f"{{ query: '{query}', variables: {variables} }}"),
        settings=nodes.RETRIED if again else {},
    )


def stage(name: str) -> Node:
    """The exact size in bytes, as a text: Shopify wants it so."""
    wanted = (
        "{ resource: 'VIDEO', filename: 'video.mp4', mimeType: 'video/mp4', httpMethod: 'POST', "
        "fileSize: String($json.headers['content-length']) }"
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
    """Not retried: an attach whose response was lost may have happened."""
    media = f"{{ originalSource: {_PLACE}.resourceUrl, mediaContentType: 'VIDEO', alt: 'Product video' }}"
    product = "{ id: $('Settings').first().json.query.product }"
    return _graphql(name, _ATTACH, f"{{ product: {product}, media: [{media}] }}", again=False)


def standing(name: str) -> Node:
    return _graphql(name, _STANDS, f"{{ ids: [{_ATTACHED}.product.media.nodes[0].id] }}")


def stands(name: str) -> Node:
    """Outputs: rejected, live, failed, processing, and unknown after ten minutes."""
    status = "$json.data.nodes[0].status"
    ways = {
        "Rejected": nodes.is_true(f"={{{{ {_ATTACHED}.userErrors.length > 0 }}}}"),
        "Live": nodes.is_true(f"={{{{ {status} === 'READY' }}}}"),
        "Failed": nodes.is_true(f"={{{{ {status} === 'FAILED' }}}}"),
        "Processing": nodes.is_true("={{ $runIndex < 60 }}"),
    }
    return nodes.switch(name, ways, "Unknown")
