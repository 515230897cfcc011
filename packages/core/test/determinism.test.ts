import { END, START, Workflow, type GraphDefinition } from '@drawloom/core';
import { driveRun, type RunReporter } from '../src/execution/run-loop.js';
import type { Ended, RunHost } from '../src/execution/run-host.js';
import { compileGraph } from '../src/graph/compile-graph.js';
import type { Activation } from '../src/schedule/activation.js';
import { Scheduler } from '../src/schedule/scheduler.js';

// The one file that looks behind the public entry: what a journal replays has to work where nothing of the outside
// world does.

const LIMITS = { maxConcurrency: 3, maxSteps: 1000, maxVisitsPerNode: 1000 };

/** A loop with a fan-out, a router, joins and a map in it. */
function graph(): GraphDefinition {
  const body = (value: unknown): unknown => value;
  return new Workflow('replayed')
    .addNode('head', body)
    .addNode('left', body)
    .addNode('right', body)
    .addMap('each', body)
    .addNode('join', body, { join: 'any' })
    .addNode('tail', body)
    .addRouter(START, () => 'in', { in: 'head' }, { default: END })
    .addEdge('head', 'left')
    .addEdge('head', 'right')
    .addEdge('head', 'each')
    .addEdge('left', 'join')
    .addEdge('right', 'join')
    .addEdge('each', 'join')
    .addEdge('join', 'tail')
    .addRouter('tail', () => 'again', { again: 'head', done: END }).graph;
}

const POISONED: readonly (readonly [object, string])[] = [
  [Date, 'now'],
  [globalThis, 'Date'],
  [Math, 'random'],
  [performance, 'now'],
  [crypto, 'randomUUID'],
  [crypto, 'getRandomValues'],
  [process, 'nextTick'],
  [process, 'hrtime'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'].map(
    (name) => [globalThis, name] as const,
  ),
];

/** Makes clocks, chance, timers and the network throw, from now until the returned function is called. */
function poison(): () => void {
  const restore = POISONED.map(([owner, name]) => {
    const own = Object.getOwnPropertyDescriptor(owner, name);
    const original = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
    // For our own code only: the test runner has timers of its own, which may come due while a test waits.
    const thrower = function (this: unknown, ...args: unknown[]): unknown {
      const used = new Error(`${name} was used`);
      if (used.stack?.includes('packages/core/') === true) throw used;
      return new.target === undefined ? Reflect.apply(original, this, args) : Reflect.construct(original, args);
    };
    Object.defineProperty(owner, name, { value: thrower, configurable: true, writable: true });
    return () => {
      if (own === undefined) delete (owner as Record<string, unknown>)[name];
      else Object.defineProperty(owner, name, own);
    };
  });
  return () => restore.forEach((undo) => undo());
}

/** Runs a scheduler by hand, always ending the activation at `pick` of those in progress; gives what began when. */
function drive(scheduler: Scheduler, pick: (open: number) => number): string[] {
  const began: string[] = [];
  const open: Activation[] = [];
  scheduler.begin('input');
  for (;;) {
    for (let activation = scheduler.take(); activation !== undefined; activation = scheduler.take()) {
      began.push(`${activation.node}.${activation.visit} ${JSON.stringify(activation.input)}`);
      open.push(activation);
    }
    if (open.length === 0) return began;
    const [ended] = open.splice(pick(open.length), 1);
    if (!scheduler.isRouter(ended!.node)) scheduler.complete(ended!, `${ended!.node}.${ended!.visit}`);
    else scheduler.route(ended!, began.length < 2 ? ['in'] : [ended!.visit < 4 ? 'again' : 'done']);
  }
}

/** A host whose activations end in the order of a list that was recorded elsewhere. */
class ListedHost implements RunHost {
  readonly isDraining = false;
  readonly mustHold = true;
  readonly abandoned = undefined;
  readonly #held: [Activation, unknown][] = [];

  constructor(
    readonly body: (activation: Activation) => unknown,
    readonly pick: (open: number) => number,
  ) {}

  begin(activation: Activation): unknown {
    return Promise.resolve(this.body(activation));
  }

  hold(activation: Activation, ticket: PromiseLike<unknown>): void {
    this.#held.push([activation, ticket]);
  }

  async next(): Promise<Ended> {
    const [[activation, ticket]] = this.#held.splice(this.pick(this.#held.length), 1) as [[Activation, unknown]];
    return { activation, ok: true, value: await ticket };
  }

  leave(): void {
    throw new Error('a lone activation was not held');
  }

  wasGivenUp(): boolean {
    return false;
  }

  pause(): undefined {
    return undefined;
  }
}

describe('The scheduler', () => {
  it('needs no clock, no chance, no timer and no network', () => {
    const plan = compileGraph(graph());
    const free = drive(new Scheduler(plan, LIMITS), () => 0);
    const undo = poison();
    let poisoned: string[];
    try {
      poisoned = drive(new Scheduler(plan, LIMITS), () => 0);
    } finally {
      undo();
    }
    expect(poisoned).toEqual(free);
    expect(free.length).toBeGreaterThan(20);
  });

  it('is bound to give each activation the same input, whichever ends first', () => {
    const plan = compileGraph(graph());
    const orders = [() => 0, (open: number) => open - 1, (open: number) => Math.floor(open / 2)];
    const runs = orders.map((pick) => drive(new Scheduler(plan, LIMITS), pick).sort());
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it('notices when it is poisoned, so that this test can fail', () => {
    const undo = poison();
    try {
      expect(() => Date.now()).toThrow();
      expect(() => Math.random()).toThrow('random was used');
      expect(() => performance.now()).toThrow('now was used');
      expect(() => setTimeout(() => undefined, 0)).toThrow('setTimeout was used');
    } finally {
      undo();
    }
    expect(Date.now()).toBeGreaterThan(0);
  });
});

describe('The loop over it', () => {
  it('does the same for the same host, where nothing of the outside world works', async () => {
    const plan = compileGraph(graph());
    const replay = async (): Promise<string[]> => {
      const told: string[] = [];
      const scheduler = new Scheduler(plan, LIMITS);
      const note =
        (what: string) =>
        ({ node, visit }: Activation): void =>
          void told.push(`${what} ${node}.${visit}`);
      const reporter = {
        isStopping: false,
        awoke: () => undefined,
        started: note('started'),
        overtaken: () => undefined,
        completed: note('completed'),
        parked: () => undefined,
        resolved: () => undefined,
        routed: () => void told.push('routed'),
        failed: () => 'failed' as const,
        stop: (error: unknown) => void told.push(`stop ${String(error)}`),
        finish: () => undefined,
      } satisfies RunReporter<unknown>;
      let routers = 0;
      const body = (activation: Activation): unknown =>
        scheduler.isRouter(activation.node)
          ? routers++ === 0
            ? 'in'
            : activation.visit < 4
              ? 'again'
              : 'done'
          : `${activation.node}.${activation.visit}`;
      scheduler.begin('input');
      await driveRun(scheduler, new ListedHost(body, (open) => open - 1), reporter);
      return told;
    };
    const free = await replay();
    const undo = poison();
    let poisoned: string[];
    try {
      poisoned = await replay();
    } finally {
      undo();
    }
    expect(poisoned).toEqual(free);
    expect(free.filter((line) => line.startsWith('completed')).length).toBeGreaterThan(15);
    expect(free.some((line) => line.startsWith('stop'))).toBe(false);
  });
});
