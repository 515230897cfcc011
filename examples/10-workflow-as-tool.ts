/**
 * 10. A workflow is a tool: the model decides when it runs, the workflow what happens then. What it takes is told to the model
 * by the schema of its first step. Each call is a run within the agent's step: of the same user, and cancelled with it.
 */
import { LanguageModel, modelAnswer, type ModelAnswer, type ModelRequest } from '@drawloom/core';
import { AgentBase, agents, Container, drawloom, type AgentConfiguration } from '@drawloom/decorators';
import { Configure, End, inject, Router, Start, Step, WorkflowBase, workflows } from '@drawloom/decorators';
import { openai } from '@drawloom/openai';
import { IsInt, IsPositive, Matches } from 'class-validator';

export class Refund {
  @Matches(/^o-\d+$/) readonly order!: string;
  @IsInt() @IsPositive() readonly euros!: number;
}

/** What no model may decide: it is code, step by step. */
@Configure({ name: 'refund' })
export class RefundOrder extends WorkflowBase<Refund, string> {
  @Start({ input: Refund })
  check(refund: Refund): Refund {
    return refund;
  }

  @Router({ after: 'check', routes: { small: 'pay', large: 'queue' } })
  bySize({ euros }: Refund): 'small' | 'large' {
    return euros <= 100 ? 'small' : 'large';
  }

  @End()
  pay({ order, euros }: Refund): string {
    return `${euros} euros for ${order} are on their way to ${this.context.userId}.`;
  }

  @End()
  queue({ order }: Refund): string {
    return `A person looks at ${order} today.`;
  }
}

export class Desk extends AgentBase {
  @inject(RefundOrder) private readonly refund!: RefundOrder;

  configure(): AgentConfiguration {
    const tools = [
      this.refund.asTool({ description: 'Refunds an order of the customer, or has a person look at it.' }),
    ];
    return { model: 'gpt-4.1-mini', instructions: 'You help the customers of a shop. Be brief.', tools };
  }
}

/** The agent with the workflow in it, as a step of another workflow. */
export class Support extends WorkflowBase<string, string> {
  @Start() @Step() @inject(Desk) readonly desk!: Desk;
  @End({ after: 'desk' })
  sign(answer: string): string {
    return `${answer} Your shop`;
  }
}

/** Asks for a refund, as the real model might, and tells what came of it. */
class StandIn extends LanguageModel {
  readonly name = 'gpt-4.1-mini';
  readonly capabilities = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: false };
  async answer({ messages }: ModelRequest): Promise<ModelAnswer> {
    const { role, content } = messages.at(-1)!;
    const call = { id: 'call_1', name: 'refund', arguments: '{"order":"o-17","euros":40}' };
    return modelAnswer({ model: this.name, ...(role === 'tool' ? { content } : { toolCalls: [call] }) });
  }
}

export async function main() {
  const container = new Container();
  const models = process.env['OPENAI_API_KEY'] ? openai() : new StandIn();
  container.load(drawloom({ models }), workflows(Support, RefundOrder), agents(Desk));
  const complaint = 'The cup of order o-17 was broken. I want my 40 euros back.';
  for await (const event of container.get(Support).stream(complaint, { userId: 'alice' })) {
    if (event.type === 'step.completed') console.log([...event.path, event.node].join(' > '), '→', event.output);
  }
}
