// A workflow class of three steps with one injected service: once with an instance made by hand for each run, once by a
// container. Decorators are called by hand, because the benchmark runs as it is written.
import 'reflect-metadata';
import { Container, drawloom, End, inject, Start, Step, WorkflowBase, workflows } from '@drawloom/decorators';

class Counter {
  next(value) {
    return value + 1;
  }
}

class Three extends WorkflowBase {
  #counter;
  constructor(counter) {
    super();
    this.#counter = counter;
  }
  one(value) {
    return this.#counter.next(value);
  }
  two(value) {
    return this.#counter.next(value);
  }
  three(value) {
    return this.#counter.next(value);
  }
}
inject(Counter)(Three, undefined, 0);
const decorate = (name, decorator) =>
  decorator(Three.prototype, name, Object.getOwnPropertyDescriptor(Three.prototype, name));
decorate('one', Start());
decorate('two', Step({ after: 'one' }));
decorate('three', End({ after: 'two' }));

const outputOf = ({ output }) => output;

export const byHand = { run: (input) => new Three(new Counter()).run(input).then(outputOf) };

export function fromContainer() {
  const container = new Container();
  container.load(drawloom(), workflows(Three));
  container.bind(Counter).toSelf();
  const handle = container.get(Three);
  return { run: (input) => handle.run(input).then(outputOf) };
}
