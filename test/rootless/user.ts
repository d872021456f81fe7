/**
 * Commands as a user who has nothing but a /dev/fuse that everybody may open.
 *
 * A private mount namespace has an empty /tmp, so that nothing stays on the host, and a /run of its own: in it the
 * device, a copy of the program that every user may read (a checkout need not be), the user's runtime directory and
 * home, and accounts for newuidmap(1). setpriv(1) then drops all privileges. `$LSMFS` is the copy's start script.
 */
import path from 'node:path';
import { type BoxOptions, type BoxResult, runInBox } from '../support/box.ts';
import { USER as UID } from '../support/users.ts';
import { UNTIL } from '../world/program.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const TIMEOUT_MS = 60_000;

export interface UserOptions extends Partial<BoxOptions> {
  /** Shell, as root in the same mount namespace, before privileges are dropped. */
  readonly prepare?: string;
  /**
   * Content of /etc/subuid and /etc/subgid, made when they are missing; the user then has newuidmap and newgidmap too
   * (idmap.c). Default: none.
   */
  readonly subordinateIds?: string;
}

const SETUP = `set -e
mount -t tmpfs -o mode=755 none /run
mount -t tmpfs -o mode=1777 none /tmp
mknod -m 666 /run/fuse c 10 229
mount --bind /run/fuse /dev/fuse
mkdir -p /run/lsmfs-copy/node_modules/@koromix /run/lsmfs-copy/node_modules/@foxglove /run/bin
cp -r ${ROOT}/bin ${ROOT}/dist ${ROOT}/package.json /run/lsmfs-copy
for name in @koromix/. @foxglove/.; do cp -rL ${ROOT}/node_modules/$name /run/lsmfs-copy/node_modules/\${name%/.}; done
chmod -R a+rX /run/lsmfs-copy
: > /run/bin/node; mount --bind ${process.execPath} /run/bin/node
install -d -o ${UID} -g ${UID} -m 700 /run/user /run/user/${UID} /run/home; chmod 755 /run/user
{ grep -v '^[^:]*:[^:]*:${UID}:' /etc/passwd; echo 'tester:x:${UID}:${UID}::/run/home:/bin/sh'; } > /run/passwd; mount --bind /run/passwd /etc/passwd
for file in /etc/subuid /etc/subgid; do
  if [ ! -e $file ]; then if [ -n "$SUBORDINATE" ]; then : > $file; else continue; fi; fi
  printf '%s' "$SUBORDINATE" > /run/$(basename $file); mount --bind /run/$(basename $file) $file
done
if [ -n "$SUBORDINATE" ]; then
  gcc -o /run/bin/newuidmap ${ROOT}/test/rootless/idmap.c; cp /run/bin/newuidmap /run/bin/newgidmap; chmod 4755 /run/bin/new?idmap
fi
`;

export interface UserCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The command, for root, that becomes a bash script of the user's. `env` has to be in its environment. */
export function userCommand(text: string, options: Pick<UserOptions, 'prepare' | 'subordinateIds'> = {}): UserCommand {
  const { prepare = '', subordinateIds = '' } = options;
  const drop =
    `cd /run/home; exec setpriv --reuid ${UID} --regid ${UID} --clear-groups --inh-caps=-all ` +
    `env HOME=/run/home XDG_RUNTIME_DIR=/run/user/${UID} PATH=/run/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin bash -c "$SCRIPT"`;
  return {
    argv: ['unshare', '-m', '--propagation', 'private', 'bash', '-c', `${SETUP}${prepare}\n${drop}`],
    env: { SUBORDINATE: subordinateIds, SCRIPT: UNTIL + text, LSMFS: '/run/lsmfs-copy/bin/lsmfs' },
  };
}

/** Runs a bash script. */
export function asUser(text: string, options: UserOptions = {}): Promise<BoxResult> {
  const { prepare: _prepare, subordinateIds: _ids, ...box } = options;
  const { argv, env } = userCommand(text, options);
  return runInBox(argv, { timeoutMs: TIMEOUT_MS, ...box, env: { ...box.env, ...env } });
}
