/** Work that people wait for, as shell commands, and what it works on. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeProject } from './project.ts';

const FILES = 5000;
const PROGRAMS = 100;
const PROCESSES = 500;

/** In a folder of its own, on a tmpfs. `$M` is the folder with the material, `$D` an empty one on a disk. */
export interface Work {
  readonly name: string;
  readonly command: string;
  readonly undo: string;
}

export const WORKS: readonly Work[] = [
  {
    name: 'configure && make -j2 install',
    command: 'cp -r $M/project . && (cd project && ./configure && make -s -j2 install)',
    undo: 'rm -rf project',
  },
  { name: `tar x of ${FILES} files`, command: 'tar xf $M/files.tar', undo: 'rm -rf files' },
  { name: `git clone of ${FILES} files`, command: 'git clone -q $M/repository clone', undo: 'rm -rf clone' },
  { name: 'git status', command: 'git -C $M/repository status --short', undo: 'true' },
  { name: `make -j2 of ${PROGRAMS} C files`, command: 'make -s -j2 -f $M/source/Makefile', undo: 'rm -f *.o' },
  { name: 'find /usr', command: 'find /usr -newer $M/files.tar', undo: 'true' },
  { name: `grep -r over ${FILES} files`, command: 'grep -r no-such-word $M/repository/files || true', undo: 'true' },
  {
    name: `fork+exec x ${PROCESSES}`,
    command: `i=0; while [ $i -lt ${PROCESSES} ]; do /bin/true; i=$((i+1)); done`,
    undo: 'true',
  },
  { name: 'unit tests on a disk', command: 'TMPDIR=$D python3 -B $M/suite.py', undo: 'true' },
];

/** The text of a profile that refuses nothing: its work costs what decisions cost. */
const PROFILE =
  'profile bench { file, capability, network, signal, ptrace, unix, mount, umount, mqueue, io_uring, userns, }\n';

/** An archive and a repository of small files in 50 folders, C files that need something to do, tests, a profile. */
export function makeMaterial(folder: string): void {
  const files = path.join(folder, 'repository/files');
  for (let i = 0; i < FILES; i++) {
    const directory = path.join(files, `d${i % 50}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, `f${i}`), `${`line of file ${i}\n`.repeat(20)}`);
  }
  makeProject(path.join(folder, 'project'));
  copyFileSync(path.join(import.meta.dirname, 'suite.py'), path.join(folder, 'suite.py'));
  writeFileSync(path.join(folder, 'profile'), PROFILE);
  const source = path.join(folder, 'source');
  mkdirSync(source);
  for (let i = 0; i < PROGRAMS; i++) {
    writeFileSync(
      path.join(source, `p${i}.c`),
      `#include <stdio.h>\nint f${i}(int x) { return printf("%d", x * ${i}); }\n`,
    );
  }
  const objects = Array.from({ length: PROGRAMS }, (_, i) => `p${i}.o`).join(' ');
  writeFileSync(path.join(source, 'Makefile'), `all: ${objects}\n%.o: ${source}/%.c\n\tcc -c -o $@ $<\n`);
  const git = (...argv: string[]): void => {
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...argv], {
      cwd: path.join(folder, 'repository'),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  git('init', '-q', '.');
  git('add', '.');
  git('commit', '-q', '-m', 'files');
  execFileSync('tar', ['cf', path.join(folder, 'files.tar'), '-C', path.join(folder, 'repository'), 'files']);
}
