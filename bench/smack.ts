/**
 * Cost of Smack's rules and decisions, measured through the files as a program uses them, without a transport: ten
 * thousand rules, in writes of up to a page as smackload(8) makes them.
 */
import { createWorld, type World } from '../lsm/library/index.ts';
import { elapsed, median } from './statistics.ts';

const SMACKFS = '/sys/fs/smackfs';
const ROUNDS = 5;
const RULES = 10_000;
const SUBJECTS = 100;
const RULES_PER_WRITE = 100;
const QUESTIONS = 5000;

export interface SmackBenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const subject = (index: number): string => `App${index % SUBJECTS}`;
const object = (index: number): string => `Data${index}`;

/** Rows for the report: loading, reading and asking, with as many rules as a Tizen device has. */
export function benchSmack(): SmackBenchRow[] {
  const loads = Array.from({ length: ROUNDS }, () => {
    const world = createWorld({ lsm: 'smack' });
    return { world, ms: elapsed(() => load(world)) };
  });
  const world = loads[0]?.world as World;
  const text = world.fs.readFileSync(`${SMACKFS}/load2`, 'utf8');
  if (text.split('\n').length !== RULES + 1) throw new Error('not all rules were loaded');
  const reads = Array.from({ length: ROUNDS }, () => elapsed(() => world.fs.readFileSync(`${SMACKFS}/load2`)));
  return [
    { name: 'rules loaded', value: Math.round((RULES * 1000) / median(loads.map(({ ms }) => ms))), unit: '/s' },
    { name: `${RULES} rules read`, value: Math.round(median(reads) * 10) / 10, unit: 'ms' },
    { name: `access2 questions, ${RULES} rules`, value: questionRate(world), unit: '/s' },
  ];
}

function load({ fs }: World): void {
  for (let first = 0; first < RULES; first += RULES_PER_WRITE) {
    const rules = Array.from(
      { length: RULES_PER_WRITE },
      (_, at) => `${subject(first + at)} ${object(first + at)} rwxat`,
    );
    fs.writeFileSync(`${SMACKFS}/load2`, rules.join('\n'));
  }
}

/** A node answers one question per open. */
function questionRate({ fs }: World): number {
  const answer = Buffer.alloc(2);
  const ask = (index: number): void => {
    const fd = fs.openSync(`${SMACKFS}/access2`, 'r+');
    fs.writeSync(fd, `${subject(index)} ${object(index % RULES)} ${index % 2 === 0 ? 'rw' : 'l'}`);
    fs.readSync(fd, answer);
    fs.closeSync(fd);
    if (answer[0] !== 0x31) throw new Error('a rule that was loaded does not count');
  };
  const rates = Array.from({ length: ROUNDS }, () => {
    const ms = elapsed(() => {
      for (let index = 0; index < QUESTIONS; index++) ask(index);
    });
    return (QUESTIONS * 1000) / ms;
  });
  return Math.round(median(rates));
}
