/**
 * What the page in ARCHITECTURE.md says of each situation, worked out by hand, and asked of the scheduler as well as of the
 * reference model: where both were wrong in the same way, the property tests would not notice.
 *
 * A step returns its name and tag (`draft2`). Lines of `runs` are in starting order: node, tag, what it receives. Activations
 * end in the order in which they started, but `slow` ones only when nothing else runs; an aborted one is `lost`.
 */
import { ModelEngine, SchedulerEngine, type Engine, type Started } from './support/engine.js';
import { graphOf } from './support/graph-text.js';

interface Example {
  readonly graph: string;
  /** What a router returns, by tag. */
  readonly routes?: Readonly<Record<string, (...tag: number[]) => string | string[]>>;
  readonly fails?: readonly string[];
  readonly slow?: readonly string[];
  readonly maxConcurrency?: number;
  readonly runs: string;
  /** Not looked at where the run ends with an error code. */
  readonly output?: unknown;
  readonly code?: string;
}

const examples: Readonly<Record<string, Example>> = {
  // Joins.

  'an `all` join waits for every branch, and receives them by name': {
    graph: 'j all; START -> a -> b -> j; a -> c -> j',
    runs: `
      a() <- "in"
      b() <- "a"
      c() <- "a"
      j() <- {"b":"b","c":"c"}`,
    output: 'j',
  },
  'an `all` join is skipped with one of its branches, and what reached it ended there': {
    graph: 'j all; START -> r -left-> a -> j -> after; r -right-> b -> j',
    routes: { r: () => 'left' },
    runs: `
      r() <- "in"
      a() <- "in"`,
    output: 'a',
  },
  'an `any` join receives what was delivered': {
    graph: 'j any; START -> r -1-> a -> j; r -2-> b -> j; r -3-> c -> j',
    routes: { r: () => ['3', '1'] },
    runs: `
      r() <- "in"
      a() <- "in"
      c() <- "in"
      j() <- {"a":"a","c":"c"}`,
    output: 'j',
  },
  'an `any` join with a single in-edge still receives an object': {
    graph: 'b any; START -> a -> b',
    runs: `
      a() <- "in"
      b() <- {"a":"a"}`,
    output: 'b',
  },
  'START is a source like others': {
    graph: 'j any; START -> a -> j; START -> j',
    runs: `
      a() <- "in"
      j() <- {"a":"a","START":"in"}`,
    output: 'j',
  },
  'a join knows a router without a name by its source': {
    graph: 'fork router of:a; j any; START -> a -> fork -go-> j; fork -stay-> END; START -> b -> j',
    routes: { fork: () => 'go' },
    runs: `
      a() <- "in"
      b() <- "in"
      fork() <- "a"
      j() <- {"a":"a","b":"b"}`,
    output: 'j',
  },
  'a `one` join receives the bare value of the one branch taken': {
    graph: 'j one; START -> r -left-> a -> j; r -right-> b -> j',
    routes: { r: () => 'right' },
    runs: `
      r() <- "in"
      b() <- "in"
      j() <- "b"`,
    output: 'j',
  },
  'a `one` join refuses two deliveries': {
    graph: 'j one; START -> a -> j; START -> b -> j',
    runs: `
      a() <- "in"
      b() <- "in"`,
    code: 'AMBIGUOUS_JOIN',
  },
  'a `first` join takes what comes first and drops the rest, which ended no branch': {
    graph: 'j first; START -> a -> j; START -> b -> j',
    slow: ['a()'],
    runs: `
      a() <- "in"
      b() <- "in"
      j() <- "b"`,
    output: 'j',
  },
  'an `auto` join lists several deliveries in the order in which its edges were declared': {
    graph: 'START -> a; a -> b; a -> c; c -> j; b -> j',
    runs: `
      a() <- "in"
      b() <- "a"
      c() <- "a"
      j() <- ["c","b"]`,
    output: 'j',
  },
  'an `auto` join hands over a single delivery bare': {
    graph: 'START -> r -left-> a -> j; r -right-> b -> j',
    routes: { r: () => 'left' },
    runs: `
      r() <- "in"
      a() <- "in"
      j() <- "a"`,
    output: 'j',
  },
  '`cancelOthers` gives up what runs, and what has not started yet never starts': {
    graph: 'j first cancelOthers; START -> a -> j; START -> b -> later -> j; START -> c -> other; c -> later',
    slow: ['b()'],
    runs: `
      a() <- "in"
      b() <- "in"
      c() <- "in"
      j() <- "a"
      other() <- "c"
      b() lost`,
    output: { j: 'j', other: 'other' },
  },
  '`cancelOthers` of a head gives up nothing of the first iteration, which can only bring on the second': {
    graph: `
      h first cancelOthers; b first; START -> s -> h; START -> t -> h
      h -> r -again-> b -> h; r -done-> END; START -> b`,
    routes: { r: () => 'done' },
    slow: ['b(1)'],
    runs: `
      s() <- "in"
      t() <- "in"
      b(1) <- "in"
      h(1) <- "s"
      r(1) <- "h1"
      h(2) <- "b1"
      r(2) <- "h2"`,
    output: 'h2',
  },
  '`cancelOthers` of a head gives up what else could bring on the next iteration': {
    graph: 'h first cancelOthers; START -> h -> r -go-> a -> h; r -go2-> b -> h; r -out-> END',
    routes: { r: (i) => (i === 1 ? ['go', 'go2'] : 'out') },
    slow: ['a(1)'],
    runs: `
      h(1) <- "in"
      r(1) <- "h1"
      a(1) <- "h1"
      b(1) <- "h1"
      h(2) <- "b1"
      r(2) <- "h2"
      a(1) lost`,
    output: 'h2',
  },
  '`cancelOthers` spares what brings on the next iteration of the loop around, although that leads to the join again': {
    graph: `
      j first cancelOthers; d first
      START -> i -> j -> r -again-> d -> i; r -done-> END; START -> j; START -> d`,
    routes: { r: () => 'done' },
    runs: `
      j(1) <- "in"
      d(1) <- "in"
      r(1) <- "j1"
      i(2) <- "d1"
      j(2) <- "i2"
      r(2) <- "j2"`,
    output: 'j2',
  },

  // Routers.

  'a router passes its input on; a default takes what no route handles': {
    graph: 'START -> a -> r -yes-> b; r -*-> c',
    routes: { r: () => 'perhaps' },
    runs: `
      a() <- "in"
      r() <- "a"
      c() <- "a"`,
    output: 'c',
  },
  'routes of one router to one target are one edge': {
    graph: 'START -> r -1-> a; r -2-> a; r -*-> a',
    routes: { r: () => ['1', '2', '3'] },
    runs: `
      r() <- "in"
      a() <- "in"`,
    output: 'a',
  },
  'a key without a route or default is an error': {
    graph: 'START -> r -yes-> a; r -no-> END',
    routes: { r: () => 'perhaps' },
    runs: 'r() <- "in"',
    code: 'NO_ROUTE',
  },
  'where an entry router ends the run, the output is the input': {
    graph: 'START -> r -on-> a; r -off-> END',
    routes: { r: () => 'off' },
    runs: 'r() <- "in"',
    output: 'in',
  },

  // Results.

  'a step that leads to END and on has ended one of two branches': {
    graph: 'START -> a -> END; a -> b',
    runs: `
      a() <- "in"
      b() <- "a"`,
    output: { a: 'a', b: 'b' },
  },
  'a value that a router leads to END is the output of the step that made it': {
    graph: 'START -> a -> r -done-> END; r -more-> b; START -> c',
    routes: { r: () => 'done' },
    runs: `
      a() <- "in"
      c() <- "in"
      r() <- "a"`,
    output: { a: 'a', c: 'c' },
  },
  'a declared output is the result, whatever else ended': {
    graph: 'good output; bad output; START -> r -yes-> good; r -no-> bad; START -> log',
    routes: { r: () => 'no' },
    runs: `
      r() <- "in"
      log() <- "in"
      bad() <- "in"`,
    output: 'bad',
  },
  'where no declared output ran, there is none': {
    graph: 'good output; START -> r -yes-> good; r -no-> other',
    routes: { r: () => 'no' },
    runs: `
      r() <- "in"
      other() <- "in"`,
    output: undefined,
  },

  // Failures.

  'an error edge takes the failure with its input, and the other out-edges are skipped': {
    graph: 'START -> a -> b -> j; a -!-> repair -> j',
    fails: ['a()'],
    runs: `
      a() <- "in"
      repair() <- {"error":"a() failed","input":"in"}
      j() <- "repair"`,
    output: 'j',
  },
  'an error edge is skipped when its source succeeds': {
    graph: 'START -> a -> b -> j; a -!-> repair -> j',
    runs: `
      a() <- "in"
      b() <- "a"
      j() <- "b"`,
    output: 'j',
  },
  'a step with nothing but an error edge ends its branch when it succeeds': {
    graph: 'START -> a -!-> repair',
    runs: 'a() <- "in"',
    output: 'a',
  },
  'an error edge may lead back: each failure is one iteration': {
    graph: 'START -> a -> b; a -!-> repair -> a',
    fails: ['a(1)', 'a(2)'],
    runs: `
      a(1) <- "in"
      repair(1) <- {"error":"a(1) failed","input":"in"}
      a(2) <- "repair1"
      repair(2) <- {"error":"a(2) failed","input":"repair1"}
      a(3) <- "repair2"
      b(3) <- "a3"`,
    output: 'b3',
  },
  'an error edge may lead to the step that failed': {
    graph: 'START -> a -> b; a -!-> a',
    fails: ['a(1)'],
    runs: `
      a(1) <- "in"
      a(2) <- {"error":"a(1) failed","input":"in"}
      b(2) <- "a2"`,
    output: 'b2',
  },

  // Loops.

  'a loop goes round until its router leaves it': {
    graph: 'START -> draft -> judge -again-> draft; judge -good-> END',
    routes: { judge: (i) => (i! < 3 ? 'again' : 'good') },
    runs: `
      draft(1) <- "in"
      judge(1) <- "draft1"
      draft(2) <- "draft1"
      judge(2) <- "draft2"
      draft(3) <- "draft2"
      judge(3) <- "draft3"`,
    output: 'draft3',
  },
  'a diamond in a loop joins within each iteration': {
    graph: 'j all; START -> h -> a -> j; h -> b -> j -> r -again-> h; r -done-> END',
    routes: { r: (i) => (i! < 2 ? 'again' : 'done') },
    runs: `
      h(1) <- "in"
      a(1) <- "h1"
      b(1) <- "h1"
      j(1) <- {"a":"a1","b":"b1"}
      r(1) <- "j1"
      h(2) <- "j1"
      a(2) <- "h2"
      b(2) <- "h2"
      j(2) <- {"a":"a2","b":"b2"}
      r(2) <- "j2"`,
    output: 'j2',
  },
  'the same diamond with its nodes declared from the end': {
    graph: 'r router; j all; b; a; h; START -> h -> a -> j; h -> b -> j -> r -again-> h; r -done-> END',
    routes: { r: (i) => (i! < 2 ? 'again' : 'done') },
    runs: `
      h(1) <- "in"
      b(1) <- "h1"
      a(1) <- "h1"
      j(1) <- {"a":"a1","b":"b1"}
      r(1) <- "j1"
      h(2) <- "j1"
      b(2) <- "h2"
      a(2) <- "h2"
      j(2) <- {"a":"a2","b":"b2"}
      r(2) <- "j2"`,
    output: 'j2',
  },
  'an `all` join in a loop is skipped in one iteration and fires in another': {
    graph: 'j all; START -> h -> pick -both-> a -> j; pick -both2-> b -> j; h -> r -again-> h; r -done-> END',
    routes: {
      pick: (i) => (i === 1 ? 'both' : ['both', 'both2']),
      r: (i) => (i! < 2 ? 'again' : 'done'),
    },
    maxConcurrency: 1,
    runs: `
      h(1) <- "in"
      pick(1) <- "h1"
      a(1) <- "h1"
      r(1) <- "h1"
      h(2) <- "h1"
      pick(2) <- "h2"
      a(2) <- "h2"
      b(2) <- "h2"
      j(2) <- {"a":"a2","b":"b2"}
      r(2) <- "h2"`,
    // a1 reached a join that was skipped, a2 did not.
    output: { h: 'h2', a: 'a1', j: 'j2' },
  },
  'a node fed from a loop alone runs in each iteration, at once': {
    graph: 'START -> w -> r -again-> w; r -done-> END; w -> log',
    routes: { r: (i) => (i! < 3 ? 'again' : 'done') },
    maxConcurrency: 1,
    runs: `
      w(1) <- "in"
      r(1) <- "w1"
      log(1) <- "w1"
      w(2) <- "w1"
      r(2) <- "w2"
      log(2) <- "w2"
      w(3) <- "w2"
      r(3) <- "w3"
      log(3) <- "w3"`,
    output: { w: 'w3', log: 'log3' },
  },
  'a join of branches from one loop runs in each iteration too': {
    graph: 'j all; START -> w -> r -again-> w; r -done-> END; w -> x -> j; w -> y -> j',
    routes: { r: (i) => (i! < 2 ? 'again' : 'done') },
    maxConcurrency: 1,
    runs: `
      w(1) <- "in"
      r(1) <- "w1"
      x(1) <- "w1"
      y(1) <- "w1"
      j(1) <- {"x":"x1","y":"y1"}
      w(2) <- "w1"
      r(2) <- "w2"
      x(2) <- "w2"
      y(2) <- "w2"
      j(2) <- {"x":"x2","y":"y2"}`,
    output: { w: 'w2', j: 'j2' },
  },
  'a join of a loop with something outside it waits for the end of the loop, and receives its last value': {
    graph: 'j all; START -> side -> j; START -> w -> r -again-> w; r -done-> END; w -> j',
    routes: { r: (i) => (i! < 3 ? 'again' : 'done') },
    runs: `
      side() <- "in"
      w(1) <- "in"
      r(1) <- "w1"
      w(2) <- "w1"
      r(2) <- "w2"
      w(3) <- "w2"
      r(3) <- "w3"
      j() <- {"side":"side","w":"w3"}`,
    output: { w: 'w3', j: 'j' },
  },
  'the last value is that of the highest iteration, not of the latest in time': {
    graph: `
      j all; START -> side -> j; START -> w -> pick -long-> p -> s -> j; pick -short-> s
      w -> r -again-> w; r -done-> END`,
    routes: { pick: (i) => (i === 1 ? 'long' : 'short'), r: (i) => (i! < 2 ? 'again' : 'done') },
    slow: ['p(1)'],
    runs: `
      side() <- "in"
      w(1) <- "in"
      pick(1) <- "w1"
      r(1) <- "w1"
      p(1) <- "w1"
      w(2) <- "w1"
      pick(2) <- "w2"
      r(2) <- "w2"
      s(2) <- "w2"
      s(1) <- "p1"
      j() <- {"side":"side","s":"s2"}`,
    output: { w: 'w2', j: 'j' },
  },
  'the result too is that of the highest iteration, wherever its value ended': {
    graph: `
      c all; START -> pick -no-> c; pick -yes-> END
      START -> g -> r -again-> g; r -end-> END; r -on-> x; g -> c`,
    routes: { pick: () => 'yes', r: (i) => (i === 1 ? ['again', 'end'] : 'on') },
    runs: `
      pick() <- "in"
      g(1) <- "in"
      r(1) <- "g1"
      g(2) <- "g1"
      r(2) <- "g2"
      x(2) <- "g2"`,
    // g1 ended at END, within the loop; g2 at a join that was skipped, outside.
    output: { g: 'g2', x: 'x2' },
  },
  'a loop that is not entered is over at once': {
    graph: 'START -> r -loop-> w -> q -again-> w; q -done-> j; r -skip-> s -> j',
    routes: { r: () => 'skip' },
    runs: `
      r() <- "in"
      s() <- "in"
      j() <- "s"`,
    output: 'j',
  },
  'an edge that enters beside the head belongs to the first iteration': {
    graph: 'm one; START -> r0 -head-> h -> m -> r -again-> h; r0 -middle-> m; r -done-> END',
    routes: { r0: () => 'middle', r: (i) => (i! < 2 ? 'again' : 'done') },
    runs: `
      r0() <- "in"
      m(1) <- "in"
      r(1) <- "m1"
      h(2) <- "m1"
      m(2) <- "h2"
      r(2) <- "m2"`,
    output: 'm2',
  },
  'a node entered beside the head joins both in the first iteration only': {
    graph: 'm any; START -> r0 -head-> h -> m -> r -again-> h; r0 -middle-> m; r -done-> END',
    routes: { r0: () => ['head', 'middle'], r: (i) => (i! < 2 ? 'again' : 'done') },
    runs: `
      r0() <- "in"
      h(1) <- "in"
      m(1) <- {"h":"h1","r0":"in"}
      r(1) <- "m1"
      h(2) <- "m1"
      m(2) <- {"h":"h2"}
      r(2) <- "m2"`,
    output: 'm2',
  },
  'two routers of a loop that leave to one node: it runs in the iteration that left': {
    graph: 'START -> h -> r1 -out-> x; r1 -on-> m -> r2 -out-> x; r2 -again-> h',
    routes: { r1: (i) => (i === 1 ? 'on' : 'out'), r2: () => 'again' },
    runs: `
      h(1) <- "in"
      r1(1) <- "h1"
      m(1) <- "h1"
      r2(1) <- "m1"
      h(2) <- "m1"
      r1(2) <- "h2"
      x(2) <- "h2"`,
    output: 'x2',
  },
  'a head waits for all back edges of an iteration, and joins them by its mode': {
    graph: 'START -> h -> r -left-> a -> h; r -right-> b -> h; r -out-> END',
    routes: { r: (i) => (i === 1 ? ['left', 'right'] : i === 2 ? 'left' : 'out') },
    runs: `
      h(1) <- "in"
      r(1) <- "h1"
      a(1) <- "h1"
      b(1) <- "h1"
      h(2) <- ["a1","b1"]
      r(2) <- "h2"
      a(2) <- "h2"
      h(3) <- "a2"
      r(3) <- "h3"`,
    output: 'h3',
  },
  'a head that joins by `any` receives its back edges by name': {
    graph: 'h any; START -> h -> r -left-> a -> h; r -right-> b -> h; r -out-> END',
    routes: { r: (i) => (i === 1 ? ['left', 'right'] : 'out') },
    runs: `
      h(1) <- {"START":"in"}
      r(1) <- "h1"
      a(1) <- "h1"
      b(1) <- "h1"
      h(2) <- {"a":"a1","b":"b1"}
      r(2) <- "h2"`,
    output: 'h2',
  },
  'a head that joins by `one` refuses two back edges': {
    graph: 'h one; START -> h -> r -left-> a -> h; r -right-> b -> h; r -out-> END',
    routes: { r: () => ['left', 'right'] },
    runs: `
      h(1) <- "in"
      r(1) <- "h1"
      a(1) <- "h1"
      b(1) <- "h1"`,
    code: 'AMBIGUOUS_JOIN',
  },
  'a head that joins by `first` starts the next iteration at the first back edge': {
    graph: 'h first; START -> h -> r -left-> a -> h; r -right-> b -> h; r -out-> END',
    routes: { r: (i) => (i === 1 ? ['left', 'right'] : 'out') },
    slow: ['a(1)'],
    runs: `
      h(1) <- "in"
      r(1) <- "h1"
      a(1) <- "h1"
      b(1) <- "h1"
      h(2) <- "b1"
      r(2) <- "h2"`,
    output: 'h2',
  },
  'a node waits its turn when its next iteration is ready before it has finished': {
    graph: 'START -> w -> r -again-> w; r -done-> END; w -> log',
    routes: { r: (i) => (i! < 3 ? 'again' : 'done') },
    slow: ['log(1)'],
    runs: `
      w(1) <- "in"
      r(1) <- "w1"
      log(1) <- "w1"
      w(2) <- "w1"
      r(2) <- "w2"
      w(3) <- "w2"
      r(3) <- "w3"
      log(2) <- "w2"
      log(3) <- "w3"`,
    output: { w: 'w3', log: 'log3' },
  },
  'of the iterations of a node that wait for their turn, the lowest goes first': {
    graph: 'START -> w -> pick -long-> p -> s; pick -short-> s; w -> r -again-> w; r -done-> END',
    routes: { pick: (i) => (i === 1 ? 'long' : 'short'), r: (i) => (i! < 3 ? 'again' : 'done') },
    slow: ['p(1)', 's(2)'],
    runs: `
      w(1) <- "in"
      pick(1) <- "w1"
      r(1) <- "w1"
      p(1) <- "w1"
      w(2) <- "w1"
      pick(2) <- "w2"
      r(2) <- "w2"
      s(2) <- "w2"
      w(3) <- "w2"
      pick(3) <- "w3"
      r(3) <- "w3"
      s(1) <- "p1"
      s(3) <- "w3"`,
    output: { w: 'w3', s: 's3' },
  },

  // Loops and loops.

  'an inner loop begins anew in each iteration of the outer one': {
    graph: 'START -> o -> i -> ri -again-> i; ri -next-> ro -again-> o; ro -done-> END',
    routes: { ri: (o, i) => (o === 1 && i === 1 ? 'again' : 'next'), ro: (o) => (o === 1 ? 'again' : 'done') },
    runs: `
      o(1) <- "in"
      i(1.1) <- "o1"
      ri(1.1) <- "i1.1"
      i(1.2) <- "i1.1"
      ri(1.2) <- "i1.2"
      ro(1.2) <- "i1.2"
      o(2) <- "i1.2"
      i(2.1) <- "o2"
      ri(2.1) <- "i2.1"
      ro(2.1) <- "i2.1"`,
    output: 'i2.1',
  },
  'an edge from outside into an inner loop belongs to the first iteration of both': {
    graph: `
      i any; START -> r0 -outer-> o -> i -> ri -again-> i; r0 -inner-> i
      ri -next-> ro -again-> o; ro -done-> END`,
    routes: {
      r0: () => ['outer', 'inner'],
      ri: (o, i) => (o === 1 && i === 1 ? 'again' : 'next'),
      ro: (o) => (o === 1 ? 'again' : 'done'),
    },
    runs: `
      r0() <- "in"
      o(1) <- "in"
      i(1.1) <- {"o":"o1","r0":"in"}
      ri(1.1) <- "i1.1"
      i(1.2) <- {"ri":"i1.1"}
      ri(1.2) <- "i1.2"
      ro(1.2) <- "i1.2"
      o(2) <- "i1.2"
      i(2.1) <- {"o":"o2"}
      ri(2.1) <- "i2.1"
      ro(2.1) <- "i2.1"`,
    output: 'i2.1',
  },
  'a loop fed from another loop alone runs within each of its iterations': {
    graph: 'START -> w -> r -again-> w; r -done-> END; w -> t -> q -more-> t; q -enough-> END',
    routes: { r: (i) => (i === 1 ? 'again' : 'done'), q: (w, t) => (w === 1 && t === 1 ? 'more' : 'enough') },
    maxConcurrency: 1,
    runs: `
      w(1) <- "in"
      r(1) <- "w1"
      t(1.1) <- "w1"
      q(1.1) <- "t1.1"
      t(1.2) <- "t1.1"
      q(1.2) <- "t1.2"
      w(2) <- "w1"
      r(2) <- "w2"
      t(2.1) <- "w2"
      q(2.1) <- "t2.1"`,
    output: { w: 'w2', t: 't2.1' },
  },
  'a loop fed from another loop and from outside begins when the other is over': {
    graph: `
      t any; START -> w -> r -again-> w; r -done-> END; START -> side -> t; w -> t -> q -more-> t; q -enough-> END`,
    routes: { r: (i) => (i === 1 ? 'again' : 'done'), q: (t) => (t === 1 ? 'more' : 'enough') },
    maxConcurrency: 1,
    runs: `
      side() <- "in"
      w(1) <- "in"
      r(1) <- "w1"
      w(2) <- "w1"
      r(2) <- "w2"
      t(1) <- {"side":"side","w":"w2"}
      q(1) <- "t1"
      t(2) <- {"q":"t1"}
      q(2) <- "t2"`,
    output: { w: 'w2', t: 't2' },
  },
  'a loop that follows another loop through a join outside both is not nested in it': {
    graph: `
      j any; START -> s -> j; START -> w -> r -again-> w; r -done-> j
      j -> t -> q -more-> t; q -enough-> END`,
    routes: { r: (i) => (i === 1 ? 'again' : 'done'), q: (t) => (t === 1 ? 'more' : 'enough') },
    maxConcurrency: 1,
    runs: `
      s() <- "in"
      w(1) <- "in"
      r(1) <- "w1"
      w(2) <- "w1"
      r(2) <- "w2"
      j() <- {"s":"s","r":"w2"}
      t(1) <- "j"
      q(1) <- "t1"
      t(2) <- "t1"
      q(2) <- "t2"`,
    output: 't2',
  },
};

describe.each([
  ['scheduler', SchedulerEngine],
  ['reference model', ModelEngine],
] as const)('By the %s,', (_, EngineUnderTest) => {
  it.each(Object.entries(examples))('%s', (_, example) => {
    const { graph, maxConcurrency = 1000, runs, output, code = 'completed' } = example;
    const engine = new EngineUnderTest(graphOf(graph), { maxConcurrency });
    const history = play(engine, example);
    expect(history).toEqual({ runs: runs.trim().split(/\n\s*/), ending: code });
    if (code !== 'completed') return;
    expect(engine.output()).toEqual(output);
    expect(engine.unresolved).toBe(0);
  });
});

/** Runs an example to its end: in which order activations started, and how it ended. */
function play(engine: Engine, { routes = {}, fails = [], slow = [] }: Example): { runs: string[]; ending: string } {
  const runs: string[] = [];
  const running: Started[] = [];
  try {
    engine.begin('in');
    for (;;) {
      for (let next = engine.take(); next; next = engine.take()) {
        running.push(next);
        runs.push(`${placeOf(next)} <- ${JSON.stringify(next.input)}`);
      }
      if (running.length === 0) return { runs, ending: 'completed' };
      const quick = running.findIndex((started) => !slow.includes(placeOf(started)));
      const [ended] = running.splice(Math.max(0, quick), 1) as [Started];
      const { node, tag } = ended;
      if (engine.lost.has(ended)) {
        runs.push(`${placeOf(ended)} lost`);
        engine.skip(ended);
      } else if (ended.isRouter) engine.route(ended, [routes[node]!(...tag)].flat());
      else if (!fails.includes(placeOf(ended))) engine.complete(ended, `${node}${tag.join('.')}`);
      else if (!engine.fail(ended, `${placeOf(ended)} failed`)) return { runs, ending: 'FAILED' };
    }
  } catch (error) {
    return { runs, ending: (error as { code: string }).code };
  }
}

function placeOf({ node, tag }: Started): string {
  return `${node}(${tag.join('.')})`;
}
