import { Container, drawloom, workflows, type WorkflowBase } from '@drawloom/decorators';

/** A class of workflows that needs nothing injected. */
export type Workflows<I, O> = new () => WorkflowBase<I, O>;

/** Gives what a class is run by. */
export type Make = <I, O>(type: Workflows<I, O>) => WorkflowBase<I, O>;

/** The two ways of running a class, for `describe.each`: what a class does is the same in both. */
export const bothWays: readonly (readonly [string, Make])[] = [
  ['constructed by hand', (type) => new type()],
  ['from a container', (type) => handleOf(type)],
];

/** What a container gives for a class: a handle, each run of which has an instance of its own. */
export function handleOf<I, O>(type: Workflows<I, O>, ...others: Parameters<typeof workflows>): WorkflowBase<I, O> {
  const container = new Container();
  container.load(drawloom(), workflows(type, ...others));
  return container.get(type);
}

/** Puts a decorator on a member after the fact, as a plain call: for classes that a test makes up as it goes. */
export function decorate(
  type: { readonly prototype: object },
  member: string,
  ...decorators: readonly unknown[]
): void {
  for (const decorator of decorators) {
    const apply = decorator as (target: object, key: string, descriptor: PropertyDescriptor | undefined) => void;
    apply(type.prototype, member, Object.getOwnPropertyDescriptor(type.prototype, member));
  }
}
