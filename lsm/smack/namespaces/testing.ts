/** What tests of Smack namespaces do as tasks of a world. */
import { ALL_CAPABILITIES } from '../../../linux/capability.ts';
import type { WorldTask } from '../../library/index.ts';
import { outcomeOf } from '../../library/testing.ts';

const SMACKFS = '/sys/fs/smackfs';
export const ROOT = { uid: 0, gid: 0, capabilities: ALL_CAPABILITIES };
export const USER = { uid: 1000, gid: 1000, capabilities: 0n };

/** A path, or the name of a node of smackfs. */
const pathOf = (file: string): string => (file.startsWith('/') ? file : `${SMACKFS}/${file}`);

export const write = (task: WorldTask, file: string, text: string): string =>
  outcomeOf(() => task.fs.writeFileSync(pathOf(file), text));
export const read = (task: WorldTask, file: string): string => task.fs.readFileSync(pathOf(file), 'latin1');
export const current = (task: WorldTask): string => read(task, '/proc/self/attr/current');
export const mapOf = (task: WorldTask): string => `/proc/${task.tid}/attr/label_map`;
/** What access2 says. */
export function query(task: WorldTask, text: string): string {
  const fd = task.fs.openSync(`${SMACKFS}/access2`, 'r+');
  task.fs.writeSync(fd, text);
  const answer = Buffer.alloc(2);
  task.fs.readSync(fd, answer);
  task.fs.closeSync(fd);
  return answer.toString('latin1', 0, 1);
}
