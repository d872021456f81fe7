/** A build under Debian's policy, enforced and mediated, makes the same files as one outside. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { makeProject } from '../../../bench/work/project.ts';
import { removeTree } from '../../support/box/directories.ts';
import { isClean } from '../../support/box.ts';
import { script, worldName } from '../program.ts';

/** The start script, which asks the world without executable memory: `execmem` is refused. */
const START = path.resolve('bin/lsmfs');
const BUILD = './configure && make -s -j2 install';
/** Of all files: kind, permissions, name, target, content. */
const LIST = 'find . -printf "%y %m %p %l\\n" | sort; find . -type f | sort | xargs sha256sum';

it('configure, make and a test of its own, two at a time', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-build-'));
  const project = path.join(directory, 'project');
  const list = (cwd: string): string[] =>
    execFileSync('sh', ['-c', LIST], { cwd, encoding: 'utf8' }).trimEnd().split('\n');
  try {
    makeProject(project);
    execFileSync('sh', ['-c', BUILD], { cwd: project });
    const outside = path.join(directory, 'outside');
    renameSync(project, outside);
    makeProject(project);
    const world = worldName('build');
    const inside = `load_policy; setenforce 1; cd ${project}; ${BUILD}; echo $? $(getenforce)
      ${START} tree --json ${world} > ../tree; echo $? $(jq .mediation.unseenCalls ../tree); ${START} log ${world} | grep avc:`;
    const result = await script(`$LSMFS run --name=${world} --mediate=default -- bash -c "$INSIDE"`, {
      env: { INSIDE: inside, LC_ALL: 'C' },
    });
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe('0 Enforcing\n0 0\n');
    expect(result.leftovers).toSatisfy(isClean);
    expect(list(project)).toEqual(list(outside));
    expect(list(outside).length).toBeGreaterThan(30);
  } finally {
    removeTree(directory);
  }
});
