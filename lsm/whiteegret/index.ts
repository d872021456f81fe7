/**
 * WhiteEgret: a program in user space, which has a list, says what is executed.
 *
 * Model: version 4.0.0 of Masanobu Koike and Shinya Takumi (2018), as its configuration is by default. It asks about a
 * program, then about each interpreter of a script; shared libraries, about which it asks when they are mapped, are not
 * asked about here. Only an answer -EACCES refuses. Without a checker everything runs, and so does what nobody answers
 * about in ten seconds: the posted code takes that for a failure of its own. A caller that cannot wait here is refused.
 */
import { E, type Errno } from '../../linux/errno.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import { KERN_WARNING } from '../framework/facts.ts';
import type { FileFacts } from '../framework/files/file-facts.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import type { Decision } from '../framework/waiting-decision.ts';
import { whiteegretDirectory } from './fs.ts';
import { requestBytes } from './message.ts';
import { type Answer, RequestQueue } from './requests.ts';

type Program = Pick<FileFacts, 'path'> & Partial<FileFacts>;

export const whiteegret: ModuleDefinition = {
  name: 'whiteegret',
  id: 1009,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
  proposed: true,
  create: (host) => {
    const { config, log, securityfsNumbers } = host;
    log.print('WhiteEgret: WhiteEgret (LSM) initialized.', KERN_WARNING);
    const requests = new RequestQueue();
    return {
      wantsExecDetails: true,
      hooks: {
        bprmCheckSecurity: (_task, file, caller) =>
          judged([file, ...(file.call?.interpreters ?? [])], requests, caller, host),
      },
      securityfs: [whiteegretDirectory(requests, log, securityfsNumbers, config.bootTime ?? 0n)],
    };
  },
};

/** Asks about one after the other. There may be no checker any more. */
function judged(
  [program, ...others]: readonly Program[],
  requests: RequestQueue,
  caller: Caller,
  host: ModuleHost,
): Decision {
  if (program === undefined || !requests.opened) return undefined;
  const [major = 0, minor = 0] = (program.device ?? '').split(':').map(Number);
  const ino = program.inode?.ino ?? 0;
  const { path } = program;
  const { tid: pid, tgid } = caller;
  const bytes = requestBytes({ pid, tgid, ppid: host.threadFacts(pid)?.parent ?? 0, ino, major, minor, path });
  const where = `${path}, ino=${ino}, devno=0x${((major << 20) | minor).toString(16)}.`;
  return requests.ask(
    { tgid, bytes },
    (answer) => refusal(answer, where, host) ?? judged(others, requests, caller, host),
  );
}

function refusal(answer: Answer, where: string, { log }: ModuleHost): Errno | undefined {
  if (answer === 'withdrawn') return E.EACCES;
  if (answer === -E.EACCES.number) {
    log.print(`WhiteEgret: block ${where}`, KERN_WARNING);
    return E.EACCES;
  }
  if (answer !== 'silence') log.print(`WhiteEgret: permit ${where}`);
  if (answer !== 0) log.print('WhiteEgret: Checking white list does not work.', KERN_WARNING);
  return undefined;
}
