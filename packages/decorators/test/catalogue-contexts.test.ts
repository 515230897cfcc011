/** The catalogue in class form, group M (the context of a run), and what of P is about nested classes (B125). */
import { currentContext, type RunContext, type StepContext, type Telemetry } from '@drawloom/core';
import { Configure, End, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';
import { collectEvents, ofType, settled } from '../../core/test/collect-events.js';
import { bothWays, handleOf, type Make, type Workflows } from './support/both-ways.js';

const facts = ({ userId, sessionId, metadata }: RunContext): unknown => ({ userId, sessionId, metadata });
const gold = { userId: 'ada', sessionId: 's1', metadata: { tier: 'gold' } };

/** What the only step of a class returns that is given the run's context, as the instance has it. */
async function inRun<T>(make: Make, body: (run: RunContext) => T, options?: object): Promise<Awaited<T>> {
  class Asks extends WorkflowBase<null, unknown> {
    @Start() ask(): unknown {
      return body(this.context);
    }
  }
  return (await make(Asks).run(null, options)).output as Awaited<T>;
}

class Who extends WorkflowBase<unknown, unknown> {
  @Start() look(): unknown {
    return { ...(facts(this.context) as object), parentRunId: this.context.parentRunId };
  }
}

describe.each(bothWays)('The context of a run of a class, %s,', (_, make) => {
  it('is readable by every step for the whole run, also after it has waited (B118)', async () => {
    const seen: unknown[] = [];
    class Looks extends WorkflowBase<null, unknown> {
      @Start() async a(_: null, { run }: StepContext): Promise<null> {
        await this.look(run);
        return null;
      }
      @Step({ after: 'a' }) async b(_: null, { run }: StepContext): Promise<void> {
        await this.look(run);
      }
      async look(run: RunContext): Promise<void> {
        seen.push(facts(this.context));
        await settled();
        seen.push(facts(this.context), facts(currentContext()), facts(run));
      }
    }
    await make(Looks).run(null, gold);
    expect(seen).toEqual(Array(8).fill(gold));
  });

  it('is an empty one outside of any run, before and after, and reading it never throws (B118)', async () => {
    const who = make(Who);
    const empty = { userId: undefined, sessionId: '', metadata: {} };
    expect([facts(who.context), who.context.runId, who.context.get('x', 1)]).toEqual([empty, '', 1]);
    await who.run(1, gold);
    expect([facts(who.context), facts(currentContext())]).toEqual([empty, empty]);
  });

  it('cannot be changed (B119)', async () => {
    const metadata = { tier: 'gold', list: [{ deep: 1 }] };
    const attempts: ((run: any) => boolean)[] = [
      (run) => Reflect.set(run, 'userId', 'mallory'),
      (run) => Reflect.set(run, 'runId', 'other'),
      (run) => Reflect.set(run, 'metadata', {}),
      ({ metadata: { list } }) => Reflect.set(list, 1, 'added'),
      ({ metadata: { list } }) => Reflect.set(list[0], 'deep', 2),
      (run) => Reflect.set(run.metadata, 'added', true),
      (run) => Reflect.deleteProperty(run.metadata, 'tier'),
    ];
    const after = await inRun(make, (run) => [attempts.map((attempt) => attempt(run)), facts(run)], {
      ...gold,
      metadata,
    });
    expect(after).toEqual([attempts.map(() => false), { ...gold, metadata: { tier: 'gold', list: [{ deep: 1 }] } }]);
    class Takes extends WorkflowBase<null, unknown> {
      @Start() take(): unknown {
        return [Reflect.set(this, 'context', 'forged'), this.context.userId];
      }
    }
    expect((await make(Takes).run(null, gold)).output).toEqual([false, 'ada']);
  });

  it('gives one entry of the metadata, or a fallback; only its own entries count (B119)', async () => {
    const read = (run: RunContext): unknown[] => [run.get('tier'), run.get('other', 'none'), run.get('toString')];
    expect(await inRun(make, read, gold)).toEqual(['gold', 'none', undefined]);
  });

  it('is restored around a nested run, also after it failed (B119)', async () => {
    class Fails extends WorkflowBase<number, unknown> {
      @Start() a(_: number): never {
        throw new Error(`no, ${this.context.userId}`);
      }
    }
    class Around extends WorkflowBase<number, unknown> {
      @Start() async call(n: number): Promise<unknown> {
        const nested = make(Fails).run(n, { userId: 'inner' });
        const users = [this.context.userId, currentContext().userId];
        const error = (await nested.catch((reason: unknown) => reason)) as { cause: Error };
        return [...users, error.cause.message, this.context.userId, currentContext().userId];
      }
    }
    const { output } = await make(Around).run(1, { userId: 'outer' });
    expect(output).toEqual(['outer', 'outer', 'no, inner', 'outer', 'outer']);
  });

  it('has an id for each run, and a session, made where the caller gives none (B121)', async () => {
    const ids = ({ runId, sessionId }: RunContext): string[] => [runId, sessionId];
    const all = [...(await inRun(make, ids)), ...(await inRun(make, ids))];
    expect(new Set(all).size).toBe(4);
    expect(all.every((id) => /^[0-9a-f-]{36}$/.test(id))).toBe(true);
    expect(await inRun(make, ids, { runId: 'r', sessionId: 's' })).toEqual(['r', 's']);
    const workflow = make(Who);
    const [one, other] = [await workflow.run(1), await workflow.run(1)];
    expect(one.runId).not.toBe(other.runId);
  });

  it('is inherited by nested classes, each with a run id of its own and its parent’s beside it (B125, B121)', async () => {
    class Between extends WorkflowBase<unknown, unknown> {
      @Start() @Step() readonly who = new Who();
    }
    class Around extends WorkflowBase<unknown, unknown> {
      @Start() @Step() readonly between = new Between();
    }
    const { events } = await collectEvents(make(Around).stream(1, { ...gold, runId: 'r1' }));
    const started = ofType(events, 'run.started');
    expect(started.map(({ workflow }) => workflow)).toEqual(['Around', 'Between', 'Who']);
    expect(new Set(started.map(({ runId }) => runId)).size).toBe(3);
    expect(started.map(({ parentRunId }) => parentRunId)).toEqual([undefined, 'r1', started[1]!.runId]);
    expect(events.at(-1)).toMatchObject({ output: { ...gold, parentRunId: started[1]!.runId } });
  });

  it('is inherited by a run that a step begins: left, replaced or cleared as it says (B125, B119)', async () => {
    const nested = async (options?: object): Promise<unknown> => {
      class Calls extends WorkflowBase<unknown, unknown> {
        @Start() async call(): Promise<unknown> {
          return (await make(Who).run(1, options)).output;
        }
      }
      return (await make(Calls).run(1, { ...gold, runId: 'r1' })).output;
    };
    const inherited = { ...gold, parentRunId: 'r1' };
    expect(await nested()).toEqual(inherited);
    expect(await nested({ userId: undefined, metadata: undefined })).toEqual(inherited);
    expect(await nested({ userId: 'bob', metadata: { own: 1 } })).toEqual({
      ...inherited,
      userId: 'bob',
      metadata: { own: 1 },
    });
    expect(await nested({ userId: null, metadata: null })).toEqual({ ...inherited, userId: undefined, metadata: {} });
  });

  it('brings the telemetry to nested classes that have none of their own (B125)', async () => {
    const log = (): Telemetry & { names: string[] } => {
      const names: string[] = [];
      return { names, span: (info, body) => (names.push(info.name), body()) };
    };
    const [outer, own] = [log(), log()];
    @Configure({ telemetry: own })
    class Explicit extends WorkflowBase<unknown, unknown> {
      @Start() b(): void {}
    }
    @Configure({ telemetry: outer })
    class Around extends WorkflowBase<unknown, unknown> {
      @Start() @Step() readonly inherits = new Who();
      @Step({ after: 'inherits' }) readonly explicit = new Explicit();
    }
    await make(Around).run(1);
    expect(outer.names).toEqual(['Around', 'inherits', 'Who', 'look', 'explicit']);
    expect(own.names).toEqual(['Explicit', 'b']);
  });

  it('holds nothing of the engine in the metadata (B126)', async () => {
    const keys = ({ metadata }: RunContext): unknown => Reflect.ownKeys(metadata);
    expect(await inRun(make, keys, { metadata: { mine: 1 } })).toEqual(['mine']);
    expect(await inRun(make, keys)).toEqual([]);
  });

  it('copies the caller’s metadata: neither side sees what the other does later (B127)', async () => {
    const shared: Record<string, any> = { list: [1], nested: { a: 1 } };
    const gate = deferred();
    const running = inRun(make, (run) => gate.promise.then(() => run.metadata), { metadata: shared });
    shared['list'].push(2);
    shared['nested'].a = 'changed';
    gate.resolve();
    expect(await running).toEqual({ list: [1], nested: { a: 1 } });
    expect(Object.isFrozen(shared) || Object.isFrozen(shared['list'])).toBe(false);
  });
});

describe('Concurrent runs', () => {
  const gated = () => {
    const gates = Array.from({ length: 20 }, () => deferred());
    class Gated extends WorkflowBase<number, string> {
      @Start() async wait(turn: number): Promise<number> {
        await gates[turn]!.promise;
        return turn;
      }
      @End({ after: 'wait' }) async tell(turn: number): Promise<string> {
        await settled();
        return `${turn} ${currentContext().userId} ${this.context.userId}`;
      }
    }
    return { gates, Gated };
  };
  const interleaved = async (
    gates: readonly { resolve(): void }[],
    next: () => WorkflowBase<number, string>,
  ): Promise<unknown> => {
    const running = gates.map((_, turn) => next().run(turn, { userId: `user ${turn % 10}` }));
    for (let turn = 0; turn < gates.length; turn++) gates[(turn * 7) % gates.length]!.resolve();
    return (await Promise.all(running)).map(({ output }) => output);
  };
  const expected = Array.from({ length: 20 }, (_, turn) => `${turn} user ${turn % 10} user ${turn % 10}`);

  it('of one handle never see each other’s context, however they interleave (B120)', async () => {
    const { gates, Gated } = gated();
    const handle = handleOf(Gated as Workflows<number, string>);
    expect(await interleaved(gates, () => handle)).toEqual(expected);
  });

  it('of instances made by hand never do either (B120)', async () => {
    const { gates, Gated } = gated();
    expect(await interleaved(gates, () => new Gated())).toEqual(expected);
  });
});

describe.each(bothWays)('Without ambient context, %s,', (_, make) => {
  it('a class still knows its run (B118)', async () => {
    @Configure({ ambient: false })
    class Still extends WorkflowBase<null, unknown> {
      @Start() async ask(): Promise<unknown> {
        await null;
        return [this.context.userId, currentContext().userId];
      }
    }
    expect((await make(Still).run(null, { userId: 'ada' })).output).toEqual(['ada', undefined]);
  });
});
