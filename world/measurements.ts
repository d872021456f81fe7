/** The measurement list of a running world, or of a file, as the module that keeps such lists explains it. */
import { readFileSync } from 'node:fs';
import type { ListTold } from '../lsm/framework/files/measurement-list.ts';
import { MODULES } from '../lsm/modules.ts';
import { nodeDigests } from './daemon/content/runtime-digests.ts';
import { WorldError } from './errors.ts';
import { chooseWorld } from './registry/choose.ts';
import { connectToWorld, takeAnswer } from './registry/worlds.ts';

const PATIENCE_MS = 5000;

export interface ListSource {
  /** With a list in binary form; then nothing else. */
  readonly file?: string | undefined;
  /** Absent: the one that we are in, or the only one. */
  readonly world?: string | undefined;
  /** Namespace of the world, as its tree names it; absent: the initial one. */
  readonly namespace?: string | undefined;
}

/** @throws WorldError */
export function measurementList(from: ListSource, verify: boolean): ListTold {
  const { module, list, registers }: MeasurementBytes =
    from.file === undefined ? ofWorld(from) : { list: read(from.file) };
  const definition = MODULES.find(
    ({ name, readMeasurementList }) => readMeasurementList !== undefined && (module ?? name) === name,
  );
  const told = definition?.readMeasurementList?.(list, verify, nodeDigests);
  if (told === undefined) throw new WorldError('bad-option', `The list of ${module} cannot be read.`);
  if ('problem' in told) throw new WorldError(told.code ?? 'bad-question', told.problem, told.fix);
  return { ...told, ...(verify && registers && { registers }) };
}

interface MeasurementBytes {
  readonly list: Uint8Array;
  /** Whose it is. */
  readonly module?: string;
  /** What a TPM holds, where there is one. */
  readonly registers?: ListTold['registers'] | undefined;
}

function ofWorld({ world, namespace }: ListSource): MeasurementBytes {
  const name = chooseWorld(world);
  const channel = connectToWorld(name, PATIENCE_MS);
  try {
    channel.send({ kind: 'measurements', ...(namespace !== undefined && { namespace }) });
    const reply = channel.receive('measurements');
    return { module: reply.module, list: takeAnswer(name, reply), registers: reply.registers };
  } finally {
    channel.close();
  }
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-option', `The list ${file} cannot be read: ${reason}.`, 'Check --file.');
  }
}
