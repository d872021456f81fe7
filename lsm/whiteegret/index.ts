/**
 * WhiteEgret: a program in user space, which has a list, says what is executed.
 *
 * Model: version 4.0.0 of Masanobu Koike and Shinya Takumi (2018), as its configuration is by default. It asks about a
 * program, then about each interpreter of a script; shared libraries, about which it asks when they are mapped, are not
 * asked about here. Only an answer -EACCES refuses. Without a checker everything runs, and so does what nobody answers
 * about in ten seconds: the posted code takes that for a failure of its own.
 */
import { E, type Errno } from '../../linux/errno.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { ExecFile } from '../framework/events.ts';
import { KERN_WARNING } from '../framework/facts.ts';
import type { Consent } from '../framework/files/consent.ts';
import type { FileFacts } from '../framework/files/file-facts.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import { whiteegretDirectory } from './fs.ts';
import { requestBytes } from './message.ts';
import { type Request, RequestQueue } from './requests.ts';

/** MAXCOMRETRY times WERESULTTIMEOUT, milliseconds. */
const PATIENCE = 10 * 1000;

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
        bprmConsents: (_task, file, caller) =>
          requests.opened ? programsOf(file).map((program) => consentTo(program, requests, caller, host)) : [],
      },
      securityfs: [whiteegretDirectory(requests, log, securityfsNumbers, config.bootTime ?? 0n)],
    };
  },
};

function programsOf(file: ExecFile): readonly Program[] {
  return [file, ...(file.call?.interpreters ?? [])];
}

function consentTo(program: Program, requests: RequestQueue, caller: Caller, host: ModuleHost): Consent {
  const { log } = host;
  const [major = 0, minor = 0] = (program.device ?? '').split(':').map(Number);
  const ino = program.inode?.ino ?? 0;
  const { path } = program;
  const broken = () => log.print('WhiteEgret: Checking white list does not work.', KERN_WARNING);
  const decided = (permit: number): Errno | undefined => {
    const where = `${path}, ino=${ino}, devno=0x${((major << 20) | minor).toString(16)}.`;
    if (permit === -E.EACCES.number) {
      log.print(`WhiteEgret: block ${where}`, KERN_WARNING);
      return E.EACCES;
    }
    log.print(`WhiteEgret: permit ${where}`);
    if (permit !== 0) broken();
    return undefined;
  };
  return {
    patience: PATIENCE,
    ask: (answered) => {
      const { tid: pid, tgid } = caller;
      const asked = { pid, tgid, ppid: host.threadFacts(pid)?.parent ?? 0, ino, major, minor, path };
      const request: Request = {
        tgid,
        bytes: requestBytes(asked),
        answered: (permit) => answered(decided(permit)),
      };
      // There may be no checker any more.
      if (requests.opened) requests.add(request);
      else answered(undefined);
      return () => {
        if (requests.take(request)) broken();
        return undefined;
      };
    },
  };
}
