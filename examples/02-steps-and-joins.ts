/**
 * 2. Steps that come after the same step run side by side; a step with several sources joins them. `allOf` waits for all and
 * gives an object, `oneOf` is where alternatives meet, `firstOf` takes what arrives first. What fails is tried again, then
 * handed to the step that `onError` names.
 */
import type { StepContext, StepFailure } from '@drawloom/core';
import { allOf, End, firstOf, oneOf, Start, Step, WorkflowBase } from '@drawloom/decorators';

type Application = { readonly id: string; readonly applicant: string };

/** Decides about a licence. */
export class LicenceCheck extends WorkflowBase<Application, string> {
  @Start()
  intake(application: Application): Application {
    return application;
  }

  @Step({ after: 'intake' })
  licencesHeld({ applicant }: Application): number {
    return applicant.startsWith('New') ? 0 : 2;
  }

  // Stands for a register that needs a second try, and has never heard of some.
  @Step({
    after: 'intake',
    timeout: '2s', // of each attempt
    retry: { maximumAttempts: 3, initialInterval: '10ms', nonRetryableErrors: [RangeError] },
    onError: 'lookUpByHand',
  })
  async lookUp({ applicant }: Application, { attempt }: StepContext): Promise<string> {
    if (applicant.includes('Abroad')) throw new RangeError('not in the register');
    if (attempt === 1) throw new Error('connection reset');
    return `registered, found at attempt ${attempt}`;
  }

  @Step()
  lookUpByHand({ error, input }: StepFailure<Application>): string {
    return `a person looks up ${input.applicant}: ${(error as Error).message}`;
  }

  @Step({ after: oneOf('lookUp', 'lookUpByHand') })
  register(finding: string): string {
    return finding;
  }

  @End({ after: allOf('licencesHeld', 'register') })
  decide({ licencesHeld, register }: { licencesHeld: number; register: string }): string {
    return `${licencesHeld > 0 ? 'grant' : 'inspect first'} (${register})`;
  }
}

/** Asks two archives at once. With `cancelOthers` the slower one is aborted through its signal. */
export class QuickestArchive extends WorkflowBase<string, string> {
  // Stands for somebody who goes down to the basement, and is called back.
  @Start()
  async paper(_question: string, { signal }: StepContext): Promise<string> {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }

  @Start()
  async scans(question: string): Promise<string> {
    return `scanned: ${question}`;
  }

  @End({ after: firstOf('paper', 'scans'), cancelOthers: true })
  answer(found: string): string {
    return found;
  }
}

export async function main() {
  for (const applicant of ['Harbour Kiosk', 'New Kiosk Abroad']) {
    console.log(`${applicant}: ${(await new LicenceCheck().run({ id: 'l-1', applicant })).output}`);
  }
  const { output, steps } = await new QuickestArchive().run('licence 17');
  console.log(output, '|', steps.map(({ node, outcome }) => `${node} ${outcome}`).join(', '));
}
