import { Agent, step, tool, Workflow } from '@drawloom/core';
import { ScriptedModel } from '../models/scripted-model.js';
import { deferred } from '../deferred.js';
import { RecordingTelemetry } from './recording-telemetry.js';

const look = step('look', async (n: number) => n + 1);

describe('RecordingTelemetry', () => {
  it('keeps a tree for each run, also where runs overlap', async () => {
    const telemetry = new RecordingTelemetry();
    const gate = deferred();
    const flow = (name: string, isHeld: boolean) =>
      Workflow.chain(
        { first: async (n: number) => (isHeld && (await gate.promise), look(n)), last: (n: number) => n },
        { name },
      );
    const held = flow('held', true).run(1, { telemetry });
    await flow('quick', false).run(1, { telemetry });
    gate.resolve();
    await held;
    const below = ['  step first', '    function look', '  step last'];
    expect(telemetry.tree()).toEqual(['invoke_workflow held', ...below, 'invoke_workflow quick', ...below]);
    expect(telemetry.roots.map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
    telemetry.clear();
    expect(telemetry.spans).toEqual([]);
  });

  it('tells what a span came to: value, error, attributes of its end, events', async () => {
    const telemetry = new RecordingTelemetry();
    const model = new ScriptedModel([{ toolCalls: [{ name: 'wipe', arguments: {} }] }, { content: 'no' }]);
    const wipe = tool({ name: 'wipe', description: 'x', approval: true, run: () => 1 });
    const error = new RangeError('no');
    const flow = Workflow.chain({
      clerk: new Agent({ name: 'clerk', model, tools: [wipe] }),
      fail: (): never => {
        throw error;
      },
    });
    await expect(flow.run('x', { telemetry })).rejects.toThrow();
    expect(telemetry.find('step', 'clerk')).toMatchObject([{ outcome: 'completed', value: 'no' }]);
    expect(telemetry.find('step', 'fail')).toMatchObject([{ outcome: 'failed', error }]);
    expect(telemetry.find('chat').map(({ attributes }) => attributes['gen_ai.response.model'])).toEqual([
      'scripted',
      'scripted',
    ]);
    expect(telemetry.find('invoke_agent')[0]!.events).toMatchObject([
      { attributes: { 'drawloom.approval.decision': 'deny' } },
    ]);
  });

  it('says of a span that it is open, and of one that was given up that it was cancelled', async () => {
    const telemetry = new RecordingTelemetry();
    const begun = deferred();
    const flow = Workflow.chain({
      hang: (_: number, { signal }) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          begun.resolve();
        }),
    });
    const handle = flow.start(1, { telemetry });
    await begun.promise;
    expect(telemetry.spans.map(({ outcome }) => outcome)).toEqual(['open', 'open']);
    handle.cancel();
    await handle.result();
    expect(telemetry.spans.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
  });
});
