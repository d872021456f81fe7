/** What a labelled mount asks the daemon of a world, and what it makes of the answers. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Tid, tgidOf, tidOf } from '../../linux/ids.ts';
import { WorldDirectory } from '../registry/directory.ts';
import { ownProcess } from '../registry/process-id.ts';
import type { WorldState } from '../registry/record.ts';
import { JoinedWorld } from './joined-world.ts';

const root = mkdtempSync(path.join(tmpdir(), 'lsmfs-joined-'));
const member = spawn('sleep', ['infinity']);
const MEMBER = tidOf(member.pid ?? 0);
const LABELS = { module: { current: 'u:r:web_t:s0' } };
const ends: (() => void)[] = [];

beforeEach(() => vi.stubEnv('LSMFS_STATE_DIR', root));
afterEach(() => {
  vi.unstubAllEnvs();
  for (const end of ends.splice(0)) end();
});
afterAll(() => {
  member.kill();
  rmSync(root, { recursive: true });
});

/** A daemon that answers what `reply` says of the thread; `undefined`: it ends without an answer. */
async function world(reply: (thread: number) => object | undefined, state: WorldState = 'running') {
  const directory = new WorldDirectory(root, 'joined');
  directory.claim();
  const asked: number[] = [];
  const answer = (socket: Socket, line: string): void => {
    const { thread } = JSON.parse(line) as { thread: number };
    asked.push(thread);
    const said = reply(thread);
    if (said === undefined) socket.destroy();
    else socket.write(`${JSON.stringify(said)}\n`);
  };
  const server: Server = createServer((socket) => {
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter(Boolean)) answer(socket, line);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(directory.control, resolve));
  const end = (): void => {
    server.close();
    directory.remove();
  };
  const made = { name: 'joined', id: '0'.repeat(16), owner: ownProcess(), state, started: 0, lsm: '' };
  const rest = { profile: 'talk', seccomp: true, command: [], madeDirectories: [], devices: [] } as const;
  directory.write({ ...made, ...rest });
  return { asked, end };
}

function mount(areFollowed = true) {
  const applied: object[] = [];
  const host = {
    stack: { modules: [], apply: (event: object) => applied.push(event) },
    facts: { status: (tid: Tid) => ({ tgid: tgidOf(tid) }) },
    processes: { met: () => undefined, areFollowed },
  };
  const joined = new JoinedWorld('joined', host as unknown as ConstructorParameters<typeof JoinedWorld>[1]);
  ends.push(() => joined.close());
  return { joined, applied };
}

const given = { kind: 'labels', task: { tid: MEMBER, tgid: MEMBER }, labels: LABELS };

it('gives a member its labels, and asks nothing about the daemon itself, who would wait for itself', async () => {
  const { asked, end } = await world(() => ({ kind: 'labels', labels: LABELS }));
  const { joined, applied } = mount();
  await joined.introduce(MEMBER);
  expect(joined.introduce(tidOf(process.pid))).toBeUndefined();
  expect([applied, asked]).toEqual([[given], [MEMBER]]);
  end();
});

it('has the first process of a world asked about, whose directory was its own while the world started', async () => {
  const { asked, end } = await world(() => ({ kind: 'labels', labels: LABELS }), 'starting');
  const { joined } = mount();
  expect([joined.introduce(MEMBER), asked]).toEqual([undefined, []]);
  end();
});

it('asks nothing that a daemon could not answer, and a question that failed is the only one', async () => {
  const { asked, end } = await world((thread) =>
    thread === MEMBER ? { kind: 'labels', labels: LABELS } : { kind: 'failed', code: 'daemon-failed', message: '' },
  );
  const { joined, applied } = mount();
  // From a pid namespace outside of ours.
  expect(joined.introduce(tidOf(0))).toBeUndefined();
  await Promise.all([joined.introduce(tidOf(1)), joined.introduce(MEMBER)]);
  expect([applied, asked]).toEqual([[given], [1, MEMBER]]);
  end();
});

it('asks the world that has the name now, when the one that was asked has ended', async () => {
  let next: ReturnType<typeof world> | undefined;
  const old = await world(() => {
    old.end();
    next = world(() => ({ kind: 'labels', labels: LABELS }));
    return undefined;
  });
  const { joined, applied } = mount();
  await joined.introduce(MEMBER);
  const { asked, end } = await (next ?? old);
  expect([applied, old.asked, asked]).toEqual([[given], [MEMBER], [MEMBER]]);
  end();
});

it('gives who has the number of a member later nothing of it, where nobody tells when one ends', async () => {
  let labels: object | undefined = LABELS;
  const { end } = await world(() => ({ kind: 'labels', labels }));
  const [unseen, seen] = [mount(false), mount()];
  for (const { joined } of [unseen, seen]) await joined.introduce(MEMBER);
  labels = undefined;
  for (const { joined } of [unseen, seen]) await joined.introduce(MEMBER);
  expect([unseen.applied, seen.applied]).toEqual([[given, { kind: 'exit', tid: MEMBER }], [given]]);
  end();
});
