import { currentContext, Workflow, type RunContext, type StepContext } from '@drawloom/core';
import { deferred } from '@drawloom/testing';
import { settled } from './collect-events.js';

const context = (): RunContext => currentContext();
const facts = ({ userId, sessionId, metadata }: RunContext): unknown => ({ userId, sessionId, metadata });

/** Runs `body` as the only step of a workflow, and gives what it returned. */
async function inRun<T>(body: (input: unknown, context: StepContext) => T, options?: object): Promise<Awaited<T>> {
  const built = new Workflow('w').addNode('a', body).setStart('a');
  return (await built.run(1, options)).output as Awaited<T>;
}

describe('The run context', () => {
  it('B118 is readable by every step for the whole run, also after it has waited', async () => {
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      seen.push(facts(currentContext()));
      await settled();
      await Promise.all([null, Promise.resolve()].map(async () => seen.push(facts(currentContext()))));
    };
    const options = { userId: 'ada', sessionId: 's1', metadata: { tier: 'gold' } };
    await Workflow.chain([look, look]).run(1, options);
    expect(seen).toEqual(Array(6).fill(options));
  });

  it('B118 is an empty one outside any run, and reading it never throws', () => {
    const outside = currentContext();
    expect(facts(outside)).toEqual({ userId: undefined, sessionId: '', metadata: {} });
    expect([outside.runId, outside.parentRunId, outside.get('x'), outside.get('x', 1)]).toEqual([
      '',
      undefined,
      undefined,
      1,
    ]);
  });

  it('B119 is the same object in the ambient and in the step’s own context', async () => {
    expect(await inRun((_, { run }) => run === currentContext())).toBe(true);
  });

  it('B119 gives one entry of the metadata, or a fallback; only the metadata’s own entries count', async () => {
    const read = await inRun(
      () => {
        const run = currentContext();
        return [
          run.get('tier'),
          run.get('other'),
          run.get('other', 'none'),
          run.get('toString'),
          run.get('empty', 'none'),
        ];
      },
      { metadata: { tier: 'gold', empty: undefined } },
    );
    expect(read).toEqual(['gold', undefined, 'none', undefined, undefined]);
  });

  it('B119 cannot be changed', async () => {
    const metadata = { tier: 'gold', list: [{ deep: 1 }] };
    const attempts: ((run: any) => void)[] = [
      (run) => (run.userId = 'mallory'),
      (run) => (run.sessionId = 'other'),
      (run) => (run.runId = 'other'),
      (run) => (run.metadata = {}),
      (run) => (run.metadata.tier = 'free'),
      (run) => (run.metadata.added = true),
      (run) => run.metadata.list.push(1),
      (run) => (run.metadata.list[0].deep = 2),
      (run) => delete run.metadata.tier,
    ];
    const after = await inRun(
      () => {
        for (const attempt of attempts) expect(() => attempt(currentContext())).toThrow(TypeError);
        return facts(currentContext());
      },
      { userId: 'ada', sessionId: 's1', metadata },
    );
    expect(after).toEqual({ userId: 'ada', sessionId: 's1', metadata: { tier: 'gold', list: [{ deep: 1 }] } });
  });

  it('B119 is restored around a nested run, also after it failed', async () => {
    const inner = Workflow.chain([context, () => Promise.reject(new Error('no'))]);
    const seen = await inRun(
      async () => {
        const users = [currentContext().userId];
        const nested = inner.run(1, { userId: 'inner' });
        users.push(currentContext().userId);
        await nested.catch(() => undefined);
        return [...users, currentContext().userId];
      },
      { userId: 'outer' },
    );
    expect(seen).toEqual(['outer', 'outer', 'outer']);
  });

  it('B120 is never that of another run, however the runs interleave', async () => {
    const gates = Array.from({ length: 20 }, () => deferred());
    const built = Workflow.chain([
      (turn: number) => gates[turn]!.promise.then(() => turn),
      async (turn: number) => (await settled(), `${turn} ${currentContext().userId}`),
    ]);
    const running = gates.map((_, turn) => built.run(turn, { userId: `user ${turn % 10}` }));
    for (let turn = 0; turn < 20; turn++) gates[(turn * 7) % 20]!.resolve();
    const outputs = (await Promise.all(running)).map(({ output }) => output);
    expect(outputs).toEqual(gates.map((_, turn) => `${turn} user ${turn % 10}`));
  });

  it('B121 has an id for each run, and a session, made where the caller gives none', async () => {
    const ids = (run: RunContext): string[] => [run.runId, run.sessionId];
    const [one, other] = [await inRun(() => ids(currentContext())), await inRun(() => ids(currentContext()))];
    expect(new Set([...one, ...other]).size).toBe(4);
    expect([...one, ...other].every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id))).toBe(true);
    expect(await inRun(() => ids(currentContext()), { runId: 'r', sessionId: 's' })).toEqual(['r', 's']);
  });

  it('B121 keeps its ids, whether they are first asked for inside the run or afterwards', async () => {
    const built = Workflow.chain([() => currentContext().runId]);
    const asked = await built.run(1);
    expect(asked.runId).toBe(asked.output);
    const handle = built.start(1);
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ runId: handle.runId, output: handle.runId });
  });

  it('B126 holds nothing of the engine in the metadata', async () => {
    const options = { metadata: { mine: 1 } };
    expect(await inRun(() => Reflect.ownKeys(currentContext().metadata), options)).toEqual(['mine']);
    expect(await inRun(() => Reflect.ownKeys(currentContext().metadata))).toEqual([]);
  });

  it('B127 copies the caller’s metadata: neither side sees what the other does later', async () => {
    const shared: Record<string, any> = { list: [1], nested: { a: 1 } };
    shared['self'] = shared;
    const gate = deferred();
    const running = inRun(() => gate.promise.then(() => currentContext().metadata), { metadata: shared });
    shared['list'].push(2);
    shared['nested'].a = 'changed';
    gate.resolve();
    const metadata = await running;
    expect(metadata).toMatchObject({ list: [1], nested: { a: 1 } });
    expect(metadata['self']).toBe(metadata);
    expect(Object.isFrozen(shared) || Object.isFrozen(shared['list'])).toBe(false);
  });

  it('B127 copies any key, and takes dates and instances as they are', async () => {
    class Account {
      balance = 1;
    }
    const account = new Account();
    const since = new Date(0);
    const hostile = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1}') as object;
    const metadata = await inRun(() => currentContext().metadata, { metadata: { account, since, hostile } });
    expect(metadata['account']).toBe(account);
    expect(metadata['since']).toBe(since);
    expect(Object.keys(metadata['hostile'] as object)).toEqual(['__proto__', 'constructor']);
    expect((metadata['hostile'] as any).isAdmin).toBeUndefined();
    expect(({} as any).isAdmin).toBeUndefined();
  });

  it('tells "leave it" from "clear it" where a run is nested', async () => {
    const inner = Workflow.chain([() => facts(currentContext())]);
    const nested = (options?: object): Promise<unknown> =>
      inRun(async () => (await inner.run(1, options)).output, {
        userId: 'ada',
        sessionId: 's1',
        metadata: { tier: 'gold' },
      });
    const outer = { userId: 'ada', sessionId: 's1', metadata: { tier: 'gold' } };
    expect(await nested()).toEqual(outer);
    expect(await nested({ userId: undefined, metadata: undefined })).toEqual(outer);
    expect(await nested({ userId: 'bob', metadata: { own: 1 } })).toEqual({
      ...outer,
      userId: 'bob',
      metadata: { own: 1 },
    });
    expect(await nested({ userId: null, metadata: null })).toEqual({ ...outer, userId: undefined, metadata: {} });
    expect(await nested({ sessionId: null })).toEqual({
      ...outer,
      sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('is not seen by steps’ code without ambient context, but by the steps themselves', async () => {
    const built = new Workflow('w', { ambient: false })
      .addNode('a', (_: unknown, { run }: StepContext) => [currentContext().userId, run.userId])
      .setStart('a');
    expect((await built.run(1, { userId: 'ada' })).output).toEqual([undefined, 'ada']);
  });
});
