/** `npm run endings -- --rounds=N`: N endings of worlds with busy clients, one way after the other, and how each way went. */
import { parseArgs } from 'node:util';
import { endWorld, waysToEnd } from './ending.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '100' } } });
const rounds = Number(values.rounds);
const counts = new Map(waysToEnd.map((way) => [way, { rounds: 0, failed: 0 }]));
for (let round = 0; round < rounds; round++) {
  const way = waysToEnd[round % waysToEnd.length];
  const count = way && counts.get(way);
  if (way === undefined || count === undefined) break;
  const problems = await endWorld(way);
  count.rounds++;
  if (problems.length === 0) continue;
  count.failed++;
  process.stdout.write(`round ${round}, ${way}:\n  ${problems.join('\n  ')}\n`);
}
for (const [way, count] of counts)
  process.stdout.write(`${count.rounds - count.failed} of ${count.rounds} clean: ${way}\n`);
process.exitCode = [...counts.values()].some(({ failed }) => failed > 0) ? 1 : 0;
