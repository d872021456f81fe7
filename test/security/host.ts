/**
 * A little host of its own for an attack: pid and mount namespace, /run, /dev/fuse for everybody, a user. Whatever
 * an attack that succeeds kills or mounts ends with it.
 */
import path from 'node:path';
import type { BoxResult } from '../support/box.ts';
import { USER } from '../support/users.ts';
import { script, UNTIL } from '../world/program.ts';

const HOSTILE = path.resolve('test/security/hostile.py');
const WITH_RULE = path.resolve('test/world/audit-rule.py');

const PRELUDE = `set -u
mount -t tmpfs none /run
mount -t tmpfs none /mnt
chmod 755 /mnt; cd /mnt
mknod fuse c 10 229; chmod 666 fuse; mount --bind fuse /dev/fuse
{ cat /etc/passwd; echo 'mallory:x:${USER}:${USER}::/:/bin/sh'; } > passwd; mount --bind passwd /etc/passwd
cp ${HOSTILE} hostile.py; chmod 644 hostile.py
mkdir own; chown ${USER}:${USER} own
AS='setpriv --reuid=${USER} --regid=${USER} --clear-groups --'
HOSTILE="$AS /usr/bin/python3 /mnt/hostile.py"
daemon_of() { sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/$1/world.json; }
${UNTIL}`;

/** Where audit cannot be changed (a container, a kernel without it) there is no rule. */
const AUDITED = `python3 ${WITH_RULE} true 2>/dev/null; [ $? = 77 ] && exec "$@"; exec python3 ${WITH_RULE} timeout -k 1 40 "$@"`;

/**
 * Runs a bash script on such a host. It finds itself in /mnt, which is empty but for \`own\`, a directory of the user;
 * \`$AS CMD\` is the user, \`$HOSTILE COMMAND\` runs hostile.py as the user. @param audited the host has an audit rule
 * meanwhile.
 */
export function onHost(text: string, { audited = false } = {}): Promise<BoxResult> {
  const host = 'unshare -mpf --kill-child --propagation private --mount-proc bash -c "$TEXT"';
  return script(audited ? `set -- ${host}; ${AUDITED}` : `exec ${host}`, {
    env: { TEXT: PRELUDE + text },
    timeoutMs: 60_000,
  });
}
