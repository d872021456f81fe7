/** Asks AppArmor's policy to explain a decision: that of a file of compiled profiles, or that which a running world decides by. */
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

/** @param name absent: the world that is meant when there is no choice. @throws WorldError */
export function explainByWorld(name: string | undefined, question: WhyQuestion): WhyReport | WhyProblem {
  const world = chooseWorld(name, { fix: 'Name one with --world, or compiled profiles with --policy=FILE.' });
  const channel = connectToWorld(world, PATIENCE_MS);
  try {
    channel.send({ kind: 'explain', module: 'apparmor', question });
    return channel.receive('explain').explanation as WhyReport | WhyProblem;
  } finally {
    channel.close();
  }
}
