import {
  AdapterError,
  DefinitionError,
  LanguageModel,
  modelAnswer,
  systemClock,
  toMilliseconds,
  type Clock,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelCapabilities,
  type ModelRequest,
  type ToolCall,
} from '@drawloom/core';
import { wait } from '@drawloom/core/front-end';
import { mismatchOf, type AnsweringTurn, type FailingTurn, type ScriptedTurn } from './scripted-turn.js';

/** How a {@link ScriptedModel} behaves beside its turns. */
export interface ScriptedModelOptions {
  /** @defaultValue `'scripted'` */
  readonly name?: string | undefined;
  /** @defaultValue everything */
  readonly capabilities?: Partial<ModelCapabilities> | undefined;
  /**
   * Whether a call takes the first turn that is left and whose `expect` it fits, instead of the next one: for agents that
   * run in parallel. @defaultValue false
   */
  readonly anyOrder?: boolean | undefined;
  /** What `delay` goes by. @defaultValue that of the call, else the machine's */
  readonly clock?: Clock | undefined;
}

/**
 * A model that answers by a script, and fails a test whose calls are others: a call too many, one that its turn does not
 * expect, and (with {@link ScriptedModel.expectDone}) one too few. What went wrong once goes on failing, so that code under
 * test cannot swallow it.
 *
 * @example
 * const model = new ScriptedModel([
 *   { toolCalls: [{ name: 'look_up', arguments: { id: 7 } }] },
 *   { expect: { lastRole: 'tool' }, content: 'It is paid.' },
 * ]);
 * await agentUnderTest(model);
 * model.expectDone();
 */
export class ScriptedModel extends LanguageModel {
  readonly name: string;
  readonly capabilities: ModelCapabilities;
  readonly #left: { readonly turn: ScriptedTurn; readonly position: number }[];
  readonly #options: ScriptedModelOptions;
  readonly #requests: ModelRequest[] = [];
  #calls = 0;
  #mismatch: DefinitionError | undefined;

  /** @throws {@link DefinitionError} INVALID_OPTION when a turn is none, or has a code or a delay that is none. */
  constructor(turns: readonly ScriptedTurn[], options: ScriptedModelOptions = {}) {
    super();
    this.name = options.name ?? 'scripted';
    const all = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: true };
    this.capabilities = Object.freeze({ ...all, ...options.capabilities });
    this.#options = options;
    this.#left = turns.map((turn, index) => ({ turn, position: index + 1 }));
    for (const { turn, position } of this.#left) checkTurn(`${this.name}.turn${position}`, turn);
  }

  /** Every request so far, in the order of the calls, those that failed included. */
  get requests(): readonly ModelRequest[] {
    return [...this.#requests];
  }

  /** How many turns are left. */
  get remaining(): number {
    return this.#left.length;
  }

  /** @throws {@link DefinitionError} SCRIPT_MISMATCH when no turn is left, or the request is not what its turn expects. */
  async answer(request: ModelRequest, options: ModelCallOptions = {}): Promise<ModelAnswer> {
    const { signal } = options;
    signal?.throwIfAborted();
    this.#requests.push({ ...request, messages: [...request.messages] }); // the conversation may go on in the same list
    const turn = this.#take(request);
    const delayMs = typeof turn === 'string' ? undefined : toMilliseconds(turn.delay);
    if (delayMs !== undefined) await wait(delayMs, this.#options.clock ?? options.clock ?? systemClock, signal);
    if (typeof turn !== 'string' && 'error' in turn) return this.#fail(turn, options);
    return this.#give(typeof turn === 'string' ? { content: turn } : turn, options);
  }

  /**
   * For the end of a test.
   *
   * @throws {@link DefinitionError} SCRIPT_MISMATCH when turns are left, and whatever a call failed with before.
   */
  expectDone(): void {
    if (this.#mismatch !== undefined) throw this.#mismatch;
    const [next] = this.#left;
    if (next === undefined) return;
    const what = `${this.#left.length} of its turns were never asked for, turn ${next.position} first (calls: ${this.#requests.length})`;
    throw mismatch(this.name, what, 'remove the turns, or find out why the model is asked less often');
  }

  /** `using model = new ScriptedModel([...])` checks at the end of the block. */
  [Symbol.dispose](): void {
    this.expectDone();
  }

  #take(request: ModelRequest): ScriptedTurn {
    if (this.#mismatch !== undefined) throw this.#mismatch;
    const call = this.#requests.length;
    const [next] = this.#left;
    if (next === undefined) {
      const what = `call ${call} is one more than its script has turns`;
      throw (this.#mismatch = mismatch(this.name, what, 'add a turn, or find out why the model is asked more often'));
    }
    const index = this.#options.anyOrder === true ? this.#left.findIndex(({ turn }) => !mismatchOf(request, turn)) : 0;
    const broken = index === -1 ? 'any turn that is left' : mismatchOf(request, this.#left[index]!.turn);
    if (broken !== undefined) {
      const what = `call ${call} does not fit ${index === -1 ? broken : `turn ${next.position}: ${broken}`}`;
      const fix =
        'change "expect" of the turn, or what is sent to the model; "requests" of the model has every request';
      throw (this.#mismatch = mismatch(this.name, what, fix));
    }
    const [taken] = this.#left.splice(index, 1);
    return taken!.turn;
  }

  #give(turn: AnsweringTurn, { signal, onDelta }: ModelCallOptions): ModelAnswer {
    const text = turn.content ?? ('output' in turn ? JSON.stringify(turn.output) : '');
    const pieces = turn.pieces ?? (text === '' ? [] : [text]);
    const toolCalls = (turn.toolCalls ?? []).map(({ name, arguments: args = {}, id }): ToolCall => {
      const written = typeof args === 'string' ? args : JSON.stringify(args);
      return { id: id ?? `call_${++this.#calls}`, name, arguments: written };
    });
    this.#stream(pieces, { signal, onDelta });
    for (const [index, call] of toolCalls.entries()) {
      onDelta?.({ type: 'tool_call', index, ...call });
      signal?.throwIfAborted();
    }
    const { finishReason, usage, model = this.name } = turn;
    return modelAnswer({ model, content: pieces.join(''), toolCalls, finishReason, usage });
  }

  #fail({ error, pieces = [] }: FailingTurn, options: ModelCallOptions): never {
    this.#stream(pieces, options);
    if (error instanceof Error) throw error;
    const { code, retryAfterMs, status } = error;
    throw AdapterError.model(code, { model: this.name, retryAfterMs, status });
  }

  #stream(pieces: readonly string[], { signal, onDelta }: ModelCallOptions): void {
    for (const text of onDelta === undefined ? [] : pieces) {
      onDelta?.({ type: 'text', text });
      signal?.throwIfAborted();
    }
  }
}

/** What {@link scriptedModels} needs of the test runner; the global of jest. */
export interface AfterEach {
  afterEach(check: () => void): void;
}

/**
 * Gives a function that makes scripted models, each of which is checked to be done after its test. Call it where
 * `beforeEach` may stand: at the top of a file, or in a `describe`.
 *
 * @example
 * const scripted = scriptedModels();
 * test('it greets', async () => {
 *   expect(await greet(scripted(['Hello']))).toBe('Hello');
 * });
 */
export function scriptedModels(
  runner: AfterEach = globalThis as unknown as AfterEach,
): (turns: readonly ScriptedTurn[], options?: ScriptedModelOptions) => ScriptedModel {
  let made: ScriptedModel[] = [];
  runner.afterEach(() => {
    const models = made;
    made = [];
    for (const model of models) model.expectDone();
  });
  return (turns, options) => {
    const model = new ScriptedModel(turns, options);
    made.push(model);
    return model;
  };
}

function checkTurn(where: string, turn: ScriptedTurn): void {
  const refuse = (what: string, fix: string): never => {
    throw new DefinitionError([{ code: 'INVALID_OPTION', where, what, fix }]);
  };
  if (typeof turn === 'string') return;
  if (typeof turn !== 'object' || turn === null) {
    refuse(
      `it is ${turn === null ? 'null' : `a ${typeof turn}`} (allowed: a text, an answer, an error)`,
      'write a turn',
    );
  }
  if (turn.delay !== undefined && toMilliseconds(turn.delay) === undefined) {
    refuse('its delay is no duration', 'write milliseconds, or text such as "30s"');
  }
  if ('error' in turn && !(turn.error instanceof Error) && !AdapterError.isModelCode(String(turn.error?.code))) {
    refuse(
      'its error is neither an Error nor { code } with a code of AdapterError',
      'write { code: "MODEL_UNAVAILABLE" }',
    );
  }
}

function mismatch(where: string, what: string, fix: string): DefinitionError {
  return new DefinitionError([{ code: 'SCRIPT_MISMATCH', where, what, fix }]);
}
