import { describe, expect, it } from 'vitest';
import { WorldError } from '../errors.ts';
import { Life } from './life.ts';

interface Fake {
  inhabited: boolean;
}

function fixture() {
  const ends: (Fake | undefined)[] = [];
  const life = new Life<Fake>({ isInhabited: ({ inhabited }) => inhabited, end: (world) => ends.push(world) });
  const world: Fake = { inhabited: false };
  const serve = (): void => {
    life.boot();
    life.made(world);
    life.booted();
  };
  return { life, ends, world, serve };
}

/** A promise, and how to keep it. */
function listener() {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

describe('the life of a daemon', () => {
  it('ends at once when the launcher that started it needs no world', () => {
    const { life, ends } = fixture();
    life.endWhenEmpty();
    expect([life.state, ends]).toEqual(['ending', [undefined]]);
  });

  it('goes on until the last process under a filter is gone, and ends once', async () => {
    const { life, ends, world, serve } = fixture();
    serve();
    const [first, second] = [listener(), listener()];
    for (const { ended } of [first, second]) life.listening(ended);
    life.launcherDone();
    first.end();
    await first.ended;
    life.endWhenEmpty();
    expect([life.state, ends]).toEqual(['serving', []]);
    second.end();
    await second.ended;
    expect([life.state, ends, life.world]).toEqual(['ending', [world], world]);
    life.endWhenEmpty();
    expect(ends).toHaveLength(1);
  });

  it('waits for one taker when it is on standby', () => {
    const { life, ends, world } = fixture();
    life.boot();
    life.made(world);
    life.booted('standby');
    life.launcherDone();
    life.endWhenEmpty();
    expect([life.state, ends]).toEqual(['standby', []]);
    expect(() => life.enter()).toThrow(WorldError);
    life.take();
    expect(() => life.take()).toThrow(WorldError);
    life.expire();
    life.endWhenEmpty();
    expect([life.state, ends]).toEqual(['serving', []]);
    life.launcherDone();
    life.endWhenEmpty();
    expect([life.state, ends]).toEqual(['ending', [world]]);
  });

  it('ends once when nobody takes it', () => {
    const { life, ends, world } = fixture();
    life.boot();
    life.made(world);
    life.booted('standby');
    life.expire();
    life.expire();
    expect([life.state, ends]).toEqual(['ending', [world]]);
    expect(() => life.take()).toThrow(WorldError);
  });

  it('ends once when those who are left are given up', () => {
    const { life, ends, world, serve } = fixture();
    serve();
    world.inhabited = true;
    life.abandon();
    life.endWhenEmpty();
    life.abandon();
    expect([life.state, ends]).toEqual(['ending', [world]]);
  });

  it('counts a launcher that is on its way as present', () => {
    const { life, ends, serve } = fixture();
    serve();
    life.enter();
    life.launcherDone();
    life.endWhenEmpty();
    expect(ends).toEqual([]);
    life.launcherDone();
    life.endWhenEmpty();
    expect(ends).toHaveLength(1);
  });

  it('looks for processes that joined without a filter', () => {
    const { life, ends, world, serve } = fixture();
    serve();
    world.inhabited = true;
    life.launcherDone();
    life.endWhenEmpty();
    expect([life.state, ends]).toEqual(['serving', []]);
    world.inhabited = false;
    life.endWhenEmpty();
    expect(ends).toEqual([world]);
  });

  it.each([
    ['with a world', true],
    ['without one', false],
  ])('does not end while it boots, but after that: %s', (_text, makes) => {
    const { life, ends, world } = fixture();
    life.boot();
    if (makes) life.made(world);
    life.launcherDone();
    life.endWhenEmpty();
    expect([life.state, ends]).toEqual(['booting', []]);
    life.booted();
    expect([life.state, ends]).toEqual(['ending', [makes ? world : undefined]]);
  });

  it('is empty again when there was no world to be had', () => {
    const { life, serve } = fixture();
    life.boot();
    life.booted();
    expect([life.state, life.world]).toEqual(['empty', undefined]);
    serve();
    expect(life.state).toBe('serving');
  });

  it('serves one world', () => {
    const { life, serve } = fixture();
    life.boot();
    expect(() => life.boot()).toThrow(WorldError);
    life.booted();
    serve();
    expect(() => life.boot()).toThrow('This daemon has a world already.');
  });

  it('lets nobody enter before and after', () => {
    const { life, serve } = fixture();
    expect(() => life.enter()).toThrow('This daemon has no world yet.');
    serve();
    life.launcherDone();
    life.endWhenEmpty();
    expect(() => life.enter()).toThrow('That world is ending.');
  });

  it('has what it is asked about as soon as that is made', () => {
    const { life, world } = fixture();
    expect(() => life.get()).toThrow(WorldError);
    life.boot();
    expect(() => life.get()).toThrow(WorldError);
    life.made(world);
    expect(life.get()).toBe(world);
  });

  it('takes no step that is not its turn', () => {
    const { life, world, serve } = fixture();
    expect(() => life.made(world)).toThrow('a daemon that is empty cannot become booting');
    expect(() => life.booted()).toThrow('a daemon that is empty cannot become empty');
    serve();
    expect(() => life.booted()).toThrow('a daemon that is serving cannot become serving');
  });
});
