/**
 * Names of worlds: chosen by the user, or made up so that they can be said and typed.
 */

const ADJECTIVES = [
  'amber',
  'brisk',
  'calm',
  'dusty',
  'early',
  'fair',
  'gentle',
  'hazy',
  'ivory',
  'jolly',
  'keen',
  'lucid',
];
const NOUNS = [
  'anvil',
  'birch',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'grove',
  'heron',
  'inlet',
  'juniper',
  'kelp',
  'larch',
];

/** A name is one path component and one word of a command line. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

export function isWorldName(text: string): boolean {
  return NAME.test(text);
}

/** `choice` is any number >= 0; equal numbers give equal names. After the plain pairs a number is appended. */
export function madeUpName(choice: number): string {
  const pairs = ADJECTIVES.length * NOUNS.length;
  const pair = Math.floor(choice) % pairs;
  const round = Math.floor(choice / pairs);
  const name = `${ADJECTIVES[pair % ADJECTIVES.length]}-${NOUNS[Math.floor(pair / ADJECTIVES.length)]}`;
  return round === 0 ? name : `${name}-${round}`;
}
