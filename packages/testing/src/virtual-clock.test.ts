import { DefinitionError, type Clock } from '@drawloom/core';
import { deferred } from './deferred.js';
import { VirtualClock } from './virtual-clock.js';

describe('VirtualClock', () => {
  it('stands still at 2000-01-01 in UTC until it is moved', async () => {
    const clock = new VirtualClock();
    expect(new Date(clock.now()).toISOString()).toBe('2000-01-01T00:00:00.000Z');
    await clock.advance('1.5s');
    expect(new Date(clock.now()).toISOString()).toBe('2000-01-01T00:00:01.500Z');
  });

  it('begins where the test says', () => {
    expect(new VirtualClock({ startAt: 0 }).now()).toBe(0);
  });

  it('fires what falls due, at exactly its time, and nothing later', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const fired: [string, number][] = [];
    for (const ms of [10, 20, 21]) clock.setTimer(ms, () => fired.push([`${ms} ms`, clock.now()]));
    await clock.advance(20);
    expect(fired).toEqual([
      ['10 ms', 10],
      ['20 ms', 20],
    ]);
    expect([clock.now(), clock.pending]).toEqual([20, 1]);
  });

  it('fires in the order of time, then of making', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const timers = [
      ['b', 5],
      ['a', 1],
      ['c', 5],
      ['e', 9],
      ['d', 5],
    ] as const;
    for (const [name, ms] of timers) clock.setTimer(ms, () => fired.push(name));
    await clock.advance(10);
    expect(fired).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('fires timers that are set on the way, in their place', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const fired: string[] = [];
    clock.setTimer(1, () => {
      fired.push('outer');
      clock.setTimer(1, () => fired.push(`inner at ${clock.now()}`));
    });
    clock.setTimer(3, () => fired.push('last'));
    await clock.advance(3);
    expect(fired).toEqual(['outer', 'inner at 2', 'last']);
  });

  it('lets long chains of promises run between two timers', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const seen: string[] = [];
    const sleep = (ms: number) => new Promise<void>((wake) => void clock.setTimer(ms, wake));
    const worker = async () => {
      await sleep(1);
      for (let hop = 0; hop < 500; hop++) await null;
      seen.push(`worked at ${clock.now()}`);
      await sleep(1);
      seen.push(`slept till ${clock.now()}`);
    };
    const working = worker();
    clock.setTimer(3, () => seen.push('last'));
    await clock.advance(3);
    await working;
    expect(seen).toEqual(['worked at 1', 'slept till 2', 'last']);
  });

  it('sees timers that are set a few promises after the movement was asked for', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const woken = deferred();
    void (async () => {
      for (let hop = 0; hop < 20; hop++) await null;
      clock.setTimer(5, woken.resolve);
    })();
    await clock.advance(5);
    expect(woken.settled).toBe(true);
  });

  it('fires timers of 0 ms, and of less, only when it is moved', async () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    for (const ms of [0, -5]) clock.setTimer(ms, () => fired.push(ms));
    expect(fired).toEqual([]);
    await clock.advance(0);
    expect(fired).toEqual([0, -5]);
  });

  it('does not fire what was cancelled, and lets a timer cancel one of the same time', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const cancelFirst = clock.setTimer(1, () => fired.push('first'));
    clock.setTimer(1, () => {
      fired.push('second');
      cancelThird();
    });
    const cancelThird = clock.setTimer(1, () => fired.push('third'));
    cancelFirst();
    expect(clock.pending).toBe(2);
    await clock.advance(1);
    cancelThird();
    expect([fired, clock.pending]).toEqual([['second'], 0]);
  });

  it('moves to the next timer, with all others of its time, until there is none', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const fired: number[] = [];
    for (const ms of [7, 7, 30]) clock.setTimer(ms, () => fired.push(clock.now()));
    expect(await clock.advanceToNext()).toBe(true);
    expect(fired).toEqual([7, 7]);
    expect(await clock.advanceToNext()).toBe(true);
    expect(await clock.advanceToNext()).toBe(false);
    expect([fired, clock.now()]).toEqual([[7, 7, 30], 30]);
  });

  it('makes overlapping movements one after the other', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const fired: number[] = [];
    for (const ms of [1, 2, 3, 4]) clock.setTimer(ms, () => fired.push(clock.now()));
    await Promise.all([clock.advance(2), clock.advanceToNext(), clock.advance(1)]);
    expect([fired, clock.now()]).toEqual([[1, 2, 3, 4], 4]);
  });

  it('rejects with what a timer throws, keeps the others and can be moved on', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const fired: number[] = [];
    clock.setTimer(1, () => {
      throw 'not an Error';
    });
    clock.setTimer(2, () => fired.push(clock.now()));
    await expect(clock.advance(5)).rejects.toBe('not an Error');
    expect([clock.now(), clock.pending]).toEqual([1, 1]);
    await clock.advance(1);
    expect(fired).toEqual([2]);
  });

  it('works under the fake timers of jest', async () => {
    jest.useFakeTimers();
    try {
      const clock = new VirtualClock();
      const fired = deferred();
      clock.setTimer(1, fired.resolve);
      await clock.advance(1);
      expect(fired.settled).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });

  it('serves as the clock of core', () => {
    const clock: Clock = new VirtualClock();
    expect(typeof clock.setTimer(1, () => {})).toBe('function');
  });

  it.each([
    ['advance', (clock: VirtualClock) => clock.advance('soon' as never)],
    ['advance', (clock: VirtualClock) => clock.advance(-1)],
    ['setTimer', async (clock: VirtualClock) => void clock.setTimer(Number.NaN, () => {})],
    ['setTimer', async (clock: VirtualClock) => void clock.setTimer(Number.POSITIVE_INFINITY, () => {})],
    ['constructor', async () => void new VirtualClock({ startAt: Number.NaN })],
  ])('refuses a wrong time given to %s, naming the place and the fix', async (method, call) => {
    const error = await call(new VirtualClock()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DefinitionError);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', where: `VirtualClock.${method}` });
  });
});
