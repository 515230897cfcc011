import type { RunnableStep, Settled, StepFailure } from '@drawloom/core';
import { allOf, End, ForEach, oneOf, Router, Start, Step, WorkflowBase, type PerItem } from '../../src/index.js';

interface Article {
  readonly title: string;
}

export class Lists extends WorkflowBase<readonly Article[], number[]> {
  @Start() all(articles: readonly Article[]): readonly Article[] {
    return articles;
  }
  @Step({ after: 'all' }) first([article]: readonly Article[]): Article {
    return article!;
  }
  @ForEach({ after: 'all' }) score({ title }: Article): PerItem<number> {
    return title.length;
  }
  @ForEach({ after: 'all', settled: true }) async try({ title }: Article): Promise<PerItem<number, 'settled'>> {
    return title.length;
  }

  // expect: A @ForEach method returns PerItem<…>, so that later steps know of the list
  @ForEach({ after: 'all' }) bare({ title }: Article): number {
    return title.length;
  }

  // expect: With settled: true a @ForEach method returns PerItem<…, 'settled'>, so that later steps know of the list
  @ForEach({ after: 'all', settled: true }) notSettled({ title }: Article): PerItem<number> {
    return title.length;
  }

  // expect: A @ForEach method returns PerItem<…>, so that later steps know of the list
  @ForEach({ after: 'all' }) settledUnasked({ title }: Article): PerItem<number, 'settled'> {
    return title.length;
  }

  // expect: Only a @ForEach method returns PerItem: nothing else makes a list of it
  @Step({ after: 'first' }) notForEach({ title }: Article): PerItem<number> {
    return title.length;
  }

  // expect: 'noList' runs once per item, but 'first' does not give a list
  @ForEach({ after: 'first' }) noList({ title }: Article): PerItem<number> {
    return title.length;
  }

  // expect: 'otherItems' does not accept the items of the list that 'all' gives
  @ForEach({ after: 'all' }) otherItems(title: string): PerItem<number> {
    return title.length;
  }

  // expect: 'eitherItems' does not accept the items of the list that 'score' gives
  @ForEach({ after: oneOf('all', 'score') }) eitherItems(article: Article): PerItem<number> {
    return article.title.length;
  }

  // expect: 'together' runs once per item, but allOf gives an object
  @ForEach({ after: allOf('all', 'score') }) together(found: unknown): PerItem<number> {
    return 1;
  }

  // expect: 'injected' does not accept the items of the list that 'all' gives
  @ForEach({ after: 'all' }) injected!: RunnableStep<string, PerItem<string>>;

  // What later steps receive.

  // expect: 'oneScore' does not accept what 'score' gives
  @Step({ after: 'score' }) oneScore(score: number): void {}

  // expect: 'plainScores' does not accept what 'try' gives
  @Step({ after: 'try' }) plainScores(scores: number[]): void {}

  // expect: 'settledScores' does not accept what 'score' gives
  @Step({ after: 'score' }) settledScores(scores: Settled<number>[]): void {}

  // expect: 'joined' does not accept what 'score' gives
  @Step({ after: allOf('first', 'score') }) joined(found: { first: Article; score: number }): void {}

  // expect: 'ends' does not return the output of this workflow
  @End() @ForEach({ after: 'all' }) ends({ title }: Article): PerItem<string> {
    return title;
  }

  // Lists as targets.

  @ForEach() route({ title }: Article): PerItem<string> {
    return title;
  }

  // expect: Route target 'route' does not accept what the router passes on, its own input
  @Router({ after: 'first', routes: { yes: 'route' } }) choose(article: Article): 'yes' {
    return 'yes';
  }

  @Step() rescue(failure: StepFailure<Article>): void {}

  // expect: 'rescue' does not accept the failure of 'fails': a step that onError names receives a StepFailure
  @ForEach({ after: 'all', onError: 'rescue' }) fails(article: Article): PerItem<number> {
    return article.title.length;
  }
}

export class OneArticle extends WorkflowBase<Article, number[]> {
  // expect: 'score' runs once per item, but the input of this workflow is not a list of what it takes
  @Start() @ForEach() score({ title }: Article): PerItem<number> {
    return title.length;
  }
}
