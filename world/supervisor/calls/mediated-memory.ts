/**
 * What mmap(2) and mprotect(2) ask the modules: vm_mmap_pgoff() of mm/util.c, where the hook comes before all checks but
 * that of the descriptor, and do_mprotect_pkey() of mm/mprotect.c, Linux 6.12. Only code and mapped files are notified.
 */

import { processFile } from '../../../host/process/process-files.ts';
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { MAP_ANONYMOUS, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../linux/mman.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { onOpenFile, refuse } from '../access/calls.ts';
import { type Mapping, mappingsIn } from '../access/mappings.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { SupervisedCall } from './supervised-call.ts';

const ALL = PROT_READ | PROT_WRITE | PROT_EXEC;
const PAGE = 4096n;

/** (address, length, protection, flags, descriptor, offset) */
const mmap: Handler = (context) => {
  const { call } = context;
  const [protection, mapFlags] = [call.low(2), call.low(3)];
  if ((mapFlags & MAP_ANONYMOUS) === 0)
    onOpenFile(
      context,
      call.fd(4),
      (opened) => [{ hook: 'mmapFile', about: { ...opened, protection, mapFlags } }],
      true,
    );
  else if ((protection & PROT_EXEC) !== 0) refuse(context, [{ hook: 'mmapFile', about: { protection, mapFlags } }]);
};

/** (address, length, protection) */
const mprotect: Handler = (context) => {
  const { call, view } = context;
  const long = (argument: number): bigint => (BigInt(call.high(argument)) << 32n) | BigInt(call.low(argument));
  const [start, length] = [long(0), long(1)];
  const protection = call.low(2) & ALL;
  if (start % PAGE !== 0n || length === 0n || (call.low(2) & PROT_EXEC) === 0) return;
  const text = processFile(view.hazards, call.tid, 'smaps');
  if (text === undefined) {
    context.mediator?.unseen();
    return;
  }
  const checks: AccessCheck[] = [];
  for (const mapping of mappingsIn(text, start, start + length)) {
    if ((protection & ~mapping.permissible) !== 0) break; // EACCES
    checks.push(...changed(context, mapping, protection));
  }
  refuse(context, checks);
};

function changed({ call, mediator, view }: WorkerContext, mapping: Mapping, protection: number): AccessCheck[] {
  if (mapping.file === undefined) return [{ hook: 'fileMprotect', about: { protection, mapping } }];
  const fd = view.openMapping(call.tid, mapping.range, mapping.file);
  const file = fd < 0 ? undefined : mediator?.look(fd, call.tid);
  if (fd < 0) mediator?.unseen();
  else view.close(fd);
  return file === undefined ? [] : [{ hook: 'fileMprotect', about: { file, protection, mapping } }];
}

const code: readonly ArgumentTest[] = [{ argument: 2, has: PROT_EXEC }];

export const calls: readonly SupervisedCall[] = [
  { name: 'mmap', when: 'mediate-memory', rule: code, handle: mmap },
  { name: 'mmap', when: 'mediate-memory', rule: [{ argument: 3, lacks: MAP_ANONYMOUS }], handle: mmap },
  { name: 'mprotect', when: 'mediate-memory', rule: code, handle: mprotect },
  { name: 'pkey_mprotect', when: 'mediate-memory', rule: code, handle: mprotect },
];
