"""The queries and mutations for Shopify's Admin GraphQL API, version 2026-10.

https://shopify.dev/docs/api/admin-graphql/2026-10. `cost` is a guess, until an answer reports the real one.
"""

from dataclasses import dataclass

VERSION = "2026-10"
NAMESPACE = "creativeai_relay"


@dataclass(frozen=True, slots=True)
class Document:
    """One operation: `root` is the field whose value is wanted, `cost` in Shopify's points."""

    root: str
    cost: int
    text: str


SHOP = Document(
    "shop",
    5,
    """
query RelayShop {
  shop { name myshopifyDomain }
  currentAppInstallation { accessScopes { handle } }
}
""",
)
PRODUCT = Document(
    "productByIdentifier",
    5,
    """
query RelayProduct($identifier: ProductIdentifierInput!) {
  productByIdentifier(identifier: $identifier) { id }
}
""",
)
VARIANTS = Document(
    "productVariants",
    40,
    """
query RelayVariants($query: String!, $after: String) {
  productVariants(first: 20, query: $query, after: $after) {
    nodes { sku product { id } }
    pageInfo { hasNextPage endCursor }
  }
}
""",
)
MEDIA = Document(
    "product",
    40,
    """
query RelayMedia($id: ID!, $namespace: String!, $key: String!, $after: String) {
  product(id: $id) {
    metafield(namespace: $namespace, key: $key) { value compareDigest }
    media(first: 50, after: $after) {
      nodes { id alt mediaContentType status }
      pageInfo { hasNextPage endCursor }
    }
  }
}
""",
)
PICTURE = Document(
    "product",
    10,
    """
query RelayPicture($id: ID!) {
  product(id: $id) {
    media(first: 10) { nodes { ... on MediaImage { status image { url } } } }
  }
}
""",
)
FILE_NAMES = Document(
    "nodes",
    15,
    """
query RelayFileNames($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Video { status filename originalSource { url } }
    ... on MediaImage { status image { url } original: originalSource { url } }
  }
}
""",
)
STAGE = Document(
    "stagedUploadsCreate",
    15,
    """
mutation RelayStage($input: [StagedUploadInput!]!) {
  stagedUploadsCreate(input: $input) {
    stagedTargets { url resourceUrl parameters { name value } }
    userErrors { field message }
  }
}
""",
)
ATTACH = Document(
    "productUpdate",
    40,
    """
mutation RelayAttach($product: ProductUpdateInput!, $media: [CreateMediaInput!]!, $last: Int!) {
  productUpdate(product: $product, media: $media) {
    product { media(last: $last) { nodes { id alt mediaContentType status } } }
    userErrors { field message }
  }
}
""",
)
STATUS = Document(
    "nodes",
    15,
    """
query RelayStatus($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Video { status mediaErrors { code details message } }
    ... on MediaImage { status mediaErrors { code details message } }
  }
}
""",
)
MARK = Document(
    "metafieldsSet",
    15,
    """
mutation RelayMark($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    metafields { value compareDigest }
    userErrors { field message code }
  }
}
""",
)
