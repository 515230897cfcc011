import type { RunnableStep } from '@drawloom/core';
import {
  allOf,
  Configure,
  Container,
  drawloom,
  End,
  inject,
  Router,
  Start,
  State,
  Step,
  WorkflowBase,
  workflows,
} from '@drawloom/decorators';

interface Claim {
  readonly amount: number;
}

class Base extends WorkflowBase<Claim, string> {
  @Start() intake(claim: Claim): Claim {
    return claim;
  }
  @Step({ after: 'intake' }) assess({ amount }: Claim): string {
    return amount > 100 ? 'large' : 'small';
  }
  @End({ after: 'assess' }) reply(size: string): string {
    return `a ${size} claim`;
  }
}

const claim: Claim = { amount: 500 };

function containerOf(...classes: Parameters<typeof workflows>): Container {
  const container = new Container();
  container.load(drawloom(), workflows(...classes));
  return container;
}

/** What a class does by hand and from a container, which must be the same. */
async function outputOf<O>(type: new () => WorkflowBase<Claim, O>): Promise<O> {
  const own = await new type().run(claim);
  const handle = await containerOf(type).get(type).run(claim);
  expect(handle.output).toEqual(own.output);
  expect(handle.visited).toEqual(own.visited);
  return own.output;
}

const stepsOf = (type: new () => WorkflowBase<never, unknown>): string[] =>
  new type().graph.nodes.map(({ name }) => name);
const edgesOf = (type: new () => WorkflowBase<never, unknown>): string[] =>
  new type().graph.edges.map(({ kind, from, to }) => `${kind} ${String(from)} -> ${String(to)}`);

describe('A subclass of a workflow class', () => {
  it('has the steps of its parent, and those that it adds after them', async () => {
    class Plain extends Base {}
    expect(await outputOf(Plain)).toBe('a large claim');
    class Logged extends Base {
      @Step({ after: 'assess' }) log(size: string): string {
        return `logged ${size}`;
      }
      @End({ after: allOf('log', 'assess') }) override reply(found: unknown): string {
        return JSON.stringify(found);
      }
    }
    expect(await outputOf(Logged)).toBe('{"log":"logged large","assess":"large"}');
    expect(stepsOf(Logged)).toEqual(['intake', 'assess', 'reply', 'log']);
  });

  it('keeps the edges of a method that it overrides without decorators', async () => {
    class Own extends Base {
      override assess({ amount }: Claim): string {
        return `${amount} worth`;
      }
    }
    expect(await outputOf(Own)).toBe('a 500 worth claim');
    expect(edgesOf(Own)).toEqual(edgesOf(Base));
  });

  it('replaces all that decorators said of a method that it decorates again; the step keeps its place', async () => {
    class Again extends Base {
      @Start() override assess({ amount }: Claim): string {
        return `decorated ${amount}`;
      }
      override intake(): Claim {
        return { amount: 0 };
      }
      @Step({ after: 'intake' }) ignored({ amount }: Claim): number {
        return amount;
      }
    }
    expect(await outputOf(Again)).toBe('a decorated 500 claim');
    expect(stepsOf(Again)).toEqual(['intake', 'assess', 'reply', 'ignored']);
    expect(edgesOf(Again)).toEqual([
      'plain Symbol(drawloom.START) -> intake',
      'plain Symbol(drawloom.START) -> assess',
      'plain assess -> reply',
      'plain intake -> ignored',
    ]);
  });

  it('calls the method of its parent by super', async () => {
    class Doubled extends Base {
      override assess(given: Claim): string {
        return `${super.assess(given)} and ${super.assess({ amount: 1 })}`;
      }
      @End({ after: 'assess' }) override reply(size: string): string {
        return super.reply(size).toUpperCase();
      }
    }
    expect(await outputOf(Doubled)).toBe('A LARGE AND SMALL CLAIM');
  });

  it('may be a subclass of a subclass: the nearest decorators count, and the nearest method is called', async () => {
    class Middle extends Base {
      @Step({ after: 'assess' }) check(size: string): string {
        return `checked ${size}`;
      }
      @End({ after: 'check' }) override reply(size: string): string {
        return `middle: ${super.reply(size)}`;
      }
    }
    class Last extends Middle {
      override check(size: string): string {
        return `twice ${super.check(size)}`;
      }
      override reply(size: string): string {
        return `last: ${super.reply(size)}`;
      }
    }
    expect(await outputOf(Last)).toBe('last: middle: a twice checked large claim');
    expect(edgesOf(Last)).toEqual(edgesOf(Middle));
    expect(await outputOf(Middle)).toBe('middle: a checked large claim');
  });

  it('changes neither its parent nor its siblings, also when it is written after those have run', async () => {
    class Parent extends Base {}
    expect(await outputOf(Parent)).toBe('a large claim');
    const before = [stepsOf(Parent), edgesOf(Parent), new Parent().hash];
    class Left extends Parent {
      @Step({ after: 'assess' }) left(size: string): string {
        return size;
      }
    }
    class Right extends Parent {
      @Step({ after: 'assess' }) right(size: string): string {
        return size;
      }
    }
    expect([stepsOf(Left).at(-1), stepsOf(Right).at(-1)]).toEqual(['left', 'right']);
    expect([stepsOf(Left).length, stepsOf(Right).length]).toEqual([4, 4]);
    await Promise.all([outputOf(Left), outputOf(Right)]);
    expect([stepsOf(Parent), edgesOf(Parent), new Parent().hash]).toEqual(before);
    expect(await outputOf(Parent)).toBe('a large claim');
  });

  it('may have a class without decorators between it and its parent', async () => {
    class Between extends Base {
      readonly words = { large: 'big' };
      override assess(given: Claim): string {
        return this.words[super.assess(given) as 'large'];
      }
    }
    class Beyond extends Between {
      @End({ after: 'assess' }) override reply(size: string): string {
        return `${size}, beyond`;
      }
    }
    expect(await outputOf(Beyond)).toBe('big, beyond');
  });

  it('overrides what a property holds, and the property of a step with one of its own decorators', async () => {
    const says = (word: string): RunnableStep<Claim, string> => ({ runStep: ({ amount }) => `${word} ${amount}` });
    class Holds extends WorkflowBase<Claim, string> {
      @Start() @Step() readonly writer: RunnableStep<Claim, string> = says('parent');
      @End({ after: 'writer' }) done(text: string): string {
        return text;
      }
    }
    class HoldsAnother extends Holds {
      override readonly writer = says('child');
    }
    class Decorates extends Holds {
      @Start({ timeout: '1s' }) override readonly writer = says('decorated child');
    }
    expect(await outputOf(Holds)).toBe('parent 500');
    expect(await outputOf(HoldsAnother)).toBe('child 500');
    expect(await outputOf(Decorates)).toBe('decorated child 500');
  });

  it('runs what its instance has, where a property stands for a method, or a method for a property', async () => {
    class NowAProperty extends (Base as new () => WorkflowBase<Claim, string>) {
      readonly assess: RunnableStep<Claim, string> = { runStep: ({ amount }) => `held ${amount}` };
    }
    expect(await outputOf(NowAProperty)).toBe('a held 500 claim');

    class Declares extends WorkflowBase<Claim, string> {
      readonly word: string = 'method';
      @Start() @Step() declare readonly writer: RunnableStep<Claim, string>;
    }
    class NowAMethod extends (Declares as unknown as new () => WorkflowBase<Claim, string> & { word: string }) {
      writer({ amount }: Claim): string {
        return `${this.word} ${amount}`;
      }
    }
    expect(await outputOf(NowAMethod)).toBe('method 500');
  });

  it('overrides an inline step, and a router', async () => {
    class Routes extends WorkflowBase<Claim, string> {
      @Start() @Router({ routes: { yes: 'pay', no: 'refuse' } }) decide({ amount }: Claim): 'yes' | 'no' {
        return amount < 100 ? 'yes' : 'no';
      }
      @End() async pay({ amount }: Claim): Promise<string> {
        return `paid ${await this.format(amount)}`;
      }
      @End() refuse(): string {
        return 'refused';
      }
      @Step({ inline: true }) async format(amount: number): Promise<string> {
        return `${amount}`;
      }
    }
    class Generous extends Routes {
      override decide(): 'yes' | 'no' {
        return 'yes';
      }
      override async format(amount: number): Promise<string> {
        return `$${await super.format(amount)}`;
      }
    }
    expect([await outputOf(Routes), await outputOf(Generous)]).toEqual(['refused', 'paid $500']);
    expect(stepsOf(Generous)).toEqual(['decide', 'pay', 'refuse']);
  });
});

describe('A class that is meant to be inherited from', () => {
  it('may be generic', async () => {
    abstract class Parses<I, T> extends WorkflowBase<I, string> {
      protected abstract readonly label: string;
      @Start() abstractly(input: I): T {
        return this.parse(input);
      }
      @End({ after: 'abstractly' }) render(value: T): string {
        return `${this.label}: ${JSON.stringify(value)}`;
      }
      protected abstract parse(input: I): T;
    }
    class Amounts extends Parses<Claim, number> {
      protected readonly label = 'amount';
      protected parse({ amount }: Claim): number {
        return amount;
      }
    }
    expect(await outputOf(Amounts)).toBe('amount: 500');
  });

  it('may leave a step abstract, which the subclass then decorates', async () => {
    abstract class Frame extends WorkflowBase<Claim, string> {
      abstract assess(given: Claim): string | Promise<string>;
      @End({ after: 'assess' }) reply(text: string): string {
        return `${text}.`;
      }
    }
    class Filled extends Frame {
      @Start() async assess({ amount }: Claim): Promise<string> {
        return `${amount}`;
      }
    }
    class Forgot extends Frame {
      assess(): string {
        return '';
      }
    }
    expect(await outputOf(Filled)).toBe('500.');
    expect(() => workflows(Forgot)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_NODE', where: 'Forgot.reply', fix: 'decorate assess with @Step()' }),
    );
  });

  it('may decorate an abstract property, which the subclass then fills', async () => {
    abstract class Holds extends WorkflowBase<Claim, string> {
      @Start() @Step() abstract readonly writer: RunnableStep<Claim, string>;
      @End({ after: 'writer' }) done(text: string): string {
        return text;
      }
    }
    class Fills extends Holds {
      readonly writer: RunnableStep<Claim, string> = { runStep: ({ amount }) => `filled ${amount}` };
    }
    class Leaves extends (Holds as unknown as typeof Base) {}
    expect(await outputOf(Fills)).toBe('filled 500');
    await expect(new Leaves().run(claim)).rejects.toMatchObject({ code: 'INVALID_STEP', where: 'Leaves.writer' });
  });

  it('may be a mixin: what it adds is the class that it made, not the one that it was given', async () => {
    type Constructor = new (...args: never[]) => WorkflowBase<Claim, string> & { assess(given: Claim): string };
    function audited<C extends Constructor>(Parent: C): C {
      class Audited extends (Parent as Constructor) {
        @State() entries: readonly string[] = [];
        override assess(given: Claim): string {
          this.entries = [...this.entries, 'assessed'];
          return super.assess(given);
        }
        @End({ after: 'assess' }) audit(): string {
          return this.entries.join();
        }
      }
      return Audited as unknown as C;
    }
    class Small extends WorkflowBase<Claim, string> {
      @Start() assess({ amount }: Claim): string {
        return `${amount}`;
      }
    }
    class Once extends audited(Small) {}
    class Other extends audited(Small) {
      override assess(given: Claim): string {
        return super.assess(given);
      }
    }
    expect([await outputOf(Once), await outputOf(Other), await outputOf(Small)]).toEqual([
      'assessed',
      'assessed',
      '500',
    ]);
    expect([new Once().name, stepsOf(Once), stepsOf(Small)]).toEqual(['Once', ['assess', 'audit'], ['assess']]);
  });
});

describe('What @Configure says', () => {
  it('is inherited, but for name and version', async () => {
    @Configure({ name: 'parent', version: '1', maxSteps: 2, freeze: true })
    class Parent extends Base {}
    class Silent extends Parent {}
    @Configure({ maxSteps: 3 })
    class Child extends Parent {}
    @Configure({ name: 'grandchild', version: '2' })
    class Grandchild extends Child {}

    const facts = (type: new () => Base): unknown => {
      const { name, graph } = new type();
      return [name, graph.name, graph.version, new type().compiled().settings.maxSteps];
    };
    expect([Parent, Silent, Child, Grandchild].map(facts)).toEqual([
      ['parent', 'parent', '1', 2],
      ['Silent', 'Silent', undefined, 2],
      ['Child', 'Child', undefined, 3],
      ['grandchild', 'grandchild', '2', 3],
    ]);
    await expect(new Silent().run(claim)).rejects.toMatchObject({ code: 'MAX_STEPS' });
    const { perStep } = await new Grandchild().run(claim);
    expect(Object.isFrozen(perStep['intake'])).toBe(true);
    expect((await new Base().run({ amount: 1 })).output).toBe('a small claim');
  });
});

describe('State that a class inherits', () => {
  class Counts extends WorkflowBase<number, unknown> {
    @State({ merge: 'append' }) log: readonly string[] = ['parent'];
    @Start() left(): void {
      this.log = [...this.log, 'left'];
    }
    @Start() right(): void {
      this.log = [...this.log, 'right'];
    }
    @End({ after: allOf('left', 'right') }) done(): unknown {
      return this.log;
    }
  }

  it('is merged as its parent said, with the value that the subclass gives it', async () => {
    class Begins extends Counts {
      override log: readonly string[] = ['child'];
    }
    expect((await new Begins().run(1)).output).toEqual(['child', 'left', 'right']);
    expect((await containerOf(Begins).get(Begins).run(1)).output).toEqual(['child', 'left', 'right']);
    expect((await new Counts().run(1)).output).toEqual(['parent', 'left', 'right']);
  });

  it('is merged as the subclass says where it decorates it again', async () => {
    class Joins extends Counts {
      @State({
        merge: (current: readonly string[], mine: readonly string[], base: readonly string[]) => [
          ...current,
          '|',
          ...mine.slice(base.length),
        ],
      })
      override log: readonly string[] = [];
    }
    expect((await new Joins().run(1)).output).toEqual(['left', '|', 'right']);
    expect((await new Counts().run(1)).output).toEqual(['parent', 'left', 'right']);
  });

  it('stands beside that which the subclass adds', async () => {
    class Adds extends Counts {
      @State() sum = 1;
      override left(): void {
        super.left();
        this.sum = this.sum + 1;
      }
      override done(): unknown {
        return [this.sum, this.log];
      }
    }
    expect((await new Adds().run(1)).output).toEqual([2, ['parent', 'left', 'right']]);
  });
});

describe('What a container injects into a subclass', () => {
  class Rates {
    constructor(readonly of = 2) {}
  }
  class Clockwork {
    readonly time = 'noon';
  }
  class Rated extends WorkflowBase<Claim, unknown> {
    constructor(@inject(Rates) protected readonly rates: Rates) {
      super();
    }
    @inject(Clockwork) readonly clockwork!: Clockwork;
    @Start() compute({ amount }: Claim): unknown {
      return [amount * this.rates.of, this.clockwork?.time];
    }
  }

  function rated(type: typeof Rated, rate = 2): Container {
    const container = containerOf(type as never);
    container.bind(Rates).toConstantValue(new Rates(rate));
    container.bind(Clockwork).toSelf();
    return container;
  }

  it('is what its parent asked for, where it has no constructor of its own', async () => {
    class Silent extends Rated {}
    class Deeper extends Silent {
      override compute(given: Claim): unknown {
        return ['deeper', ...(super.compute(given) as unknown[])];
      }
    }
    expect((await rated(Silent).get(Silent).run(claim)).output).toEqual([1_000, 'noon']);
    expect((await rated(Deeper).get(Deeper).run(claim)).output).toEqual(['deeper', 1_000, 'noon']);
    expect((await rated(Rated).get(Rated).run(claim)).output).toEqual([1_000, 'noon']);
  });

  it('is what its own constructor asks for, which hands the parent its part', async () => {
    class Own extends Rated {
      constructor(
        @inject(Clockwork) private readonly mine: Clockwork,
        @inject(Rates) rates: Rates,
      ) {
        super(new Rates(rates.of * 10));
      }
      override compute(given: Claim): unknown {
        return [this.mine.time, ...(super.compute(given) as unknown[])];
      }
    }
    const container = rated(Own as never);
    expect((await container.get(Own).run(claim)).output).toEqual(['noon', 10_000, 'noon']);
  });

  it('is also what the subclass asks for beside it', async () => {
    class Adds extends Rated {
      @inject(Rates) readonly again!: Rates;
      override compute(given: Claim): unknown {
        return [this.again === this.rates, ...(super.compute(given) as unknown[])];
      }
    }
    expect((await rated(Adds).get(Adds).run(claim)).output).toEqual([true, 1_000, 'noon']);
  });

  it('is that of the container which it was got from: two containers do not meet in the class', async () => {
    const [one, other] = [rated(Rated, 3), rated(Rated, 4)];
    const runs = [one, other, one].map((container) => container.get(Rated).run(claim));
    expect((await Promise.all(runs)).map(({ output }) => (output as number[])[0])).toEqual([1_500, 2_000, 1_500]);
  });

  it('lets parent and child stand in one container, each as itself', async () => {
    class Child extends Base {
      override reply(size: string): string {
        return `child: ${super.reply(size)}`;
      }
    }
    const container = containerOf(Base, Child);
    const [parent, child] = [container.get(Base), container.get(Child)];
    expect([parent.name, child.name, parent instanceof Child, child instanceof Base]).toEqual([
      'Base',
      'Child',
      false,
      true,
    ]);
    const results = await Promise.all([parent.run(claim), child.run(claim)]);
    expect(results.map(({ output }) => output)).toEqual(['a large claim', 'child: a large claim']);
  });
});
