import {
  Agent,
  InMemoryMemory,
  openTelemetry,
  tool,
  Workflow,
  type CapturedContent,
  type OpenTelemetryOptions,
} from '@drawloom/core';
import { ScriptedModel } from '@drawloom/testing';
import { z } from 'zod';
import { recorded, type Recorded } from './support/recorded.js';

const VARIABLE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
const SECRET = 'zanzibar';

afterEach(() => {
  delete process.env[VARIABLE];
});

/** A workflow with an agent and a tool, of which everything has the secret in it: it fails at the end. */
async function runWith(options: OpenTelemetryOptions): Promise<Recorded> {
  const all = recorded(options);
  const search = tool({
    name: 'search',
    description: 'x',
    input: z.object({ for: z.string() }),
    run: ({ for: what }) => `found ${what}`,
  });
  const model = new ScriptedModel([
    { toolCalls: [{ id: '1', name: 'search', arguments: { for: SECRET } }] },
    { content: `it is ${SECRET}` },
  ]);
  const agent = new Agent({ name: 'finder', model, tools: [search], instructions: `find ${SECRET}` });
  const fail = (text: string): never => {
    throw new Error(`cannot go on with ${text}`);
  };
  await expect(
    Workflow.chain({ finder: agent, fail }, { name: 'w', telemetry: all.telemetry }).run(SECRET),
  ).rejects.toThrow();
  return all;
}

const dump = ({ spans }: Recorded): string =>
  JSON.stringify(spans().map(({ name, attributes, events, status }) => [name, attributes, events, status]));

describe('Content', () => {
  it('is in no span, unless somebody switches it on', async () => {
    expect(dump(await runWith({}))).not.toContain(SECRET);
  });

  it.each(['false', 'no_content', 'event_only', ''])('is in no span where the variable is %j', async (value) => {
    process.env[VARIABLE] = value;
    expect(dump(await runWith({}))).not.toContain(SECRET);
  });

  it.each(['true', 'TRUE', 'span_only', 'span_and_event'])('is in spans where the variable is %j', async (value) => {
    process.env[VARIABLE] = value;
    expect(dump(await runWith({}))).toContain(SECRET);
  });

  it('is as the argument says, whatever the environment has', async () => {
    process.env[VARIABLE] = 'true';
    expect(dump(await runWith({ captureContent: false }))).not.toContain(SECRET);
  });

  it('has what is written to a memory and what is found there, where it is switched on', async () => {
    const { telemetry, span } = recorded({ captureContent: true });
    const flow = new Workflow<string>('w', { telemetry, memory: new InMemoryMemory() })
      .addNode('note', async (text: string, { run }) => {
        await run.memory!.setBlock(run, 'plan', text);
        return run.memory!.blocks(run);
      })
      .setStart('note');
    await flow.run(SECRET);
    expect(span('upsert_memory blocks').attributes['drawloom.input']).toBe(`["plan","${SECRET}"]`);
    expect(span('search_memory blocks').attributes['drawloom.output']).toContain(SECRET);
  });

  it('stands where the conventions have a place for it', async () => {
    const { spans, span } = await runWith({ captureContent: true });
    const of = (name: string): Record<string, unknown> => spans().findLast((one) => one.name === name)!.attributes;
    const chat = of('chat scripted');
    expect(JSON.parse(chat['gen_ai.system_instructions'] as string)).toEqual([
      { type: 'text', content: `find ${SECRET}` },
    ]);
    expect(JSON.parse(chat['gen_ai.input.messages'] as string)).toEqual([
      { role: 'user', parts: [{ type: 'text', content: SECRET }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: '1', name: 'search', arguments: { for: SECRET } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: '1', response: `found ${SECRET}` }] },
    ]);
    expect(JSON.parse(chat['gen_ai.output.messages'] as string)).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: `it is ${SECRET}` }], finish_reason: 'stop' },
    ]);
    expect(JSON.parse(chat['gen_ai.tool.definitions'] as string)).toMatchObject([{ type: 'function', name: 'search' }]);
    expect(of('execute_tool search')).toMatchObject({
      'gen_ai.tool.call.arguments': `{"for":"${SECRET}"}`,
      'gen_ai.tool.call.result': `found ${SECRET}`,
    });
    expect(of('step finder')).toMatchObject({ 'drawloom.input': SECRET, 'drawloom.output': `it is ${SECRET}` });
    expect(span('step fail').events).toMatchObject([
      { name: 'exception', attributes: { 'exception.message': `cannot go on with it is ${SECRET}` } },
    ]);
  });

  it('passes the redaction first, which sees what it is and where it belongs', async () => {
    const seen: CapturedContent[] = [];
    const redact = (content: CapturedContent): unknown => {
      seen.push(content);
      if (content.operation === 'chat') return undefined;
      return JSON.stringify(content.value).replaceAll(SECRET, '[redacted]');
    };
    const all = await runWith({ captureContent: true, redact });
    expect(dump(all)).not.toContain(SECRET);
    expect(all.span('step finder').attributes['drawloom.input']).toBe('"[redacted]"');
    expect(all.span('execute_tool search').attributes['gen_ai.tool.call.result']).toBe('"found [redacted]"');
    expect(seen).toContainEqual({ operation: 'step', name: 'finder', attribute: 'drawloom.input', value: SECRET });
  });

  it('is left out where the redaction fails', async () => {
    const redact = (): never => {
      throw new Error('no idea');
    };
    expect(dump(await runWith({ captureContent: true, redact }))).not.toContain(SECRET);
  });

  it('is left out where it cannot be written, and the outcome is the same', async () => {
    const cycle: Record<string, unknown> = { big: 1n, map: new Map([['a', 1]]) };
    const all = recorded({ captureContent: true });
    const flow = Workflow.chain(
      { a: (value: unknown) => ({ value }), b: () => Object.assign(cycle, { cycle }) },
      { telemetry: all.telemetry },
    );
    expect((await flow.run(cycle)).output).toBe(cycle);
    expect(all.span('step a').attributes['drawloom.input']).toBe('{"big":"1","map":[["a",1]]}');
    expect(all.span('step b').attributes['drawloom.output']).toBeUndefined();
  });

  it.each([
    ['captureContent', { captureContent: 'yes' }],
    ['redact', { redact: 'all' }],
    ['modelSpans', { modelSpans: 1 }],
    ['tracerProvider', { tracerProvider: {} }],
    ['meterProvider', { meterProvider: null }],
    ['there is no option "captureContents"', { captureContents: true }],
  ])('is not switched by an option that is wrong: %s', (what, options) => {
    expect(() => openTelemetry(options as never)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(what) as string }),
    );
  });
});
