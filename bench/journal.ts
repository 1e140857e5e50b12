// What it costs to know which item a worker was running when it died: CPU time per item of one worker, for two functions
// that do as little, of which one is noted in the journal and the other needs no note, because nobody could notice that
// it ran twice.
//
//   node .build/bench/journal.js [rounds]
import { closeSync } from 'node:fs'
import { createJournalFile, fileStore } from '#dist/channel/journal-store.js'
import { JournalWriter } from '#dist/channel/journal-writer.js'
import { Kind } from '#dist/channel/messages.js'
import { Tag } from '#dist/codec/tag.js'
import { Pool } from 'manycore'
import { machine, median, short } from './report.ts'

const ITEMS = 200_000
const CALLS = 20_000
const rounds = Number(process.argv[2] ?? 5)

const unnoted = (n: number): number => n + 1
// It looks at something outside of itself.
const noted = (n: number): number => (process.exitCode === undefined ? n + 1 : n)
const functions = { unnoted, noted }

const pool = new Pool({ processes: 1 })
const numbers = Array.from({ length: ITEMS }, (_, n) => n)
const few = numbers.slice(0, CALLS)
const ways = {
  [`map of ${ITEMS.toLocaleString('en')} numbers`]: async (fn: (n: number) => number) => {
    await pool.map(fn, numbers)
    return ITEMS
  },
  [`map of ${CALLS.toLocaleString('en')} numbers, one by one`]: async (fn: (n: number) => number) => {
    await pool.map(fn, few, { chunkSize: 1 })
    return CALLS
  },
  [`${CALLS.toLocaleString('en')} calls of apply`]: async (fn: (n: number) => number) => {
    await Promise.all(Array.from({ length: CALLS }, (_, n) => pool.apply(fn, [n])))
    return CALLS
  },
}

const figures = new Map<string, number[]>()
for (let round = 0; round <= rounds; round++) {
  for (const [way, run] of Object.entries(ways)) {
    for (const [name, fn] of Object.entries(functions)) {
      const before = await cpuMicros()
      const count = await run(fn)
      const micros = ((await cpuMicros()) - before) / count
      const key = `${way}, ${name}`
      // The first round is for the compiler.
      if (round > 0) figures.set(key, [...(figures.get(key) ?? []), micros])
    }
  }
}
pool.close()
await pool.join()

console.log(machine())
for (const way of Object.keys(ways)) {
  const [without, withNote] = ['unnoted', 'noted'].map((name) => median(figures.get(`${way}, ${name}`) ?? []))
  console.log(`${way}: ${short(without ?? NaN)} µs per item without a note, ${short(withNote ?? NaN)} with`)
}

console.log(`the note alone, of a small result and the next position: ${short(noteMicros())} µs`)

// As a worker does it, which sends what it has noted after some items.
function noteMicros(): number {
  const fd = createJournalFile()
  if (fd === undefined) return NaN
  const journal = new JournalWriter(fileStore(fd))
  const body = '[12345]'
  const micros: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const before = process.cpuUsage()
    for (let index = 0; index < ITEMS; index++) {
      journal.begin(1, index)
      const payload = { tag: Tag.json, body, buffers: [] }
      journal.finish({ kind: Kind.items, task: 1, fn: 0, index, count: 1, payload })
      if (index % 64 === 63) journal.sent()
    }
    const { user, system } = process.cpuUsage(before)
    if (round > 0) micros.push((user + system) / ITEMS)
  }
  closeSync(fd)
  return median(micros)
}

function cpuMicros(): Promise<number> {
  return pool.apply(() => {
    const { user, system } = process.cpuUsage()
    return user + system
  })
}
