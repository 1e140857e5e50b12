/**
 * What it costs to encode and decode a value, against V8's own serializer and JSON.
 *
 *     npm run -s build:test && node .build/bench/codec.js
 */
import v8 from 'node:v8'
import { decode, encode, type GraphHooks } from '#dist/codec/codec.js'

// Keeps the optimiser from dropping what is measured.
export let kept: unknown

const unused: GraphHooks = {
  capture() {
    throw new Error('plain data needs no capture')
  },
  rebuild: (graph) => graph,
}

interface Row {
  readonly name: string
  readonly make: () => unknown
  readonly rounds: number
}

const rows: Row[] = [
  { name: 'number', make: () => 12345, rounds: 300_000 },
  { name: 'double', make: () => 1.1, rounds: 300_000 },
  { name: 'short string', make: () => 'a short string', rounds: 300_000 },
  { name: '{ id, k, v }', make: () => ({ id: 12345, k: 1, v: 42 }), rounds: 200_000 },
  { name: '[n]', make: () => [42], rounds: 200_000 },
  { name: '64 numbers', make: () => Array.from({ length: 64 }, (_, i) => i * 3), rounds: 50_000 },
  { name: '64 { id, k, v }', make: () => Array.from({ length: 64 }, (_, id) => ({ id, k: 1, v: 42 })), rounds: 5_000 },
  { name: '1 KiB object', make: kibibyte, rounds: 20_000 },
  {
    name: 'Map, Date, Set',
    make: () => ({ at: new Date(), m: new Map([[1, { a: 2 }]]), s: new Set([1]) }),
    rounds: 20_000,
  },
  { name: '1 KiB bytes', make: () => new Uint8Array(1024), rounds: 20_000 },
  { name: '1 M integers', make: () => Array.from({ length: 1_000_000 }, (_, i) => i), rounds: 10 },
  { name: '1 M doubles', make: () => Array.from({ length: 1_000_000 }, (_, i) => i * 1.1), rounds: 10 },
  {
    name: '100 k objects',
    make: () => Array.from({ length: 100_000 }, (_, id) => ({ id, name: `n${id}` })),
    rounds: 5,
  },
  { name: '100 MB bytes', make: () => new Uint8Array(100_000_000).fill(7), rounds: 5 },
]

console.log(`Node ${process.version}; encode / decode, median of 5`)
console.log(['value', 'manycore', 'v8.serialize', 'JSON'].map((title) => title.padEnd(24)).join(''))
for (const { name, make, rounds } of rows) {
  const value = make()
  const ours = encode(value, 'value', unused)
  const cells = [
    name,
    measure(
      () => encode(value, 'value', unused),
      () => decode(ours, unused),
      rounds,
    ),
  ]
  const bytes = v8.serialize(value)
  cells.push(
    measure(
      () => v8.serialize(value),
      () => v8.deserialize(bytes) as unknown,
      rounds,
    ),
  )
  if (/bytes|Map/.test(name)) {
    cells.push('–')
  } else {
    const text = JSON.stringify(value)
    cells.push(
      measure(
        () => JSON.stringify(value),
        () => JSON.parse(text) as unknown,
        rounds,
      ),
    )
  }
  console.log(cells.map((cell) => cell.padEnd(24)).join(''))
}

function measure(write: () => unknown, read: () => unknown, rounds: number): string {
  return `${median(write, rounds)} / ${median(read, rounds)}`
}

function median(run: () => unknown, rounds: number): string {
  for (let i = 0; i < rounds / 5; i++) kept = run()
  const times: number[] = []
  for (let sample = 0; sample < 5; sample++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < rounds; i++) kept = run()
    times.push(Number(process.hrtime.bigint() - start) / rounds)
  }
  const [, , nanoseconds = 0] = times.sort((a, b) => a - b)
  if (nanoseconds < 1_000) return `${nanoseconds.toFixed(0)} ns`
  return nanoseconds < 1_000_000
    ? `${(nanoseconds / 1_000).toFixed(1)} µs`
    : `${(nanoseconds / 1_000_000).toFixed(1)} ms`
}

function kibibyte(): unknown {
  return {
    id: 7,
    name: 'Alice Example',
    email: 'alice@example.com',
    active: true,
    score: 12.5,
    tags: Array.from({ length: 8 }, (_, i) => `tag-${i}`),
    items: Array.from({ length: 10 }, (_, i) => ({
      sku: `SKU-${1000 + i}`,
      qty: i,
      price: i * 1.25,
      desc: `some description ${i}`,
    })),
    nested: { a: 1, b: [1, 2, 3, 4], c: { d: 'deep', e: null } },
  }
}
