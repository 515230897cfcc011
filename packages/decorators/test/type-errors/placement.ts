import { Configure, End, ForEach, Router, Start, State, Step, WorkflowBase, type PerItem } from '../../src/index.js';

export class Placement extends WorkflowBase<string, string> {
  @Start() intake(text: string): string {
    return text;
  }

  // expect: @Step stands on a method, or on a property that holds an agent or a workflow
  @Step({ after: 'intake' }) value = 3;

  // expect: @Step stands on a method, or on a property that holds an agent or a workflow
  @Step({ after: 'intake' }) get accessor(): string {
    return '';
  }

  // expect: @Start stands on a method, or on a property that holds an agent or a workflow
  @Start() begin = '';

  // expect: @Router stands on a method
  @Router({ routes: { a: 'intake' } }) route!: (text: string) => 'a';

  // expect: @ForEach stands on a method, or on a property that holds an agent or a workflow
  @ForEach({ after: 'intake' }) items: string[] = [];

  // expect: @Step stands on a member of the instance, not on a static one
  @Step({ after: 'intake' }) static shared(text: string): string {
    return text;
  }

  // expect: A step takes its input and a StepContext, and nothing more
  @Step({ after: 'intake' }) secondInput(text: string, limit: number): string {
    return text.slice(limit);
  }

  // expect: A step takes its input and a StepContext, and nothing more
  @Step({ after: 'intake' }) thirdInput(text: string, context: unknown, limit: number): string {
    return text.slice(limit);
  }

  // expect: An inline step is no node: other steps call it, so it takes no 'after'
  @Step({ inline: true, after: 'intake' }) inline(text: string): string {
    return text;
  }

  // expect: @Step({ inline: true }) stands on a method
  @Step({ inline: true }) inlineProperty = 3;

  // expect: Object literal may only specify known properties, but 'aftr' does not exist in type 'StepOptions<never, never, never, false>'. Did you mean to write 'after'?
  @Step({ aftr: 'intake' }) misspeltOption(text: string): string {
    return text;
  }

  // State.

  // expect: A state list is replaced, never changed in place: declare it readonly
  @State() mutable: string[] = [];

  // expect: A state Map is replaced, never changed in place: declare it a ReadonlyMap
  @State() mutableMap = new Map<string, number>();

  // expect: A state Set is replaced, never changed in place: declare it a ReadonlySet
  @State() mutableSet?: Set<string>;

  // expect: merge: 'append' is for lists: this property does not hold one
  @State({ merge: 'append' }) appended = 0;

  // expect: The merge function does not take and return what this property holds
  @State({ merge: (current: string, mine: string) => current + mine }) merged = 0;

  // expect: @State stands on a property
  @State() method(): string {
    return '';
  }
}

// expect: @Configure stands on a class that extends WorkflowBase
@Configure({ name: 'plain' })
export class Plain {
  // expect: @Start stands in a class that extends WorkflowBase
  @Start() intake(text: string): PerItem<string> {
    return text;
  }

  // expect: @End stands in a class that extends WorkflowBase
  @End({ after: 'nobody' }) last(text: number): string {
    return `${text}`;
  }
}
