// Compares in constant time: the duration reveals nothing about the expected value.
function same(expected, given) {
  let different = expected.length ^ given.length;
  for (let at = 0; at < expected.length; at++) different |= expected.charCodeAt(at) ^ (given.charCodeAt(at) || 0);
  return different === 0;
}
