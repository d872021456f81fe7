/**
 * Elliptic curves over prime fields as certificates name them (SEC 2, FIPS 186-4): y^2 = x^3 - 3x + b mod p.
 *
 * Nothing here is secret, so nothing takes care of how long it takes.
 */

export interface Curve {
  /** As the kernel calls its algorithm. */
  readonly name: string;
  readonly p: bigint;
  readonly b: bigint;
  /** The order of the generator. */
  readonly n: bigint;
  readonly generator: Point;
  /** Bytes of a coordinate. */
  readonly size: number;
}

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** Jacobian coordinates: x / z^2, y / z^3; z = 0 is the point at infinity. */
interface Projective extends Point {
  readonly z: bigint;
}

const INFINITY: Projective = { x: 1n, y: 1n, z: 0n };

const curve = (
  name: string,
  size: number,
  [p, b, n, x, y]: readonly [string, string, string, string, string],
): Curve => {
  const number = (hex: string): bigint => BigInt(`0x${hex}`);
  return { name, size, p: number(p), b: number(b), n: number(n), generator: { x: number(x), y: number(y) } };
};

/** By object identifier, DER content in hexadecimal: prime192v1, prime256v1, secp384r1, secp521r1. */
export const CURVES: ReadonlyMap<string, Curve> = new Map([
  [
    '2a8648ce3d030101',
    curve('ecdsa-nist-p192', 24, [
      'fffffffffffffffffffffffffffffffeffffffffffffffff',
      '64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1',
      'ffffffffffffffffffffffff99def836146bc9b1b4d22831',
      '188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012',
      '07192b95ffc8da78631011ed6b24cdd573f977a11e794811',
    ]),
  ],
  [
    '2a8648ce3d030107',
    curve('ecdsa-nist-p256', 32, [
      'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff',
      '5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b',
      'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
      '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
      '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
    ]),
  ],
  [
    '2b81040022',
    curve('ecdsa-nist-p384', 48, [
      'fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff',
      'b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef',
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
      'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
      '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
    ]),
  ],
  [
    '2b81040023',
    curve('ecdsa-nist-p521', 66, [
      '01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
      '0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00',
      '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
      '00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66',
      '011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650',
    ]),
  ],
]);

export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** By Euclid; 0 has none and gives 0. */
export function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b] = [mod(value, modulus), modulus];
  let [x, y] = [1n, 0n];
  while (a > 1n) {
    [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
    if (a === 0n) return 0n;
  }
  return mod(x, modulus);
}

export function isOnCurve({ p, b }: Curve, { x, y }: Point): boolean {
  return x < p && y < p && mod(y * y - (x * x * x - 3n * x + b), p) === 0n;
}

/** `first` times the generator and `second` times the point, added; `undefined` = the point at infinity. */
export function combine(curve: Curve, first: bigint, second: bigint, point: Point): Point | undefined {
  const { p, generator } = curve;
  const one: Projective = { ...generator, z: 1n };
  const other: Projective = { ...point, z: 1n };
  const both = add(p, one, other);
  let sum = INFINITY;
  const bits = Math.max(first.toString(2).length, second.toString(2).length);
  for (let bit = BigInt(bits - 1); bit >= 0n; bit--) {
    sum = double(p, sum);
    const [a, b] = [(first >> bit) & 1n, (second >> bit) & 1n];
    if (a + b === 2n) sum = add(p, sum, both);
    else if (a === 1n) sum = add(p, sum, one);
    else if (b === 1n) sum = add(p, sum, other);
  }
  if (sum.z === 0n) return undefined;
  const z = inverse(sum.z, p);
  return { x: mod(sum.x * z * z, p), y: mod(sum.y * z * z * z, p) };
}

/** dbl-2001-b of the Explicit-Formulas Database, for curves with a = -3. */
function double(p: bigint, { x, y, z }: Projective): Projective {
  const delta = mod(z * z, p);
  const gamma = mod(y * y, p);
  const beta = mod(x * gamma, p);
  const alpha = mod(3n * (x - delta) * (x + delta), p);
  const x3 = mod(alpha * alpha - 8n * beta, p);
  return {
    x: x3,
    y: mod(alpha * (4n * beta - x3) - 8n * gamma * gamma, p),
    z: mod((y + z) * (y + z) - gamma - delta, p),
  };
}

/** add-1998-cmo-2 of the same. */
function add(p: bigint, one: Projective, other: Projective): Projective {
  if (one.z === 0n) return other;
  if (other.z === 0n) return one;
  const [z1, z2] = [mod(one.z * one.z, p), mod(other.z * other.z, p)];
  const [u1, u2] = [mod(one.x * z2, p), mod(other.x * z1, p)];
  const [s1, s2] = [mod(one.y * other.z * z2, p), mod(other.y * one.z * z1, p)];
  const [h, r] = [mod(u2 - u1, p), mod(s2 - s1, p)];
  if (h === 0n) return r === 0n ? double(p, one) : INFINITY;
  const square = mod(h * h, p);
  const cube = mod(square * h, p);
  const v = mod(u1 * square, p);
  const x = mod(r * r - cube - 2n * v, p);
  return { x, y: mod(r * (v - x) - s1 * cube, p), z: mod(one.z * other.z * h, p) };
}
