/**
 * Worlds as a test sees them (testing/): what it asks is answered at once, in milliseconds, while it waits. Texts are UTF-8.
 */
import type { WhyTold } from '../lsm/framework/inspection/why.ts';
import { denialReader } from './log/denials.ts';
import { type LogRecord, parseLine } from './log/line.ts';
import { worldLogNow } from './log/reader.ts';
import { worldNamed } from './registry/worlds.ts';
import type { Denial } from './told-to-tests.ts';
import { explainByWorld } from './why/explain.ts';

export { compileProfileText } from './launcher/profiles.ts';
export { resetWorld } from './registry/reset.ts';
export { stopWorld } from './registry/stop.ts';

/** All that the log has. @throws WorldError */
export function denialsNow(world: string): Denial[] {
  const denialIn = denialReader(world, { why: true });
  return worldLogNow(worldNamed(world)).flatMap((line) => {
    const denial = denialIn(line);
    if (denial === undefined) return [];
    const { record, about, why = '' } = denial;
    const { module, subject, object, kind, access, permissive } = about;
    const fields = record.kind === 'audit' ? record.fields : {};
    return [readable({ module, subject, object, kind, access, permissive, why, fields })];
  });
}

/** @throws WorldError */
export function logNow(world: string): LogRecord[] {
  return worldLogNow(worldNamed(world)).map((line) => readable(parseLine(line)));
}

/** @param words of the question, as of `lsmfs why`. @throws WorldError */
export function whyNow(world: string, module: string, words: readonly string[]): WhyTold {
  const asked = words.map((word) => Buffer.from(word, 'utf8').toString('latin1'));
  const told = explainByWorld(module, world, { words: asked, query: 'access' });
  return readable({ allowed: told.allowed, report: told.report, text: told.text });
}

/** Bytes that are characters become the text that they mean. */
function readable<T>(value: T): T {
  const text = (_key: string, part: unknown) =>
    typeof part === 'string' ? Buffer.from(part, 'latin1').toString('utf8') : part;
  return JSON.parse(JSON.stringify(value, text)) as T;
}
