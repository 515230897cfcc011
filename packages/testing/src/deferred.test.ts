import { deferred } from './deferred.js';

describe('deferred', () => {
  it('resolves when the test says so', async () => {
    const answer = deferred<number>();
    expect(answer.settled).toBe(false);
    answer.resolve(42);
    expect(answer.settled).toBe(true);
    await expect(answer.promise).resolves.toBe(42);
  });

  it('rejects with exactly the value given', async () => {
    const answer = deferred<number>();
    answer.reject('not an Error');
    await expect(answer.promise).rejects.toBe('not an Error');
  });

  it('keeps the first settlement and ignores later ones', async () => {
    const answer = deferred<string>();
    answer.resolve('first');
    answer.reject(new Error('second'));
    answer.resolve('third');
    await expect(answer.promise).resolves.toBe('first');
  });

  it('counts as settled at once when resolved with a promise that is still pending', async () => {
    const inner = deferred<number>();
    const outer = deferred<number>();
    outer.resolve(inner.promise);
    expect(outer.settled).toBe(true);
    inner.resolve(7);
    await expect(outer.promise).resolves.toBe(7);
  });

  it('needs no argument when there is no value', async () => {
    const gate = deferred();
    gate.resolve();
    await expect(gate.promise).resolves.toBeUndefined();
  });

  it('raises no unhandled rejection when nobody waits for it', async () => {
    const seen: unknown[] = [];
    const listen = (reason: unknown) => seen.push(reason);
    process.on('unhandledRejection', listen);
    deferred<never>().reject(new Error('nobody is listening'));
    await new Promise((done) => setImmediate(done));
    process.off('unhandledRejection', listen);
    expect(seen).toEqual([]);
  });
});
