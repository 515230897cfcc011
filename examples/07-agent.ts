/**
 * 7. An agent is a language model with instructions. It is a step like any other: it is given what came before, and what it
 * answers flows on. Here a stand-in answers for the model; with OPENAI_API_KEY set, the real one of the same name does.
 */
import { LanguageModel, modelAnswer, type ModelAnswer, type ModelCallOptions, type ModelRequest } from '@drawloom/core';
import { AgentBase, agents, Container, drawloom, type AgentConfiguration } from '@drawloom/decorators';
import { End, inject, Start, Step, WorkflowBase, workflows } from '@drawloom/decorators';
import { openai } from '@drawloom/openai';

interface Mail {
  readonly from: string;
  readonly text: string;
}

export class Writer extends AgentBase {
  configure(): AgentConfiguration {
    return {
      model: 'gpt-4.1-mini', // by its name: whoever starts the program says where models of that name are
      instructions: 'You answer the mail of a parcel service. Two sentences at most. Promise nothing.',
      settings: { maxOutputTokens: 200 },
      budget: { calls: 3, usd: 0.05 }, // of each run of the agent
    };
  }
}

export class AnswerMail extends WorkflowBase<Mail, string> {
  @Start()
  read({ from, text }: Mail): Mail {
    return { from, text: text.trim() };
  }

  // The property is the step. The agent is given the mail as JSON, and gives text.
  @Step({ after: 'read', timeout: '1m' }) @inject(Writer) readonly writer!: Writer;

  @End({ after: 'writer' })
  sign(text: string): string {
    return `${text}\nThe parcel desk`;
  }
}

/** Answers as the real model might, word by word where somebody listens. */
export class StandIn extends LanguageModel {
  readonly name = 'gpt-4.1-mini';
  readonly capabilities = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: true };

  async answer({ messages }: ModelRequest, { onDelta }: ModelCallOptions = {}): Promise<ModelAnswer> {
    const { from } = JSON.parse(messages.at(-1)!.content) as Mail;
    const content = `Dear ${from}, your parcel is in our centre in Graz. We look for it, and write to you tomorrow.`;
    for (const text of content.split(/(?= )/)) onDelta?.({ type: 'text', text });
    return modelAnswer({ model: this.name, content, usage: { inputTokens: 74, outputTokens: 24 } });
  }
}

export async function main() {
  const container = new Container();
  const models = process.env['OPENAI_API_KEY'] ? openai() : new StandIn();
  container.load(drawloom({ models }), workflows(AnswerMail), agents(Writer));

  // `run` gives the result alone; `stream` shows how it comes about.
  const mail = { from: 'Alice', text: 'Where is parcel 4711?\n' };
  for await (const event of container.get(AnswerMail).stream(mail, { userId: 'alice' })) {
    if (event.type === 'model.delta' && event.delta.type === 'text') process.stdout.write(`${event.delta.text}|`);
    if (event.type === 'run.completed') console.log(`\n\n${String(event.output)}\n`);
    if (event.type !== 'agent.completed') continue;
    const { totalTokens, cost } = event.usage;
    console.log(`\n\n${event.agent}: ${totalTokens} tokens, ${cost.toFixed(6)} dollars`);
  }
}
