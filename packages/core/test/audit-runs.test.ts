import {
  Agent,
  ChainedAuditLog,
  contentDigest,
  EchoModel,
  hmacKey,
  InMemoryAuditStore,
  InMemoryMemory,
  LocalExecutor,
  RunError,
  step,
  StepError,
  tool,
  verifyAuditLog,
  workflow,
  Workflow,
  type AuditEntry,
  type AuditGiven,
  type AuditLog,
  type AuditQuery,
  type NewAuditEntry,
  type RunOptions,
  type SealedLine,
} from '@drawloom/core';
import { deferred, ScriptedModel, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { settled, thrownBy } from './collect-events.js';
import { SECRET } from './support/tampering.js';

const key = hmacKey('k1', SECRET);
const newLog = (store = new InMemoryAuditStore()): ChainedAuditLog => new ChainedAuditLog({ store, key });

async function entriesOf(log: ChainedAuditLog, query?: AuditQuery): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of log.entries(query)) entries.push(entry);
  return entries;
}
const shortly = ({ action, node, visit, facts }: AuditEntry): string =>
  [action, node, visit, facts?.['attempts'] && `${String(facts['attempts'])} attempts`].filter(Boolean).join(' ');
const actionsOf = async (log: ChainedAuditLog): Promise<string[]> => (await entriesOf(log)).map(shortly);

/** A store that fails when it is told to, for as long as it is told to. */
class FailingStore extends InMemoryAuditStore {
  failure: Error | undefined;
  writing: Promise<void> = Promise.resolve();

  override async append(lines: readonly SealedLine[]): Promise<void> {
    await this.writing;
    if (this.failure !== undefined) throw this.failure;
    await super.append(lines);
  }
}

describe('The record of a run', () => {
  it('says who ran what for whom, each step, each choice with its key and target, and the end', async () => {
    const log = newLog();
    const clock = new VirtualClock();
    const triage = new Workflow<string>('triage', { audit: log, clock, version: '2' })
      .addNode('read', (text: string) => text.trim())
      .addNode('answer', (text: string) => `answer to ${text}`)
      .addNode('escalate', (text: string) => `person for ${text}`)
      .addRouter('read', (text: string) => (text === 'hi' ? 'easy' : 'hard'), { easy: 'answer', hard: 'escalate' })
      .setStart('read');
    await triage.run(' hi ', { userId: 'alice', sessionId: 's', runId: 'r' });
    const entries = await entriesOf(log);
    expect(entries.map(shortly)).toEqual([
      'run.started',
      'step.started read 1',
      'step.completed read 1 1 attempts',
      'route.taken read',
      'step.started answer 1',
      'step.completed answer 1 1 attempts',
      'run.completed',
    ]);
    for (const entry of entries)
      expect(entry).toMatchObject({
        run: 'r',
        user: 'alice',
        session: 's',
        workflow: 'triage',
        actor: 'workflow',
        time: clock.now(),
      });
    expect(entries[0]!.facts).toMatchObject({
      n: 1,
      graphHash: triage.hash,
      version: '2',
      mode: 'best-effort',
      content: 'digest',
    });
    expect(entries[3]!.facts).toEqual({ n: 4, keys: ['easy'], targets: ['answer'], ends: false });
    expect(entries[1]!.digest).toBe(contentDigest(' hi '));
    expect(entries[6]!.digest).toBe(contentDigest('answer to hi'));
    expect(entries.every((entry) => entry.content === undefined)).toBe(true);
  });

  it('has every attempt, the failure of the step, and that of the run', async () => {
    const log = newLog();
    const flow = new Workflow<string>('w', { audit: log }).addNode(
      'a',
      () => {
        throw new TypeError('canary: 4711');
      },
      { retry: { maximumAttempts: 2, initialInterval: 0 } },
    );
    await thrownBy(() => flow.setStart('a').run('x'));
    const entries = await entriesOf(log);
    expect(entries.map(shortly)).toEqual([
      'run.started',
      'step.started a 1',
      'step.retried a 1',
      'step.failed a 1 2 attempts',
      'run.failed',
    ]);
    expect(entries[2]!.facts).toEqual({ n: 3, attempt: 1, delayMs: 0, error: 'TypeError' });
    expect(entries[4]!.facts).toEqual({ n: 5, error: 'StepError', code: 'STEP_FAILED' });
    expect(JSON.stringify(entries)).not.toContain('canary');
  });

  it('says of a cap that it was hit, and of a router that it failed', async () => {
    const log = newLog();
    const loop = new Workflow<number>('loop', { audit: log, maxVisitsPerNode: 1 })
      .addNode('a', (n: number) => n)
      .addRouter('a', () => 'again', { again: 'a' })
      .setStart('a');
    await thrownBy(() => loop.run(1));
    expect((await actionsOf(log)).slice(-2)).toEqual(['cap.hit', 'run.failed']);
    const clerk = new Agent({ name: 'clerk', model: new EchoModel() });
    const dear = Workflow.chain([clerk], { audit: log, budget: { calls: 0 } });
    await thrownBy(() => dear.run('x'));
    const spent = (await entriesOf(log)).filter(({ action, workflow }) => action === 'cap.hit' && workflow === 'chain');
    expect(spent).toMatchObject([
      { actor: 'workflow', facts: { code: 'BUDGET_EXCEEDED', cap: 'calls', limit: 0, used: 0 } },
    ]);
    const lost = new Workflow<number>('lost', { audit: log })
      .addNode('a', (n: number) => n)
      .addRouter('a', () => 'nowhere', { somewhere: 'a' } as never)
      .setStart('a');
    await thrownBy(() => lost.run(1));
    expect((await actionsOf(log)).slice(-2)).toEqual(['route.failed a', 'run.failed']);
  });

  it('has the end of everything that had begun when a run is cancelled', async () => {
    const log = newLog();
    const reached = deferred<void>();
    const flow = new Workflow<string>('w', { audit: log }).addNode('a', (_: string, { signal }) => {
      reached.resolve();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
    const handle = flow.setStart('a').start('x');
    await reached.promise;
    handle.cancel('changed my mind');
    await handle.result();
    expect(await actionsOf(log)).toEqual([
      'run.started',
      'step.started a 1',
      'step.cancelled a 1 1 attempts',
      'run.cancelled',
    ]);
  });

  it('has nested workflows and decorated functions in the same log, each under its own run, with the way there', async () => {
    const log = newLog();
    const inner = workflow('inner', async (text: string) => shout(text));
    const shout = step('shout', async (text: string) => text.toUpperCase());
    const outer = new Workflow<string>('outer', { audit: log }).addNode('nest', inner).setStart('nest');
    await outer.run('x', { runId: 'r', userId: 'alice' });
    const entries = await entriesOf(log);
    expect(entries.map((entry) => `${entry.workflow}: ${shortly(entry)}`)).toEqual([
      'outer: run.started',
      'outer: step.started nest 1',
      'inner: run.started',
      'inner: step.started inner 1',
      'inner: function.started inner 1',
      'inner: function.completed inner 1',
      'inner: step.completed inner 1 1 attempts',
      'inner: run.completed',
      'outer: step.completed nest 1 1 attempts',
      'outer: run.completed',
    ]);
    expect(entries[2]!.facts).toMatchObject({ parentRun: 'r', path: ['nest'] });
    expect(entries[4]!.facts).toMatchObject({ function: 'shout', occurrence: 1 });
    expect(new Set(entries.map(({ run }) => run)).size).toBe(2);
    expect(entries.every(({ user }) => user === 'alice')).toBe(true);
  });

  it('has agents with their models, tokens, tools and memory: an agent in a step needs no log of its own', async () => {
    const log = newLog();
    const turns = [{ toolCalls: [{ name: 'find', arguments: { id: 7 } }] }, { content: 'It is canary-answer.' }];
    const find = tool({
      name: 'find',
      description: 'Finds.',
      input: z.object({ id: z.number() }),
      run: () => 'canary-result',
    });
    const agent = new Agent({ name: 'clerk', model: new ScriptedModel(turns, { name: 'm' }), tools: [find] });
    const flow = new Workflow<string>('w', { audit: log, memory: new InMemoryMemory(), tone: 'formal' });
    await flow.addNode('ask', agent).setStart('ask').run('where?', { userId: 'alice' });
    const entries = (await entriesOf(log)).filter(({ actor }) => actor !== 'workflow');
    expect(entries.map(({ action, actor, node }) => [action, actor, node].join(' '))).toEqual([
      'agent.started agent:clerk ask',
      'model.called agent:clerk ask',
      'tool.called agent:clerk ask',
      'tool.returned agent:clerk ask',
      'model.called agent:clerk ask',
      'memory.written agent:clerk ask',
      'agent.completed agent:clerk ask',
    ]);
    expect(entries[0]!.facts).toMatchObject({ model: 'm', tools: ['find'], tone: 'formal' });
    expect(entries[1]!.facts).toMatchObject({ model: 'm', turn: 1, finishReason: 'tool_calls' });
    expect(entries[2]).toMatchObject({ facts: { tool: 'find', turn: 1 }, digest: contentDigest('{"id":7}') });
    expect(entries[3]).toMatchObject({ facts: { isError: false }, digest: contentDigest('canary-result') });
    expect(JSON.stringify(entries)).not.toContain('canary');
  });

  it('B202 has what the model wanted of a tool, and what it got after whoever approves has edited that', async () => {
    const log = newLog();
    const input = z.object({ euros: z.number() });
    const pay = tool({ name: 'pay', description: 'Pays.', input, run: ({ euros }) => `paid ${euros}` });
    const turns = [
      {
        toolCalls: [
          { name: 'pay', arguments: { euros: 900 } },
          { name: 'pay', arguments: { euros: 7 } },
        ],
      },
      { content: 'done' },
    ];
    const agent = new Agent({
      name: 'clerk',
      model: new ScriptedModel(turns, { name: 'm' }),
      tools: [pay],
      approve: ({ arguments: given }) =>
        (given as { euros: number }).euros > 100 ? { decision: 'edit', arguments: { euros: 100 } } : true,
    });
    await agent.run('x', { audit: log });
    const ofTools = (await entriesOf(log)).filter(({ action }) => action.startsWith('tool.'));
    const edited = ofTools.filter(({ facts }) => facts?.['callId'] === 'call_1');
    expect(edited.map(({ action, digest, facts }) => [action, facts?.['decision'], digest])).toEqual([
      ['tool.called', undefined, contentDigest('{"euros":900}')],
      ['tool.approved', 'edit', contentDigest({ euros: 100 })],
      ['tool.returned', undefined, contentDigest('paid 100')],
    ]);
    const other = ofTools.find(({ action, facts }) => action === 'tool.approved' && facts?.['callId'] === 'call_2');
    expect(other).toMatchObject({ facts: { decision: 'allow' }, digest: contentDigest({ euros: 7 }) });
  });

  it('asks a model for pieces of its answer only where somebody follows the run', async () => {
    const log = newLog();
    const asked: boolean[] = [];
    class Model extends ScriptedModel {
      override answer(...[request, options]: Parameters<ScriptedModel['answer']>): ReturnType<ScriptedModel['answer']> {
        asked.push(options?.onDelta !== undefined);
        return super.answer(request, options);
      }
    }
    const agent = new Agent({ name: 'a', model: new Model([{ content: '1' }, { content: '2' }]), audit: log });
    await agent.run('x');
    for await (const _ of agent.stream('x'));
    expect(asked).toEqual([false, true]);
    expect((await actionsOf(log)).filter((action) => action.startsWith('run.'))).toEqual([
      'run.started',
      'run.completed',
      'run.started',
      'run.completed',
    ]);
  });
});

describe('What a record shows', () => {
  async function recorded(
    content: NonNullable<Exclude<AuditGiven, ChainedAuditLog | null>>,
    value: unknown = { iban: 'DE44' },
  ) {
    const log = newLog();
    const flow = new Workflow<unknown>('w', { audit: { log, ...content } }).addNode('a', (given: unknown) => given);
    await flow.setStart('a').run(value, { userId: 'alice' });
    return (await entriesOf(log)).find(({ action }) => action === 'step.started')!;
  }

  it('is nothing, the digest, all of it, or what a function leaves', async () => {
    const digest = contentDigest({ iban: 'DE44' });
    expect(await recorded({ content: 'none' })).not.toHaveProperty('digest');
    expect(await recorded({})).toMatchObject({ digest });
    expect(await recorded({})).not.toHaveProperty('content');
    expect(await recorded({ content: 'full' })).toMatchObject({ digest, content: { iban: 'DE44' } });
    const about: unknown[] = [];
    const redact = (_: unknown, place: unknown) => {
      about.push(place);
      return { iban: '…' };
    };
    expect(await recorded({ content: redact })).toMatchObject({ digest, content: { iban: '…' } });
    expect(about[1]).toEqual({ action: 'step.started', role: 'input', workflow: 'w', node: 'a', userId: 'alice' });
  });

  it('is the digest alone where a function gives nothing, or throws', async () => {
    const digest = contentDigest({ iban: 'DE44' });
    const bare = await recorded({ content: () => undefined });
    expect([bare.digest, 'content' in bare]).toEqual([digest, false]);
    const failing = await recorded({
      content: () => {
        throw new Error('canary');
      },
    });
    expect([failing.digest, 'content' in failing, failing.facts]).toEqual([digest, false, { n: 2, notShown: 'input' }]);
  });

  it('says of what has no form in which it could be kept, and of what is too long, that it is so', async () => {
    expect(await recorded({ content: 'full' }, { f: () => 1 })).toMatchObject({ facts: { notStorable: 'input' } });
    const long = await recorded({ content: 'full' }, 'x'.repeat(70_000));
    expect([long.facts, 'content' in long, long.digest]).toEqual([
      { n: 2, contentLength: 70_002 },
      false,
      contentDigest('x'.repeat(70_000)),
    ]);
  });

  it('is the value as it was then, and digests of what is shown can be checked by anyone', async () => {
    const log = newLog();
    const list = [1, new Date(0), undefined];
    const flow = new Workflow<unknown[]>('w', { audit: { log, content: 'full' } })
      .addNode('a', (given: unknown[]) => (given.push(3), given.length))
      .setStart('a');
    await flow.run(list);
    const entries = await entriesOf(log);
    expect(entries[1]!.content).toEqual([1, { $date: '1970-01-01T00:00:00.000Z' }, { $: 'undefined' }]);
    for (const { content, digest } of entries) expect(contentDigest(content)).toBe(digest);
  });
});

describe('A log', () => {
  const run = async (levels: {
    call?: AuditGiven;
    own?: AuditGiven;
    outer?: AuditGiven;
    executor?: AuditGiven;
  }): Promise<string[]> => {
    const logs = { call: newLog(), own: newLog(), outer: newLog(), executor: newLog() };
    const said = (name: keyof typeof levels): AuditGiven | undefined =>
      levels[name] === undefined ? undefined : levels[name] === null ? null : { log: logs[name], ...levels[name] };
    const options: RunOptions = { audit: said('call') };
    const inner = new Workflow<string>('inner', { audit: said('own') }).addNode('a', (x: string) => x).setStart('a');
    const outer = new Workflow<string>('outer', { audit: said('outer') })
      .addNode('nest', async (x: string) => (await inner.run(x, options)).output)
      .setStart('nest');
    const program = outer.compiled();
    const executor = new LocalExecutor({ audit: said('executor') });
    await executor.prepare(program, { input: 'x' }).execute();
    const heard: string[] = [];
    for (const [name, log] of Object.entries(logs))
      if ((await entriesOf(log)).some(({ workflow: of }) => of === 'inner')) heard.push(name);
    return heard;
  };

  it('is that of the call, else of the workflow, the one around it, the executor; null ends it there', async () => {
    const log = {};
    expect(await run({ call: log, own: log, outer: log, executor: log })).toEqual(['call']);
    expect(await run({ own: log, outer: log, executor: log })).toEqual(['own']);
    expect(await run({ outer: log, executor: log })).toEqual(['outer']);
    expect(await run({ executor: log })).toEqual(['executor']);
    expect(await run({ own: null, outer: log, executor: log })).toEqual([]);
    expect(await run({ outer: null, executor: log })).toEqual([]);
    expect(await run({ call: null, own: log })).toEqual([]);
  });

  it('is asked for by each setting alone: a workflow may say how, and its executor where', async () => {
    const log = newLog();
    const flow = new Workflow<string>('w', { audit: { content: 'full' } }).addNode('a', (x: string) => x).setStart('a');
    await new LocalExecutor({ audit: { log, mode: 'required' } }).prepare(flow.compiled(), { input: 'x' }).execute();
    expect((await entriesOf(log))[0]).toMatchObject({ facts: { mode: 'required', content: 'full' }, content: 'x' });
  });

  it('is refused where it is none, with what is allowed', async () => {
    for (const audit of ['audit.jsonl', [], { logs: 1 }, { mode: 'always' }, { content: 3 }, { log: {} }, 7]) {
      const make = () => new Workflow('w', { audit: audit as never });
      expect(make).toThrow(/INVALID_OPTION.*audit/);
      expect(make).toThrow(/an AuditLog, \{ log, mode/);
    }
    const flow = new Workflow<string>('w').addNode('a', (x: string) => x).setStart('a');
    await expect(flow.run('x', { audit: 'x' as never })).rejects.toMatchObject({ code: 'INVALID_RUN_OPTION' });
  });
});

describe('A record that is required', () => {
  const flowWith = (log: AuditLog, body: (x: string) => unknown) =>
    new Workflow<string>('pay', { audit: { log, mode: 'required' } })
      .addNode('charge', body)
      .addNode('receipt', (id: unknown) => `receipt ${String(id)}`)
      .addEdge('charge', 'receipt')
      .setStart('charge');

  it('Q2. has the intent of a step before the step begins, and the end of the run before that is told', async () => {
    const store = new FailingStore();
    const log = newLog(store);
    const lines: string[] = [];
    const flow = flowWith(log, async (x) => {
      for await (const bytes of store.read())
        lines.push((JSON.parse(Buffer.from(bytes).toString()) as AuditEntry).action);
      return x;
    });
    const { output } = await flow.run('c-1');
    expect(output).toBe('receipt c-1');
    expect(lines).toEqual(['run.started', 'step.started']);
    const kept: Uint8Array[] = [];
    for await (const bytes of store.read()) kept.push(bytes);
    expect(kept).toHaveLength(6); // without a flush
    expect(await verifyAuditLog(store, { keys: key })).toMatchObject({ ok: true, entries: 6 });
  });

  it('Q2. begins no step where it cannot be written, and says so with the cause', async () => {
    const store = new FailingStore();
    store.failure = new Error('the disk is full');
    let charged = 0;
    const error = await thrownBy(() => flowWith(newLog(store), () => charged++).run('c-1'));
    expect(error).toMatchObject({ code: 'AUDIT_REQUIRED', name: 'RunError', cause: { code: 'AUDIT_UNAVAILABLE' } });
    expect(error.message).toContain('"charge" was not begun');
    expect(charged).toBe(0);
    expect(error.partial!.steps).toMatchObject([{ node: 'charge', outcome: 'cancelled' }]);
  });

  it('Q2. takes no error edge and no second attempt for what was not begun', async () => {
    const store = new FailingStore();
    store.failure = new Error('the disk is full');
    let calls = 0;
    const count = () => calls++;
    const flow = new Workflow<string>('w', { audit: { log: newLog(store), mode: 'required' } })
      .addNode('a', count, { retry: { maximumAttempts: 3, initialInterval: 0 }, onError: 'b' })
      .addNode('b', count)
      .setStart('a');
    expect(await thrownBy(() => flow.run('x'))).toMatchObject({ code: 'AUDIT_REQUIRED' });
    expect(calls).toBe(0);
  });

  it('Q3. leaves a step done that was done when the log fails after it: the next one is not begun', async () => {
    const store = new FailingStore();
    const error = await thrownBy(() =>
      flowWith(newLog(store), () => {
        store.failure = new Error('the disk is full');
        return 'paid';
      }).run('c-1'),
    );
    expect(error).toMatchObject({ code: 'AUDIT_REQUIRED' });
    expect(error.partial!.perStep).toEqual({ charge: 'paid' });
    expect(error.partial!.steps.map(({ node, outcome }) => [node, outcome])).toEqual([
      ['charge', 'completed'],
      ['receipt', 'cancelled'],
    ]);
  });

  it('Q3. has the output with the error where the log fails at the very end', async () => {
    const store = new FailingStore();
    const flow = new Workflow<string>('w', { audit: { log: newLog(store), mode: 'required' } })
      .addNode('a', () => {
        store.failure = new Error('the disk is full');
        return { paid: true };
      })
      .setStart('a');
    const error = await thrownBy(() => flow.run('x'));
    expect(error).toMatchObject({ code: 'AUDIT_INCOMPLETE', cause: { code: 'AUDIT_UNAVAILABLE' } });
    expect(RunError.is(error) && error.output).toEqual({ paid: true });
    expect(error.partial!.visited).toEqual(['a']);
    const outcome = await flow.start('x').result();
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'AUDIT_REQUIRED' } });
  });

  it('Q3. hides no failure of a step behind its own', async () => {
    const store = new FailingStore();
    const cause = new Error('the card was refused');
    const flow = flowWith(newLog(store), () => {
      store.failure = new Error('the disk is full');
      throw cause;
    });
    const error = await thrownBy(() => flow.run('x'));
    expect(error).toMatchObject({ code: 'STEP_FAILED', cause });
    expect(StepError.is(error) && error.furtherErrors).toMatchObject([{ code: 'AUDIT_UNAVAILABLE' }]);
  });

  it('B179 is told to a log once, whatever that throws', async () => {
    const log = newLog();
    const told: string[] = [];
    const append = (entries: NewAuditEntry | readonly NewAuditEntry[]): never => {
      for (const { action, node, user } of [entries].flat()) told.push(`${action} ${node} ${user}`);
      throw new TypeError('append() got an unexpected keyword argument: user');
    };
    const refusing = Object.assign(Object.create(log) as AuditLog, { append });
    await flowWith(refusing, (x) => x).run('x', { userId: 'alice', audit: { mode: 'best-effort' } });
    expect(told.length).toBeGreaterThan(3);
    expect(new Set(told).size).toBe(told.length);
    expect(told.every((one) => one.endsWith(' alice'))).toBe(true);
  });

  it('has what the code of steps writes to the memory of their run, and what agents write once', async () => {
    const log = newLog();
    const memory = new InMemoryMemory();
    const fact = { subject: 'ann', predicate: 'likes', object: 'tea' };
    const flow = new Workflow<string>('w', { audit: { log, content: 'full' }, memory })
      .addNode('note', async (text: string, { run }) => {
        expect(run.memory).toBeInstanceOf(InMemoryMemory);
        await run.memory!.learn(run, fact);
        await run.memory!.setBlock(run, 'plan', text);
        expect(await run.memory!.facts(run)).toHaveLength(1);
        await run.memory!.removeBlock(run, 'plan');
        await run.memory!.forget(run);
        return text;
      })
      .addNode('ask', new Agent({ name: 'clerk', model: new EchoModel() }))
      .setStart('note')
      .addEdge('note', 'ask');
    await flow.run('hi', { userId: 'ann' });
    const written = (await entriesOf(log)).filter(({ action }) => action === 'memory.written');
    expect(written.map(({ node, actor, facts }) => [node, actor, facts!['operation']])).toEqual([
      ['note', 'workflow', 'learn'],
      ['note', 'workflow', 'setBlock'],
      ['note', 'workflow', 'removeBlock'],
      ['note', 'workflow', 'forget'],
      ['ask', 'agent:clerk', 'remember'],
    ]);
    expect(written.slice(0, 2).map(({ content }) => content)).toEqual([fact, { name: 'plan', text: 'hi' }]);
  });

  it('begins no step that was cancelled while its intent was being written', async () => {
    const store = new FailingStore();
    const slow = deferred<void>();
    store.writing = slow.promise;
    let charged = 0;
    const handle = flowWith(newLog(store), () => charged++).start('x');
    await settled();
    handle.cancel();
    slow.resolve();
    expect(await handle.result()).toMatchObject({ status: 'cancelled' });
    expect(charged).toBe(0);
  });

  it('has context, signal and instance for its steps as any other', async () => {
    const log = newLog();
    const seen: unknown[] = [];
    const look = step('look', async () => seen.push('function'));
    const flow = new Workflow<string>('w', { audit: { log, mode: 'required' } })
      .addNode('a', async (_: string, { run: { userId }, visit }) => {
        seen.push(userId, visit);
        await look();
      })
      .setStart('a');
    await flow.run('x', { userId: 'alice' });
    expect(seen).toEqual(['alice', 1, 'function']);
    expect(await actionsOf(log)).toContain('function.completed a 1');
  });
});

describe('A record as good as it gets', () => {
  it('Q4. lets a run go on whose log fails, at once and without waiting; the log says how much is missing', async () => {
    const store = new FailingStore();
    const log = newLog(store);
    store.failure = new Error('the disk is full');
    const flow = new Workflow<string>('w', { audit: log }).addNode('a', (x: string) => x).setStart('a');
    expect((await flow.run('x')).output).toBe('x');
    await log.flush();
    store.failure = undefined;
    const never = deferred<void>();
    store.writing = never.promise;
    expect((await flow.run('y')).output).toBe('y'); // while the log writes, and has not written
    never.resolve();
    const entries = await entriesOf(log);
    expect(entries.map(shortly)).toEqual([
      'audit.lost',
      'run.started',
      'step.started a 1',
      'step.completed a 1 1 attempts',
      'run.completed',
    ]);
    expect(entries[0]!.facts).toEqual({ entries: 4 });
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 5 });
  });

  it('Q4. keeps a bounded number of entries for a log that does not answer, and says afterwards how many it gave up', async () => {
    const store = new FailingStore();
    const log = newLog(store);
    const stuck = deferred<void>();
    store.writing = stuck.promise;
    const flow = new Workflow<number>('loop', { audit: log, maxSteps: Infinity, maxVisitsPerNode: Infinity })
      .addNode('count', (n: number) => n + 1)
      .addRouter('count', (n: number) => (n < 5_000 ? 'again' : 'done'), { again: 'count', done: 'last' })
      .addNode('last', async (n: number) => {
        stuck.resolve();
        await log.flush();
        return n;
      })
      .setStart('count');
    await flow.run(0);
    const entries = await entriesOf(log);
    const lost = entries.filter(({ action }) => action === 'audit.lost');
    expect(lost).toHaveLength(1);
    // run.started, then a start, an end and a choice for each count, then the start of the last; 10,000 of them were kept.
    expect(lost[0]!.facts).toMatchObject({ entries: 1 + 3 * 5_000 + 1 - 10_000 });
    expect(entries.slice(-3).map(shortly)).toEqual(['audit.lost', 'step.completed last 1 1 attempts', 'run.completed']);
  });

  it('Q4. is not touched by a log that throws', async () => {
    const broken = Object.assign(newLog(), {
      append: () => {
        throw new Error('no');
      },
    });
    const flow = new Workflow<string>('w', { audit: broken }).addNode('a', (x: string) => x).setStart('a');
    expect((await flow.run('x')).output).toBe('x');
  });
});
