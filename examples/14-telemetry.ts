/**
 * 14. One trace for each run: what the developer decided (`drawloom.pattern` is `workflow`) and what a model did (`agent`), with
 * tokens and durations, in OpenTelemetry's names. The container binds it once, and everything that runs inherits it. No span
 * holds what is said, unless somebody switches that on. Here the spans are only printed; `exporter: 'otlp'` sends them.
 */
import { LanguageModel, modelAnswer, tool, type ModelAnswer, type ModelRequest, type Telemetry } from '@drawloom/core';
import { AgentBase, agents, Configure, Container, drawloom, End, inject, Router, Start } from '@drawloom/decorators';
import { Step, WorkflowBase, workflows, type AgentConfiguration } from '@drawloom/decorators';
import { startTelemetry } from '@drawloom/otel';
import { z } from 'zod';

const lookUp = tool({
  name: 'look_up',
  description: 'The state of an order.',
  input: z.object({ order: z.string() }),
  run: ({ order }) => `${order} is on its way`,
});

export class Clerk extends AgentBase {
  configure(): AgentConfiguration {
    return { model: 'stand-in', instructions: 'You answer questions about orders.', tools: [lookUp], tone: 'concise' };
  }
}

@Configure({ name: 'mail', version: '1' })
export class Mail extends WorkflowBase<string, string> {
  @Start()
  read(mail: string): string {
    return mail.trim();
  }

  @Router({ after: 'read', routes: { question: 'clerk', other: 'file' } })
  kind(mail: string): 'question' | 'other' {
    return mail.endsWith('?') ? 'question' : 'other';
  }

  @Step() @inject(Clerk) readonly clerk!: Clerk;

  @End({ after: 'clerk' })
  sign(answer: string): string {
    return `${answer}. Your shop`;
  }

  @End()
  file(mail: string): string {
    return `filed ${mail.length} characters`;
  }
}

/** Looks the order up, as a real model might, and tells what it was told. */
class StandIn extends LanguageModel {
  readonly name = 'stand-in';
  override readonly provider = 'example';
  readonly capabilities = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: false };
  async answer({ messages }: ModelRequest): Promise<ModelAnswer> {
    const { role, content } = messages.at(-1)!;
    const call = { id: 'call_1', name: 'look_up', arguments: '{"order":"o-17"}' };
    const said = role === 'tool' ? { content } : { toolCalls: [call] };
    return modelAnswer({ model: this.name, ...said, usage: { inputTokens: 40, outputTokens: 8 } });
  }
}

export function shop(telemetry: Telemetry): Container {
  const container = new Container();
  container.load(drawloom({ models: new StandIn(), telemetry }), workflows(Mail), agents(Clerk));
  return container;
}

export async function main() {
  const { telemetry, shutdown } = await startTelemetry({ serviceName: 'shop', exporter: 'console' });
  const { output } = await shop(telemetry).get(Mail).run('Where is my order?', { userId: 'alice' });
  await shutdown();
  console.log(output);
}
