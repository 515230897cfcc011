import { Agent, tool } from '@drawloom/core';
import { Start, State, WorkflowBase, type StepContext } from '@drawloom/decorators';
import { ScriptedModel } from '@drawloom/testing';

class Counting extends WorkflowBase<string, number> {
  @State() found = 0;

  @Start()
  async ask(text: string, context: StepContext): Promise<number> {
    const note = tool({ name: 'note', description: 'Notes a find.', run: () => void this.found++ });
    const model = new ScriptedModel([{ toolCalls: [{ name: 'note' }] }, { toolCalls: [{ name: 'note' }] }, 'done']);
    const agent = new Agent({ name: 'finder', model, tools: [note] });
    await (text === 'as part of the step' ? agent.runStep(text, context) : agent.run(text));
    return this.found;
  }
}

it.each(['as part of the step', 'as a run of its own'])(
  'A tool of an agent writes the state of its step: %s',
  async (how) => {
    expect((await new Counting().run(how)).output).toBe(2);
  },
);
