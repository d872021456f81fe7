/** Asks a policy to explain a decision: that which a running world decides by, or for AppArmor that of a file of compiled profiles. */
import { readFileSync } from 'node:fs';
import { Policy } from '../lsm/apparmor/policy/index.ts';
import { type WhyProblem, type WhyQuestion, type WhyReport, why } from '../lsm/apparmor/why/index.ts';
import { failed } from '../vfs/errno.ts';
import { WorldError } from './errors.ts';
import { chooseWorld } from './state/choose.ts';
import { connectToWorld } from './state/worlds.ts';

const PATIENCE_MS = 5000;

/** @throws WorldError */
export function explainByFile(file: string, question: WhyQuestion): WhyReport | WhyProblem {
  const policy = new Policy();
  let reason = '';
  const loaded = policy.load(policy.root, read(file), { replace: true }, ({ info }) => {
    reason ||= info ?? '';
  });
  if (failed(loaded)) {
    throw new WorldError(
      'bad-policy',
      `${file} is not compiled AppArmor policy: ${reason || loaded.code}.`,
      'Compile profiles in a world: lsmfs run --lsm=apparmor -- apparmor_parser -QKS PROFILE > FILE.',
    );
  }
  return why(policy, question);
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('unreadable-policy', `The policy ${file} cannot be read: ${reason}.`, 'Check --policy.');
  }
}

/**
 * Asks a module of a running world. Question and answer are in the module's own terms.
 * @param name absent: the world that is meant when there is no choice.
 * @throws WorldError
 */
export function explainByWorld(module: string, name: string | undefined, question: unknown): unknown {
  const world = chooseWorld(name, { fix: 'Name one with --world.' });
  const channel = connectToWorld(world, PATIENCE_MS);
  try {
    channel.send({ kind: 'explain', module, question });
    return channel.receive('explain').explanation;
  } finally {
    channel.close();
  }
}
