/**
 * 3. A router chooses among routes; it passes on what it received. What is not chosen is skipped, so a join never waits for it:
 * `anyOf` gets what there is. A route that leads back makes a loop, and caps bound every loop.
 */
import { RunError } from '@drawloom/core';
import { anyOf, Configure, End, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';

type Topic = 'billing' | 'technical';

interface Letter {
  readonly text: string;
  readonly missing: readonly string[];
}

@Configure({ name: 'answer-mail', maxVisitsPerNode: 5 })
export class AnswerMail extends WorkflowBase<string, string> {
  // One key, or a list of keys. `default` takes what has no route: here, no key at all.
  @Start()
  @Router({ routes: { billing: 'refund', technical: 'restart' }, default: 'refer' })
  topics(mail: string): Topic[] {
    const isAbout = { billing: /invoice|refund/i.test(mail), technical: /crash|slow/i.test(mail) };
    return (['billing', 'technical'] as const).filter((topic) => isAbout[topic]);
  }

  @Step()
  refund(_mail: string): string {
    return 'The refund is on its way.';
  }

  @Step()
  restart(_mail: string): string {
    return 'The server was restarted.';
  }

  @Step({ after: anyOf('refund', 'restart') })
  begin({ refund, restart }: { refund?: string; restart?: string }): Letter {
    return { text: 'Dear customer.', missing: [refund, restart].filter((fact) => fact !== undefined) };
  }

  // Stands for a model that forgets. It is reached from `begin` once, then by the route that leads back.
  @Step({ after: 'begin' })
  write({ text, missing: [fact, ...missing] }: Letter): Letter {
    return { text: `${text} ${fact}`, missing };
  }

  @Router({ after: 'write', routes: { again: 'write', done: 'send' } })
  review({ missing }: Letter): 'again' | 'done' {
    return missing.length > 0 ? 'again' : 'done';
  }

  @End()
  send({ text }: Letter): string {
    return text;
  }

  @End()
  refer(mail: string): string {
    return `A person reads: ${mail}`;
  }
}

/** The same workflow with a reviewer who is never pleased: a subclass has its parent's steps, edges and limits. */
export class Endless extends AnswerMail {
  override review(): 'again' {
    return 'again';
  }
}

export async function main() {
  const workflow = new AnswerMail();
  for (const mail of ['A refund, please. And why is it slow?', 'Is the shop open?']) {
    const result = await workflow.run(mail);
    console.log(result.output, '|', result.visited.join(' → '));
    for (const { node, reason } of result.explain()) console.log(`  ${node} did not run: ${reason}`);
  }
  const error: unknown = await new Endless().run('a refund').catch((reason: unknown) => reason);
  if (RunError.is(error)) console.log(error.message);
}
