import { standardSchema, StepError, Workflow, type Schema, type StepContext, type Validated } from '@drawloom/core';
import { nodeBody, validated } from '@drawloom/core/front-end';
import { deferred, VirtualClock } from '@drawloom/testing';
import { thrownBy } from './collect-events.js';
import { objectSchema } from './support/object-schema.js';

const ticket = standardSchema(objectSchema({ text: 'string', urgency: 'number' }));

/** Judges when it is told to. */
function lateSchema(): { schema: Schema; judge: (judged: Validated<unknown>) => void } {
  const gate = deferred<Validated<unknown>>();
  return { schema: { validate: () => gate.promise, jsonSchema: () => ({}) }, judge: gate.resolve };
}

/** A node as a front end makes it: the schema around the body, and what the front end puts there around both. */
const withInput = (schema: Schema, body: (input: never, context: StepContext) => unknown): Workflow =>
  new Workflow('Triage')
    .addNode('classify', { runStep: validated(body as never, schema) } as never)
    .setStart('classify') as never;

describe('An input with a schema', () => {
  it('reaches the step in the form that the schema gives it', async () => {
    const given = { text: 'hello', urgency: 1 };
    const { output } = await withInput(ticket, (input: unknown) => [input, input === given]).run(given);
    expect(output).toEqual([{ text: 'hello', urgency: 1 }, false]);
  });

  it('fails the step with everything that is wrong, and nothing of the value, when it does not fit', async () => {
    let calls = 0;
    const run = withInput(ticket, () => calls++).run({ text: 4711, note: 'secret', 'alice@example.com': 'secret' });
    const error = (await thrownBy(() => run)) as StepError;
    expect(StepError.is(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      workflow: 'Triage',
      node: 'classify',
      visit: 1,
    });
    expect(error.cause).toBeUndefined();
    expect(error.message.split('\n')[0]).toBe(
      '[INVALID_INPUT] Triage.classify: the input does not fit its schema: text: invalid (received a number); ' +
        'urgency: invalid (received undefined); note: invalid (received text); […]: invalid (received text)',
    );
    expect(error.violations).toEqual([
      { path: ['text'], constraint: 'invalid', received: 'a number' },
      { path: ['urgency'], constraint: 'invalid', received: 'undefined' },
      { path: ['note'], constraint: 'invalid', received: 'text' },
      { path: ['alice@example.com'], constraint: 'invalid', received: 'text' },
    ]);
    expect(Object.isFrozen(error.violations)).toBe(true);
    expect(error.message).not.toMatch(/secret|4711/);
    expect(calls).toBe(0);
  });

  it('lists twelve and counts the rest; the field has all', async () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key${index}`, index]));
    const error = (await thrownBy(() => withInput(ticket, () => 1).run(many))) as StepError;
    expect(error.violations).toHaveLength(10_002);
    expect(error.message).toContain('; and 9990 more\n');
    expect(error.message.length).toBeLessThan(1_000);
  });

  it('is not tried again: around a retry policy it is asked once', async () => {
    let asked = 0;
    const counting: Schema = { validate: (value) => (asked++, ticket.validate(value)), jsonSchema: () => ({}) };
    const body = validated(
      nodeBody(() => 1, { policies: { retry: { maximumAttempts: 3 } } }),
      counting,
    );
    const error = await thrownBy(() =>
      new Workflow('w')
        .addNode('a', { runStep: body } as never)
        .setStart('a')
        .run({}),
    );
    expect([error.code, asked]).toEqual(['INVALID_INPUT', 1]);
  });

  it('takes an error edge like any other failure', async () => {
    const triage = new Workflow('w')
      .addNode('classify', { runStep: validated(() => 1, ticket) } as never, { onError: 'ask' })
      .addNode('ask', ({ error }: { error: StepError }) => error.code)
      .setStart('classify');
    expect((await triage.run({} as never)).output).toBe('INVALID_INPUT');
  });

  it('costs no turn of the event loop where the schema answers at once', () => {
    const body = validated((input) => input, ticket);
    expect(body({ text: 'x', urgency: 1 }, { passOn: () => undefined } as unknown as StepContext)).toEqual({
      text: 'x',
      urgency: 1,
    });
  });

  it('is waited for where the schema waits', async () => {
    for (const [judged, outcome] of [
      [{ ok: true, value: 2 }, 'completed'],
      [{ ok: false, violations: [{ path: [], constraint: 'late', received: 'a number' }] }, 'failed'],
    ] as const) {
      const { schema, judge } = lateSchema();
      const handle = withInput(schema, (input: number) => input).start(1);
      judge(judged);
      expect(await handle.result()).toMatchObject({ status: outcome });
    }
  });

  it('does not begin the step when the run was cancelled while the schema was waiting', async () => {
    const clock = new VirtualClock();
    const { schema, judge } = lateSchema();
    let calls = 0;
    const run = new Workflow('w', { clock })
      .addNode('a', { runStep: validated(() => calls++, schema) } as never)
      .setStart('a')
      .start(1 as never);
    run.cancel('enough');
    judge({ ok: true, value: 1 });
    const outcome = await run.result();
    expect(outcome).toMatchObject({ status: 'cancelled' });
    expect(calls).toBe(0);
  });
});
