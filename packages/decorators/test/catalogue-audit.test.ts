/** The catalogue in class form, group R (the audit log), and what of B, G, I, L and P is about it (B33, B56, B67, B68, B154). */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChainedAuditLog,
  hmacKey,
  InMemoryAuditStore,
  JsonlAuditStore,
  step,
  StepError,
  unsigned,
  verifyAuditLog,
  type AuditEntry,
  type AuditQuery,
  type SealedLine,
} from '@drawloom/core';
import {
  AgentBase,
  agents,
  allOf,
  Configure,
  Container,
  drawloom,
  End,
  inject,
  Router,
  Start,
  Step,
  WorkflowBase,
  workflows,
  type AgentConfiguration,
} from '@drawloom/decorators';
import { ScriptedModel } from '@drawloom/testing';
import { thrownBy } from '../../core/test/collect-events.js';

const key = hmacKey('k1', 'a secret of many bytes');
const newLog = (store = new InMemoryAuditStore()): ChainedAuditLog => new ChainedAuditLog({ store, key });

async function entriesOf(log: ChainedAuditLog, query?: AuditQuery): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of log.entries(query)) entries.push(entry);
  return entries;
}
const shortly = ({ action, node }: AuditEntry): string => `${action} ${node ?? ''}`.trim();

class Refund extends WorkflowBase<number, string> {
  @Start() check(euros: number): number {
    if (euros < 0) throw new RangeError('negative');
    return euros;
  }
  @Step({ after: 'check' }) score(euros: number): number {
    return euros * 2;
  }
  @Step({ after: 'check' }) async look(euros: number): Promise<string> {
    return lookUp(euros);
  }
  @Router({ after: allOf('score', 'look'), routes: { yes: 'pay', no: 'refuse' } })
  decide({ score }: { score: number; look: string }): 'yes' | 'no' {
    return score < 100 ? 'yes' : 'no';
  }
  @End() pay(): string {
    return 'paid';
  }
  @End() refuse(): string {
    return 'refused';
  }
}
const lookUp = step('lookUp', async (euros: number): Promise<string> => `${euros} euros`);

function containerWith(log: ChainedAuditLog): Container {
  const container = new Container();
  container.load(drawloom({ audit: log }), workflows(Refund));
  return container;
}

describe('The audit log of a class', () => {
  it('has seq, time, session, user, actor, action and content of each entry, in order from 1 (B166, B167, B172)', async () => {
    const log = newLog();
    await containerWith(log).get(Refund).run(4, { userId: 'alice', sessionId: 's' });
    const entries = await entriesOf(log);
    entries.forEach((entry, index) => {
      expect(entry).toMatchObject({
        seq: index + 1,
        user: 'alice',
        session: 's',
        actor: 'workflow',
        workflow: 'Refund',
      });
      expect(entry.time).toBeGreaterThanOrEqual(entries[index - 1]?.time ?? 0);
    });
  });

  it('has every branch of a fan-out, every choice with key and target, and decorated functions (B33, B56, B68, B176)', async () => {
    const log = newLog();
    await containerWith(log).get(Refund).run(4);
    const entries = await entriesOf(log);
    expect(entries.map(shortly).sort()).toEqual(
      [
        'run.started',
        'step.started check',
        'step.completed check',
        'step.started score',
        'step.completed score',
        'step.started look',
        'function.started look',
        'function.completed look',
        'step.completed look',
        'route.taken decide',
        'step.started pay',
        'step.completed pay',
        'run.completed',
      ].sort(),
    );
    expect(entries.find(({ action }) => action === 'route.taken')!.facts).toMatchObject({
      keys: ['yes'],
      targets: ['pay'],
    });
  });

  it('has the failure of a step and of a router, each once, and the end of the run (B67, B172, B176)', async () => {
    const log = newLog();
    await thrownBy(() => containerWith(log).get(Refund).run(-1));
    expect((await entriesOf(log)).map(shortly)).toEqual([
      'run.started',
      'step.started check',
      'step.failed check',
      'run.failed',
    ]);
    class Lost extends WorkflowBase<string, string> {
      @Router({ after: 'begin', routes: { a: 'go' } }) choose(): 'a' {
        throw new TypeError('no');
      }
      @End() go(text: string): string {
        return text;
      }
      @Start() begin(text: string): string {
        return text;
      }
    }
    const other = newLog();
    const container = new Container();
    container.load(drawloom({ audit: other }), workflows(Lost));
    await thrownBy(() => container.get(Lost).run('x'));
    expect((await entriesOf(other)).map(shortly).slice(-2)).toEqual(['route.failed choose', 'run.failed']);
  });

  it('has the agents of its steps, which say nothing of a log themselves: from their start to their end (B154, B173, B177)', async () => {
    const log = newLog();
    const model = new ScriptedModel([{ content: 'fine' }, { error: { code: 'MODEL_FAILED' } }]);
    class Clerk extends AgentBase {
      configure(): AgentConfiguration {
        return { model };
      }
    }
    @Configure({ name: 'desk' })
    class Desk extends WorkflowBase<string, string> {
      @Start() @Step() @inject(Clerk) readonly clerk!: Clerk;
      @End({ after: 'clerk' }) sign(text: string): string {
        return text;
      }
    }
    const container = new Container();
    container.load(drawloom({ audit: log }), workflows(Desk), agents(Clerk));
    await container.get(Desk).run('x');
    await thrownBy(() => container.get(Desk).run('x'));
    const own = (await entriesOf(log)).filter(({ actor }) => actor === 'agent:Clerk');
    expect(own.map(({ action }) => action)).toEqual([
      'agent.started',
      'model.called',
      'agent.completed',
      'agent.started',
      'agent.failed',
    ]);
    expect(own[2]!.facts).toMatchObject({ turns: 1 });
    expect(own[4]!.facts).toMatchObject({ code: 'MODEL_FAILED' });
  });

  it('finds entries by session, action and user, in order (B170)', async () => {
    const log = newLog();
    const workflow = containerWith(log).get(Refund);
    await Promise.all(['alice', 'bob', 'alice'].map((userId, n) => workflow.run(4, { userId, sessionId: `s${n}` })));
    const found = await entriesOf(log, { user: 'alice', action: 'run.completed' });
    expect(found.map(({ session }) => session).sort()).toEqual(['s0', 's2']);
    expect(found[0]!.seq).toBeLessThan(found[1]!.seq);
    expect(await entriesOf(log, { user: 'alice', session: 's1' })).toEqual([]);
  });

  it('never turns a step that has done its work into a failed one, nor hides why one failed (B178)', async () => {
    class Failing extends InMemoryAuditStore {
      isDown = false;
      override append(lines: readonly SealedLine[]): Promise<void> {
        return this.isDown ? Promise.reject(new Error('down')) : super.append(lines);
      }
    }
    const store = new Failing();
    @Configure({ audit: { mode: 'required' } })
    class Charge extends WorkflowBase<number, string> {
      @Start() charge(euros: number): string {
        store.isDown = true;
        if (euros < 0) throw new RangeError('negative');
        return 'charged';
      }
      @End({ after: 'charge' }) receipt(text: string): string {
        return text;
      }
    }
    const container = new Container();
    container.load(drawloom({ audit: newLog(store) }), workflows(Charge));
    const stopped = await thrownBy(() => container.get(Charge).run(1));
    expect([stopped.code, stopped.partial!.perStep]).toEqual(['AUDIT_REQUIRED', { charge: 'charged' }]);
    store.isDown = false;
    const failed = await thrownBy(() => container.get(Charge).run(-1));
    expect(StepError.is(failed) && failed.cause).toBeInstanceOf(RangeError);
  });

  it('is given as a log or a policy; anything else is refused, naming the option and what is right (B175)', () => {
    for (const wrong of [[], 'log.jsonl', { path: 'log.jsonl' }, 7, { mode: 'always' }]) {
      const load = () => drawloom({ audit: wrong as never });
      expect(load).toThrow(/option audit is .* \(allowed: an AuditLog, \{ log, mode/);
    }
    expect(() => drawloom({ audit: newLog() })).not.toThrow();
    expect(() => drawloom({ audit: { log: newLog(), mode: 'required', content: 'full' } })).not.toThrow();
  });

  it('proves nothing without a key, which has to be asked for; a secret that is too short is refused (B168, B169)', () => {
    expect(() => new ChainedAuditLog({ store: new InMemoryAuditStore() } as never)).toThrow(/option key/);
    expect(() => hmacKey('k', '')).toThrow(/at least 16 bytes/);
    expect(() => new ChainedAuditLog({ store: new InMemoryAuditStore(), key: unsigned })).not.toThrow();
  });

  it('shows inputs and outputs in full where that is asked for, dates included, and still verifies (B174, B181)', async () => {
    @Configure({ audit: { content: 'full' } })
    class Dated extends WorkflowBase<Date, string> {
      @Start() read(date: Date): { date: Date } {
        return { date };
      }
      @End({ after: 'read' }) tell({ date }: { date: Date }): string {
        return date.toISOString();
      }
    }
    const log = newLog();
    const container = new Container();
    container.load(drawloom({ audit: log }), workflows(Dated));
    await container.get(Dated).run(new Date(0));
    const started = (await entriesOf(log)).find(({ action }) => action === 'run.started')!;
    expect(started.content).toEqual({ $date: '1970-01-01T00:00:00.000Z' });
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true });
  });

  it('is one JSON object a line in a file whose folders are made, and goes on in it; bad lines are told (B171, B182)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drawloom-catalogue-'));
    try {
      const path = join(folder, 'deep', 'er', 'log.jsonl');
      for (let part = 0; part < 2; part++) {
        const log = new ChainedAuditLog({ store: new JsonlAuditStore(path), key });
        await containerWith(log).get(Refund).run(4);
        await log.close();
      }
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => (JSON.parse(line) as AuditEntry).seq)).toEqual(lines.map((_, index) => index + 1));
      expect(existsSync(`${path}.lock`)).toBe(false);
      const bad = [...lines.slice(0, 3), 'no entry', ...lines.slice(3)].map((line) => Buffer.from(`${line}\n`));
      const verdict = await verifyAuditLog({ async *read () { yield* bad; } }, { keys: key }); // prettier-ignore
      expect(verdict.firstBreak).toMatchObject({ kind: 'insertion', seq: 4 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
