/**
 * prctl(2), and seccomp(2), of which one option is the same: security/commoncap.c and kernel/seccomp.c, Linux 6.12.
 */
import { CAP } from '../../../linux/capability.ts';
import { PR_CAPBSET_DROP, PR_SET_SECCOMP } from '../../../linux/process.ts';
import { BPF_MAXINSNS, SECCOMP_MODE_FILTER, SECCOMP_SET_MODE_FILTER } from '../../../linux/seccomp.ts';
import { capabilityThere } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { ask, needing } from './own-privileges.ts';
import type { SupervisedCall } from './supervised-call.ts';

/**
 * A filter needs the capability, about which nothing is recorded, of who has not set no_new_privs.
 * @param program number of the argument: struct sock_fprog { u16 length; ... }
 */
function filters(context: WorkerContext, program: number): void {
  const { call, memory, view } = context;
  if (memory.read(call.tid, call.low(program), call.high(program), 2) < 2) return; // EFAULT
  const length = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 2).getUint16(0, true);
  if (length === 0 || length > BPF_MAXINSNS) return; // EINVAL
  if (/^NoNewPrivs:\t1$/m.test(view.readStatus(call.tid) ?? '')) return;
  ask(
    context,
    capabilityThere(context, CAP.SYS_ADMIN).map((check) =>
      check.hook === 'capable' ? { ...check, about: { ...check.about, silent: true }, refusal: 'EACCES' } : check,
    ),
  );
}

/** (operation, flags, program) */
const seccomp: Handler = (context) => filters(context, 2);

/** (option, ...) */
const prctl: Handler = (context) => {
  const { call } = context;
  if (call.int(0) === PR_CAPBSET_DROP) needing(CAP.SETPCAP)(context);
  else if (call.int(0) === PR_SET_SECCOMP && call.low(1) === SECCOMP_MODE_FILTER) filters(context, 2);
};

const rule = { when: 'mediate-capabilities' } as const;

export const calls: readonly SupervisedCall[] = [
  { name: 'prctl', ...rule, rule: [{ argument: 0, is: PR_CAPBSET_DROP }], handle: prctl },
  { name: 'prctl', ...rule, rule: [{ argument: 0, is: PR_SET_SECCOMP }], handle: prctl },
  { name: 'seccomp', ...rule, rule: [{ argument: 0, is: SECCOMP_SET_MODE_FILTER }], handle: seccomp },
];
