import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FrameReader } from '#dist/channel/frame-reader.js'
import { FrameWriter } from '#dist/channel/frame-writer.js'
import { bareFrame, BLOCK_BYTES, HEADER_BYTES, MAGIC, MAX_BODY_BYTES, MAX_BUFFERS } from '#dist/channel/framing.js'
import { Kind } from '#dist/channel/messages.js'
import type { Message } from '#dist/channel/messages.js'
import { message, plain } from './message.ts'

describe('frames', () => {
  it('carry every message through any split of the byte stream', () => {
    fc.assert(
      fc.property(
        fc.array(messages, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 70_000 })),
        (sent, cuts) => {
          const read = decode(split(encode(sent), cuts))
          assert.deepEqual(read.map(plain), sent.map(plain))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('carry a message byte by byte', () => {
    const sent = [
      message({ task: 2 ** 52, payload: { tag: 255, body: '["é𝄞"]', buffers: [new Uint8Array([1, 2, 3])] } }),
      message({ kind: Kind.ready }),
    ]
    const bytes = encode(sent)
    assert.deepEqual(decode(split(bytes, Array(bytes.length).fill(1))).map(plain), sent.map(plain))
  })

  it('that say nothing but their kind are the same without a writer', () => {
    const ready = message({ kind: Kind.ready })
    assert.deepEqual(Buffer.from(bareFrame(Kind.ready)), encode([ready]))
    assert.deepEqual(decode([bareFrame(Kind.ready)]).map(plain), [plain(ready)])
  })

  it('give valid messages or MC_CHANNEL_CORRUPT for any damage, and nothing else', () => {
    const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), {
      minLength: 1,
      maxLength: 4,
    })
    const all = fc.array(messages, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(all, damage, fc.boolean(), (sent, changes, headOnly) => {
        const bytes = encode(sent)
        for (const { at, byte } of changes) bytes[at % (headOnly ? HEADER_BYTES : bytes.length)] = byte
        try {
          for (const one of decode([bytes])) assert.ok(isMessage(one))
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'MC_CHANNEL_CORRUPT', String(error))
        }
      }),
      { numRuns: 400 },
    )
  })

  it('are never taken out of bytes that are none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: HEADER_BYTES, maxLength: 500 }), (bytes) => {
        if (bytes[0] === MAGIC) bytes[0] = 0
        assert.throws(() => decode([bytes]), { code: 'MC_CHANNEL_CORRUPT', message: /no message/ })
      }),
    )
  })

  it('that announce what there is no memory for are an error that says so', (t) => {
    const whole = encode([message({ payload: { buffers: [new Uint8Array(5_000_000)] } })])
    const { allocUnsafeSlow } = Buffer
    t.mock.method(Buffer, 'allocUnsafeSlow', (bytes: number) => {
      if (bytes > 4_000_000) throw new RangeError('Array buffer allocation failed')
      return allocUnsafeSlow(bytes)
    })
    assert.throws(() => decode([whole]), { code: 'MC_CHANNEL_CORRUPT', message: /bytes, for which there is no memory/ })
  })

  it('say that text was written to their descriptor', () => {
    const text = Buffer.from('hello from a library that thinks descriptor 3 is free\n')
    assert.throws(() => decode([text]), { code: 'MC_CHANNEL_CORRUPT', message: /"hello from a library/ })
  })

  it('that are cut off are an error at the end, wherever the cut is', () => {
    const bytes = encode([message({ payload: { body: 'x'.repeat(50), buffers: [new Uint8Array(30)] } })])
    const long = encode([message({ payload: { body: new Uint8Array(BLOCK_BYTES * 2) } })])
    for (const whole of [bytes, long]) {
      for (let cut = 1; cut < whole.length; cut += whole.length > 1000 ? 9973 : 1) {
        assert.throws(() => decode([whole.subarray(0, cut)]), {
          code: 'MC_CHANNEL_CORRUPT',
          message: /middle of a message/,
        })
      }
    }
  })

  it('refuse a header that announces more than the limits, before memory is taken for it', () => {
    const bytes = encode([message({ payload: { body: 'x' } })])
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    view.setUint32(4, MAX_BODY_BYTES + 1, true)
    assert.throws(() => decode([bytes]), { code: 'MC_CHANNEL_CORRUPT' })
    view.setUint32(4, 1, true)
    view.setUint32(36, MAX_BUFFERS + 1, true)
    assert.throws(() => decode([bytes]), { code: 'MC_CHANNEL_CORRUPT' })
    const buffered = encode([message({ payload: { buffers: [new Uint8Array(8)] } })])
    for (const length of [2 ** 32 + 1, -1, 0.5, NaN, Infinity]) {
      new DataView(buffered.buffer, buffered.byteOffset).setFloat64(HEADER_BYTES, length, true)
      assert.throws(() => decode([buffered]), { code: 'MC_CHANNEL_CORRUPT' })
    }
  })

  it('refuse to be written with more buffers than the limit, and write nothing of it', () => {
    const writer = new FrameWriter({ turn: (block) => block, bulk: () => assert.fail('wrote') })
    const empty = new Uint8Array(0)
    const buffers = Array<Uint8Array>(MAX_BUFFERS + 1).fill(empty)
    assert.throws(() => writer.write(message({ payload: { buffers } })), {
      code: 'MC_VALUE_UNSENDABLE',
      message: /at most/,
    })
    assert.equal(writer.used, 0)
  })

  it('receive buffers in memory of their own, exactly as long as they are', () => {
    const sent = message({
      payload: { buffers: [new Uint8Array(10), new Uint8Array(BLOCK_BYTES * 3), new Uint8Array(0)] },
    })
    const buffers = decode([encode([sent])])[0]?.payload?.buffers ?? []
    assert.deepEqual(
      buffers.map((one) => [one.byteOffset, one.byteLength, one.buffer.byteLength]),
      [10, BLOCK_BYTES * 3, 0].map((length) => [0, length, length]),
    )
  })

  it('ask for long buffers to be read straight into that memory', () => {
    const bytes = encode([message({ payload: { buffers: [new Uint8Array(BLOCK_BYTES * 3)] } })])
    const reader = new FrameReader()
    reader.target().set(bytes.subarray(0, 1000))
    reader.received(1000)
    assert.equal(reader.next(), undefined)
    assert.equal(reader.target().length, bytes.length - 1000)
  })
})

const bytesUpTo = (most: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: most })
// Long ones are rare and cheap to make: a length and one byte to fill them with.
const longBytes = fc
  .tuple(fc.integer({ min: BLOCK_BYTES - 200, max: BLOCK_BYTES * 2 + 1 }), fc.integer({ min: 0, max: 255 }))
  .map(([length, byte]) => new Uint8Array(length).fill(byte))
const texts = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 80 }) },
  { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 70_000 }).map((length) => 'aé'.repeat(length)) },
)
const counts = fc.oneof(fc.nat(), fc.maxSafeNat())
const payloads = fc.record({
  tag: fc.integer({ min: 0, max: 255 }),
  body: fc.oneof(
    { weight: 4, arbitrary: texts },
    { weight: 3, arbitrary: bytesUpTo(300) },
    { weight: 1, arbitrary: longBytes },
  ),
  buffers: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(fc.oneof(bytesUpTo(100), longBytes), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(bytesUpTo(2), { minLength: 200, maxLength: 400 }) },
  ),
})
const messages = fc.record({
  kind: fc.constantFrom(...Object.values(Kind)),
  task: counts,
  fn: counts,
  index: counts,
  count: fc.nat(),
  payload: fc.option(payloads, { nil: undefined }),
}) as fc.Arbitrary<Message>

function encode(sent: readonly Message[]): Buffer {
  const parts: Buffer[] = []
  const take = (bytes: Uint8Array): number => parts.push(Buffer.from(bytes))
  const writer = new FrameWriter({
    turn: (block, used) => {
      take(block.subarray(0, used))
      return block
    },
    bulk: take,
  })
  for (const one of sent) writer.write(one)
  take(writer.block.subarray(0, writer.used))
  return Buffer.concat(parts)
}

function split(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const parts: Buffer[] = []
  let at = 0
  for (const length of lengths) {
    parts.push(bytes.subarray(at, at + length))
    at += length
  }
  parts.push(bytes.subarray(at))
  return parts
}

// As a pipe does it: whatever fits goes into the target, and the lent bodies are only looked at meanwhile.
function decode(parts: readonly Uint8Array[]): Message[] {
  const reader = new FrameReader()
  const read: Message[] = []
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const target = reader.target()
      assert.ok(target.length > 0)
      const piece = part.subarray(at, at + target.length)
      target.set(piece)
      reader.received(piece.length)
      at += piece.length
      for (let one = reader.next(); one !== undefined; one = reader.next()) read.push(keep(one))
    }
  }
  reader.end()
  return read
}

function keep(one: Message): Message {
  const payload = one.payload
  if (payload === undefined || typeof payload.body === 'string') return one
  return { ...one, payload: { ...payload, body: new Uint8Array(payload.body) } }
}

function isMessage(one: Message): boolean {
  const numbers = [one.task, one.fn, one.index, one.count]
  return (Object.values(Kind) as number[]).includes(one.kind) && numbers.every((n) => Number.isSafeInteger(n) && n >= 0)
}
