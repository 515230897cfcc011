/**
 * 9. Agents share the memory of their run, and sound as it does. What is remembered belongs to the run's user: turns of the
 * session, and facts. Of the tone the nearest counts: what an agent says of itself, then the run, its workflow, the container.
 */
import { InMemoryMemory, LanguageModel, modelAnswer, type ModelAnswer, type ModelRequest } from '@drawloom/core';
import { AgentBase, agents, Container, drawloom, type AgentConfiguration } from '@drawloom/decorators';
import { Configure, End, inject, Start, Step, WorkflowBase, workflows } from '@drawloom/decorators';
import { openai } from '@drawloom/openai';

export class Counsel extends AgentBase {
  configure(): AgentConfiguration {
    const instructions = 'You advise on software licences. Say in two sentences what a licence asks of the user.';
    return { name: 'counsel', model: 'gpt-4.1-mini', instructions, session: 'shared' };
  }
}

/** Has a tone of its own. In a shared session it hears what counsel has said, now and in earlier runs. */
export class Herald extends AgentBase {
  configure(): AgentConfiguration {
    const instructions = 'Tell the developers in one sentence what they have to do.';
    return { name: 'herald', model: 'gpt-4.1-mini', instructions, session: 'shared', tone: 'casual' };
  }
}

@Configure({ tone: 'legal' })
export class LicenceDesk extends WorkflowBase<string, string> {
  // Turns are remembered by the agents. A fact is what a step, or a tool, learns; agents are told those that hold.
  @Start()
  async register(question: string): Promise<string> {
    const [licence] = /GPL|MIT|Apache-2\.0/.exec(question) ?? [];
    const fact = { subject: 'the product', predicate: 'is under', object: licence ?? '' };
    if (licence) await this.context.memory?.learn(this.context, fact);
    return question;
  }

  @Step({ after: 'register' }) @inject(Counsel) readonly counsel!: Counsel;
  @End({ after: 'counsel' }) @inject(Herald) readonly herald!: Herald;
}

/** Says what it was told: of earlier messages only how many. */
export class StandIn extends LanguageModel {
  readonly name = 'gpt-4.1-mini';
  readonly capabilities = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: false };

  async answer({ messages }: ModelRequest): Promise<ModelAnswer> {
    const [, fact = 'nothing is known'] = /^- (.*)$/m.exec(messages[0]!.content) ?? [];
    return modelAnswer({ model: this.name, content: `(${fact}; ${messages.length - 2} earlier messages)` });
  }
}

export async function main() {
  const memory = new InMemoryMemory();
  const models = process.env['OPENAI_API_KEY'] ? openai() : new StandIn();
  const container = new Container();
  container.load(drawloom({ models, memory, tone: 'professional' }));
  container.load(workflows(LicenceDesk), agents(Counsel, Herald));

  const ask = async (question: string, userId: string, tone?: string): Promise<void> => {
    console.log(`\n${userId}: ${question}`);
    const options = { userId, sessionId: 'licences', tone }; // the same session of two users is two sessions
    for await (const event of container.get(LicenceDesk).stream(question, options)) {
      if (event.type === 'agent.started') console.log(`${event.agent}, in the tone ${event.tone}:`);
      if (event.type === 'step.completed' && event.node !== 'register') console.log(`  ${String(event.output)}`);
    }
  };
  await ask('A library of ours is under the GPL. What does it ask of us?', 'alice');
  await ask('And if we ship it inside a device?', 'alice', 'executive');
  await ask('And if we ship it inside a device?', 'bob');
  console.log('\nForgotten of alice:', await memory.forget({ userId: 'alice' }));
}
