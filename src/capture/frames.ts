import type { Debugger, InspectorNotification } from 'node:inspector'
import { inspectorSession, post } from './inspector.ts'
import { withDebugger } from './scripts.ts'

/**
 * `this` of a frame that is running now, and those of the named variables that can be seen in it. V8 does not show the
 * `this` that an arrow function closes over, but it shows the one of the frame in which the arrow was made.
 *
 * `pick` gets the frames, innermost first, and returns the index of one, or undefined for none. Costs about 2 ms.
 * Do not call it while a debugger is attached: the pause would be seen there.
 */
export function readFrame(
  pick: (frames: readonly FramePlace[]) => number | undefined,
  names: readonly string[],
): FrameView | undefined {
  const session = inspectorSession()
  let view: FrameView | undefined
  let failure: { readonly error: unknown } | undefined
  // Throwing in an event handler of the session would be reported elsewhere, so the error waits here.
  const onPaused = ({ params }: InspectorNotification<Debugger.PausedEventDataType>): void => {
    try {
      const index = pick(params.callFrames.map(placeOf))
      const frame = index === undefined ? undefined : params.callFrames[index]
      if (frame) view = readInFrame(frame.callFrameId, names)
    } catch (error) {
      failure = { error }
    }
  }
  session.on('Debugger.paused', onPaused)
  try {
    // Not a `debugger` statement: minifiers drop those.
    withDebugger(() => {
      post('Debugger.pause')
      runOneStatement()
    })
  } finally {
    session.off('Debugger.paused', onPaused)
    post('Runtime.releaseObjectGroup', { objectGroup: 'manycore' })
  }
  if (failure) throw failure.error
  return view
}

/** A frame of the running stack; lines and columns start at 0. */
export interface FramePlace {
  readonly index: number
  readonly scriptId: string | undefined
  /** Range of the function (or module) that runs there; undefined when V8 does not tell. */
  readonly start: LinePlace | undefined
  readonly end: LinePlace | undefined
  /** Where it is now. */
  readonly at: LinePlace
}

export interface LinePlace {
  readonly lineNumber: number
  readonly columnNumber: number
}

export interface FrameView {
  readonly self: unknown
  /** The asked-for variables that can be seen in the frame, with their values. */
  readonly variables: ReadonlyMap<string, unknown>
}

function placeOf(frame: Debugger.CallFrame, index: number): FramePlace {
  const scope = frame.scopeChain.find(({ type }) => type === 'local' || type === 'module')
  return {
    index,
    scriptId: frame.functionLocation?.scriptId,
    start: scope?.startLocation && linePlace(scope.startLocation),
    end: scope?.endLocation && linePlace(scope.endLocation),
    at: linePlace(frame.location),
  }
}

function linePlace({ lineNumber, columnNumber }: Debugger.Location): LinePlace {
  return { lineNumber, columnNumber: columnNumber ?? 0 }
}

/** The frame's code hands its values over through a global of its own context, under a name that cannot be taken. */
function readInFrame(callFrameId: string, names: readonly string[]): FrameView | undefined {
  const key = `manycore_frame_${Math.random().toString(36).slice(2)}`
  const box: { value: unknown } = { value: MISSING }
  Object.defineProperty(globalThis, key, { value: box, configurable: true })
  const read = (expression: string): unknown => {
    box.value = MISSING
    post('Debugger.evaluateOnCallFrame', {
      callFrameId,
      expression: `void(globalThis.${key}.value=${expression})`,
      silent: true,
      objectGroup: 'manycore',
    })
    return box.value
  }
  try {
    const self = read('this')
    if (self === MISSING) return undefined
    const variables = new Map<string, unknown>()
    for (const name of names) {
      const value = read(name)
      if (value !== MISSING) variables.set(name, value)
    }
    return { self, variables }
  } finally {
    Reflect.deleteProperty(globalThis, key)
  }
}

const MISSING = Symbol('not visible in the frame')

function runOneStatement(): number {
  return 0
}
