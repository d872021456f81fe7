/** Explains the newest refusal in a world's log: the module that recorded it makes the question, and answers by its present policy. */
import type { RefusalAsked, WhyTold } from '../../lsm/framework/inspection/why.ts';
import { MODULES } from '../../lsm/modules.ts';
import { WorldError } from '../errors.ts';
import { type LogRecord, parseLine, recordType } from '../log/line.ts';
import { readWorldLog } from '../log/reader.ts';
import { chooseWorld } from '../registry/choose.ts';
import { worldNamed } from '../registry/worlds.ts';
import { worldTree } from '../tree.ts';
import { explainByWorld } from './explain.ts';

interface Refusal {
  readonly line: string;
  readonly record: LogRecord;
  readonly module: string;
  readonly asked: RefusalAsked;
}

/**
 * @param name absent: the world that we are in, or the only one.
 * @param from `module`: only its refusals; absent = of any. `pid`: process whose policy is asked, for modules with several.
 * @returns the answer, with the record before it.
 * @throws WorldError
 */
export async function explainLast(
  name: string | undefined,
  from: { readonly module?: string | undefined; readonly pid?: number | undefined },
): Promise<WhyTold> {
  const world = chooseWorld(name);
  const refusal = await newestRefusal(world, from.module);
  if (refusal === undefined) {
    const whose = from.module === undefined ? '' : ` of ${from.module}`;
    throw new WorldError(
      'no-refusal',
      `Nothing was refused in world ${world}: its log has no record${whose} of that.`,
      worldTree(world).mediation === undefined
        ? 'Nothing that programs do to files and each other is decided about in it, as with `lsmfs run --no-mediation`.'
        : 'Owner and mode of a file are judged first and leave no record; rules can keep refusals out of the log; `lsmfs tree` shows what is decided about.',
    );
  }
  const { line, record, module, asked } = refusal;
  if ('problem' in asked) throw new WorldError(asked.code ?? 'bad-question', `${asked.problem} ${line}`, asked.fix);
  const told = explainByWorld(module, world, asked, from.pid);
  return { allowed: told.allowed, report: { record, lsm: module, ...told.report }, text: `${line}\n${told.text}` };
}

async function newestRefusal(world: string, module: string | undefined): Promise<Refusal | undefined> {
  const asking = MODULES.filter(({ name, refusal }) => refusal !== undefined && (module ?? name) === name);
  let newest: Refusal | undefined;
  for await (const line of readWorldLog(worldNamed(world))) {
    const record = parseLine(line);
    const type = recordType(record);
    if (type === undefined) continue;
    for (const { name, refusal } of asking) {
      const asked = refusal?.(type, record.text);
      if (asked !== undefined) newest = { line, record, module: name, asked };
    }
  }
  return newest;
}
