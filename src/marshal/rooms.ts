import { createRequire } from 'node:module'
import { FunctionUnsendableError, ManycoreError, ValueUnreadableError, ValueUnsendableError } from '../base/errors.ts'

type CaptureModule = typeof import('../capture/capture.ts')
type RebuildModule = typeof import('../capture/rebuild.ts')
type StacksModule = typeof import('../capture/stacks.ts')
type VerdictModule = typeof import('../capture/verdict.ts')
type WalkModule = typeof import('../capture/walk.ts')

/**
 * The parts of `capture`, each loaded when something first needs it: a program that sends plain data never does. They
 * are loaded synchronously, because a capture is one snapshot at the call, and all in the same way: under tsx,
 * `require()` makes another instance of a module than `import` does, with classes and a memory of its own.
 */
export const rooms = {
  get capture(): CaptureModule {
    return (capture ??= load<CaptureModule>('../capture/capture.js'))
  },
  get rebuild(): RebuildModule {
    return (rebuild ??= load<RebuildModule>('../capture/rebuild.js'))
  },
  get stacks(): StacksModule {
    return (stacks ??= load<StacksModule>('../capture/stacks.js'))
  },
  get verdict(): VerdictModule {
    return (verdict ??= load<VerdictModule>('../capture/verdict.js'))
  },
  get walk(): WalkModule {
    return (walk ??= load<WalkModule>('../capture/walk.js'))
  },
}

/** Gives an error that such another instance made the class that users know. */
export function adopt(error: unknown): unknown {
  if (error instanceof ManycoreError || !(error instanceof Error)) return error
  const Class = CLASS_BY_CODE.get((error as { code?: unknown }).code)
  return Class === undefined ? error : Object.setPrototypeOf(error, Class.prototype)
}

const CLASS_BY_CODE = new Map<unknown, { prototype: ManycoreError }>([
  ['MC_FUNCTION_UNSENDABLE', FunctionUnsendableError],
  ['MC_VALUE_UNSENDABLE', ValueUnsendableError],
  ['MC_VALUE_UNREADABLE', ValueUnreadableError],
])

let capture: CaptureModule | undefined
let rebuild: RebuildModule | undefined
let stacks: StacksModule | undefined
let verdict: VerdictModule | undefined
let walk: WalkModule | undefined
let require: NodeJS.Require | undefined

function load<T>(file: string): T {
  require ??= createRequire(import.meta.url)
  return require(file) as T
}
