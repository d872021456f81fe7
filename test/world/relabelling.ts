/** Clients that look at labels again and again in a world with a policy of tests, while a file is relabelled outside. */
import path from 'node:path';
import { script, stepsOf, UNTIL } from './program.ts';

export interface Relabelling {
  /** Python in this folder. Its arguments are a directory and the policies. */
  readonly client: string;
  /** Names in the folder of policies for tests. */
  readonly policies: readonly string[];
  /** In that directory; empty = itself. It is relabelled when the client has made `warm`; `relabelled` tells the client. */
  readonly file: string;
  readonly type: string;
  /** A further one of `lsmfs run`. */
  readonly option?: string;
}

/** @returns steps of the client, in their order, and what it saw. */
export async function stepsAroundRelabelling({
  client,
  policies,
  file,
  type,
  option = '',
}: Relabelling): Promise<[string, unknown][]> {
  const program = path.resolve('test/world', client);
  const images = policies.map((name) => path.resolve('test/data/policies', name));
  const result = await script(
    // A filesystem in memory, so that labels do not depend on paths; the host may write its security.* there.
    `${UNTIL} d=$(mktemp -d /dev/shm/lsmfs-XXXXXX); trap 'rm -rf $d' EXIT
     $LSMFS run --lsm=selinux ${option} -- python3 ${program} $d ${images.join(' ')} & world=$!
     until_true test -e $d/warm && setfattr -n security.selinux -v u:object_r:${type} $d/${file} && touch $d/relabelled
     wait $world`,
    { timeoutMs: 60_000 },
  );
  return [...stepsOf(result)];
}
