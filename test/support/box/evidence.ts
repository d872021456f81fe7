/** What a hanging box looks like from outside: written once, just before it is killed. */
import { readdirSync } from 'node:fs';
import { leftoverMounts } from './mounts.ts';
import { type BoxIdentity, boxMembers, type ProcessInfo, readProc } from './processes.ts';

/** One thread: where in the kernel it sleeps and, where root may read it, the kernel stack. */
function describeThread(pid: number, tid: string): string[] {
  const base = `/proc/${pid}/task/${tid}`;
  const status = readProc(`${base}/status`) ?? '';
  const state = /^State:\s*(.*)$/m.exec(status)?.[1] ?? 'gone';
  const wait = readProc(`${base}/wchan`) ?? '?';
  const call = (readProc(`${base}/syscall`) ?? '?').split(' ').slice(0, 4).join(' ').trim();
  const stack = (readProc(`${base}/stack`) ?? '').split('\n').filter((line) => line !== '');
  return [
    `    tid ${tid} ${state} wchan=${wait} syscall=${call}`,
    ...stack.slice(0, 12).map((line) => `      ${line}`),
  ];
}

function describeProcess(info: ProcessInfo): string[] {
  const command = (readProc(`/proc/${info.pid}/cmdline`) ?? '').replaceAll('\0', ' ').slice(0, 200);
  const lines = [
    `  pid ${info.pid} parent ${info.parent} session ${info.session} ${info.state} ${info.name}: ${command}`,
  ];
  try {
    for (const tid of readdirSync(`/proc/${info.pid}/task`)) lines.push(...describeThread(info.pid, tid));
  } catch {
    lines.push('    (gone)');
  }
  return lines;
}

export function collectEvidence(box: BoxIdentity): string {
  const members = boxMembers(box);
  return [
    `processes of box ${box.id}:`,
    ...members.flatMap(describeProcess),
    'mounts:',
    ...leftoverMounts(members.map((info) => info.pid)).map((line) => `  ${line}`),
  ].join('\n');
}
