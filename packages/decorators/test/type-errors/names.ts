import { END, type StepFailure, type Workflow } from '@drawloom/core';
import { allOf, anyOf, End, firstOf, oneOf, Router, Start, Step, WorkflowBase } from '../../src/index.js';

export class Names extends WorkflowBase<string, string> {
  limit = 3;
  @Step({ after: 'intake' }) nested!: Workflow<string, number>;

  @Start() intake(text: string): string {
    return text;
  }

  // expect: This workflow has no public step named 'intaek'
  @Step({ after: 'intaek' }) misspelt(text: string): string {
    return text;
  }

  // expect: This workflow has no public step named 'outake'
  @Step({ after: allOf('intake', 'outake') }) misspeltInAll(found: unknown): void {}

  // expect: This workflow has no public step named 'outake'
  @Step({ after: ['intake', 'outake'] }) misspeltInList(found: unknown): void {}

  // expect: This workflow has no public step named 'outake'
  @Step({ after: anyOf('intake', 'outake') }) misspeltInAny(found: unknown): void {}

  // expect: This workflow has no public step named 'outake'
  @Step({ after: oneOf('intake', 'outake') }) misspeltInOne(found: unknown): void {}

  // expect: This workflow has no public step named 'outake'
  @Step({ after: firstOf('intake', 'outake') }) misspeltInFirst(found: unknown): void {}

  @Step({ after: 'intake' }) private hidden(text: string): string {
    return text;
  }
  @Step({ after: 'intake' }) protected guarded(text: string): string {
    return text;
  }

  // expect: This workflow has no public step named 'hidden'
  @End({ after: 'hidden' }) afterPrivate(text: string): string {
    return text;
  }

  // expect: This workflow has no public step named 'guarded'
  @End({ after: 'guarded' }) afterProtected(text: string): string {
    return text;
  }

  // expect: 'run' belongs to every workflow and is no step
  @Step({ after: 'run' }) afterInherited(result: unknown): void {}

  // expect: 'limit' is neither a method nor something that runs, so it is no step
  @Step({ after: 'limit' }) afterValue(limit: number): void {}

  // expect: This workflow has no public step named 'rescu'
  @Step({ after: 'intake', onError: 'rescu' }) fails(text: string): void {}

  // expect: 'limit' is neither a method nor something that runs, so it is no step
  @Step({ after: 'intake', onError: 'limit' }) failsToo(text: string): void {}

  @Step() rescue(failure: StepFailure<string>): void {}

  // expect: This workflow has no public step named 'mesure'
  @Router({ after: 'intake', routes: { long: 'mesure', short: END } }) byLength(text: string): 'long' | 'short' {
    return text.length > 9 ? 'long' : 'short';
  }

  // expect: This workflow has no public step named 'mesure'
  @Router({ after: 'intake', routes: { long: END }, default: 'mesure' }) byDefault(text: string): string {
    return text;
  }

  // expect: 'toMermaid' belongs to every workflow and is no step
  @Router({ after: 'intake', routes: { all: 'toMermaid' } }) toInherited(text: string): 'all' {
    return 'all';
  }

  // expect: This workflow has no public step named 'nestd'
  @Step({ after: 'nestd' }) injected!: Workflow<number, string>;
}

export class Further extends Names {
  // expect: This workflow has no public step named 'intke'
  @Step({ after: 'intke' }) further(text: string): void {}
}
