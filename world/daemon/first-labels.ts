/**
 * Labels that processes have when they join a world: of a session of their user, as login(1) would give them, or what `--context` says.
 *
 * Until then a launcher has the kernel's, as what boots a system has.
 */
import { type Tgid, tidOf } from '../../linux/ids.ts';
import type { LoginUser, PolicyStores } from '../../lsm/framework/host-side.ts';
import type { LabelCarrier, UnknownLabel } from '../../lsm/framework/labels/label-carrier.ts';
import { didYouMean } from '../../lsm/framework/nearest.ts';
import type { Stack } from '../../lsm/library/index.ts';
import { HOST_FILES } from '../doctor/host-files.ts';
import { WorldError } from '../errors.ts';
import type { StackOptions } from '../options.ts';

/** A module that has logins, with what it gives. */
interface Labeller {
  readonly name: string;
  readonly stores: PolicyStores;
  readonly labels: LabelCarrier;
}

export class FirstLabels {
  readonly #options: StackOptions;
  readonly #stack: Pick<Stack, 'apply' | 'modules'>;

  /** @throws WorldError when the options name a label that is none. */
  constructor(stack: Pick<Stack, 'apply' | 'modules'>, options: StackOptions) {
    this.#stack = stack;
    this.#options = options;
    const { context } = options;
    if (context === undefined || context === 'login') return;
    const labeller = this.#labeller();
    if (labeller === undefined || options.policy === undefined) {
      const fix = 'Leave --context out, or load a policy: --policy=small.';
      throw new WorldError('bad-option', `Without a loaded policy there is no label '${context}'.`, fix);
    }
    const unknown = labeller.labels.unknown?.(context);
    if (unknown !== undefined) throw unknownLabel(context, unknown);
  }

  /** @param uid of who joins. */
  joins(process: Tgid, uid: number): void {
    const labeller = this.#labeller();
    const label = labeller && this.#label(labeller, uid);
    if (labeller === undefined || label === undefined) return;
    const task = { tid: tidOf(process), tgid: process };
    this.#stack.apply({ kind: 'labels', task, labels: { [labeller.name]: { current: label } } });
  }

  #label({ stores, labels }: Labeller, uid: number): string | undefined {
    const { context, policy } = this.#options;
    if (context !== 'login') return context;
    if (policy?.store === undefined) return undefined;
    const candidates = stores.loginLabels(policy.store, userOf(uid), HOST_FILES);
    return candidates.find((label) => labels.unknown?.(label) === undefined);
  }

  #labeller(): Labeller | undefined {
    return this.#stack.modules.flatMap(({ definition: { name, host }, module: { labels } }) =>
      host?.policyStores === undefined || labels === undefined ? [] : [{ name, stores: host.policyStores, labels }],
    )[0];
  }
}

function unknownLabel(label: string, { problem, part }: UnknownLabel): WorldError {
  const near = part === undefined ? '' : didYouMean(part.text, part.known);
  return new WorldError('bad-option', `'${label}' is no label: ${problem}.`, `${near}Check --context.`);
}

/** As passwd(5) and group(5) of the host name them. */
function userOf(uid: number): LoginUser {
  const passwd = lines('/etc/passwd').find(([, , id]) => id === String(uid));
  const [name = String(uid), , , gid] = passwd ?? [];
  const groups = lines('/etc/group').filter(
    ([, , id, members = '']) => id === gid || members.split(',').includes(name),
  );
  return { name, groups: groups.flatMap(([group]) => group ?? []) };
}

function lines(file: string): string[][] {
  return (HOST_FILES.read(file) ?? '').split('\n').map((line) => line.split(':'));
}
