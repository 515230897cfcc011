/**
 * 6. What a workflow needs is injected, so that a test can put a fake in its place (see the test of this file). Got from a
 * container, a workflow is a handle: every run has an instance of its own, made with what belongs to that run.
 */
import { RunContext } from '@drawloom/core';
import { Container, drawloom, End, inject, Router, Start, WorkflowBase, workflows } from '@drawloom/decorators';

/** Stands for a service behind a network. Nothing of a run is in it, so one for all runs will do. */
export class Roster {
  async onCall(topic: string): Promise<string> {
    return topic === 'network' ? 'Ada' : 'Grace';
  }
}

/** Made for each run: whoever injects the `RunContext` belongs to one run, and may not be a singleton. */
export class Signature {
  constructor(@inject(RunContext) private readonly run: RunContext) {}

  under(text: string): string {
    return `${text} (asked by ${this.run.userId ?? 'nobody'})`;
  }
}

interface Ticket {
  readonly text: string;
  readonly topic: 'network' | 'shop' | undefined;
}

export class Triage extends WorkflowBase<string, string> {
  constructor(
    @inject(Roster) private readonly roster: Roster,
    @inject(Signature) private readonly signature: Signature,
  ) {
    super();
  }

  @Start()
  classify(text: string): Ticket {
    const topic = /line|dns/i.test(text) ? 'network' : /shop|cart/i.test(text) ? 'shop' : undefined;
    return { text, topic };
  }

  @Router({ after: 'classify', routes: { known: 'assign', unknown: 'queue' } })
  isKnown({ topic }: Ticket): 'known' | 'unknown' {
    return topic === undefined ? 'unknown' : 'known';
  }

  @End({ retry: { maximumAttempts: 2, initialInterval: '1m' } })
  async assign({ text, topic }: Ticket): Promise<string> {
    return this.signature.under(`${await this.roster.onCall(topic!)} takes "${text}"`);
  }

  @End()
  queue({ text }: Ticket): string {
    return this.signature.under(`"${text}" waits for the desk`);
  }
}

export async function main() {
  const container = new Container();
  container.load(drawloom(), workflows(Triage));
  container.bind(Roster).toSelf().inSingletonScope();
  container.bind(Signature).toSelf();

  const triage = container.get(Triage);
  const [first, second] = await Promise.all([
    triage.run('The line is dead', { userId: 'alice' }),
    triage.run('Hello?', { userId: 'bob' }),
  ]);
  console.log(`${first.output}\n${second.output}`);
}
