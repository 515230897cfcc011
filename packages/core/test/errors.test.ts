import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  Allowance,
  MemoryRegistry,
  AdapterError,
  Agent,
  Approvals,
  ChainedAuditLog,
  DefinitionError,
  EchoModel,
  END,
  ERROR_CODES,
  evidence,
  InMemoryAuditAnchors,
  InMemoryAuditStore,
  InMemoryJournal,
  InMemoryMemory,
  LocalExecutor,
  ModelRegistry,
  RateLimiter,
  RunError,
  Signals,
  START,
  StepError,
  standardSchema,
  strictJsonSchema,
  unsigned,
  type ChainedAuditLogOptions,
  type Schema,
  type StepFailure,
  Workflow,
  WorkflowError,
  type ErrorCode,
  type ModelErrorCode,
  type StepContext,
  type StoreErrorCode,
} from '@drawloom/core';
import { openApproval, validated, ValueCodec } from '@drawloom/core/front-end';
import { deferred, ScriptedModel, VirtualClock } from '@drawloom/testing';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';
import type { ClassCode } from './support/class-codes.js';

const same = <T>(value: T): T => value;
const one = (): Workflow => new Workflow('w').addNode('a', same).setStart('a') as never;
const fail = (error: unknown): never => {
  throw error;
};

/** A schema that nothing fits. */
const refusing: Schema = {
  validate: (value) => ({ ok: false, violations: [{ path: [], constraint: 'never', received: typeof value }] }),
  jsonSchema: () => ({}),
};

/** A model whose service fails in a certain way; `packages/openai/test` has each of them from a real server. */
const failing = (code: ModelErrorCode) => () => new ScriptedModel([{ error: { code } }]).answer({ messages: [] });

const told = { action: 'test.told', actor: 'user:alice' };
const auditLog = (options: Partial<ChainedAuditLogOptions> = {}): ChainedAuditLog =>
  new ChainedAuditLog({ store: new InMemoryAuditStore(), key: unsigned, ...options });

const durably = (): { executor: LocalExecutor } => ({
  executor: new LocalExecutor({ journal: new InMemoryJournal() }),
});

/** Codes of the class front end, of stores and of SDKs are brought about by the tests of those. */
type CoreCode = Exclude<ErrorCode, ClassCode | StoreErrorCode | 'TELEMETRY_STARTED'>;

/** An approval that mia alone may give. */
const opened = (more: { readonly request?: unknown; readonly excluded?: readonly string[] }) =>
  openApproval({
    policy: { users: ['mia'] },
    request: { title: 'Pay?' },
    facts: {
      ...{ tenant: '', runId: 'r', id: 'w-1', workflow: 'w', node: 'a', visit: 1, userId: 'ann' },
      graphHash: 'h',
    },
    excluded: [],
    now: 0,
    ...more,
  });

/** What brings each code about. A code without an entry does not compile. */
const TRIGGERS: Record<CoreCode, () => unknown> = {
  INVALID_NAME: () => new Workflow(''),
  INVALID_OPTION: () => new Workflow('w', { maxSteps: 0 }),
  INVALID_STEP: () => one().addNode('b', 3 as never),
  INVALID_EDGE: () =>
    one()
      .addEdge('a', START as never)
      .validate(),
  DUPLICATE_NODE: () => one().addNode('a', same),
  UNKNOWN_NODE: () => one().addEdge('a', 'b').validate(),
  EDGES_AND_ROUTER: () => one().addEdge('a', END).addRouter('a', String, { x: END }),
  EMPTY_ROUTES: () => one().addRouter('a', String, {}).validate(),
  EMPTY_WORKFLOW: () => new Workflow('w').validate(),
  NO_START: () => new Workflow('w').addNode('a', same).validate(),
  UNREACHABLE_NODE: () => one().addNode('b', same).validate(),
  IMPOSSIBLE_JOIN: () =>
    one()
      .addNode('b', same, { join: 'all' })
      .addNode('c', same)
      .addEdge('a', 'b')
      .addEdge('b', 'c')
      .addEdge('c', 'b')
      .validate(),
  AMBIGUOUS_KEY: () =>
    new Workflow('w')
      .addNode('START', same)
      .addNode('join', same, { join: 'any' })
      .addRouter(START, () => ['x', 'y'], { x: 'START', y: 'join' })
      .addEdge('START', 'join')
      .validate(),
  CYCLE_WITHOUT_STEP: () =>
    new Workflow('w')
      .addNode('a', same)
      .addRouter(START, () => 'a', { a: 'a', second: 'second' }, { name: 'first' })
      .addRouter('a', () => 'first', { first: 'first' }, { name: 'second' })
      .validate(),
  NESTS_ITSELF: () => {
    const outer = new Workflow('outer');
    const inner = new Workflow('inner').addNode('outer', outer as never).setStart('outer');
    outer.addNode('inner', inner as never).setStart('inner');
    expect(outer.toMermaid()).toContain('flowchart'); // a diagram is how authors find the fault
    outer.validate();
  },
  EDIT_DURING_RUN: async () => {
    const gate = deferred();
    const built: Workflow = new Workflow('w').addNode('a', () => gate.promise).setStart('a') as never;
    const running = built.run(1);
    try {
      built.addNode('b', same);
    } finally {
      gate.resolve();
      await running;
    }
  },
  INVALID_SCHEMA: () => standardSchema(3 as never),
  NO_JSON_SCHEMA: () => strictJsonSchema({}),
  NO_MODEL: () => new ModelRegistry().resolve(undefined, 'triage'),
  UNKNOWN_MODEL: () => new ModelRegistry().resolve('gpt-4.1', 'triage'),
  UNKNOWN_MEMORY: () => new MemoryRegistry().resolve('sqlite:app.db', 'triage'),
  NO_AUTHENTICATION: () =>
    new Approvals({ journal: new InMemoryJournal() }).decide('w-1', {
      actor: { userId: 'mia' },
      outcome: 'approved',
      digest: '',
    }),
  SCRIPT_MISMATCH: () => new ScriptedModel(['never asked for']).expectDone(),
  INVALID_MEMORY_ARGUMENT: () => new InMemoryMemory().profile('alice' as never),
  INVALID_INPUT: () =>
    new Workflow('w')
      .addNode('a', { runStep: validated(same, refusing) } as never)
      .setStart('a')
      .run(1),
  INSTANCE_FAILED: () => {
    const instances = { acquire: () => fail(new Error('no database')), release: () => undefined };
    return new LocalExecutor().prepare({ ...one().compiled(), instances }, { input: 1 }).execute();
  },
  STEP_FAILED: () => Workflow.chain([() => fail(new Error('no'))]).run(1),
  STEP_TIMEOUT: async () => {
    const clock = new VirtualClock();
    const body = (_: unknown, { signal }: StepContext): Promise<never> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const failed = thrownBy(() =>
      new Workflow('w', { clock }).addNode('a', body, { timeout: '1s' }).setStart('a').run(1),
    );
    await clock.advance('1s');
    fail(await failed);
  },
  ROUTER_FAILED: () =>
    one()
      .addRouter('a', () => fail(new Error('no')), { x: END })
      .run(1),
  NO_ROUTE: () =>
    one()
      .addRouter('a', () => 'y', { x: END })
      .run(1),
  AMBIGUOUS_JOIN: () =>
    one()
      .addNode('b', same)
      .setStart('b')
      .addNode('c', same, { join: 'one' })
      .addEdge('a', 'c')
      .addEdge('b', 'c')
      .run(1),
  MAP_INPUT_NOT_A_LIST: () => new Workflow('w').addMap('a', same).setStart('a').run('text'),
  INVALID_RUN_OPTION: () => one().run(1, { userId: '' }),
  INVALID_OUTPUT: () => new Agent({ name: 'a', model: new EchoModel(), output: z.object({ x: z.number() }) }).run('x'),
  AGENT_INTERRUPTED: () => {
    const model = new ScriptedModel([{ content: 'I will not', finishReason: 'refusal' }]);
    return Workflow.chain([new Agent({ name: 'a', model })]).run('x');
  },
  VALUE_NOT_STORABLE: () => new ValueCodec().encode(same, { workflow: 'w', node: 'a', visit: 1, attempt: 1 }),
  INVALID_APPROVAL_REQUEST: () => opened({ request: 'approve this' }),
  APPROVAL_IMPOSSIBLE: () => opened({ excluded: ['mia'] }),
  WAIT_NOT_FOUND: () => new Approvals({ journal: new InMemoryJournal() }).get('w-1'),
  DECISION_REFUSED: () =>
    new Approvals({ journal: new InMemoryJournal(), trustedCaller: true }).decide('w-1', { approved: 'no' } as never),
  SIGNAL_REFUSED: () => new Signals({ journal: new InMemoryJournal() }).send('paid' as never),
  BUDGET_EXCEEDED: () => new Agent({ name: 'a', model: new EchoModel() }).run('x', { budget: { calls: 0 } }),
  ALLOWANCE_USED_UP: () => new Allowance({ name: 'daily', calls: 0 }).claim('alice'),
  RATE_LIMITED: async () => {
    const limiter = new RateLimiter({ perMinute: 1, maxWait: 0 });
    await limiter.acquire('alice');
    await limiter.acquire('alice');
  },
  MEMORY_NEEDS_USER: () => new InMemoryMemory({ withoutUser: 'refuse' }).blocks({ userId: undefined }),
  MEMORY_FULL: () => new InMemoryMemory({ bytesPerUser: 1 }).setBlock({ userId: 'alice' }, 'plan', 'ship it'),
  MAX_STEPS: () => Workflow.chain([same, same], { maxSteps: 1 }).run(1),
  MAX_VISITS: () => one().addEdge('a', 'a').run(1),
  MAX_TOTAL_STEPS: () => Workflow.chain([same, same]).run(1, { maxTotalSteps: 1 }),
  RUN_TIMEOUT: async () => {
    const clock = new VirtualClock();
    const failed = thrownBy(() =>
      Workflow.chain([() => new Promise(() => undefined)], { clock, cancelGrace: 0, timeout: '1s' }).run(1),
    );
    await clock.advance('1s');
    fail(await failed);
  },
  RUN_CANCELLED: () => one().run(1, { signal: AbortSignal.abort() }),
  // The engine has no such defect that we know of, so it cannot be brought about from outside.
  NO_JOURNAL: () => one().resume('r'),
  RUN_SUSPENDED: () => fail(RunError.suspended('w', 'r', [{ id: '1', node: 'a' }])),
  RUN_NOT_FOUND: () => one().resume('r', durably()),
  RUN_ID_TAKEN: async () => {
    const here = durably();
    await one().run(1, { runId: 'r', ...here });
    await one().run(2, { runId: 'r', ...here });
  },
  RUN_ELSEWHERE: async () => {
    const journal = new InMemoryJournal();
    const waiting = deferred<number>();
    const flow = new Workflow('w').addNode('a', () => waiting.promise).setStart('a');
    const first = flow.run(1, { runId: 'r', executor: new LocalExecutor({ journal }) });
    await Promise.resolve();
    try {
      await flow.resume('r', { executor: new LocalExecutor({ journal }) });
    } finally {
      waiting.resolve(1);
      await first;
    }
  },
  FORK_POINT_UNKNOWN: async () => {
    const here = durably();
    await one().run(1, { runId: 'r', ...here });
    await one().fork('r', { from: 'b', ...here });
  },
  FORK_REFUSED: () => fail(RunError.forkRefused('w', 'r', 'a')),
  GRAPH_CHANGED: async () => {
    const here = durably();
    await one().run(1, { runId: 'r', ...here });
    await new Workflow('w').addNode('b', same).setStart('b').resume('r', here);
  },
  RECORDS_DO_NOT_FIT: () => fail(RunError.recordsDoNotFit('w', 'a', 1)),
  CALL_CHANGED: () => fail(RunError.callChanged('w', 'model:clerk', 1)),
  LEASE_LOST: () => fail(RunError.leaseLost('w')),
  EXECUTOR_DRAINING: async () => {
    const { executor } = durably();
    await executor.drain();
    await one().run(1, { executor });
  },
  WAIT_EXPIRED: () => fail(StepError.waitExpired({ workflow: 'w', node: 'a', visit: 1, attempt: 1 }, 'a decision')),
  INVALID_DELAY: () =>
    new Workflow('w')
      .addDelay('a', () => 'soon' as '1s')
      .setStart('a')
      .run(1, durably()),
  RUN_STALLED: () => fail(RunError.stalled('w', 2)),
  MODEL_RATE_LIMITED: failing('MODEL_RATE_LIMITED'),
  MODEL_UNAVAILABLE: failing('MODEL_UNAVAILABLE'),
  MODEL_AUTHENTICATION: failing('MODEL_AUTHENTICATION'),
  MODEL_INVALID_REQUEST: failing('MODEL_INVALID_REQUEST'),
  MODEL_CONTENT_FILTERED: failing('MODEL_CONTENT_FILTERED'),
  MODEL_FAILED: failing('MODEL_FAILED'),
  JOURNAL_RECORD_UNREADABLE: () => fail(AdapterError.recordUnreadable('w', 1)),
  JOURNAL_VALUE_UNREADABLE: () => new ValueCodec().decode('{"cut', 'w.a'),
  RUN_NOT_RECORDED: () => evidence('r', { log: new InMemoryAuditStore(), workflow: one() }),
  AUDIT_REQUIRED: () =>
    new Workflow<string>('w', { audit: { mode: 'required' } }).addNode('a', same).setStart('a').run('x'),
  AUDIT_INCOMPLETE: async () => {
    const log = auditLog();
    const close = (value: string): string => (void log.close(), value);
    await new Workflow<string>('w', { audit: { log, mode: 'required' } }).addNode('a', close).setStart('a').run('x');
  },
  AUDIT_UNAVAILABLE: async () => {
    const log = auditLog();
    await log.close();
    await log.append(told);
  },
  AUDIT_LOCKED: async () => {
    const store = new InMemoryAuditStore();
    await auditLog({ store }).append(told);
    await auditLog({ store }).append(told);
  },
  AUDIT_DAMAGED: async () => {
    const anchors = new InMemoryAuditAnchors();
    const log = auditLog({ anchors });
    await log.append(told);
    await log.close();
    await auditLog({ anchors }).append(told);
  },
  JOURNAL_MISMATCH: () => {
    const run = { tenant: '', runId: 'r', workflow: 'w', version: undefined, graphHash: 'h', graph: '{}' };
    const facts = { userId: undefined, sessionId: 's', createdAt: 0, forkedFrom: undefined };
    const records = [{ seq: 2, type: 'step.completed', text: '1' }];
    return new InMemoryJournal().create({ ...run, ...facts }, records, { owner: 'o', until: 1 });
  },
};

describe('The catalogue of errors', () => {
  const page = readFileSync(join(__dirname, '../../../docs/errors.md'), 'utf8');

  it.each(Object.keys(TRIGGERS) as CoreCode[])(
    '%s is thrown, in the one layout, and explained in the docs',
    async (code) => {
      const error = await thrownBy(TRIGGERS[code]);
      expect(error.code).toBe(code);
      const [first, second, third, ...more] = error.message.split('\n');
      expect(first).toMatch(new RegExp(`^\\[${code}\\] [^\\s:]+: .+[^.]$`));
      expect(second).toBe(`  Fix: ${error.fix}`);
      expect(third).toBe(`  More: docs/errors.md#${code.toLowerCase()}`);
      expect(more).toEqual([]);
      expect(first).toContain(`[${code}] ${error.where}: `);
      expect(error.fix).toMatch(/^[a-z].*[^.]$/);
      expect(page.split('\n').filter((line) => /^#+ /.test(line) && line.endsWith(` ${code}`))).toHaveLength(1);
    },
  );

  it('has no heading in the docs for a code that does not exist', () => {
    const headings = [...page.matchAll(/^#+ ([A-Z]+(?:_[A-Z]+)*)$/gm)].map(([, code]) => code);
    expect(headings.sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('says in each class who has to act', async () => {
    const classes = [DefinitionError, StepError, RunError, AdapterError];
    const found: Record<string, string[]> = {};
    for (const code of Object.keys(TRIGGERS) as CoreCode[]) {
      const error = await thrownBy(TRIGGERS[code]);
      const own = classes.filter((type) => type.is(error));
      expect(own).toHaveLength(1);
      expect(error.name).toBe(own[0]!.name);
      (found[error.name] ??= []).push(code);
    }
    expect(Object.values(found).map(({ length }) => length)).toEqual([24, 15, 30, 12]);
  });
});

describe('A mistake in a graph', () => {
  it('comes with all others at once, each with its fix', async () => {
    const built = new Workflow('triage')
      .addNode('classify', same)
      .addNode('answer', same)
      .addNode('island', same)
      .addNode('join', same, { join: 'both' as never })
      .addEdge('classify', 'anwser')
      .addRouter('answer', String, { x: 'escalate' });
    const error = (await thrownBy(() => built.validate())) as DefinitionError;
    expect(error.problems.map(({ code, where }) => `${code} ${where}`)).toEqual([
      'INVALID_OPTION triage.join',
      'UNKNOWN_NODE triage.classify',
      'UNKNOWN_NODE triage.answer',
      'NO_START triage',
    ]);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', where: 'triage.join', fix: error.problems[0]!.fix });
    expect(error.message.startsWith('4 problems\n\n[INVALID_OPTION] triage.join: ')).toBe(true);
    for (const { code, where, what, fix } of error.problems) {
      expect(error.message).toContain(
        `[${code}] ${where}: ${what}\n  Fix: ${fix}\n  More: docs/errors.md#${code.toLowerCase()}`,
      );
    }
    expect(error.problems[1]).toMatchObject({
      what: 'next step "anwser" does not exist (nodes: "classify", "answer", "island", "join")',
      fix: 'change it to "answer", or add it with addNode("anwser", ...)',
    });
    expect(Object.isFrozen(error.problems)).toBe(true);
  });
});

describe('WorkflowError.is', () => {
  it('knows the errors of another installed copy of the package, by class', async () => {
    let copy!: typeof import('@drawloom/core');
    jest.isolateModules(() => (copy = jest.requireActual('@drawloom/core')));
    expect(copy.WorkflowError).not.toBe(WorkflowError);
    const foreign: unknown = await copy.Workflow.chain([() => fail(new Error('no'))])
      .run(1)
      .catch(same);
    expect(foreign instanceof WorkflowError).toBe(false);
    expect(
      [WorkflowError, StepError, RunError, DefinitionError].map((type) => (type as typeof StepError).is(foreign)),
    ).toEqual([true, true, false, false]);
    const own = await thrownBy(TRIGGERS.MAX_STEPS);
    expect([copy.WorkflowError.is(own), copy.RunError.is(own), copy.StepError.is(own)]).toEqual([true, true, false]);
  });

  it('knows subclasses, and nothing else', () => {
    class OwnError extends StepError {}
    const facts = { workflow: 'w', node: 'n', visit: 1, attempt: 1 };
    const own = new OwnError(facts, { code: 'STEP_FAILED', what: 'it failed', fix: 'mend it' });
    expect([WorkflowError.is(own), StepError.is(own), OwnError.is(own), RunError.is(own)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    for (const other of [new Error('x'), null, undefined, 'STEP_FAILED', { code: 'STEP_FAILED' }, () => 1]) {
      expect(WorkflowError.is(other)).toBe(false);
    }
  });
});

describe('Anything that a step throws', () => {
  const hostile = new Proxy(new Error('proxied'), {
    get: () => fail(new Error('trap')),
    has: () => fail(new Error('trap')),
    getPrototypeOf: () => fail(new Error('trap')),
    ownKeys: () => fail(new Error('trap')),
    set: () => fail(new Error('trap')),
  });
  const getters = Object.defineProperties(new Error('x'), {
    name: { get: () => fail(new Error('trap')) },
    message: { get: () => fail(new Error('trap')) },
    code: { get: () => fail(new Error('trap')) },
  });
  const facts = { workflow: 'w', node: 'a', visit: 1, attempt: 1 };
  const thrown: [string, unknown][] = [
    ['null', null],
    ['undefined', undefined],
    ['text', 'text'],
    ['a number', 0],
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
    ['an object without a prototype', Object.create(null)],
    ['an object that is no text', { toString: () => fail(new Error('trap')) }],
    ['an error with throwing getters', getters],
    ['a proxy that throws at every look', hostile],
    ['a frozen error', Object.freeze(new Error('frozen'))],
    ['a frozen error of ours', Object.freeze(StepError.failed(facts, new Error('frozen')))],
    ['an error with a name that is no text', Object.assign(new Error('x'), { name: Symbol('s') })],
    ['an AbortError of its own', Object.assign(new Error('own abort'), { name: 'AbortError' })],
    ['a RunError of its own', RunError.cancelled('w', 'by the step')],
  ];

  it.each(thrown)('is kept untouched as the cause: %s', async (_, value) => {
    for (const step of [() => fail(value), async () => fail(value)]) {
      const built = new Workflow('w').addNode('a', step).setStart('a');
      const collecting = await collectEvents(built.stream(1));
      expect(collecting.lines).toEqual(['run.started', 'step.started a', 'step.failed a', 'run.failed']);
      const error = collecting.thrown as StepError;
      expect(error).toMatchObject({ code: 'STEP_FAILED', where: 'w.a', furtherErrors: [] });
      expect(Object.is(error.cause, value)).toBe(true);
      expect(error.message).toContain('visit 1, attempt 1 threw ');
      expect(() => JSON.stringify(ofType(collecting.events, 'step.failed')[0]!.error)).not.toThrow();
    }
  });

  it.each(thrown)(
    'fails a router, goes along an error edge, and settles a branch and an item: %s',
    async (_, value) => {
      const routed = new Workflow('w')
        .addNode('a', same)
        .setStart('a')
        .addRouter('a', () => fail(value), { x: END });
      const error = await thrownBy(() => routed.run(1));
      expect([error.code, Object.is(error.cause, value)]).toEqual(['ROUTER_FAILED', true]);
      const rescued = new Workflow('w')
        .addNode('a', () => fail(value), { onError: 'b' })
        .addNode('b', (failure: StepFailure) => [failure.error])
        .setStart('a');
      expect(Object.is(((await rescued.run(1)).output as unknown[])[0], value)).toBe(true);
      const [outcome] = (await Workflow.parallel([() => fail(value)], { settled: true }).run(1)).output as {
        reason?: unknown;
      }[];
      expect(Object.is(outcome!.reason, value)).toBe(true);
      const mapped = new Workflow('w').addMap('m', () => fail(value), { settled: true }).setStart('m');
      const [item] = (await mapped.run([1])).output as { reason?: unknown }[];
      expect(Object.is(item!.reason, value)).toBe(true);
    },
  );

  it.each(thrown)('is tried again, and attached while a run is being stopped: %s', async (_, value) => {
    const clock = new VirtualClock();
    const retry = { maximumAttempts: 2, nonRetryableErrors: [TypeError, 'TypeError'] };
    let tries = 0;
    const flaky = new Workflow('w', { clock }).addNode('a', () => (++tries, fail(value)), { retry }).setStart('a');
    const failed = thrownBy(() => flaky.run(1));
    await clock.advance('1s');
    expect([(await failed).code, tries]).toEqual(['STEP_FAILED', 2]);
    const late = (_: unknown, { signal }: StepContext): Promise<never> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(value)));
    const handle = Workflow.parallel([late, () => fail(new Error('first'))]).start(1);
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ status: 'failed', error: { cause: { message: 'first' } } });
  });

  it('may be thrown again by a later run: every run has its own error', async () => {
    const shared = new Error('shared');
    const built = Workflow.chain([() => Promise.reject(shared)]);
    const [one, other] = [await thrownBy(() => built.run(1)), await thrownBy(() => built.run(1))];
    expect(one).not.toBe(other);
    expect(one.partial!.runId).not.toBe(other.partial!.runId);
    const again = await thrownBy(() => Workflow.chain([() => fail(one)]).run(1));
    expect(again).not.toBe(one);
    expect(again.cause).toBe(one);
    await settled();
  });
});
