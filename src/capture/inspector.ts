import type { Runtime, Session } from 'node:inspector'
import { otherRuntime } from '../base/runtime.ts'

/**
 * What V8's inspector shows of a value, read in this process and on this thread. `Session.post` answers before it
 * returns (Node 20 to 26), so everything here is one synchronous snapshot.
 *
 * Throws {@link InspectorAbsentError} where there is no such inspector; ask {@link inspectorAbsence} first.
 */
export function look(value: object): Look {
  const { post, holder, holderId } = connect()
  holder.input = value
  try {
    const { result } = post<Runtime.CallFunctionOnReturnType>('Runtime.callFunctionOn', {
      objectId: holderId,
      functionDeclaration: 'function(){return this.input}',
      objectGroup: GROUP,
    })
    return readInternals(
      post<Runtime.GetPropertiesReturnType & { privateProperties?: PrivateDescriptor[] }>('Runtime.getProperties', {
        objectId: result.objectId,
        ownProperties: true,
        nonIndexedPropertiesOnly: true,
      }),
    )
  } finally {
    holder.input = undefined
    post('Runtime.releaseObjectGroup', { objectGroup: GROUP })
  }
}

/** Everything that {@link look} finds; what the value does not have is undefined. */
export interface Look {
  /** Where a function or class was written; undefined for native and bound functions and for plain objects. */
  readonly location: CodePlace | undefined
  /** The scopes a function closes over, innermost first; the values in them are the real ones of this process. */
  readonly scopes: readonly ScopeView[] | undefined
  /** What `Function.prototype.bind` kept. */
  readonly bound: BoundParts | undefined
  /** Private fields and accessors of an instance, or static ones of a class. Private methods are not listed by V8. */
  readonly privates: readonly PrivateMember[] | undefined
  /** Entries of a WeakMap `[key, value]` or WeakSet `[undefined, value]`, and of other collections. */
  readonly entries: readonly (readonly [unknown, unknown])[] | undefined
}

/** A position in a script as V8 has it: both numbers start at 0. It is the `(` of functions and methods, and the start of arrows and classes. */
export interface CodePlace {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber: number
}

/** One scope. `object` is a copy made by V8 when it was read, so two functions of one scope have two copies. */
export interface ScopeView {
  /** `Module`, `Closure (name)`, `Closure`, `Block`, `Catch`, `Script`, `Global`, `With Block`, … */
  readonly description: string
  /** Variable name to its value; reading one that is not initialised yet throws (Node 22 and later) or gives undefined (Node 20). */
  readonly object: Readonly<Record<string, unknown>>
}

export interface BoundParts {
  readonly target: (...args: never[]) => unknown
  readonly self: unknown
  readonly args: readonly unknown[]
}

export interface PrivateMember {
  /** With its `#`. */
  readonly name: string
  readonly value: unknown
  /** True for `get #x` / `set #x`, which have no value of their own. */
  readonly accessor: boolean
}

/** Why this process has no inspector that can be used, or undefined when it has one. The answer never changes. */
export function inspectorAbsence(): InspectorAbsence | undefined {
  try {
    connect()
    return undefined
  } catch (error) {
    if (error instanceof InspectorAbsentError) return error.absence
    throw error
  }
}

export interface InspectorAbsence {
  /** `runtime`: Bun, Deno; `permission`: `--permission` without `--allow-inspector`; `build`: Node built without it; `failed`: anything else. */
  readonly reason: 'runtime' | 'permission' | 'build' | 'failed'
  /** A clause that says what is missing. */
  readonly problem: string
  /** A sentence that says what would help. */
  readonly advice: string
}

/** Functions cannot be looked into here; `absence` says why, and the caller falls back or tells its user. */
export class InspectorAbsentError extends Error {
  readonly absence: InspectorAbsence

  constructor(absence: InspectorAbsence, options?: ErrorOptions) {
    super(`The V8 inspector cannot be used: ${absence.problem}. ${absence.advice}`, options)
    this.name = 'InspectorAbsentError'
    this.absence = absence
  }
}

/** The real value of an expression evaluated in Node's main context, also when this code runs in another one (Jest). */
export function evaluateInMain(expression: string): unknown {
  const { post } = connect()
  try {
    return realValue(post<Runtime.EvaluateReturnType>('Runtime.evaluate', { expression, objectGroup: GROUP }).result)
  } finally {
    post('Runtime.releaseObjectGroup', { objectGroup: GROUP })
  }
}

/** True while a debugger (`--inspect`, an IDE) may be attached: pausing would stop in the user's face. */
export function debuggerAttached(): boolean {
  return connect().inspector.url() !== undefined
}

/** Sends one command and returns its answer; throws when V8 refuses it. */
export function post<R>(method: string, params?: object): R {
  return connect().post<R>(method, params)
}

/** The session itself, for events. */
export function inspectorSession(): Session {
  return connect().session
}

/** Closes the session, for tests; the next use opens a new one. */
export function disconnectInspector(): void {
  connection?.session.disconnect()
  connection = undefined
}

interface Connection {
  readonly inspector: typeof import('node:inspector')
  readonly session: Session
  readonly holder: Holder
  readonly holderId: string
  post<R>(method: string, params?: object): R
}

/** Values cross between this code and V8's remote objects through one object that both sides can reach. */
interface Holder {
  input: unknown
  output: unknown
}

interface PrivateDescriptor {
  name: string
  value?: Runtime.RemoteObject
}

const GROUP = 'manycore'
const HOLDER_GROUP = 'manycore-holder'

let connection: Connection | undefined
let absent: InspectorAbsentError | undefined

function connect(): Connection {
  if (connection) return connection
  if (absent) throw absent
  try {
    return (connection = open())
  } catch (error) {
    absent = new InspectorAbsentError(absenceFrom(error), { cause: error })
    throw absent
  }
}

function open(): Connection {
  if (otherRuntime()) throw new Error('not V8 as Node has it')
  const inspector = process.getBuiltinModule('node:inspector') as typeof import('node:inspector') | undefined
  if (!inspector) throw Object.assign(new Error('no inspector in this build'), { code: 'ERR_INSPECTOR_NOT_AVAILABLE' })
  const session = new inspector.Session()
  session.connect()
  try {
    const send = <R>(method: string, params?: object): R => postTo<R>(session, method, params)
    const holder: Holder = { input: undefined, output: undefined }
    return { inspector, session, holder, holderId: handOver(inspector, holder, send), post: send }
  } catch (error) {
    session.disconnect()
    throw error
  }
}

function postTo<R>(session: Session, method: string, params: object | undefined): R {
  let failure: Error | null | undefined
  let answer: unknown
  session.post(method, params, (error, result: unknown) => {
    failure = error
    answer = result
  })
  if (failure === undefined) throw new Error(`the inspector did not answer ${method} at once`)
  if (failure !== null) throw new Error(`${method}: ${failure.message}`, { cause: failure })
  return answer as R
}

/**
 * A builtin module object is the same one in every vm context, whereas a global of this context (Jest runs tests in
 * their own) could not be seen by `Runtime.evaluate`, which works in the main context.
 */
function handOver(inspector: object, holder: Holder, send: Connection['post']): string {
  const key = `manycore_holder_${process.pid}_${Math.random().toString(36).slice(2)}`
  Object.defineProperty(inspector, key, { value: holder, configurable: true })
  try {
    const { result } = send<Runtime.EvaluateReturnType>('Runtime.evaluate', {
      expression: `process.getBuiltinModule('node:inspector')[${JSON.stringify(key)}]`,
      objectGroup: HOLDER_GROUP,
    })
    if (result.objectId === undefined) throw new Error('the inspector works in a context that cannot be reached')
    return result.objectId
  } finally {
    Reflect.deleteProperty(inspector, key)
  }
}

function readInternals(answer: Runtime.GetPropertiesReturnType & { privateProperties?: PrivateDescriptor[] }): Look {
  let location: CodePlace | undefined
  let scopes: ScopeView[] | undefined
  let entries: [unknown, unknown][] | undefined
  let bound: { -readonly [K in keyof BoundParts]: BoundParts[K] } | undefined
  const parts = (): NonNullable<typeof bound> => (bound ??= { target: () => undefined, self: undefined, args: [] })
  for (const { name, value } of answer.internalProperties ?? []) {
    if (!value) continue
    if (name === '[[FunctionLocation]]') location = value.value as CodePlace
    else if (name === '[[Scopes]]')
      scopes = listOf(value, (scope: ScopeView) => ({ description: scope.description, object: scope.object }))
    else if (name === '[[Entries]]')
      entries = listOf(value, (entry: { key?: unknown; value: unknown }) => [entry.key, entry.value])
    else if (name === '[[TargetFunction]]') parts().target = realValue(value) as BoundParts['target']
    else if (name === '[[BoundThis]]') parts().self = realValue(value)
    else if (name === '[[BoundArgs]]') parts().args = listOf(value, (arg: unknown) => arg)
  }
  const hidden = answer.privateProperties
  return { location, scopes, bound, privates: hidden?.length ? hidden.map(readPrivate) : undefined, entries }
}

// V8's internal lists are array-likes of its own, not always arrays of this context.
function listOf<T, R>(remote: Runtime.RemoteObject, each: (item: T) => R): R[] {
  return Array.prototype.map.call(realValue(remote), each as (item: unknown) => unknown) as R[]
}

function readPrivate({ name, value }: PrivateDescriptor): PrivateMember {
  return { name, value: value && realValue(value), accessor: !value }
}

/** The value in memory that a remote object stands for. */
function realValue(remote: Runtime.RemoteObject): unknown {
  if (remote.objectId === undefined) {
    return remote.unserializableValue === undefined ? remote.value : parseUnserializable(remote.unserializableValue)
  }
  const { post: send, holder, holderId } = connect()
  holder.output = undefined
  send('Runtime.callFunctionOn', {
    objectId: holderId,
    functionDeclaration: 'function(value){this.output=value}',
    arguments: [{ objectId: remote.objectId }],
    objectGroup: GROUP,
  })
  const value = holder.output
  holder.output = undefined
  return value
}

function parseUnserializable(text: string): bigint | number {
  return text.endsWith('n') ? BigInt(text.slice(0, -1)) : Number(text)
}

function absenceFrom(error: unknown): InspectorAbsence {
  const runtime = otherRuntime()
  if (runtime) {
    return {
      reason: 'runtime',
      problem: `${runtime} has no inspector that answers at once`,
      advice: 'Run the program with Node.',
    }
  }
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_ACCESS_DENIED') {
    const canAllow = process.allowedNodeEnvironmentFlags.has('--allow-inspector')
    const advice = canAllow ? 'Start Node with --allow-inspector.' : 'Start Node without its permission model.'
    return { reason: 'permission', problem: 'the permission model forbids the inspector', advice }
  }
  if (code === 'ERR_INSPECTOR_NOT_AVAILABLE' || code === 'ERR_UNKNOWN_BUILTIN_MODULE') {
    return { reason: 'build', problem: 'this Node was built without the inspector', advice: 'Use an official build.' }
  }
  return {
    reason: 'failed',
    problem: `the inspector could not be opened (${message})`,
    advice: 'Use a released version of Node.',
  }
}
