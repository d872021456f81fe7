/** `npm run endings -- --rounds=N [--way=WORDS]`: N endings of worlds with busy clients, one way after the other, and how each way went. */
import { parseArgs } from 'node:util';
import { WITHOUT_POLICY, WITHOUT_STANDBY } from '../../support/without-policy.ts';
import { allWays, endWorld } from './ending.ts';

Object.assign(process.env, WITHOUT_POLICY, WITHOUT_STANDBY);

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '100' }, way: { type: 'string' } } });
const rounds = Number(values.rounds);
const ways = allWays.filter((way) => way.includes(values.way ?? ''));
const results = new Map(ways.map((way) => [way, { rounds: 0, failed: 0, calm: [] as number[] }]));
/** A signal ends the run after the round that is under way; what was done is told. */
let asked = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (asked = true));
for (let round = 0; round < rounds && !asked; round++) {
  const way = ways[round % ways.length];
  const result = way && results.get(way);
  if (way === undefined || result === undefined) break;
  const { problems, calmMs } = await endWorld(way);
  result.rounds++;
  if (calmMs !== undefined) result.calm.push(calmMs);
  if (process.stderr.isTTY) process.stderr.write(`\r${round + 1} of ${rounds} `);
  if (problems.length === 0) continue;
  result.failed++;
  process.stdout.write(`round ${round}, ${way}:\n  ${problems.join('\n  ')}\n`);
}
if (process.stderr.isTTY) process.stderr.write('\n');
for (const [way, { rounds: done, failed, calm }] of results) {
  const [median = NaN, longest = NaN] = [calm.sort((a, b) => a - b)[calm.length >> 1], calm.at(-1)];
  process.stdout.write(`${done - failed} of ${done} clean, calm after ${median} ms, at most ${longest}: ${way}\n`);
}
process.exitCode = [...results.values()].some(({ failed }) => failed > 0) ? 1 : 0;
