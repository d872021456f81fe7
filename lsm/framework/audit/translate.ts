/**
 * Translates ids of processes, users and groups in records to those of a container's namespaces.
 *
 * Text chosen by programs or users is quoted or hexadecimal in a record, or follows `msg=`, so fields can be found by their names.
 */

/** Numbers outside to numbers inside. */
export interface ContainerView {
  pid(pid: number): number;
  uid(uid: number): number;
  gid(gid: number): number;
}

const KINDS: Readonly<Record<string, keyof ContainerView>> = {
  pid: 'pid',
  ppid: 'pid',
  opid: 'pid',
  uid: 'uid',
  auid: 'uid',
  euid: 'uid',
  suid: 'uid',
  fsuid: 'uid',
  ouid: 'uid',
  oauid: 'uid',
  'old-auid': 'uid',
  gid: 'gid',
  egid: 'gid',
  sgid: 'gid',
  fsgid: 'gid',
  ogid: 'gid',
};
const FIELD = /(^|[ ])([a-z-]+)=(\d+)(?=[ ]|$)/g;
/** (uid_t)-1: nobody logged in. */
const NOBODY = 0xffffffff;

export function translateRecord(body: string, view: ContainerView): string {
  const message = body.indexOf(' msg=');
  const [head, tail] = message < 0 ? [body, ''] : [body.slice(0, message), body.slice(message)];
  const translated = head.replace(FIELD, (whole, blank: string, name: string, digits: string) => {
    const kind = KINDS[name];
    const number = Number(digits);
    return kind === undefined || number === NOBODY ? whole : `${blank}${name}=${view[kind](number)}`;
  });
  return translated + tail;
}
