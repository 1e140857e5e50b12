import { InternalError } from '../base/errors.ts'
import { duringImport } from '../base/nesting.ts'
import type { Message } from '../channel/messages.ts'
import type { Marshal } from '../marshal/marshal.ts'
import type { Soon } from './soon.ts'

export interface TaskFunction {
  readonly call: (...args: unknown[]) => unknown
  /** Nobody can notice that it runs again, with plain data. */
  readonly pure: boolean
  /** A run may change what an earlier run gave. */
  readonly keepsState: boolean
}

/** Why each task of a function fails: it could not be built again here. */
export interface BrokenFunction {
  readonly error: unknown
}

/** The functions that the owner has defined here. */
export class DefinedFunctions {
  readonly #marshal: Marshal
  readonly #functions = new Map<number, TaskFunction | BrokenFunction>()

  constructor(marshal: Marshal) {
    this.#marshal = marshal
  }

  define({ fn, payload, index }: Message): Soon {
    try {
      const value = payload && this.#marshal.decode(payload)
      if (!(value instanceof Promise)) {
        this.#set(fn, value, index)
        return undefined
      }
      return duringImport(value).then(
        (late) => this.#set(fn, late, index),
        (error: unknown) => void this.#functions.set(fn, { error }),
      )
    } catch (error) {
      this.#functions.set(fn, { error })
      return undefined
    }
  }

  release(fn: number): void {
    this.#functions.delete(fn)
  }

  get(fn: number): TaskFunction | BrokenFunction {
    return (
      this.#functions.get(fn) ?? {
        error: new InternalError(`The worker was told to run function ${fn}, which it does not have.`),
      }
    )
  }

  #set(fn: number, value: unknown, purity: number): void {
    const call = value as TaskFunction['call']
    this.#functions.set(fn, { call, pure: purity !== 0, keepsState: purity !== 1 })
  }
}
