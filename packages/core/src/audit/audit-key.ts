import type { KeyObject } from 'node:crypto';
import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';

/** Tells whether what is kept was signed with a certain key. */
export interface AuditVerifier {
  /** Stands in every entry, so that keys can be changed: at most 64 letters, digits, `.`, `_`, `-`. */
  readonly id: string;
  /** @param proof - the text that `sign` gave. Only this very text is right. */
  verify(bytes: Uint8Array, proof: string): boolean;
}

/** Signs what is kept. */
export interface AuditKey extends AuditVerifier {
  /** Letters, digits, `_` and `-`. */
  sign(bytes: Uint8Array): string;
}

const ID = /^[\w.-]{1,64}$/;
const SHORTEST_SECRET = 16;
/** Stands in entries that nobody signed. */
const UNSIGNED_ID = 'unsigned';

/**
 * A key that writer and verifier share (HMAC-SHA256). Whoever can verify with it can also forge: for others to verify, take
 * {@link ed25519Key}.
 *
 * @param secret - at least 16 bytes.
 * @throws {@link DefinitionError} INVALID_OPTION
 */
export function hmacKey(id: string, secret: string | Uint8Array): AuditKey {
  const where = 'hmacKey';
  const wrong = idProblems(where, id);
  const bytes = typeof secret === 'string' || secret instanceof Uint8Array ? Buffer.byteLength(secret) : 0;
  // The value itself must not get into a message.
  if (bytes < SHORTEST_SECRET)
    wrong.push(
      problem.invalidOption(where, 'secret', bytes, `at least ${SHORTEST_SECRET} bytes; this is their number`),
    );
  DefinitionError.throwIfAny(wrong);
  return new HmacKey(id, secret);
}

/**
 * A key pair: the private key signs, and whoever has the public key can verify but not forge.
 *
 * @param privateKey - in PEM, or as Node has it.
 * @throws {@link DefinitionError} INVALID_OPTION
 */
export function ed25519Key(id: string, privateKey: string | KeyObject): AuditKey {
  const { createPublicKey } = crypto();
  const key = ed25519('ed25519Key', 'privateKey', id, privateKey, crypto().createPrivateKey, 'private');
  return new Ed25519Key(id, createPublicKey(key as never), key);
}

/**
 * What verifies that which {@link ed25519Key} signed.
 *
 * @param publicKey - in PEM, or as Node has it.
 * @throws {@link DefinitionError} INVALID_OPTION
 */
export function ed25519Verifier(id: string, publicKey: string | KeyObject): AuditVerifier {
  return new Ed25519Key(id, ed25519('ed25519Verifier', 'publicKey', id, publicKey, crypto().createPublicKey, 'public'));
}

/**
 * For logs that nobody has to trust: entries are linked, and damage shows, but anybody can write the whole log anew. To be
 * asked for, so that nobody believes to have a proof.
 */
export const unsigned: AuditKey = Object.freeze({
  id: UNSIGNED_ID,
  sign: (bytes: Uint8Array) => crypto().createHash('sha256').update(bytes).digest('hex'),
  verify: (bytes: Uint8Array, proof: string) => unsigned.sign(bytes) === proof,
});

class HmacKey implements AuditKey {
  readonly id: string;
  readonly #secret: KeyObject;

  constructor(id: string, secret: string | Uint8Array) {
    this.id = id;
    this.#secret = crypto().createSecretKey(Buffer.from(secret));
  }

  sign(bytes: Uint8Array): string {
    return crypto().createHmac('sha256', this.#secret).update(bytes).digest('hex');
  }

  // Texts are compared, not what they stand for: there must be one proof for an entry, not several.
  verify(bytes: Uint8Array, proof: string): boolean {
    const right = Buffer.from(this.sign(bytes));
    const given = Buffer.from(proof);
    return right.length === given.length && crypto().timingSafeEqual(right, given);
  }
}

class Ed25519Key implements AuditKey {
  readonly id: string;
  readonly #publicKey: KeyObject;
  readonly #privateKey: KeyObject | undefined;

  constructor(id: string, publicKey: KeyObject, privateKey?: KeyObject) {
    this.id = id;
    this.#publicKey = publicKey;
    this.#privateKey = privateKey;
  }

  sign(bytes: Uint8Array): string {
    return crypto().sign(null, bytes, this.#privateKey!).toString('base64url');
  }

  verify(bytes: Uint8Array, proof: string): boolean {
    const signature = Buffer.from(proof, 'base64url');
    if (signature.toString('base64url') !== proof) return false; // another text for the same signature
    return crypto().verify(null, bytes, this.#publicKey, signature);
  }
}

function ed25519(
  where: string,
  option: string,
  id: string,
  given: string | KeyObject,
  read: (pem: string) => KeyObject,
  type: KeyObject['type'],
): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = typeof given === 'string' ? read(given) : given;
  } catch {
    // The parser's message may quote the key.
  }
  const wrong = idProblems(where, id);
  if (key?.asymmetricKeyType !== 'ed25519' || key.type !== type) {
    const found =
      key?.asymmetricKeyType === undefined ? 'something else' : `a ${key.type} key of ${key.asymmetricKeyType}`;
    wrong.push(problem.invalidOption(where, option, found, `a ${type} key of Ed25519, in PEM or as a KeyObject`));
  }
  DefinitionError.throwIfAny(wrong);
  return key!;
}

function idProblems(where: string, id: unknown) {
  const isRight = typeof id === 'string' && ID.test(id) && id !== UNSIGNED_ID;
  return isRight ? [] : [problem.invalidOption(where, 'id', id, '1 to 64 of the characters A-Z a-z 0-9 . _ -')];
}

/** Loaded with the first key: importing it would cost everybody who starts up. */
function crypto() {
  return process.getBuiltinModule('node:crypto');
}
