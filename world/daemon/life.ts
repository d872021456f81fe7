/**
 * The life of a daemon: states, and all that leads from one to another.
 *
 *     empty --boot--> booting --booted--> serving --(nobody left)--> ending
 *       ^----(failed)----' '--booted--> standby --take--^   '--expire--^ (from standby)
 *
 * The last step is taken as well when those who are left have been killed and cannot end.
 *
 * Nobody is left when no launcher is about to join, no process is under a filter (the kernel reports that for each listener), and no
 * process is found that joined without one. Without a world the daemon ends at the first `endWhenEmpty`.
 */
import { WorldError } from '../errors.ts';

export type LifeState<World> =
  | { readonly kind: 'empty' }
  /** There is a world before its mounts are ready. */
  | { readonly kind: 'booting'; readonly world?: World }
  /** Complete, and waits for its first process. */
  | { readonly kind: 'standby'; readonly world: World }
  | { readonly kind: 'serving'; readonly world: World }
  /** Without a world if there never was one. */
  | { readonly kind: 'ending'; readonly world?: World };

export interface LifeHost<World> {
  /** Are there processes whose end the kernel does not report? */
  isInhabited(world: World): boolean;
  /** Called once. */
  end(world: World | undefined): void;
}

export class Life<World> {
  readonly #host: LifeHost<World>;
  #state: LifeState<World> = { kind: 'empty' };
  /** Launchers that have not joined yet. */
  #launchers = 0;
  /** Listeners with processes behind them. */
  #listeners = 0;

  constructor(host: LifeHost<World>) {
    this.#host = host;
  }

  get state(): LifeState<World>['kind'] {
    return this.#state.kind;
  }

  /** In every state; `undefined` before it is made. */
  get world(): World | undefined {
    return this.#state.kind === 'empty' ? undefined : this.#state.world;
  }

  /** In every state. @throws WorldError before there is a world. */
  get(): World {
    const { world } = this;
    if (world === undefined) throw new WorldError('daemon-failed', 'This daemon has no world yet.');
    return world;
  }

  /** In `empty`: the first launcher wants a world. @throws WorldError in any other state. */
  boot(): void {
    if (this.#state.kind !== 'empty') throw new WorldError('daemon-failed', 'This daemon has a world already.');
    this.#state = { kind: 'booting' };
    this.#launchers++;
  }

  /** In `booting`. */
  made(world: World): void {
    this.#state = this.#in('booting', { kind: 'booting', world });
  }

  /**
   * In `booting`: boot is over, with or without success. The launcher may have ended meanwhile.
   * @param next `standby`: it succeeded, and the launcher leaves.
   */
  booted(next: 'serving' | 'standby' = 'serving'): void {
    const { world } = this;
    this.#state = this.#in('booting', world === undefined ? { kind: 'empty' } : { kind: next, world });
    this.endWhenEmpty();
  }

  /** In `standby`: a launcher takes the world. @throws WorldError in any other state. */
  take(): void {
    if (this.#state.kind !== 'standby') throw new WorldError('unknown-world', 'That world is not on standby.');
    this.#state = { kind: 'serving', world: this.#state.world };
    this.#launchers++;
  }

  /** In `standby`: nobody is to take it any more. */
  expire(): void {
    if (this.#state.kind !== 'standby') return;
    const { world } = this.#state;
    this.#state = { kind: 'ending', world };
    this.#host.end(world);
  }

  /** In `booting` and `serving`: a further launcher. @throws WorldError in the others. */
  enter(): void {
    this.get();
    if (this.#state.kind === 'ending') throw new WorldError('unknown-world', 'That world is ending.');
    if (this.#state.kind === 'standby') {
      throw new WorldError(
        'unknown-world',
        'That world is on standby: no process is in it yet.',
        'Run: lsmfs run -- CMD',
      );
    }
    this.#launchers++;
  }

  /** In every state: a launcher is in the world now, or gone. */
  launcherDone(): void {
    this.#launchers--;
  }

  /** In every state: the kernel will tell when the processes behind this listener are gone. */
  listening(ended: Promise<unknown>): void {
    this.#listeners++;
    void ended.then(() => {
      this.#listeners--;
      this.endWhenEmpty();
    });
  }

  /** In every state: somebody left. To `ending` from `empty` and `serving`, if nobody is there. */
  endWhenEmpty(): void {
    const { kind } = this.#state;
    const { world } = this;
    if (kind === 'booting' || kind === 'standby' || kind === 'ending' || this.#launchers > 0 || this.#listeners > 0)
      return;
    if (world !== undefined && this.#host.isInhabited(world)) return;
    this.#state = world === undefined ? { kind: 'ending' } : { kind: 'ending', world };
    this.#host.end(world);
  }

  /** To `ending` from `serving`, whoever is left. */
  abandon(): void {
    const { kind } = this.#state;
    const { world } = this;
    if (kind !== 'serving' || world === undefined) return;
    this.#state = { kind: 'ending', world };
    this.#host.end(world);
  }

  #in(kind: LifeState<World>['kind'], next: LifeState<World>): LifeState<World> {
    if (this.#state.kind !== kind) throw new Error(`a daemon that is ${this.#state.kind} cannot become ${next.kind}`);
    return next;
  }
}
