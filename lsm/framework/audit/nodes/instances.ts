/**
 * `instances`: the audits of containers inside, `create ID` and `destroy ID`. One that is made this way is there before a process is in
 * its container; it ends by `destroy`, or with the process that made it, when nobody is in it.
 */
import { CAP } from '../../../../linux/capability.ts';
import { E, type Errno, failed, type Result } from '../../../../linux/errno.ts';
import { readWhole } from '../../../../vfs/pseudo/index.ts';
import { type Caller, capable } from '../../../../vfs/tree/caller.ts';
import type { AuditInstance } from '../instance.ts';
import type { NodeSender } from './access.ts';
import { AuditNode, lineWriter, type NodeContext } from './node.ts';
import { isBlank } from './settings.ts';

export function instancesNode(context: NodeContext): AuditNode {
  const { access } = context;
  return new AuditNode(context, {
    mode: 0o600,
    open: (_flags, opener, instance) => {
      const sender = manager(context, opener, instance);
      if (failed(sender)) return sender;
      return {
        writeMovesPosition: true,
        read: readWhole(() =>
          access
            .inside(instance)
            .map(({ id }) => `${id}\n`)
            .join(''),
        ),
        write: lineWriter((line, caller) => (isBlank(line) ? undefined : change(context, line, caller, instance))),
      };
    },
  });
}

/** Who has CAP_AUDIT_CONTROL, or may give container ids. */
function manager({ access }: NodeContext, caller: Caller, instance: AuditInstance): Result<NodeSender> {
  const sender = access.reach(caller, instance);
  if (failed(sender)) return sender;
  const may = access.allows(sender, 'control') || access.audit.stateOf(sender.task).mayContain;
  return may ? sender : E.EPERM;
}

function change(context: NodeContext, line: string, caller: Caller, instance: AuditInstance): Errno | undefined {
  const { access } = context;
  const [, verb, digits = ''] = /^\s*(create|destroy)\s+([0-9]{1,20})\s*$/.exec(line) ?? [];
  const id = BigInt(digits);
  if (verb === undefined || id >= 2n ** 64n) return E.EINVAL;
  const sender = manager(context, caller, instance);
  if (failed(sender)) return sender;
  const { audit } = access;
  const { task, subject } = sender;
  if (verb === 'create') {
    // Whoever makes one is its owner, so it is inside of his own container.
    if (audit.stateOf(task).container !== instance.container) return E.EPERM;
    const control = capable(caller, CAP.AUDIT_CONTROL);
    return audit.containers.create(id, {
      task,
      subject,
      control,
      initialUserNamespace: caller.userNamespace === undefined,
    });
  }
  const container = access.inside(instance).find((one) => one.id === id);
  if (container === undefined) return E.ENOENT;
  if (!access.allows(sender, 'control') && container.owner !== task) return E.EPERM;
  return audit.containers.destroy(container, task);
}
