// Compares in constant time: how long it takes tells nothing about what was expected.
function same(expected, given) {
  let different = expected.length ^ given.length;
  for (let at = 0; at < expected.length; at++) different |= expected.charCodeAt(at) ^ (given.charCodeAt(at) || 0);
  return different === 0;
}
