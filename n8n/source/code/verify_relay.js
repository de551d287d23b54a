// The node before computed the signature of id, time and the text that arrived: Standard Webhooks.
const call = $('The relay delivers').first().json;
const computed = String($json.computed ?? '');
const given = String(call.headers['webhook-signature'] ?? '').split(' ');
const age = Math.abs(Date.now() / 1000 - Number(call.headers['webhook-timestamp']));
const signed = computed.length === 44 && given.some((each) => same('v1,' + computed, each));
if (!signed || !(age <= 300)) return { json: { authentic: false } };

// Authentic from here on.
const body = typeof call.body === 'string' ? JSON.parse(call.body) : call.body;
const result = body.data ?? {};
return {
  json: {
    authentic: true,
    key: String(call.headers['webhook-id']),
    status: ['completed', 'failed'].includes(result.status) ? result.status : 'other',
    id: String(result.generation_id ?? ''),
    sku: String(result.context?.sku ?? ''),
    link: result.outputs?.[0]?.url ?? '',
    reason: String(result.error?.message ?? ''),
  },
};
