import assert, { AssertionError } from 'node:assert/strict'
import { EventEmitter, on } from 'node:events'
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { getPriority } from 'node:os'
import { describe, it } from 'node:test'
import { types } from 'node:util'
import { runInNewContext } from 'node:vm'
import { CancelledError, RemoteError, TimeoutError } from 'manycore'
import { createMarshal } from '#dist/marshal/create-marshal.js'
import type { Payload } from '#dist/codec/payload.js'

class PaymentError extends RangeError {
  readonly code: string
  readonly amount: bigint
  override readonly name: string = 'PaymentError'

  constructor(message: string, amount: bigint, options?: ErrorOptions) {
    super(message, options)
    this.code = 'E_PAYMENT'
    this.amount = amount
  }

  get isSmall(): boolean {
    return this.amount < 10n
  }
}

describe('an error that travels', () => {
  it('#192 keeps class, name, message, own fields, cause and the frames of its own code', async () => {
    const cause = new TypeError('the reason')
    const sent = new PaymentError('refused', 5n, { cause })
    const arrived = await travel(sent)
    assert.ok(arrived instanceof PaymentError)
    assert.ok(types.isNativeError(arrived))
    assert.deepEqual(
      [arrived.name, arrived.message, arrived.code, arrived.amount, arrived.isSmall],
      ['PaymentError', 'refused', 'E_PAYMENT', 5n, true],
    )
    assert.ok(arrived.cause instanceof TypeError)
    assert.equal(arrived.cause.message, 'the reason')
    assert.deepEqual(Object.keys(arrived), Object.keys(sent))
    assert.match(arrived.stack ?? '', /errors\.test\.[jt]s/)
  })

  it('has the frames of the worker, where that was, and those that led to the call', async () => {
    const remote = new Error('there')
    remote.stack = 'Error: there\n    at work (file:///remote.js:1:2)'
    const arrived = (await travel(remote, callHere())) as Error
    const lines = arrived.stack!.split('\n')
    assert.deepEqual(lines.slice(0, 3), [
      'Error: there',
      '    at work (file:///remote.js:1:2)',
      '    at … (in worker PoolWorker-1, pid 123)',
    ])
    assert.match(lines[3]!, /at callHere .*errors\.test/)
  })

  it('of every builtin class comes back as that class', async () => {
    for (const Class of [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]) {
      const arrived = await travel(new Class('text'))
      assert.equal(Object.getPrototypeOf(arrived), Class.prototype)
      assert.equal((arrived as Error).message, 'text')
    }
  })

  it('#200 keeps the parts of an AggregateError, nested causes, and one error in two places as one', async () => {
    const shared = new Error('shared', { cause: new RangeError('deep', { cause: 'a text' }) })
    const arrived = (await travel(new AggregateError([shared, 1, undefined, shared], 'many'))) as AggregateError
    assert.ok(arrived instanceof AggregateError)
    const [first, number, nothing, last] = arrived.errors as [Error, unknown, unknown, Error]
    assert.equal(first, last)
    assert.deepEqual([first.message, number, nothing], ['shared', 1, undefined])
    assert.ok(first.cause instanceof RangeError)
    assert.equal(first.cause.cause, 'a text')
    assert.equal(Object.getOwnPropertyDescriptor(arrived, 'errors')?.enumerable, false)
  })

  it('may be its own cause', async () => {
    const error = new Error('round')
    error.cause = error
    const arrived = (await travel(error)) as Error
    assert.equal(arrived.cause, arrived)
  })

  it('may be anything that can be thrown', async () => {
    for (const thrown of [undefined, null, 0, -0, NaN, '', false, 'text', 10n, { a: [1] }, [undefined]]) {
      assert.deepEqual(await travel(thrown), thrown)
      assert.ok(Object.is(await travel(thrown), thrown) || typeof thrown === 'object')
    }
    assert.equal(await travel(Symbol.iterator), Symbol.iterator)
  })

  it('arrives whatever the program makes of the stack of its call', async () => {
    const sites = Object.defineProperty(new Error('site'), 'stack', { value: [{ line: 1 }] })
    const throwing = Object.defineProperty(new Error('site'), 'stack', { get: () => assert.fail('no stack') })
    for (const site of [sites, throwing]) {
      const arrived = await travel(new RangeError('text'), site)
      assert.ok(arrived instanceof RangeError)
      assert.match(String(arrived.stack), /^RangeError: text\n/)
    }
  })

  it('of Node keeps its code and its fields', async () => {
    const missing = (await travel(attempt(() => readFileSync('/no/such/file')))) as NodeJS.ErrnoException
    assert.deepEqual([missing.code, missing.syscall, missing.path], ['ENOENT', 'open', '/no/such/file'])
    const invalid = await travel(attempt(() => readFileSync({} as never)))
    assert.ok(invalid instanceof TypeError)
    assert.equal((invalid as NodeJS.ErrnoException).code, 'ERR_INVALID_ARG_TYPE')
    const wrong = await travel(attempt(() => assert.equal(1, 2)))
    assert.ok(wrong instanceof AssertionError)
    assert.deepEqual([wrong.actual, wrong.expected, wrong.code], [1, 2, 'ERR_ASSERTION'])
    const aborted = await travel(AbortSignal.abort().reason)
    assert.ok(aborted instanceof DOMException)
    assert.equal(aborted.name, 'AbortError')
  })

  it('of Node has the text that Node gives it, thrown or as a value, however often it is sent', async () => {
    const made = [
      () => readFileSync({} as never),
      () => Buffer.alloc(-1),
      () => new EventEmitter().emit('error', 5),
      () => getPriority(2 ** 31 - 1),
      () => on(new EventEmitter(), 'nothing', { signal: AbortSignal.abort() }),
      () => new URL('nowhere'),
      () => readFileSync('/no/such/file'),
    ]
    for (const sent of made.map(attempt) as NodeJS.ErrnoException[]) {
      const once = (await travel(sent)) as typeof sent
      for (const arrived of [once, await travel(once), await asValue(sent), await asValue(once)] as (typeof sent)[]) {
        assert.ok(types.isNativeError(arrived))
        assert.equal(String(arrived), String(sent))
        assert.deepEqual(fieldsOf(arrived), fieldsOf(sent))
        for (const Class of [Error, TypeError, RangeError])
          assert.equal(arrived instanceof Class, sent instanceof Class)
      }
    }
  })

  it('of a class that is named like one of Node or of JavaScript stays of that class', async () => {
    const classes = [
      class AbortError extends Error {
        readonly code = 'ABORT_ERR'
      },
      class NodeError extends TypeError {
        readonly code = 'E_NODE'
      },
      class SystemError extends Error {
        readonly code = 'E_SYSTEM'
      },
      class TypeError extends Error {},
      class OwnException extends DOMException {
        readonly hint = 'look here'
      },
    ]
    for (const Class of classes) {
      const arrived = await travel(new Class('text'))
      assert.equal(Object.getPrototypeOf(arrived), Class.prototype)
      assert.deepEqual(fieldsOf(arrived as Error), fieldsOf(new Class('text')))
    }
  })

  it('whose prototype is none of a class keeps that prototype', async () => {
    const bare = Object.setPrototypeOf(new PaymentError('bare', 5n), null) as PaymentError
    assert.equal(Object.getPrototypeOf(await travel(bare)), null)
    assert.equal(((await travel(bare)) as PaymentError).amount, 5n)
    const odd = Object.setPrototypeOf(new TypeError('odd'), { kind: 'odd', __proto__: RangeError.prototype }) as object
    const arrived = (await travel(odd)) as { kind: string; message: string }
    assert.deepEqual([arrived.kind, arrived.message, arrived instanceof RangeError], ['odd', 'odd', true])
    assert.ok((await travel(Object.assign(bare, { held: new Socket() }))) instanceof RemoteError)
  })

  it('keeps what no constructor assigns: accessors, methods of its own, how its properties are', async () => {
    const made = [
      Object.defineProperty(new Error('m'), 'half', { get: () => 21, configurable: true }),
      Object.defineProperty(new PaymentError('m', 1n), 'double', { value: (n: number) => n * 2, writable: true }),
      Object.defineProperty(new Error('m'), 'message', { value: 'seen', enumerable: true }),
      Object.defineProperty(new RangeError('m'), 'fixed', { value: 1 }),
      new Error(''),
      new DOMException('m', { name: 'DataError', cause: new TypeError('why') }),
    ]
    for (const sent of made) {
      const arrived = (await travel(sent)) as Error
      assert.equal(Object.getPrototypeOf(arrived), Object.getPrototypeOf(sent))
      assert.deepEqual(shapeOf(arrived), shapeOf(sent))
    }
    // Where that cannot travel, it is still the error that it was.
    const held = Object.defineProperty(new PaymentError('m', 1n), 'held', { value: new Socket(), enumerable: true })
    const arrived = (await travel(held)) as PaymentError & { held: unknown }
    assert.ok(arrived instanceof PaymentError)
    assert.equal(arrived.held, '[Socket]')
  })

  it('of manycore comes back as the class that it is', async () => {
    const timeout = await travel(new TimeoutError('MC_TASK_TIMEOUT', 'too long', 50))
    assert.ok(timeout instanceof TimeoutError)
    assert.deepEqual([timeout.code, timeout.timeoutMs, timeout.name], ['MC_TASK_TIMEOUT', 50, 'TimeoutError'])
    assert.ok((await travel(new CancelledError('stopped'))) instanceof CancelledError)
  })

  it('of another realm comes back as the builtin class of this one', async () => {
    assert.ok((await travel(runInNewContext('new TypeError("there")'))) instanceof TypeError)
  })

  it('leaves behind what cannot travel of it, and says in a word what that was', async () => {
    const sent = Object.assign(new PaymentError('refused', 5n), { socket: new Socket(), attempts: [1, 2] })
    const arrived = (await travel(sent)) as typeof sent
    assert.ok(arrived instanceof PaymentError)
    assert.deepEqual([arrived.socket, arrived.attempts, arrived.amount], ['[Socket]', [1, 2], 5n])
  })

  it('#196 becomes a RemoteError with all its text when its class cannot be had', async () => {
    const pending = Promise.resolve()
    class Unreachable extends Error {
      static readonly held = pending
    }
    const Class = new Proxy(Unreachable, {})
    Object.defineProperty(Unreachable.prototype, 'constructor', { value: Class })
    const sent = Object.assign(new Unreachable('lost'), { hint: 'look here' })
    const arrived = await travel(sent)
    assert.ok(arrived instanceof RemoteError)
    assert.deepEqual([arrived.message, arrived.code], ['lost', 'MC_REMOTE_ERROR'])
    assert.match(arrived.remoteStack, /Error: lost\n +at .*errors\.test/)
    assert.equal((arrived as RemoteError & { hint: string }).hint, 'look here')
  })

  it('is never lost to an error that fights back', async () => {
    const hostile = new Error('hostile')
    for (const key of ['stack', 'message', 'name', 'cause', 'code', 'other']) {
      Object.defineProperty(hostile, key, { get: () => assert.fail('read'), enumerable: true })
    }
    class Mute extends Error {
      override get message(): string {
        return assert.fail('read')
      }
    }
    // By its name it could be one of manycore's, from a second instance of it.
    const likeOurs = { TimeoutError: class extends Error {} }
    const named = Object.defineProperty(new likeOurs.TimeoutError('n'), 'code', { get: () => assert.fail('read') })
    const proxied = new Proxy(new Error('proxied'), { get: () => assert.fail('read') })
    const odd = Object.assign(new Error('odd'), { name: Symbol('n'), stack: 7, message: { toString: null } })
    for (const thrown of [
      hostile,
      new Mute(),
      named,
      proxied,
      odd,
      Object.create(Error.prototype),
      Object.create(null),
      () => 1,
    ]) {
      const payload = createMarshal().encodeError(thrown)
      assert.doesNotThrow(() => createMarshal().decodeError(payload))
      await createMarshal().decodeError(payload)
    }
  })

  it('is a RemoteError where something else was thrown that cannot travel', async () => {
    for (const thrown of [new Proxy({}, {}), Promise.resolve(1), new Proxy(new Error('p'), {}), [new Socket()]]) {
      const arrived = await travel(thrown)
      assert.ok(arrived instanceof RemoteError)
      assert.match(arrived.message, /^The task threw .+, which cannot be sent to another process\.$/s)
      assert.match(arrived.stack ?? '', /in worker PoolWorker-1/)
    }
  })

  it('keeps a message that is no text, and whether it is frozen', async () => {
    const odd = Object.assign(new Error('m'), { message: 42 })
    assert.equal(((await travel(odd)) as typeof odd).message, 42)
    for (const change of [Object.freeze, Object.seal, Object.preventExtensions]) {
      const sent: object = change(new PaymentError('m', 1n))
      const arrived = (await travel(sent)) as object
      assert.ok(arrived instanceof PaymentError)
      assert.deepEqual(
        [Object.isFrozen(arrived), Object.isSealed(arrived), Object.isExtensible(arrived)],
        [Object.isFrozen(sent), Object.isSealed(sent), false],
      )
    }
  })

  it('is told of even when its bytes cannot be read', () => {
    const arrived = createMarshal().decodeError({ tag: 99, body: '', buffers: [] } as Payload)
    assert.ok(arrived instanceof RemoteError)
    assert.match(arrived.message, /its error could not be read/)
  })

  it('#198 costs the marshal nothing, a thousand times in a row', async () => {
    const worker = createMarshal()
    const owner = createMarshal()
    for (let i = 0; i < 1000; i++) {
      const refused = attempt(() => worker.encode({ list: [{ open: new Socket() }] }, 'result')) as Error
      const arrived = (await owner.decodeError(worker.encodeError(refused))) as Error & { code: string; path: string }
      assert.deepEqual([arrived.code, arrived.path], ['MC_VALUE_UNSENDABLE', 'result.list[0].open'])
    }
    assert.deepEqual(await owner.decode(worker.encode({ list: [1] }, 'result')), { list: [1] })
  })
})

async function travel(error: unknown, callSite?: Error): Promise<unknown> {
  const payload = createMarshal({ place: 'worker PoolWorker-1, pid 123' }).encodeError(error)
  return await createMarshal().decodeError(payload, callSite)
}

async function asValue(value: unknown): Promise<unknown> {
  return await createMarshal().decode(createMarshal().encode(value, 'result'))
}

function fieldsOf(error: Error): object {
  return Object.assign({}, error, { name: error.name, message: error.message })
}

/** Its own properties but the stack, each with its attributes; what functions give instead of the functions. */
function shapeOf(error: Error): unknown[] {
  return Reflect.ownKeys(error).flatMap((key) => {
    if (key === 'stack') return []
    const { value, get, ...rest } = Object.getOwnPropertyDescriptor(error, key)!
    const content: unknown = typeof value === 'function' ? Reflect.apply(value, error, [2]) : value
    return [[key, content instanceof Error ? String(content) : content, get?.call(error), { ...rest, set: undefined }]]
  })
}

function callHere(): Error {
  return new Error('call')
}

function attempt(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return assert.fail('nothing was thrown')
}
