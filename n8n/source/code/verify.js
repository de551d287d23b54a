// The node before computed the signature of the bytes that arrived.
const computed = String($json.computed ?? '');
const given = String($json.headers['x-creativeai-signature'] ?? '');
if (!/^[0-9a-f]{64}$/.test(computed) || !same('sha256=' + computed, given)) return { json: { authentic: false } };

// Authentic from here on. Unknown fields or values are no reason to reject it.
let body = $json.body ?? {};
if (typeof body === 'string') {
  try { body = JSON.parse(body) ?? {}; } catch (error) { body = {}; }
}
const word = String(body.status ?? '').toLowerCase();
let status = 'other';
if (['complete', 'completed', 'succeeded'].includes(word)) status = 'completed';
if (['failed', 'error'].includes(word)) status = 'failed';
const id = String(body.id ?? body.batch_id ?? '');
const links = body.output_url ? [body.output_url] : (body.data ?? []).map((each) => each.url).filter(Boolean);
return {
  json: {
    authentic: true,
    key: `${id}:${status}`,
    id,
    status,
    link: links[0] ?? body.url ?? '',
    links,
    reason: String(body.error?.message ?? body.error_message ?? ''),
    credits: body.credits ?? null,
    refunded: body.credits_refunded ?? null,
    query: $json.query,
    body,
  },
};
