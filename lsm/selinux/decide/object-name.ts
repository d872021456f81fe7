/**
 * The object name of a `create` query, as libselinux encodes it: `+` is a space, `%XX` a byte. A `%00` ends the name.
 */

/** `undefined` = bad hexadecimal. */
export function decodeObjectName(encoded: string): string | undefined {
  let name = '';
  for (let at = 0; at < encoded.length; at++) {
    const character = encoded.charAt(at);
    if (character === '+') name += ' ';
    else if (character !== '%') name += character;
    else {
      const hex = encoded.slice(at + 1, at + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) return undefined;
      if (hex === '00') return name;
      name += String.fromCharCode(Number.parseInt(hex, 16));
      at += 2;
    }
  }
  return name;
}
