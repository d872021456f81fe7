/** User namespaces beside each other in a world, for `script()`, and what is printed under titles. */
import { expect } from 'vitest';
import { type BoxResult, isClean } from '../support/box.ts';

/**
 * Shell: `container MAP` makes a user namespace with a mount namespace, its process is $! and ends with the shell; `inside PID COMMANDS`
 * acts as its root.
 */
export const CONTAINERS = `
container() {
  unshare -Um sleep 600 & held="$held $!"
  for map in uid gid; do until env printf "$1" > /proc/$!/\${map}_map; do sleep 0.05; done 2> /dev/null; done
}
inside() { nsenter -t $1 -U -m -w -S 0 -G 0 bash -c "$2" 2>&1; }
trap '[ -z "$held" ] || kill $held' EXIT
mounted='mount -t securityfs none /sys/kernel/security'
active='echo 1 > /sys/kernel/security/ima/active'
`;

/** Shell: what is printed from here on has this title. */
export const STEP = `step() { echo "= $1"; }
`;

/** Lines by the titles of {@link STEP}, of a script that left nothing behind. */
export function linesByStep({ stdout, leftovers }: BoxResult): Record<string, string[]> {
  expect(leftovers).toSatisfy(isClean);
  const parts = stdout.split(/^= /m).slice(1);
  return Object.fromEntries(
    parts.map((part) => {
      const [title = '', ...lines] = part.split('\n');
      return [title, lines.filter(Boolean)];
    }),
  );
}
