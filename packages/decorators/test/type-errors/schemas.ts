import { IsInt, IsString } from 'class-validator';
import { z } from 'zod';
import { allOf, ForEach, Router, Start, Step, WorkflowBase, type PerItem } from '../../src/index.js';

class Claim {
  @IsString() readonly id!: string;
  @IsInt() readonly amount!: number;
}
const text = z.string();
const lengthOf = z.string().transform((given) => given.length);

export class Schemas extends WorkflowBase<Claim, string> {
  // expect: 'takesAnother' does not accept what its input schema gives
  @Start({ input: Claim }) takesAnother(claim: { id: number }): string {
    return `${claim.id}`;
  }

  // expect: The input of this workflow does not fit the input schema of 'anotherSchema'
  @Start({ input: text }) anotherSchema(id: string): string {
    return id;
  }

  @Start({ input: Claim }) intake(claim: Claim): string {
    return claim.id;
  }

  // expect: What 'intake' gives does not fit the input schema of 'measure'
  @Step({ after: 'intake', input: z.number() }) measure(amount: number): void {}

  // expect: What 'intake' gives does not fit the input schema of 'asClaim'
  @Step({ after: 'intake', input: Claim }) asClaim(claim: Claim): void {}

  // expect: 'untransformed' does not accept what its input schema gives
  @Step({ after: 'intake', input: lengthOf }) untransformed(given: string): void {}

  // expect: What allOf gives does not fit the input schema of 'together'
  @Step({ after: allOf('intake'), input: text }) together(found: string): void {}

  // expect: 'choose' does not accept what its input schema gives
  @Router({ after: 'intake', input: text, routes: { a: 'measure' }, default: 'untransformed' }) choose(
    length: number,
  ): string {
    return `${length}`;
  }

  @Step({ after: 'intake' }) words(id: string): string[] {
    return id.split(' ');
  }

  // expect: What 'words' gives does not fit the input schema of 'each'
  @ForEach({ after: 'words', input: z.number() }) each(word: number): PerItem<number> {
    return word;
  }
}
