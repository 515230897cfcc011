/** How often a run of trivial steps looks whether it keeps the rest of the process waiting, in activations. */
const LOOK_EVERY = 64;
/** How long it may keep the process's timers and sockets waiting, in milliseconds. */
const LONGEST_TURN_MS = 10;

/**
 * What hosts have in common: trivial steps resolve in microtasks, before any timer or socket of the process gets its turn, so
 * now and then a run has to wait for that. A parent and no part of them, because each of many waiting runs would have one.
 */
export abstract class TurnKeeper {
  #begun = 0;
  #turnBegan: number | undefined; // not 0: a number with a fraction takes a box in each of many waiting runs

  /** Called before an activation begins: what to wait for, or nothing. */
  protected turn(): Promise<void> | undefined {
    if (++this.#begun % LOOK_EVERY !== 0) return undefined;
    const now = performance.now();
    this.#turnBegan ??= now;
    if (now - this.#turnBegan < LONGEST_TURN_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#turnBegan = performance.now();
        resolve();
      });
    });
  }
}
