/**
 * 5. `input` checks what arrives: a class-validator class, or a schema of any library that follows Standard Schema. `@State`
 * keeps a property for the run: read by every step, changed by assigning a new value, merged where branches run in parallel.
 */
import { StepError, type StepContext } from '@drawloom/core';
import { allOf, End, Start, State, Step, WorkflowBase } from '@drawloom/decorators';
import { IsInt, IsPositive, Matches } from 'class-validator';

export class Claim {
  @Matches(/^c-\d+$/) readonly id!: string;
  @IsInt() @IsPositive() readonly amount!: number;
}

interface Decision {
  readonly pay: boolean;
  readonly because: readonly string[];
}

export class AssessClaim extends WorkflowBase<Claim, Decision> {
  // Both checks run in parallel and both write: `append` says what becomes of that. Without it the run would fail.
  @State({ merge: 'append' }) notes: readonly string[] = [];

  @Start({ input: Claim })
  intake(claim: Claim): Claim {
    this.#note(`claim ${claim.id} of ${claim.amount}`);
    return claim;
  }

  @Step({ after: 'intake' })
  isCovered({ amount }: Claim): boolean {
    this.#note('the policy covers up to 5000');
    return amount <= 5_000;
  }

  // What an attempt writes is kept if it succeeds: the note of the first attempt is not there in the end.
  @Step({ after: 'intake', retry: { maximumAttempts: 2, initialInterval: '10ms' } })
  async isHonest(_claim: Claim, { attempt }: StepContext): Promise<boolean> {
    this.#note(`no signs of fraud, says attempt ${attempt}`);
    if (attempt === 1) throw new Error('connection reset');
    return true;
  }

  @End({ after: allOf('isCovered', 'isHonest') })
  decide({ isCovered, isHonest }: { isCovered: boolean; isHonest: boolean }): Decision {
    return { pay: isCovered && isHonest, because: this.notes };
  }

  #note(text: string): void {
    this.notes = [...this.notes, text]; // a new list: values in the state are frozen
  }
}

export async function main() {
  console.log((await new AssessClaim().run({ id: 'c-17', amount: 900 })).output);
  try {
    await new AssessClaim().run({ id: '17', amount: -1 });
  } catch (error) {
    if (StepError.is(error)) console.log(error.message, error.violations);
  }
}
