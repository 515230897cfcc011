import {
  Agent,
  permissions,
  tool,
  Workflow,
  type AgentOptions,
  type PermissionOptions,
  type ToolCallRecord,
  type ToolDecision,
} from '@drawloom/core';
import { ScriptedModel, VirtualClock } from '@drawloom/testing';
import { collectEvents, ofType, thrownBy } from './collect-events.js';

const ran: string[] = [];
beforeEach(() => ran.splice(0));
const acting = (name: string, options: { destructive?: boolean; approval?: boolean } = {}) =>
  tool({ name, description: 'Acts.', ...options, run: () => (ran.push(name), 'done') });
const tools = [
  acting('look'),
  acting('erase', { destructive: true }),
  acting('pay', { approval: true }),
  acting('note', { approval: false }),
];

/** Which tools run under these rules when the model wants all of them. */
async function allowed(options: PermissionOptions, userId?: string): Promise<string[]> {
  ran.splice(0);
  const model = new ScriptedModel([{ toolCalls: tools.map(({ definition: { name } }) => ({ name })) }, 'done']);
  await new Agent({ name: 'a', model, tools, approve: permissions(options) }).run('go', { userId });
  return [...ran];
}

async function callLook(options: Partial<AgentOptions>): Promise<ToolCallRecord> {
  const model = new ScriptedModel([{ toolCalls: [{ name: 'look' }] }, 'done']);
  return (await new Agent({ name: 'a', model, tools, ...options }).run('go')).toolCalls[0]!;
}

describe('Permissions', () => {
  const yes = (): boolean => true;

  it('B200 ask by default about tools that are destructive or need approval, and let the others run', async () => {
    const asked: string[] = [];
    const handler = ({ tool: name }: { tool: string }): boolean => (asked.push(name), name === 'erase');
    expect(await allowed({ handler })).toEqual(['look', 'erase', 'note']);
    expect(asked).toEqual(['erase', 'pay']);
  });

  it('B200 deny before they ask, ask before they allow, and allow before the mode counts', async () => {
    expect(await allowed({ mode: 'allow' })).toEqual(['look', 'erase', 'pay', 'note']);
    expect(await allowed({ mode: 'deny' })).toEqual([]);
    expect(await allowed({ mode: 'deny', allow: ['look', 'erase'] })).toEqual(['look', 'erase']);
    expect(await allowed({ mode: 'allow', allow: ['look', 'note'], deny: ['look', 'note'] })).toEqual(['erase', 'pay']);
    expect(await allowed({ mode: 'allow', allow: ['look'], ask: ['look'] })).toEqual(['erase', 'pay', 'note']);
    expect(await allowed({ mode: 'allow', ask: ['look'], deny: ['look'], handler: yes })).not.toContain('look');
  });

  it('B200 have rules for single users, which take nothing away from what is denied to everybody', async () => {
    const rules: PermissionOptions = {
      deny: ['pay'],
      mode: 'deny',
      perUser: { alice: { mode: 'allow', allow: ['pay'] }, bob: { allow: ['look'] } },
    };
    expect(await allowed(rules, 'alice')).toEqual(['look', 'erase', 'note']);
    expect(await allowed(rules, 'bob')).toEqual(['look']);
    expect(await allowed(rules, 'carol')).toEqual([]);
    expect(await allowed(rules, 'constructor')).toEqual([]);
    expect(await allowed(rules)).toEqual([]);
  });

  it('B201 deny what is asked about where nobody answers, or answering throws', async () => {
    expect(await allowed({})).toEqual(['look', 'note']);
    const broken = (): never => {
      throw new TypeError('secret');
    };
    expect(await allowed({ handler: broken })).toEqual(['look', 'note']);
  });

  it('B203 take nothing but a clear yes of whoever is asked', async () => {
    expect(await allowed({ handler: () => 'yes' })).toEqual(['look', 'note']);
    expect(await allowed({ handler: () => ({ decision: 'allow' }) satisfies ToolDecision })).toHaveLength(4);
  });

  it('are refused with everything that is wrong with them', async () => {
    const wrong = {
      allow: 'look',
      deny: [1],
      mode: 'bypass',
      handler: true,
      denied: [],
      perUser: { a: { ask: 1 }, b: 3 },
    };
    const error = (await thrownBy(() => permissions(wrong as never))) as unknown as { problems: unknown[] };
    expect(error.problems).toHaveLength(7);
    expect(await thrownBy(() => permissions({ perUser: [] as never }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await thrownBy(() => permissions(null as never))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('A hook before a tool', () => {
  it('B206 denies with its reason; the first objection counts', async () => {
    const seen: string[] = [];
    const hook = (name: string, answer?: string) => () => (seen.push(name), answer);
    const beforeTool = [hook('one'), hook('two', 'not now'), hook('three', 'never')];
    expect(await callLook({ beforeTool })).toMatchObject({ outcome: 'denied', result: 'DENIED: not now' });
    expect([seen, ran]).toEqual([['one', 'two'], []]);
  });

  it.each([[true], [{ decision: 'allow' }], [null], [''], [Promise.reject(new TypeError('secret'))]])(
    'B201 cannot approve: %p denies',
    async (answer) => {
      const record = await callLook({ beforeTool: [() => answer as never], approve: () => true });
      expect(record.outcome).toBe('denied');
      expect(record.result).not.toContain('secret');
      expect(ran).toEqual([]);
    },
  );

  it('B201 has no say about what the approval denies', async () => {
    expect(await callLook({ beforeTool: [() => undefined], approve: () => false })).toMatchObject({
      outcome: 'denied',
    });
  });

  it('B206 that hangs denies, and is called once', async () => {
    const clock = new VirtualClock();
    let called = 0;
    const model = new ScriptedModel([{ toolCalls: [{ name: 'look' }] }, 'done']);
    const hang = (): Promise<undefined> => (called++, new Promise(() => undefined));
    const agent = new Agent({ name: 'a', model, tools, beforeTool: [hang], checkTimeout: '3s' });
    const running = collectEvents(Workflow.chain([agent], { clock }).stream('go'));
    await clock.advance('3s');
    const { events } = await running;
    expect(ofType(events, 'tool.denied')).toMatchObject([{ reason: 'a hook did not answer in time' }]);
    expect([called, ran, clock.pending]).toEqual([1, [], 0]);
  });

  it('B206 sees arguments that were edited, too', async () => {
    const seen: unknown[] = [];
    const record = await callLook({
      beforeTool: [({ arguments: given }) => (seen.push(given), undefined)],
      approve: () => ({ decision: 'edit', arguments: {} }),
    });
    expect([record.outcome, seen]).toEqual(['returned', [{}, {}]]);
  });
});

describe('A hook after a tool', () => {
  it('B206 is told what came of every call, and changes nothing', async () => {
    const seen: string[] = [];
    const watch = (record: ToolCallRecord): string => {
      seen.push(`${record.tool} ${record.outcome}`);
      expect(Object.isFrozen(record)).toBe(true);
      return 'ignored';
    };
    expect(await callLook({ afterTool: [watch] })).toMatchObject({ result: 'done' });
    await callLook({ afterTool: [watch], approve: () => false });
    expect(seen).toEqual(['look returned', 'look denied']);
  });

  it('B206 cannot break the loop by throwing or hanging: both are announced', async () => {
    const clock = new VirtualClock();
    const model = new ScriptedModel([{ toolCalls: [{ name: 'look' }] }, 'done']);
    const broken = (): never => {
      throw new TypeError('no disk');
    };
    const agent = new Agent({ name: 'a', model, tools, afterTool: [broken, () => new Promise(() => undefined)] });
    const running = collectEvents(Workflow.chain([agent], { clock }).stream('go'));
    await clock.advance('10s');
    const { events } = await running;
    expect(ofType(events, 'hook.failed').map(({ error, tool: name }) => [name, error.name])).toEqual([
      ['look', 'TypeError'],
      ['look', 'TimeoutError'],
    ]);
    expect(ofType(events, 'run.completed')).toMatchObject([{ output: 'done' }]);
  });

  it('is refused where it is no function', async () => {
    const wrong = { name: 'a', model: 'm', afterTool: [1], beforeTool: 'x', checkTimeout: 0 };
    const error = (await thrownBy(() => new Agent(wrong as never))) as unknown as { problems: unknown[] };
    expect(error.problems).toHaveLength(3);
  });
});
