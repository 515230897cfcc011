/** What `@ForEach` gives, as later steps, routes and the run's output see it. */
import { END, type RunnableStep, type Settled, type StepContext, type StepFailure } from '@drawloom/core';
import { expectTypeOf } from 'expect-type';
import { z } from 'zod';
import { allOf, End, firstOf, ForEach, oneOf, Router, Start, Step, WorkflowBase, type PerItem } from '../src/index.js';

interface Article {
  readonly title: string;
}

export class Digest extends WorkflowBase<readonly Article[], number[]> {
  @Start() all(articles: readonly Article[]): readonly Article[] {
    return articles;
  }
  @Start() @ForEach({ concurrency: 2, retry: { maximumAttempts: 2 } }) begin({ title }: Article): PerItem<string> {
    return title;
  }
  @ForEach({ after: 'all', onError: 'rescue' }) async score(
    { title }: Article,
    context: StepContext,
  ): Promise<PerItem<number>> {
    return title.length + (context.item ?? 0);
  }
  @ForEach({ after: 'all', settled: true }) try({ title }: Article): PerItem<number, 'settled'> {
    return title.length;
  }
  @ForEach({ after: 'all' }) shorten(article: Article): PerItem<Article> {
    return article;
  }
  @ForEach({ after: 'shorten' }) again(article: Article): PerItem<Article | undefined> {
    return article.title === '' ? undefined : article;
  }
  @ForEach({ after: oneOf('all', 'shorten') }) either(_article: Article): PerItem<string | null> {
    return null;
  }
  @ForEach({ after: 'all' }) async store(_article: Article): Promise<PerItem<void>> {}
  @ForEach({ after: 'all' }) untyped(_article: any): any {}
  @ForEach({ after: 'begin', input: z.string().transform((text) => text.length) }) checked(
    length: number,
  ): PerItem<boolean> {
    return length > 1;
  }
  @ForEach({ after: 'all' }) agent!: RunnableStep<Article, PerItem<string>>;
  @ForEach({ after: 'all' }) protected hidden(article: Article): PerItem<string> {
    return article.title;
  }

  @Step({ after: 'score' }) scores(_scores: number[]): void {}
  @Step({ after: 'score' }) readonlyScores(_scores: readonly number[]): void {}
  @Step({ after: 'try' }) settled(_scores: Settled<number>[]): void {}
  @Step({ after: 'again' }) gaps(_articles: (Article | undefined)[]): void {}
  @Step({ after: 'either' }) nulls(_titles: (string | null)[]): void {}
  @Step({ after: 'store' }) stored(_done: void[]): void {}
  @Step({ after: 'untyped' }) afterUntyped(_anything: Date): void {}
  @Step({ after: 'agent' }) afterAgent(_titles: string[]): void {}
  @Step({ after: 'checked' }) afterChecked(_flags: boolean[]): void {}
  @Step({ after: allOf('score', 'all') }) both(_found: { score: number[]; all: readonly Article[] }): void {}
  @Step({ after: firstOf('score', 'begin') }) first(_found: (string | number)[] | string[]): void {}
  @Step() rescue({ input }: StepFailure<readonly Article[]>): number {
    return input.length;
  }

  @Router({ after: 'all', routes: { each: 'route' }, default: END }) choose(articles: readonly Article[]): string {
    return articles.length > 1 ? 'each' : 'none';
  }
  @ForEach() route({ title }: Article): PerItem<string> {
    return title;
  }
  @Router({ after: 'score', routes: { true: 'scores', false: END } }) high(scores: number[]): boolean {
    return scores.length > 1;
  }
  @End() @ForEach({ after: 'all' }) end({ title }: Article): PerItem<number> {
    return title.length;
  }
}

export abstract class Batch<T, R> extends WorkflowBase<T[], string> {
  abstract handle(item: T): R;
  @Start() all(items: T[]): T[] {
    return items;
  }
  @ForEach({ after: 'all' }) each(item: T): PerItem<{ readonly result: R }> {
    return { result: this.handle(item) };
  }
  @Step({ after: 'each' }) results(_all: { readonly result: R }[]): void {}
}

// To whoever calls the method, what it returns is what it says.
const digest = new Digest();
expectTypeOf((await digest.score({ title: '' }, null as never)) + 1).toEqualTypeOf<number>();
const title: string | null = digest.either({ title: '' });
const article: Article = digest.shorten({ title: title ?? '' });
void article;
