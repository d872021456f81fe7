/**
 * Scenarios in worlds of a user who has no privileges: `user`, who stays the only one in the world, and `mapped`, where further ids
 * are mapped (newuidmap) and the probe becomes user 0 of the world, as it was on the recorded kernels.
 */
import path from 'node:path';
import { userCommand } from '../../rootless/user.ts';
import { SUBORDINATE, USER } from '../../support/users.ts';
import { type Target, worldOptions } from '../targets.ts';

const CONFORMANCE = path.resolve(import.meta.dirname, '..');
/** A copy that every user may read. */
const COPY = '/run/conformance';
const PROGRAM = '/run/lsmfs-copy/bin/lsmfs';
const BECOME_ROOT = ['setpriv', '--reuid', '0', '--regid', '0', '--clear-groups', '--'];

const PREPARE = `mkdir -p ${COPY}/scenarios "$ORACLE_SCRATCH" /run/systemd
cp -r ${CONFORMANCE}/probe ${COPY}
cp ${CONFORMANCE}/scenarios/*.json ${COPY}/scenarios; cp -r ${CONFORMANCE}/scenarios/data ${COPY}/scenarios
chmod -R a+rX ${COPY} /run/oracle-*; chown ${USER}:${USER} "$ORACLE_SCRATCH"`;

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Files of the checkout, which the user may not be able to read, become those of the copy. */
function copied(word: string): string {
  return word.startsWith(`${CONFORMANCE}/`) ? COPY + word.slice(CONFORMANCE.length) : word;
}

function rootlessTarget(name: string, subordinateIds: string, become: readonly string[]): Target {
  return {
    name,
    wrap(scenario, probe) {
      const words = [PROGRAM, 'run', ...worldOptions(scenario), '--', ...become, ...probe.map(copied)];
      const { argv, env } = userCommand(`exec ${words.map(quoted).join(' ')}`, { prepare: PREPARE, subordinateIds });
      return ['env', ...Object.entries(env).map(([variable, value]) => `${variable}=${value}`), ...argv];
    },
  };
}

export const userTarget = rootlessTarget('user', '', []);
export const mappedTarget = rootlessTarget('mapped', `tester:${SUBORDINATE}:65536\n`, BECOME_ROOT);
