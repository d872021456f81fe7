/** IMA namespaces of real user namespaces: entered by unshare(1), mounted by mount(8). */
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, worldName } from './program.ts';

/** Owner of the files that the rules are about; there is no such user. */
const OWNER = 4731;
let folder: string;

const FILES: Readonly<Record<string, string>> = {
  tool: '#!/bin/sh\necho ran\n',
  // Securityfs of the user namespace, active.
  enter: 'mount -t securityfs none /sys/kernel/security && cd /sys/kernel/security/ima && echo 1 > active && cd "$D"\n',
  list: "cut -d ' ' -f 5 /sys/kernel/security/ima/ascii_runtime_measurements | sed 's|/.*/||' | xargs echo \"$1\"\n",
  // Enters $1 namespaces, one in the other; each tells its list at its end.
  nest: `if [ $1 = 0 ]; then exec ./tool; fi
unshare -Urm sh -c '. ./enter; echo "measure func=BPRM_CHECK mask=MAY_EXEC fowner=0" > /sys/kernel/security/ima/policy
sh ./nest $(($0 - 1)); sh ./list $0' $1\n`,
};

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-imans-'));
  chmodSync(folder, 0o755);
  for (const [name, text] of Object.entries(FILES)) {
    writeFileSync(path.join(folder, name), text, { mode: 0o644 });
    chmodSync(path.join(folder, name), 0o755);
  }
  chownSync(path.join(folder, 'tool'), OWNER, OWNER);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Shell: these commands as the root of a user namespace that has the one id. */
const within = (commands: string): string =>
  `setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups unshare -Urm bash -c '${commands}' 2>&1`;

function inWorld(commands: readonly string[], args = '') {
  return script(`$LSMFS run --lsm= --param ima_template=ima-ng ${args} -- bash -c "$INSIDE"`, {
    cwd: folder,
    timeoutMs: 120_000,
    env: { INSIDE: commands.join('\n'), D: folder },
  });
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean);

describe('an IMA namespace', () => {
  it('has a list of its own; the host lists what its own rules say', async () => {
    const rule = 'measure func=BPRM_CHECK mask=MAY_EXEC fowner=0';
    const result = await inWorld([
      within(
        `. ./enter; echo ${rule} > /sys/kernel/security/ima/policy; cat /sys/kernel/security/ima/policy; ./tool; sh ./list inside`,
      ),
      'sh ./list outside',
      `echo 'measure func=BPRM_CHECK mask=MAY_EXEC fowner=${OWNER}' > /sys/kernel/security/ima/policy`,
      within('. ./enter; ./tool; sh ./list inside'),
      'sh ./list outside',
    ]);
    expect(lines(result.stdout)).toEqual([
      `${rule} `,
      'ran',
      'inside boot_aggregate tool',
      'outside boot_aggregate',
      'ran',
      'inside boot_aggregate',
      'outside boot_aggregate tool',
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('measures what its first process executes below another root', async () => {
    const rule = 'measure func=BPRM_CHECK mask=MAY_EXEC fowner=0';
    const inside = [
      'mount -t securityfs none /sys/kernel/security; cd /sys/kernel/security/ima; echo 1 > active',
      `echo ${rule} > policy; /tool; cut -d " " -f 5 ascii_runtime_measurements | sed "s|.*/||"`,
    ].join('; ');
    // A directory with what a shell needs: no mount leads to it.
    const root = `mkdir -p root/sys/kernel/security root/proc; cp tool root/; chown ${OWNER}:${OWNER} root/tool
      for file in $(which sh cut sed mount) $(ldd $(which sh cut sed mount) | grep -o '/[^ ]*[^: ]' | sort -u); do cp --parents -L $file root/; done; ln -s usr/bin root/bin`;
    const enter = `setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups unshare -Urmf --root=root sh -c '${inside}'`;
    const result = await inWorld([root, enter, 'rm -r root']);
    expect(result.stderr).toBe('');
    expect(lines(result.stdout)).toEqual(['ran', 'boot_aggregate', 'tool']);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('does nothing until it is active, and is mounted by whom mounts belong to', async () => {
    const result = await inWorld([
      within('mount -t securityfs none /sys/kernel/security; cd /sys/kernel/security/ima; cat active violations; ls'),
      `setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups unshare -Ur mount -t securityfs none /sys/kernel/security 2>/dev/null; echo $?`,
    ]);
    const [active, denied, ...names] = lines(result.stdout);
    expect([active, denied]).toEqual(['0', 'cat: violations: Permission denied']);
    expect(names.pop()).not.toBe('0');
    expect(names).toContain('template_name');
    expect(names).not.toContain('evm');
  });

  it('may be 32 levels deep: each measures what the innermost runs', async () => {
    const result = await inWorld([`setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups sh ./nest 32`]);
    const expected = Array.from({ length: 32 }, (_, index) => `${index + 1} boot_aggregate tool`);
    expect(lines(result.stdout)).toEqual(['ran', ...expected]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is shown from outside of the world by its number', async () => {
    const world = worldName('imans');
    const inside = within(`mount -t securityfs none /sys/kernel/security; cd /sys/kernel/security/ima
      echo $$ $(readlink /proc/self/ns/user) > "$D/told"; read go < "$D/go"
      echo 1 > active; echo measure func=BPRM_CHECK mask=MAY_EXEC fowner=0 > policy; "$D/tool"
      cat binary_runtime_measurements > "$D/binary"; echo > "$D/told"; read go < "$D/go"`);
    const result = await script(
      `cd $(mktemp -d) && chmod 755 . && mkfifo -m 666 told go && install -m 666 /dev/null binary && cp -p "$F/tool" .
      export D=$PWD; $LSMFS run --name=${world} --lsm= --param ima_template=ima-ng -- bash -c "$INSIDE" > /dev/null &
      read pid told < told; id=$(echo "$told" | tr -dc 0-9); echo $id; echo "= id"
      try() { $LSMFS "$@" 2>&1; echo "= $?"; }
      try ima --namespace=$id ${world}
      echo > go; read told < told
      try tree ${world}; try tree --json ${world}
      try ima --namespace=$id ${world}; try ima --namespace=$id --json ${world}
      try ima --namespace=$id --verify ${world}; try ima --verify --file=binary
      try ima --namespace=$id.. ${world}; try ima --namespace=init ${world}
      try exec ${world} -- $LSMFS ima --namespace=$id
      try why --lsm=ima --world=${world} --pid=$pid $D/tool BPRM_CHECK; try why --lsm=ima --world=${world} --namespace=$id $D/tool BPRM_CHECK
      try why --lsm=ima --world=${world} --namespace=1 tool
      echo > go; wait $!; rm -r "$D"`,
      { timeoutMs: 120_000, env: { INSIDE: inside, F: folder } },
    );
    const [id = '', early, tree, treeJson = '', list = '', json = '', verified, file, unknown, initial, again, ...why] =
      result.stdout.split(/= .*\n/).map((text) => text.trimEnd());
    expect(result.stdout.match(/^= .*/gm)).toEqual(
      ['id', 125, 0, 0, 0, 0, 0, 0, 125, 0, 0, 0, 0, 125].map((status) => `= ${status}`),
    );
    expect(early).toContain(`The namespace ${id} keeps no measurement list yet`);
    expect(early).toContain('Activate it from within: echo 1 > /sys/kernel/security/ima/active');
    expect(tree).toContain(`${id}: active, 1 rule, 2 measurements, `);
    const { modules } = JSON.parse(treeJson) as { readonly modules: readonly { readonly name: string }[] };
    expect(modules.find(({ name }) => name === 'ima')).toMatchObject({
      namespaces: [
        { name: 'init', depth: 0, mode: 'active', rules: 0, measurements: 1 },
        { name: id, depth: 1, mode: 'active', rules: 1, measurements: 2, violations: 0 },
      ],
    });
    expect(list).toMatch(/ {2}boot_aggregate\n.* {2}\/\S+\/tool$/);
    expect(again).toBe(list);
    expect(JSON.parse(json)).toMatchObject({
      entries: [{ path: 'boot_aggregate' }, { path: expect.stringMatching(/\/tool$/), template: 'ima-ng' }],
    });
    expect(verified).toContain(`${list}\n2 entries, 0 violations, all digests are right\nPCR 10 sha1: `);
    expect(file).toBe(verified);
    expect(unknown).toContain(`That world has no ima namespace '${id}..'.`);
    expect(unknown).toContain(`Did you mean ${id}? lsmfs tree shows them: init, ${id}.`);
    expect(initial).not.toContain('tool');
    const measured = '  measured: measure func=BPRM_CHECK mask=MAY_EXEC fowner=0\n    listed: entry 2\n';
    expect(why[0]).toContain(`in ${id}\n${measured}`);
    expect(why[0]).toContain('in init\n  not measured: no rule matches\n');
    expect(why[1]).toContain(`BPRM_CHECK MAY_EXEC\n${measured}`);
    expect(why[2]).toContain(`lsmfs tree shows them: init, ${id}.`);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('writes what its rules audit to the log of the host, if its root is the host’s', async () => {
    const audit = 'echo audit func=BPRM_CHECK fowner=0 > /sys/kernel/security/ima/policy';
    const result = await inWorld(
      [
        `cp tool mine; unshare -Urm bash -c '. ./enter; ${audit}; ./mine; ./mine'`,
        within(`. ./enter; ${audit} || true`),
        '$LSMFS log | grep -c "INTEGRITY_RULE.*/mine"; rm mine',
      ],
      '--profile=2025',
    );
    expect(lines(result.stdout).at(-1)).toBe('1');
    expect(lines(result.stdout).slice(0, 2)).toEqual(['ran', 'ran']);
    expect(result.stdout).toContain('Operation not permitted');
  });
});
