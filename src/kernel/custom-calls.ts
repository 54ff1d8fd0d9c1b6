// Calls of custom functions out of the kernel: finds the function that a program means, takes the arguments from the exchange
// region and puts the result there (drawn in assembly/abi.ts). While one runs, the kernel refuses every other call. Within
// one call into the kernel (an evaluation, a step) a function is called once for the same arguments.
import { ExpressionError } from "../../assembly/abi.js";
import type { CustomFunction } from "../model/custom-function.js";
import { toErrorRecord, WorkflowError } from "../model/errors.js";

/** Results kept within one call into the kernel; the oldest makes room. */
export const MEMO_COUNT_MAX = 256;
/** Bytes of arguments and results kept; a call that needs more of its own is not remembered. */
export const MEMO_SIZE_MAX = 4_194_304;
/** UTF-16 units kept of what a function that fails says. */
export const FAILURE_MESSAGE_SIZE_MAX = 500;

/** What custom calls need of the instance that they are part of. */
export interface CallingInstance {
  /** The memory as bytes; fresh after growth. */
  bytes(): Uint8Array;
  /** Address of a region of `size` bytes, 0: no room. */
  exchangeRegion(size: number): number;
  /** What every call of the kernel is refused with from now on; undefined: nothing. */
  refuse(error: WorkflowError | undefined): void;
}

/** An answer as it goes into the exchange region: a wire value, or an error's code and detail. */
interface Answer {
  readonly bytes: Uint8Array;
  readonly isError: boolean;
}

const LATIN = new TextDecoder("latin1");
const TEXT = new TextEncoder();

export class CustomCalls {
  #instance: CallingInstance | undefined;
  readonly #programs = new Map<number, readonly CustomFunction[]>();
  /** By function, then by the arguments' bytes as text. */
  readonly #memo = new Map<CustomFunction, Map<string, Answer>>();
  #memoCount = 0;
  #memoSize = 0;

  /** Says whose calls they are; once, before the first program is loaded. */
  attach(instance: CallingInstance): void {
    this.#instance = instance;
  }

  /** Has something been remembered? */
  get hasMemo(): boolean {
    return this.#memoCount > 0;
  }

  /** A call into the kernel has ended. */
  forget(): void {
    this.#memo.clear();
    this.#memoCount = 0;
    this.#memoSize = 0;
  }

  /** The functions that a loaded program calls by number. */
  add(program: number, functions: readonly CustomFunction[]): void {
    if (functions.length > 0) this.#programs.set(program, functions);
  }

  delete(program: number): void {
    this.#programs.delete(program);
  }

  /** The kernel's import. Never throws. */
  call(program: number, id: number, count: number, address: number, size: number): number {
    const instance = this.#instance;
    if (instance === undefined) return 0;
    const called = this.#programs.get(program)?.[id];
    const answer =
      called === undefined
        ? failure(ExpressionError.FUNCTION_FAILED, "", "There is no such function")
        : this.#answer(instance, called, instance.bytes().slice(address, address + size), count);
    const region = instance.exchangeRegion(answer.bytes.length) >>> 0;
    if (region === 0) return 0;
    instance.bytes().set(answer.bytes, region);
    return answer.isError ? -answer.bytes.length : answer.bytes.length;
  }

  #answer(instance: CallingInstance, called: CustomFunction, bytes: Uint8Array, count: number): Answer {
    const key = LATIN.decode(bytes);
    const known = this.#memo.get(called)?.get(key);
    if (known !== undefined) return known;
    const answer = perform(instance, called, bytes, count);
    this.#remember(called, key, answer);
    return answer;
  }

  #remember(called: CustomFunction, key: string, answer: Answer): void {
    const size = key.length + answer.bytes.length;
    if (size > MEMO_SIZE_MAX) return;
    while (this.#memoCount >= MEMO_COUNT_MAX || this.#memoSize + size > MEMO_SIZE_MAX) this.#dropOldest();
    let answers = this.#memo.get(called);
    if (answers === undefined) this.#memo.set(called, (answers = new Map()));
    answers.set(key, answer);
    this.#memoCount += 1;
    this.#memoSize += size;
  }

  /** The oldest of the function that was called first. */
  #dropOldest(): void {
    for (const [called, answers] of this.#memo) {
      for (const [key, { bytes }] of answers) {
        answers.delete(key);
        if (answers.size === 0) this.#memo.delete(called);
        this.#memoCount -= 1;
        this.#memoSize -= key.length + bytes.length;
        return;
      }
    }
  }
}

function perform(instance: CallingInstance, called: CustomFunction, bytes: Uint8Array, count: number): Answer {
  instance.refuse(busyError(called.name));
  try {
    return { bytes: called.call(bytes, count), isError: false };
  } catch (error) {
    const isRefused = error instanceof WorkflowError && error.code === "expression/no-such-overload";
    const code = isRefused ? ExpressionError.NO_SUCH_OVERLOAD : ExpressionError.FUNCTION_FAILED;
    return failure(code, called.name, toErrorRecord(error).message);
  } finally {
    instance.refuse(undefined);
  }
}

function failure(code: ExpressionError, name: string, message: string): Answer {
  const said = message.length > FAILURE_MESSAGE_SIZE_MAX ? `${message.slice(0, FAILURE_MESSAGE_SIZE_MAX - 1)}…` : message;
  const text = TEXT.encode(`${name}\n${said}`);
  const bytes = new Uint8Array(text.length + 1);
  bytes[0] = code;
  bytes.set(text, 1);
  return { bytes, isError: true };
}

function busyError(name: string): WorkflowError {
  return new WorkflowError("kernel/busy", `The function "${name}" is being called by an expression; it cannot evaluate another one there`, {
    details: { name },
  });
}
