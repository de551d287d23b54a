// The node before computed the signature of the bytes that arrived.
const computed = String($json.computed ?? '');
const given = String($json.headers['x-shopify-hmac-sha256'] ?? '');
if (computed.length !== 44 || !same(computed, given)) return { json: { authentic: false } };

// Authentic from here on. A product without a picture is ignored.
const product = $json.body ?? {};
const image_url = product.images?.[0]?.src ?? product.image?.src ?? '';
const id = String(product.admin_graphql_api_id ?? '');
return {
  json: {
    authentic: true,
    key: id,
    status: id && image_url ? 'new' : 'other',
    product: id,
    title: String(product.title ?? ''),
    image_url,
    prompt: '',
  },
};
