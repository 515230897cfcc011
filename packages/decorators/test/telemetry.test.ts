import { step, Workflow, type Telemetry } from '@drawloom/core';
import {
  AgentBase,
  agents,
  Configure,
  Container,
  drawloom,
  End,
  ForEach,
  inject,
  Router,
  Start,
  Step,
  Tool,
  WorkflowBase,
  workflows,
  type AgentConfiguration,
  type PerItem,
} from '@drawloom/decorators';
import { RecordingTelemetry, ScriptedModel } from '@drawloom/testing';
import { z } from 'zod';

const lookUp = step('lookUp', async (id: string): Promise<string> => `record of ${id}`);

class Clerk extends AgentBase {
  configure(): AgentConfiguration {
    return { model: 'scripted', instructions: 'x' };
  }

  @Tool({ description: 'x', input: z.object({ id: z.string() }) })
  find({ id }: { id: string }): Promise<string> {
    return lookUp(id);
  }
}

@Configure({ name: 'inner' })
class Inner extends WorkflowBase<string, string> {
  @Start()
  @End()
  only(text: string): string {
    return text;
  }
}

@Configure({ name: 'everything' })
class Everything extends WorkflowBase<string, unknown> {
  @Start()
  method(text: string): Promise<string> {
    return this.inline(text);
  }

  @Step({ inline: true })
  async inline(text: string): Promise<string> {
    return text;
  }

  @Step({ after: 'method' }) readonly plain = lookUp;
  @Step({ after: 'plain' }) readonly built = Workflow.chain({ a: (text: string) => text }, { name: 'built' });
  @Step({ after: 'built' }) @inject(Inner) readonly nested!: Inner;

  @Router({ after: 'nested', routes: { agent: 'clerk' } })
  pick(): 'agent' {
    return 'agent';
  }

  @Step() @inject(Clerk) readonly clerk!: Clerk;

  @Step({ after: 'clerk' })
  words(text: string): string[] {
    return text.split(' ');
  }

  @ForEach({ after: 'words', concurrency: 1 })
  @End()
  each(word: string): PerItem<number> {
    return word.length;
  }
}

function run(telemetry: Telemetry | undefined, options: { telemetry?: Telemetry | null } = {}) {
  const models = new ScriptedModel([{ toolCalls: [{ name: 'find', arguments: { id: '7' } }] }, { content: 'one two' }]);
  const container = new Container();
  container.load(drawloom({ models, telemetry }), workflows(Everything, Inner), agents(Clerk));
  return container.get(Everything).run('x', options);
}

describe('The telemetry of a container', () => {
  it('hears of every kind of step, in one tree', async () => {
    const telemetry = new RecordingTelemetry();
    expect((await run(telemetry)).output).toEqual([3, 3]);
    expect(telemetry.tree()).toEqual([
      'invoke_workflow everything',
      '  step method',
      '    function inline',
      '  step plain',
      '  step built',
      '    invoke_workflow built',
      '      step a',
      '  step nested',
      '    invoke_workflow inner',
      '      step only',
      '  route pick',
      '  step clerk',
      '    invoke_agent Clerk',
      '      chat scripted',
      '      execute_tool find',
      '        function lookUp',
      '      chat scripted',
      '  step words',
      '  map each',
      '    step each',
      '    step each',
    ]);
    for (const { attributes } of telemetry.spans)
      expect(['workflow', 'agent']).toContain(attributes['drawloom.pattern']);
  });

  it('goes after that of the call, which may also say that there is none', async () => {
    const [bound, own] = [new RecordingTelemetry(), new RecordingTelemetry()];
    await run(bound, { telemetry: own });
    await run(bound, { telemetry: null });
    await run(undefined);
    expect([bound.spans.length, own.roots.length]).toEqual([0, 1]);
  });
});
