/**
 * Can a user without privileges run worlds here? docs/guides/rootless.md.
 */
import { statSync } from 'node:fs';
import { mappedUsers, ownerIds } from '../../host/process/user-namespace.ts';
import type { HostCheck } from '../../lsm/framework/host-side.ts';
import { hasSysAdmin, ownStatus } from '../launcher/process-status.ts';
import { settingsProblem, userNamespaceProblem } from '../launcher/user-namespace-problem.ts';

const EVERYBODY = 0o006;

export function rootless(): HostCheck {
  const id = 'rootless';
  const owner = ownerIds();
  if (owner !== undefined) {
    const further = mappedUsers() - 1;
    const ids = further > 0 ? `${further} further ids` : 'no further ids (they need newuidmap and /etc/subuid)';
    return { id, status: 'ok', detail: `worlds run in a user namespace of user ${owner.uid}, with ${ids}` };
  }
  if (!hasSysAdmin(ownStatus())) {
    const { cause, fix } = userNamespaceProblem();
    return { id, status: 'warn', detail: cause, fix };
  }
  const problem = settingsProblem() ?? deviceMode();
  return problem === undefined
    ? { id, status: 'ok', detail: 'users without privileges can run worlds, too' }
    : { id, status: 'warn', detail: `not for users without privileges: ${problem.cause}`, fix: problem.fix };
}

function deviceMode(): { readonly cause: string; readonly fix: string } | undefined {
  const mode = statSync('/dev/fuse', { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & EVERYBODY) === EVERYBODY) return undefined;
  return { cause: `/dev/fuse has mode 0${(mode & 0o777).toString(8)}`, fix: 'chmod 666 /dev/fuse' };
}
