/** Explains the newest refusal in a world's log: the module that recorded it makes the question, and answers by its present policy. */
import type { RefusalAsked, WhyTold } from '../../lsm/framework/inspection/why.ts';
import { knownModule } from '../../lsm/known-modules.ts';
import { MODULES } from '../../lsm/modules.ts';
import { WorldError } from '../errors.ts';
import { type LogRecord, parseLine, recordType } from '../log/line.ts';
import { readWorldLog } from '../log/reader.ts';
import type { ModeRefusal } from '../mode-refusal.ts';
import { chooseWorld } from '../registry/choose.ts';
import { worldNamed } from '../registry/worlds.ts';
import { worldTree } from '../tree.ts';
import { explainByWorld } from './explain.ts';
import { explainFile } from './explain-file.ts';

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
  const { mediation, refusedByMode } = worldTree(world);
  if (refusal === undefined) {
    if (refusedByMode !== undefined && from.module === undefined) return toldByMode(world, refusedByMode);
    const whose = from.module === undefined ? '' : ` of ${from.module}`;
    throw new WorldError(
      'no-refusal',
      `Nothing was refused in world ${world}: its log has no record${whose} of that.`,
      mediation === undefined
        ? 'Nothing that programs do to files and each other is decided about in it, as with `lsmfs run --no-mediation`.'
        : 'Owner and mode of a file are judged first and leave no record; rules can keep refusals out of the log; `lsmfs tree` shows what is decided about.',
    );
  }
  const { line, record, module, asked } = refusal;
  if ('problem' in asked) throw new WorldError(asked.code ?? 'bad-question', `${asked.problem} ${line}`, asked.fix);
  const told = explainByWorld(module, world, asked, from.pid);
  const later = from.module === undefined && isLater(refusedByMode, record) ? refusedByMode : undefined;
  return {
    allowed: told.allowed,
    report: { record, lsm: module, ...told.report, ...(later && { refusedByMode: later }) },
    text: `${line}\n${told.text}${later === undefined ? '' : `Later: ${sentence(later)}`}`,
  };
}

function isLater(refusal: ModeRefusal | undefined, record: LogRecord): boolean {
  return refusal !== undefined && record.kind === 'audit' && refusal.time > record.time;
}

/** Nothing but that, and what modules with labels say of it, where the file can be looked at. */
function toldByMode(world: string, refusal: ModeRefusal): WhyTold {
  const answers = Object.entries(refusal.labels).flatMap(([module, label]) => {
    if (knownModule(module).explains?.fileLabel === undefined) return [];
    const request = { words: [label, refusal.path, ...refusal.wanted], query: 'access' };
    try {
      return [{ module, told: explainFile(module, request, (asked) => explainByWorld(module, world, asked)) }];
    } catch (error) {
      if (error instanceof WorldError) return [];
      throw error;
    }
  });
  return {
    allowed: false,
    report: {
      allowed: false,
      refusedByMode: refusal,
      modules: answers.map(({ module, told }) => ({ lsm: module, ...told.report })),
    },
    text: `${sentence(refusal)}${answers.map(({ module, told }) => `Asked now, ${module} says:\n${told.text}`).join('')}`,
  };
}

function sentence({ pid, comm, labels, path, wanted }: ModeRefusal): string {
  const label = Object.values(labels)[0];
  const who = `${comm} (process ${pid}${label === undefined ? '' : `, ${label}`})`;
  return `Owner and mode of ${path} refused ${who} to ${wanted.join(' and ')} it, before a module was asked.\n`;
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
